"""What lies below a folder, the members of archives included."""

import os
import posixpath
import re
import stat
import tarfile
from typing import NamedTuple

from childasr.text import InputError
from data_prep.records import File, nfc, stem

AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")
COMPRESSED_SUFFIXES = (
    *(".zip", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".7z"),
    *(".rar", ".alz", ".egg"),
)
# As AI Hub's downloader, 7-Zip, WinZip, RAR and ALZip name them.
PART = re.compile(
    r".*\.(part\d+|part\d+\.rar|[zra]\d\d|(tar|zip|7z|tgz|gz|egg)\.\d{3})"
)
# Kind of what is not looked into -> reason and detail.
PACKED = {
    "compressed": (
        "archive_compressed",
        "unpack it, or pack it as a plain .tar",
    ),
    "part": ("archive_in_parts", "join the parts and unpack the whole"),
}
KINDS = {
    **dict.fromkeys(AUDIO_SUFFIXES, "audio"),
    ".json": "label",
    ".tar": "archive",
}
# No recording or label of one utterance comes near these, in bytes.
LARGEST = {"audio": 2**30, "label": 2**20}
TAR_BLOCK = 512  # bytes
FSCK = "lost+found"  # root's alone


class Entry(NamedTuple):
    """A file that can be read; the fields of `File`, and more."""

    path: str
    address: str
    size: int
    mtime_ns: int
    stem: str
    kind: str  # audio, label, archive, a key of PACKED, or other
    archive: str | None = None  # path of the one that it is in


class Problem(NamedTuple):
    """A recording, label, archive or folder that is not read, and why."""

    path: str
    stem: str
    kind: str
    reason: str
    detail: str
    archive: str | None = None


def kind_of(name):
    """What a file is by its name.

    Example
    -------
    >>> kind_of("a.WAV"), kind_of("a.tar.gz"), kind_of("a.zip.part0")
    ('audio', 'compressed', 'part')
    """
    name = name.lower()
    if PART.fullmatch(name):
        return "part"
    if name.endswith(COMPRESSED_SUFFIXES):
        return "compressed"
    return KINDS.get(posixpath.splitext(name)[1], "other")


def walk(root, skip=()):
    """Look at every file below a folder, in no order.

    Hidden files, and what fsck keeps where a disk is mounted, are no part of
    a corpus. Links to folders are not followed, and archives are not looked
    into: see `members`.

    Arguments
    ---------
    root : str or Path
        The folder.
    skip : collection of str
        Composed paths of folders below it to leave out.

    Yields
    ------
    found : Entry or Problem
    """
    inside = os.path.join(os.path.realpath(root), "")
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(os.path.join(root, folder)) as entries:
                for entry in entries:
                    path = folder + entry.name
                    if entry.name.startswith(".") or entry.name == FSCK:
                        continue
                    if not entry.is_dir(follow_symlinks=False):
                        yield from _file(entry, path, inside)
                    elif nfc(path) not in skip:
                        folders.append(path + "/")
        except OSError as error:
            reason = f"{error.strerror}: give this user the right to read it"
            yield _problem(
                folder.rstrip("/") or ".", "folder", "folder_unreadable", reason
            )


def _file(entry, path, inside):
    """The Entry or Problem of a directory entry, or nothing."""
    kind = kind_of(path)
    if entry.is_symlink():
        target = os.path.realpath(entry.path)
        is_folder = os.path.isdir(target)
        if not target.startswith(inside) and (is_folder or kind != "other"):
            yield _problem(path, kind, "path_outside_root", f"-> {target}")
        if is_folder or not target.startswith(inside):
            return
    try:
        status = entry.stat()
        regular = stat.S_ISREG(status.st_mode)
    except OSError as error:
        if kind != "other":
            what = "archive" if kind in PACKED else kind
            yield _problem(path, kind, f"{what}_missing", error.strerror)
        return
    if kind in PACKED:
        yield _problem(path, kind, *PACKED[kind])
    elif regular:
        yield from _usable(
            path, path, status.st_size, status.st_mtime_ns, kind, None
        )
    elif kind != "other":
        yield _problem(path, kind, f"{kind}_unreadable", "not a plain file")


