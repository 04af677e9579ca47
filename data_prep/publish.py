"""A folder of files that appears, or changes, all at once."""

import contextlib
import os
import secrets
import shutil
from pathlib import Path

from childasr.text import InputError


@contextlib.contextmanager
def published_folder(folder, last):
    """Fill a hidden folder; its files appear in `folder` when all are written.

    A new folder is filled beside its place and appears by one rename. One that
    is there may be on another disk than what is beside it, and is filled from
    within: the file `last` is taken away first and put back last, so that a
    folder with `last` in it is always complete; files of other names stay.

    Arguments
    ---------
    folder : str or Path
        Where the files are to appear.
    last : str
        Name of the file that stands for completeness.

    Yields
    ------
    partial : Path
        Where to write.

    Raises
    ------
    InputError
        `folder` cannot be made, or another process has made it meanwhile.

    Example
    -------
    >>> folder = getfixture("tmp_path") / "data"
    >>> with published_folder(folder, last="summary.json") as partial:
    ...     _ = (partial / "summary.json").write_text("{}")
    >>> [path.name for path in folder.iterdir()]
    ['summary.json']
    """
    folder = Path(os.path.abspath(folder))
    # Process numbers repeat in containers, and a kill leaves its folder.
    name = f".{folder.name}.{secrets.token_hex(8)}.partial"
    # Unlike `Path.exists`, it raises nothing where one may not look.
    is_there = os.path.exists(folder)
    partial = folder / name if is_there else folder.with_name(name)
    try:
        partial.mkdir(parents=True)
    except OSError as error:
        raise InputError(
            f"cannot write to {partial.parent} ({error.strerror}): "
            "give another --output_dir"
        ) from error
    try:
        yield partial
        if is_there:
            _move_files(partial, folder, last)
        else:
            _rename(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _rename(partial, folder):
    try:
        partial.rename(folder)
    except OSError as error:
        raise InputError(
            f"cannot make {folder} ({error.strerror}): give another "
            "--output_dir"
        ) from error


def _move_files(partial, folder, last):
    (folder / last).unlink(missing_ok=True)
    names = [path.name for path in partial.iterdir() if path.name != last]
    for name in [*sorted(names), last]:
        os.replace(partial / name, folder / name)
