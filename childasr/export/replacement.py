"""Folders that take another's place whole, or not at all."""

import ctypes
import os
import shutil
import sys
from pathlib import Path

from childasr.text.files import flush

AT_FDCWD, RENAME_EXCHANGE = -100, 2  # linux/fcntl.h, linux/fs.h
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def put_in_place(partial, folder):
    """Give a folder that is complete its name; one that had it is deleted.

    A kill at any moment leaves the old one or the new one under the name,
    and the other, if at all, beside. Only where the file system cannot
    exchange two names, as NFS, there is a moment without: `recover_folders`.

    Arguments
    ---------
    partial : str or Path
        `.NAME.partial`, beside the folder.
    folder : str or Path
        It may be missing.

    Example
    -------
    >>> folder = getfixture("tmp_path")
    >>> for name in (".model.partial", "model"):
    ...     (folder / name).mkdir()
    >>> _ = (folder / ".model.partial" / "new").write_text("")
    >>> put_in_place(folder / ".model.partial", folder / "model")
    >>> [path.name for path in folder.rglob("*")]
    ['model', 'new']
    """
    partial, folder = Path(partial), Path(folder)
    if not folder.exists():
        os.replace(partial, folder)
        flush(folder.parent)
        return
    replaced = partial
    if not exchange(partial, folder):
        replaced = folder.with_name(f".{folder.name}.replaced")
        shutil.rmtree(replaced, ignore_errors=True)
        os.replace(folder, replaced)
        os.replace(partial, folder)
    flush(folder.parent)
    shutil.rmtree(replaced)


def exchange(one, other):
    """Exchange two names of one file system, in one step.

    Returns
    -------
    done : bool
        Whether the system can do so; if not, nothing has changed.
    """
    rename = getattr(LIBC, "renameat2", None)
    if rename is None:
        return False
    names = map(os.fsencode, (one, other))
    places = (part for name in names for part in (AT_FDCWD, name))
    return rename(*places, RENAME_EXCHANGE) == 0


def recover_folders(folder):
    """Finish, or undo, what a killed `put_in_place` had begun in a folder.

    Example
    -------
    >>> folder = getfixture("tmp_path")
    >>> for name in (".model.partial", ".model.replaced", ".a.1.partial"):
    ...     (folder / name).mkdir()
    >>> recover_folders(folder)
    >>> [path.name for path in folder.iterdir()]
    ['model']
    """
    folder = Path(folder)
    for replaced in folder.glob(".*.replaced"):
        name = replaced.name.removeprefix(".").removesuffix(".replaced")
        if not replaced.with_name(name).exists():
            os.replace(replaced, replaced.with_name(name))
    for path in [*folder.glob(".*.partial"), *folder.glob(".*.replaced")]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
