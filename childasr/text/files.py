"""Text files that are never seen half-written."""

import contextlib
import json
import os
from pathlib import Path


@contextlib.contextmanager
def write_atomically(path):
    """Open a UTF-8 text file that appears under its name only when complete.

    Arguments
    ---------
    path : str or Path
        The file to write; its folder is made if it is missing.

    Yields
    ------
    file : io.TextIOBase
        Line ends are written as given, as the `csv` module wants them.

    Example
    -------
    >>> folder = getfixture("tmp_path")
    >>> with write_atomically(folder / "a.txt") as file:
    ...     _ = file.write("안녕")
    >>> (folder / "a.txt").read_text(encoding="utf-8")
    '안녕'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The process id keeps two writers apart; the folder is the same so that
    # the rename stays on one file system.
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with open(partial, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def write_json(path, value):
    """Write `value` as indented JSON, atomically, with Korean left readable.

    Example
    -------
    >>> folder = getfixture("tmp_path")
    >>> write_json(folder / "a.json", {"이름": 1})
    >>> print((folder / "a.json").read_text(encoding="utf-8"))
    {
      "이름": 1
    }
    """
    with write_atomically(path) as file:
        json.dump(value, file, ensure_ascii=False, indent=2, allow_nan=False)
        file.write("\n")
