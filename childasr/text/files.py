"""Files: text that is never seen half-written, and members of archives."""

import contextlib
import errno
import hashlib
import io
import json
import os
import re
from pathlib import Path

# A member of an uncompressed archive is a run of its bytes.
MEMBER = re.compile(r"(.+\.tar):(\d{1,18}):(\d{1,18})", re.DOTALL | re.I)
LARGEST_READ = 2**30  # bytes, at once
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


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
        file.write(_dump(value))
        file.write("\n")


def read_json(path):
    """Read what `write_json` can write.

    Arguments
    ---------
    path : str or Path

    Returns
    -------
    value : dict, list, str, int, float, bool or None

    Raises
    ------
    OSError
        It cannot be read.
    ValueError
        It is no JSON, or could not be written again: it is nested too deeply,
        or holds numbers or letters that are none.

    Example
    -------
    >>> path = getfixture("tmp_path") / "a.json"
    >>> _ = path.write_text("[1, NaN]")
    >>> read_json(path)
    Traceback (most recent call last):
    ValueError: Out of range float values are not JSON compliant...
    """
    try:
        value = json.loads(Path(path).read_text(encoding="utf-8"))
        _dump(value).encode()
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value


def _dump(value):
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)


def flush(path):
    """Force a file or folder to disk, so that it outlives a power failure."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def file_sha256(file):
    """The SHA-256 of a file, read a piece at a time.

    Arguments
    ---------
    file : str, Path or binary file object
        One that is open is read from its beginning, and stays open.

    Returns
    -------
    digest : str
        Hexadecimal.

    Example
    -------
    >>> path = getfixture("tmp_path") / "model.safetensors"
    >>> _ = path.write_bytes(b"weights")
    >>> file_sha256(path)[:8]
    '9a129038'
    """
    if isinstance(file, (str, os.PathLike)):
        with open(file, "rb") as opened:
            return file_sha256(opened)
    digest = hashlib.sha256()
    file.seek(0)
    while piece := file.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


def member_of(address):
    """Where the bytes of an archive's member lie.

    Arguments
    ---------
    address : str or Path
        The path of a file, or `PATH.tar:OFFSET:SIZE`.

    Returns
    -------
    member : tuple of str, int and int
        Archive, offset and size in bytes; None for the path of a file.

    Example
    -------
    >>> member_of("a/b.tar:512:1000")
    ('a/b.tar', 512, 1000)
    >>> member_of("a/b.tar") is None
    True
    """
    address = os.fspath(address)
    # Most addresses are paths, and end in no digit.
    found = address[-1:].isdigit() and MEMBER.fullmatch(address)
    if not found:
        return None
    return found[1], int(found[2]), int(found[3])


def read_file(address):
    """Read all bytes of a file, or of the member of an archive.

    For small files in half the time that `open` and `read` take.

    Arguments
    ---------
    address : str or Path
        As for `member_of`.

    Returns
    -------
    data : bytes

    Raises
    ------
    OSError
        It cannot be read, is larger than `LARGEST_READ`, or is a member that
        does not lie inside the archive.
    """
    path, offset, size = member_of(address) or (address, 0, None)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        there = os.fstat(descriptor).st_size - offset
        size = there if size is None else size
        if size > there:
            raise OSError(errno.EINVAL, "the archive ends before it", address)
        if size > LARGEST_READ:
            raise OSError(errno.EFBIG, "too large to read at once", address)
        return os.pread(descriptor, size, offset)
    finally:
        os.close(descriptor)


def open_file(address):
    """Open a file, or the member of an archive, to read its bytes.

    Arguments
    ---------
    address : str or Path
        As for `member_of`.

    Returns
    -------
    file : binary file object
        A member's is in memory.

    Raises
    ------
    OSError
        It cannot be opened; a member as for `read_file`.
    """
    if member_of(address):
        return io.BytesIO(read_file(address))
    return io.FileIO(address)
