"""The index of a corpus's files: all of them, and what cannot be read."""

import functools
import io
import itertools
import os
import sqlite3
import tarfile
import tempfile
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from childasr.text.files import open_file
from data_prep.index import FileIndex

NOBODY = 65534


@pytest.fixture
def index():
    return FileIndex(sqlite3.connect(":memory:"), progress=False)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "corpus").mkdir()
    return tmp_path / "corpus"


def put(path, content=b"x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def put_tar(path, members, **options):
    """Write a tar archive; a member is a name with bytes, or a TarInfo."""
    with tarfile.open(path, "w", **options) as tar:
        for name, content in members:
            info = name
            if isinstance(name, str):
                info = tarfile.TarInfo(name)
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def problems(index):
    return [(reject.wav, reject.reason) for reject in index.problems()]


def paths(index, kind="audio"):
    return [file.path for file in index.files(kind)]


def test_recordings_labels_and_members_are_found_in_file_order(index, root):
    put(root / "b/가.WAV")
    put(root / "b/a.flac")
    put(root / "a.json")
    put(root / "notes.txt")
    put_tar(root / "c.tar", [("./d/e.wav", b"12"), ("d/f.json", b"3")])
    index.scan(root)
    assert paths(index) == ["b/a.flac", "b/가.WAV", "c.tar/d/e.wav"]
    assert [f.path for f in index.recordings()] == paths(index)
    assert paths(index, "label") == ["a.json", "c.tar/d/f.json"]
    assert paths(index, "other") == ["notes.txt"]
    assert index.count("audio") == 3
    assert problems(index) == []


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_members_address_gives_its_bytes(form, index, root):
    name = "원천데이터/" + "긴이름" * 40 + ".wav"
    put_tar(root / "a.tar", [("x.wav", b"one"), (name, b"two")], format=form)
    index.scan(root)
    contents = [
        open_file(root / file.address).read() for file in index.recordings()
    ]
    assert contents == [b"one", b"two"]
    assert index.by_stem("긴이름" * 40, "audio")[0].size == 3


def test_paths_are_composed_and_addresses_are_as_on_disk(index, root):
    name = unicodedata.normalize("NFD", "라벨/가.json")
    put(root / name)
    index.scan(root)
    file = index.file("라벨/가.json")
    assert (file.address, file.path) == (name, "라벨/가.json")


def test_hidden_files_are_no_part_of_a_corpus(index, root):
    put(root / "._a.wav")
    put(root / ".trash/b.wav")
    put(root / "lost+found/g.wav")
    put_tar(root / "c.tar", [("._d.wav", b"x"), (".e/f.wav", b"x")])
    index.scan(root)
    assert (paths(index), problems(index)) == ([], [])


def test_folders_to_skip_are_not_looked_into(index, root):
    put(root / "2.Validation/a.wav")
    put(root / "2.Validation_split/b.wav")
    index.scan(root, skip=("2.Validation",))
    assert paths(index) == ["2.Validation_split/b.wav"]


def link(root, name, target):
    (root / name).symlink_to(target)


def too_large(root, name, size):
    put(root / name)
    os.truncate(root / name, size)


def zipped(root):
    with zipfile.ZipFile(root / "a.zip", "w") as file:
        file.writestr("a.wav", "x")


def not_utf8(root):
    open(os.fsencode(root) + b"/\xb0\xa1.wav", "wb").close()


def twins(root):
    for form in ("NFC", "NFD"):
        put(root / unicodedata.normalize(form, "가.wav"))


PROBLEMS = {
    "link_to_file": (
        lambda root: link(root, "a.wav", put(root.parent / "x.wav")),
        [("a.wav", "path_outside_root")],
    ),
    "link_to_folder": (
        lambda root: link(root, "a", root.parent),
        [("a", "path_outside_root")],
    ),
    "link_to_nothing": (
        lambda root: link(root, "a.json", root / "b.json"),
        [("a.json", "label_missing")],
    ),
    "link_to_no_archive": (
        lambda root: link(root, "a.tar", root / "b.tar"),
        [("a.tar", "archive_missing")],
    ),
    "fifo": (
        lambda root: os.mkfifo(root / "a.wav"),
        [("a.wav", "audio_unreadable")],
    ),
    "large_recording": (
        lambda root: too_large(root, "a.wav", 2**30 + 1),
        [("a.wav", "file_too_large")],
    ),
    "large_label": (
        lambda root: too_large(root, "a.json", 2**20 + 1),
        [("a.json", "file_too_large")],
    ),
    "zip": (zipped, [("a.zip", "archive_compressed")]),
    "tar_gz": (
        lambda root: put(root / "a.tar.gz"),
        [("a.tar.gz", "archive_compressed")],
    ),
    **{
        name: (
            lambda root, name=name: put(root / name),
            [(name, reason)],
        )
        for reason, names in {
            "archive_in_parts": (
                *("TS1.zip.part0", "TS1.zip.part1073741824", "a.tar.part1"),
                *("a.z01", "a.r00", "a.part1.rar", "a.zip.001", "A.7Z.002"),
            ),
            "archive_compressed": ("a.rar", "a.alz", "a.egg", "a.vol1.egg"),
        }.items()
        for name in names
    },
    "gzip_named_tar": (
        lambda root: put(root / "a.tar", b"\x1f\x8b" + bytes(600)),
        [("a.tar", "archive_compressed")],
    ),
    "empty_tar": (
        lambda root: put(root / "a.tar", b""),
        [("a.tar", "archive_unreadable")],
    ),
    "no_tar": (
        lambda root: put(root / "a.tar", b"x" * 2000),
        [("a.tar", "archive_unreadable")],
    ),
    "not_utf8": (not_utf8, [("\\udcb0\\udca1.wav", "path_not_utf8")]),
    "twins": (twins, [("가.wav", "path_ambiguous")]),
}


def test_documents_of_one_name_are_no_lost_part(index, root):
    for form in ("NFC", "NFD"):
        put(root / unicodedata.normalize(form, "안내.txt"))
    zipped(root)
    put(root / "b.zip.part0")
    index.scan(root)
    lost = [part.wav for part in index.lost_parts()]
    assert lost == ["a.zip", "b.zip.part0"]


@pytest.mark.parametrize("problem", PROBLEMS)
def test_problem_on_disk_is_named(problem, index, root):
    plant, expected = PROBLEMS[problem]
    put(root / "good.wav")
    plant(root)
    index.scan(root)
    assert problems(index) == expected
    assert "good.wav" in paths(index)
    assert index.problem(expected[0][0]).reason == expected[0][1]


def test_folder_that_may_not_be_read_is_named(index):
    user = os.geteuid()
    with tempfile.TemporaryDirectory(dir="/tmp") as root:
        os.chmod(root, 0o755)
        folder = put(Path(root, "a/b.wav")).parent
        folder.chmod(0)
        try:
            if user == 0:  # who may read everything
                os.seteuid(NOBODY)
            index.scan(root)
        finally:
            os.seteuid(user)
            folder.chmod(0o700)
    assert problems(index) == [("a", "folder_unreadable")]


def test_link_to_nothing_that_is_no_part_of_a_corpus_is_no_matter(index, root):
    link(root, "notes.txt", root / "gone.txt")
    index.scan(root)
    assert problems(index) == []


def test_links_within_the_root_are_files_and_never_folders(index, root):
    put(root / "a/b.wav")
    link(root, "c.wav", root / "a/b.wav")
    link(root, "d", root / "a")
    index.scan(root)
    assert (paths(index), problems(index)) == (["a/b.wav", "c.wav"], [])


def test_of_two_forms_of_one_name_the_same_is_kept_in_any_order(root):
    twins(root)
    kept = []
    for _ in range(2):
        index = FileIndex(sqlite3.connect(":memory:"), progress=False)
        index.scan(root)
        kept += [file.address for file in index.recordings()]
    assert kept == [unicodedata.normalize("NFD", "가.wav")] * 2


def member(name, kind=tarfile.REGTYPE, target="", size=0):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, target, size
    return info, bytes(size)


@pytest.mark.parametrize(
    ("planted", "reason"),
    [
        (member("../a.wav"), "path_outside_root"),
        (member("b/../../../a.wav"), "path_outside_root"),
        (member("/a.wav"), "path_outside_root"),
        (member("a.wav", tarfile.SYMTYPE, "/etc/passwd"), "path_outside_root"),
        (member("a.wav", tarfile.LNKTYPE, "good.wav"), "path_outside_root"),
        (member("a.json", tarfile.FIFOTYPE), "label_unreadable"),
        (member("a.json", size=2**20 + 1), "file_too_large"),
        (member("a.zip", size=5), "archive_unreadable"),
        (member("a.zip.part0", size=5), "archive_unreadable"),
        (member("a.tar", size=5), "archive_unreadable"),
    ],
)
def test_problem_in_an_archive_is_named(planted, reason, index, root):
    put_tar(root / "c.tar", [("good.wav", b"x"), planted, ("z.wav", b"x")])
    index.scan(root)
    assert [found for _, found in problems(index)] == [reason]
    assert paths(index) == ["c.tar/good.wav", "c.tar/z.wav"]


def test_archive_is_looked_into_again_only_when_it_changed(index, root):
    archive = put_tar(root / "a.tar", [("x.wav", b"one")])
    status = archive.stat()
    index.scan(root)
    archive.write_bytes(b"x" * status.st_size)
    os.utime(archive, ns=(status.st_atime_ns, status.st_mtime_ns))
    index.scan(root)
    assert paths(index) == ["a.tar/x.wav"]
    os.utime(archive, ns=(1, 1))
    index.scan(root)
    assert (paths(index), problems(index)) == (
        [],
        [("a.tar", "archive_unreadable")],
    )
    put_tar(archive, [("y.wav", b"one")])
    index.scan(root)
    assert (paths(index), problems(index)) == (["a.tar/y.wav"], [])


def test_archive_that_was_cut_off_is_looked_into_again(index, root):
    archive = put_tar(root / "a.tar", [("x.wav", b"one"), ("y.wav", b"two")])
    whole, status = archive.read_bytes(), archive.stat()

    def scan(content):
        archive.write_bytes(content)
        os.utime(archive, ns=(status.st_atime_ns, status.st_mtime_ns))
        index.scan(root)
        return paths(index), problems(index)

    cut = whole[:1024] + b"x" * (len(whole) - 1024)
    unreadable = (["a.tar/x.wav"], [("a.tar", "archive_unreadable")])
    assert scan(cut) == unreadable
    assert scan(cut) == unreadable
    assert scan(whole) == (["a.tar/x.wav", "a.tar/y.wav"], [])


def test_archive_that_was_cut_off_leaves_the_index_too(index, root):
    archive = put_tar(root / "a.tar", [("x.wav", b"one")])
    os.truncate(archive, 1024)
    index.scan(root)
    assert problems(index) == [("a.tar", "archive_unreadable")]
    archive.unlink()
    index.scan(root)
    assert (paths(index), problems(index)) == ([], [])


def test_archive_with_a_member_that_is_refused_is_looked_into_once(index, root):
    archive = put_tar(root / "a.tar", [member("b.zip", size=5)])
    index.scan(root)
    assert index.file("a.tar").mtime_ns == archive.stat().st_mtime_ns


def test_files_of_one_archive_are_found_without_looking_at_all(index, root):
    put_tar(root / "a.tar", [("x.wav", b"one")])
    statements = []
    index.connection.set_trace_callback(statements.append)
    index.scan(root)
    index.connection.set_trace_callback(None)
    found = [s for s in statements if "archive = 'a.tar'" in s]
    assert len([s for s in found if s.startswith("DELETE")]) == 2
    for statement in found:
        plan = index.connection.execute(f"EXPLAIN QUERY PLAN {statement}")
        assert not [row[3] for row in plan if row[3].startswith("SCAN")]


def test_what_vanished_leaves_the_index(index, root):
    put(root / "a.wav")
    put(root / "b.wav")
    zipped(root)
    put_tar(root / "c.tar", [("x.wav", b"one"), member("../y.wav")])
    index.scan(root)
    for name in ("a.wav", "a.zip", "c.tar"):
        (root / name).unlink()
    index.scan(root)
    assert (paths(index), problems(index)) == (["b.wav"], [])


def test_scan_that_is_cut_off_changes_nothing_and_the_next_mends(root):
    connection = sqlite3.connect(":memory:")
    index = FileIndex(connection, progress=False)
    put(root / "a.wav")
    put_tar(root / "b.tar", [(f"{i}.wav", b"x") for i in range(50)])
    index.scan(root)
    put_tar(root / "b.tar", [(f"{i}.wav", b"xyz") for i in range(99)])
    (root / "a.wav").rename(root / "c.wav")
    for limit in (0, 30, 100, 300):
        steps = itertools.count()
        # Asked after each ten steps of SQLite's machine whether to stop.
        connection.set_progress_handler(
            functools.partial(lambda n, m: next(n) > m, steps, limit), 10
        )
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            index.scan(root)
        connection.set_progress_handler(None, 0)
        *members, single = sorted(paths(index), key=len, reverse=True)
        assert len(members) == 50 and single in ("a.wav", "c.wav")
    index.scan(root)
    assert len(paths(index)) == 100


def archive_bytes(count):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for i in range(count):
            info = tarfile.TarInfo(f"{i}.wav")
            info.size = 700
            tar.addfile(info, io.BytesIO(bytes([i]) * 700))
    return buffer.getvalue()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_archive_loses_nothing_unsaid(tmp_path_factory, data):
    root = tmp_path_factory.mktemp("corpus")
    whole = archive_bytes(4)
    cut = data.draw(st.integers(0, len(whole)), "cut")
    content = bytearray(whole[:cut])
    for at, byte in data.draw(
        st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 255))), "bytes"
    ):
        if at < len(content):
            content[at] = byte
    put(root / "a.tar", bytes(content))
    index = FileIndex(sqlite3.connect(":memory:"), progress=False)
    index.scan(root)
    lost = 4 - index.count("audio") - index.count("other")
    assert lost <= 0 or problems(index)
    for file in index.recordings():
        assert len(open_file(root / file.address).read()) == file.size
