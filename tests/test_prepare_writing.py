"""A preparation that fails leaves nothing half-written."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import corpora
import pytest

from childasr.errors import InputError
from data_prep.prepare import prepare
from data_prep.publish import published_folder
from data_prep.subset import make_subset

OUTPUTS = {
    *("train.csv", "valid.csv", "test.csv"),
    *("phase1.csv", "phase2.csv", "phase3.csv"),
    *("rejects.csv", "summary.json", "summary.html", "checked.sqlite"),
}


def contents(folder):
    """What training reads: not what was checked, nor why a run failed."""
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.name not in ("checked.sqlite", "refused.csv")
    }


def test_preparing_again_replaces_the_manifests_and_keeps_the_rest(
    root, clips, tmp_path
):
    (tmp_path / "M/units").mkdir(parents=True)
    prepare(root, tmp_path / "M")
    corpora.write_metadata(root, [clip.row() for clip in clips[1:]])
    prepare(root, tmp_path / "M")
    assert {path.name for path in (tmp_path / "M").iterdir()} == {
        *OUTPUTS,
        "units",
    }
    assert clips[0].stem not in (tmp_path / "M/train.csv").read_text("utf-8")


def test_failed_preparation_leaves_everything_as_it_was(root, clips, tmp_path):
    prepare(root, tmp_path / "M")
    before = contents(tmp_path / "M")
    for clip in clips:
        os.remove(root / clip.path())
    for folder in ("M", "new"):
        with pytest.raises(InputError, match="audio_missing 28"):
            prepare(root, tmp_path / folder)
    assert contents(tmp_path / "M") == before
    assert contents(tmp_path / "new") == {}


def test_writing_that_fails_midway_leaves_no_summary(root, clips, tmp_path):
    prepare(root, tmp_path / "M")
    (tmp_path / "M/train.csv").unlink()
    (tmp_path / "M/train.csv").mkdir()
    with pytest.raises(IsADirectoryError):
        prepare(root, tmp_path / "M")
    assert not (tmp_path / "M/summary.json").exists()
    assert {p.name for p in tmp_path.iterdir()} == {"M", root.name}


KILLED = """
import os, signal, sys
from data_prep.publish import published_folder
with published_folder(sys.argv[1], last="a") as partial:
    (partial / "a").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_folder_is_published_after_a_kill_whatever_the_process_number(
    tmp_path, monkeypatch
):
    folder = tmp_path / "data"
    killed = subprocess.Popen([sys.executable, "-c", KILLED, str(folder)])
    assert killed.wait() == -signal.SIGKILL
    assert [path.suffix for path in tmp_path.iterdir()] == [".partial"]
    monkeypatch.setattr(os, "getpid", lambda: killed.pid)
    with published_folder(folder, last="a") as partial:
        (partial / "a").write_text("whole")
    assert (folder / "a").read_text() == "whole"


def test_published_folder_is_as_open_as_any_other(tmp_path):
    before = os.umask(0o027)
    try:
        with published_folder(tmp_path / "new" / "data", last="a") as partial:
            (partial / "a").write_text("")
    finally:
        os.umask(before)
    assert (tmp_path / "new" / "data").stat().st_mode & 0o777 == 0o750
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["data"]


def test_of_two_that_make_one_folder_at_once_the_first_is_kept(tmp_path):
    folder = tmp_path / "new"
    with (
        pytest.raises(InputError, match=r"cannot make .*new"),
        published_folder(folder, last="a") as late,
    ):
        with published_folder(folder, last="a") as early:
            (early / "a").write_text("early")
        (late / "a").write_text("late")
    assert (folder / "a").read_text() == "early"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


@pytest.fixture
def other_disk(tmp_path):
    """A link in `tmp_path` to a folder on another file system."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK) or (
        memory.stat().st_dev == tmp_path.stat().st_dev
    ):
        pytest.skip("one file system only")
    folder = Path(tempfile.mkdtemp(dir=memory))
    (tmp_path / "linked").symlink_to(folder)
    yield tmp_path / "linked"
    shutil.rmtree(folder)


def test_manifests_can_be_on_another_disk_than_what_is_beside_them(
    root, clips, other_disk
):
    prepare(root, other_disk)
    assert {path.name for path in other_disk.iterdir()} == OUTPUTS
    before = contents(other_disk)
    prepare(root, other_disk)
    assert contents(other_disk) == before


def test_subset_can_be_on_another_disk_than_what_is_beside_it(
    root, clips, other_disk, tmp_path
):
    report = make_subset(root, other_disk, 0.005, progress=False)
    summary = prepare(other_disk, tmp_path / "M")
    assert summary["accepted"] == report["subset"]["utterances"]
    assert {path.name for path in tmp_path.iterdir()} == {
        *("linked", "linked.checked", "M", root.name)
    }


def test_a_folder_that_is_there_is_filled_from_within(tmp_path):
    (tmp_path / "data").mkdir()
    with published_folder(tmp_path / "data", last="a") as partial:
        assert partial.parent == tmp_path / "data"
        assert partial.name.startswith(".")
        (partial / "a").write_text("")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["a"]
