"""Locks, which a network disk need not have."""

import contextlib
import errno
import fcntl
from pathlib import Path

from childasr.errors import InputError
from childasr.text.files import NO_SPACE

# What a disk without locks answers.
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


def take_lock(lock_file, file, operation):
    """Lock a file, unless its disk has no locks.

    Arguments
    ---------
    lock_file : callable
        `fcntl.flock`: children that keep the file open hold the lock too;
        `fcntl.lockf`: this process alone.
    file : io.IOBase
        Opened to write.
    operation : int
        As `fcntl` has them.
    """
    try:
        lock_file(file, operation)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise


@contextlib.contextmanager
def only_run(folder, lock_file=fcntl.flock):
    """Let one run at a time work in a folder.

    Arguments
    ---------
    folder : str or Path
        Is made if it is missing.
    lock_file : callable
        As for `take_lock`.

    Raises
    ------
    InputError
        If a run that was started earlier, or its child, is still at work, or
        the folder cannot be written to.

    Example
    -------
    >>> with only_run(getfixture("tmp_path")):
    ...     with only_run(getfixture("tmp_path")):
    ...         pass
    Traceback (most recent call last):
    childasr.errors.InputError: another run is at work in ...
    """
    with _open_lock(Path(folder)) as lock:
        try:
            take_lock(lock_file, lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(
                f"another run is at work in {folder}: wait for it, stop it, "
                "or give another output_folder"
            ) from error
        yield lock


def _open_lock(folder):
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return open(folder / ".lock", "w")
    except OSError as error:
        if error.errno in NO_SPACE:
            raise
        raise InputError(
            f"cannot write to {folder} ({error.strerror}): give another "
            "output_folder"
        ) from error
