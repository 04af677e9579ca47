"""The text side: normalisation, units, pronunciation, and text files."""

from childasr.errors import InputError, RunError
from childasr.text.files import write_atomically, write_json

__all__ = ["InputError", "RunError", "write_atomically", "write_json"]
