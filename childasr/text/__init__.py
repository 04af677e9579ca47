"""The text side: normalisation, units, pronunciation, and text files."""

# For data_prep, which imports nothing else of this package.
from childasr.errors import InputError, RunError

__all__ = ["InputError", "RunError"]
