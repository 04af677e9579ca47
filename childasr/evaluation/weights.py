"""A model's weights, told by their content."""

from pathlib import Path

from childasr.errors import RunError
from childasr.text.files import file_sha256


def weights_sha256(model_folder):
    """The SHA-256 of a model's weights, hexadecimal.

    Example
    -------
    >>> folder = getfixture("tmp_path")
    >>> _ = (folder / "model.safetensors").write_bytes(b"weights")
    >>> weights_sha256(folder)[:8]
    '9a129038'
    """
    return file_sha256(Path(model_folder, "model.safetensors"))


def refuse_replaced(model_folder, sha256, meanwhile):
    """Refuse a model whose weights are no longer those of a hash.

    Arguments
    ---------
    model_folder : str or Path
    sha256 : str
        Of `weights_sha256`, taken before.
    meanwhile : str
        What was done since, such as "loaded".

    Raises
    ------
    RunError
    """
    if weights_sha256(model_folder) != sha256:
        raise RunError(
            f"the model in {model_folder} was replaced while it was "
            f"{meanwhile}: wait until its training has ended"
        )
