"""Disks that are full, said before and after they are."""

import contextlib
import shutil

from childasr.errors import RunError
from childasr.text.files import NO_SPACE

SLACK = 4_000_000  # bytes, for what is written besides tensors


def has_space(folder, needed):
    """Whether so many bytes of tensors can be written, in a folder."""
    return shutil.disk_usage(folder).free >= needed + SLACK


def tensor_bytes(value):
    """Bytes of the tensors in dicts and lists.

    Example
    -------
    >>> import torch
    >>> tensor_bytes({"a": [torch.zeros(3), 1], "b": torch.zeros(2, 2)})
    28
    """
    if isinstance(value, dict):
        return tensor_bytes(list(value.values()))
    if isinstance(value, (list, tuple)):
        return sum(map(tensor_bytes, value))
    return getattr(value, "nbytes", 0)


@contextlib.contextmanager
def space_for(what, folder, needed):
    """Write something in the block, or say that the disk is too small.

    Safetensors, torch and Python each raise an error of their own when a
    write fails, so what counts is the space. A block that fails has to delete
    what it wrote.

    Arguments
    ---------
    what : str
        What is written, for the message.
    folder : str or Path
        Where; it exists.
    needed : int
        Bytes, roughly.

    Raises
    ------
    RunError
        There is not enough space, before or after the block failed.

    Example
    -------
    >>> with space_for("a moon", getfixture("tmp_path"), needed=10**18):
    ...     pass
    Traceback (most recent call last):
    childasr.errors.RunError: no space for a moon in ...: ...
    """
    if not has_space(folder, needed):
        raise _full(what, folder, needed)
    try:
        yield
    except Exception as error:
        full = getattr(error, "errno", None) in NO_SPACE
        if full or not has_space(folder, needed):
            raise _full(what, folder, needed) from error
        raise


def _full(what, folder, needed):
    needed, free = needed + SLACK, shutil.disk_usage(folder).free
    return RunError(
        f"no space for {what} in {folder}: it needs about "
        f"{needed / 1e6:,.0f} MB, {free / 1e6:,.0f} MB are free: make room, "
        "and start the same command again to go on"
    )