def _usable(path, address, size, mtime_ns, kind, archive):
    """The Entry, or the Problem with its name or size."""
    largest = LARGEST.get(kind, size)
    if not is_utf8(path):
        if kind != "other":
            detail = "rename it: a manifest is UTF-8"
            yield _problem(path, kind, "path_not_utf8", detail, archive)
    elif size > largest:
        detail = f"{size} bytes, at most {largest} are read"
        yield _problem(path, kind, "file_too_large", detail, archive)
    else:
        path = nfc(path)
        yield Entry(path, address, size, mtime_ns, stem(path), kind, archive)


def refuse_outside(root, path):
    """Refuse a list of a corpus that is read for what it names.

    Raises
    ------
    InputError
        It is a link out of the corpus, which would bring in what its reader
        may read and its author may not; or no plain file, as a pipe.
    """
    inside = os.path.join(os.path.realpath(root), "")
    if not os.path.realpath(path).startswith(inside):
        raise InputError(
            f"{path} is a link out of {root}: put the file itself there"
        )
    if not os.path.isfile(path):
        raise InputError(f"{path} is no plain file: put one there")


def is_utf8(path):
    """Whether a name on disk can be written as text.

    Example
    -------
    >>> is_utf8("가.wav"), is_utf8(b"\\xb0\\xa1.wav".decode("utf-8", "surrogateescape"))
    (True, False)
    """  # noqa: E501
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _problem(path, kind, reason, detail, archive=None):
    path, detail = (
        text.encode("utf-8", "backslashreplace").decode()
        for text in (nfc(path), detail)
    )
    return Problem(path, stem(path), kind, reason, detail, archive)


def members(root, archive):
    """Look at every member of a tar archive, by its headers alone.

    Arguments
    ---------
    root : str or Path
        Where the archive's address is relative to.
    archive : File

    Yields
    ------
    found : Entry or Problem
        The archive's own problem too: `archive_compressed` under the name of
        a plain one, or `archive_unreadable`. What lies before a damaged place
        is found all the same.
    """
    address = os.path.join(root, archive.address)
    try:
        with tarfile.open(address, "r:", encoding="utf-8") as tar:
            end = 0
            while member := tar.next():
                # tarfile would keep all of them.
                tar.members.clear()
                if member.offset_data + max(member.size, 0) > archive.size:
                    break
                # A negative size would lead back to where it came from.
                if tar.offset <= end:
                    raise tarfile.ReadError("headers that lead backwards")
                end = tar.offset
                yield from _member(member, archive)
            tar.fileobj.seek(end)
            block = tar.fileobj.read(TAR_BLOCK)
            # tarfile takes damage after the first header for the end.
            if member or len(block) < TAR_BLOCK or any(block):
                raise tarfile.ReadError(f"damaged or cut off at byte {end}")
    except (tarfile.TarError, OSError, ValueError, OverflowError) as error:
        yield _archive_problem(address, archive, error)


def _archive_problem(address, archive, error):
    reason, detail = "archive_unreadable", str(error)
    try:
        with open(address, "rb") as file:
            head = file.read(6)
        if head.startswith((b"\x1f\x8b", b"PK", b"BZh", b"\xfd7zXZ")):
            reason = "archive_compressed"
            detail = "in spite of its name: unpack it, or pack it as plain .tar"
    except OSError as error:
        detail = error.strerror
    return _problem(archive.path, "archive", reason, detail, archive.path)


def _member(member, archive):
    """The Entry or Problem of a member, or nothing."""
    parts = member.name.split("/")
    hidden = any(p.startswith(".") and p not in (".", "..") for p in parts)
    kind = kind_of(member.name)
    if hidden or member.isdir() or kind == "other":
        return
    path = f"{archive.path}/{posixpath.normpath(member.name)}"
    if member.name.startswith("/") or ".." in parts:
        reason, detail = "path_outside_root", member.name
    elif member.issym() or member.islnk():
        reason, detail = "path_outside_root", f"a link to {member.linkname}"
    elif kind == "archive" or kind in PACKED:
        reason, detail = "archive_unreadable", "an archive in one: unpack it"
    elif not member.isreg() or member.issparse():
        reason, detail = f"{kind}_unreadable", "not stored as a plain file"
    else:
        address = f"{archive.address}:{member.offset_data}:{member.size}"
        yield from _usable(
            path, address, member.size, archive.mtime_ns, kind, archive.path
        )
        return
    yield _problem(path, kind, reason, detail, archive.path)


def as_file(entry):
    """The File of an Entry."""
    return File(*entry[:4])
