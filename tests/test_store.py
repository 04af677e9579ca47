"""A store that cannot be written says why, and what to do."""

import contextlib
import resource

import pytest

from childasr.errors import InputError, RunError
from data_prep.records import Reject
from data_prep.store import Store


@contextlib.contextmanager
def largest_file(size):
    """As a quota that is used up: SQLite says of both that the disk fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def fill(store):
    store.add_rejects([Reject("a" * 10**6, "", "", "")])
    store.connection.commit()


def test_a_quota_used_up_at_the_start_is_told(tmp_path):
    with (
        largest_file(1024),
        pytest.raises(RunError, match=r"checked\.sqlite.*quota is used up"),
    ):
        Store(tmp_path)


def test_a_quota_used_up_at_work_is_told(tmp_path):
    with (
        pytest.raises(RunError, match="quota is used up"),
        Store(tmp_path) as store,
        largest_file(10**5),
    ):
        fill(store)
    with Store(tmp_path) as store:
        fill(store)


@pytest.mark.parametrize(
    ("names", "folder"),
    [
        ({"SQLITE_TMPDIR": "/a", "TMPDIR": "/b"}, "/a"),
        ({"SQLITE_TMPDIR": "", "TMPDIR": "/b"}, "/b"),
        ({"SQLITE_TMPDIR": "", "TMPDIR": ""}, "/var/tmp"),
    ],
)
def test_where_sqlite_sorts_is_named_beside_its_file(
    tmp_path, monkeypatch, names, folder
):
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    said = rf"checked\.sqlite, or temporary files in {folder} \("
    with pytest.raises(RunError, match=said), largest_file(1024):
        Store(tmp_path)


def test_a_store_in_use_may_be_one_without_locks(tmp_path):
    with Store(tmp_path), pytest.raises(InputError) as refused:
        Store(tmp_path)
    said = str(refused.value)
    assert "wait for the preparation that runs there" in said
    assert "--output_dir on a disk that has locks" in said
    assert "delete" not in said


def test_a_file_that_is_no_store_is_to_be_deleted(tmp_path):
    (tmp_path / "checked.sqlite").write_bytes(b"no store" * 1000)
    with pytest.raises(InputError, match="delete the file to check everything"):
        Store(tmp_path)
