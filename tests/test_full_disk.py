"""Every command on a disk that is full: one line, and no half file."""

import builtins
import io
import re
from pathlib import Path

import pytest
from disks import fill_but
from kills import NOBODY, differences, fork, train
from projects import Project, command

FULL = "/dev/full"
OPTIONS = {
    "number_of_epochs": 1,
    "log_examples": 1,
    "evaluate_test": True,
    "ckpt_interval_minutes": 0,
}


class FullDisk:
    """Files of a name have no space; as a `killer` of `kills.fork`.

    Arguments
    ---------
    pattern : str
        Regular expression for the end of the path.
    """

    calls = 0

    def __init__(self, pattern):
        self.pattern = re.compile(f".*{pattern}", re.DOTALL)

    def watch(self):
        opened = open

        def watched(file, mode="r", *args, **kwargs):
            writes = isinstance(file, (str, Path)) and set(mode) & set("wax+")
            if writes and self.pattern.fullmatch(str(file)):
                opened(file, "a").close()
                file = FULL
            return opened(file, mode, *args, **kwargs)

        builtins.open = io.open = watched


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("project"), utterances=2)
    assert train(project.arguments(1, **OPTIONS))[0] == 0
    return project


def unlike(one, other):
    """As `differences`, but for the report, which says when it was made."""
    found = differences(one, other)
    return [name for name in found if not name.startswith("test_report/")]


def said(console):
    """The last line, where there is no traceback."""
    text = Path(console).read_text(encoding="utf-8")
    assert "Traceback" not in text, text
    return text.splitlines()[-1]


@pytest.mark.parametrize(
    "name",
    [
        "env.log",
        "hyperparams.yaml",
        ".training_log.json.*",
        "train_log.txt",
        ".gate.json.*",
        "test_report/.report.json.*",
    ],
)
def test_training_on_a_full_disk_ends_in_one_line_and_goes_on(
    project, tmp_path, name
):
    folder = tmp_path / "full"
    arguments = project.arguments(1, **OPTIONS, output_folder=folder)
    assert train(arguments, FullDisk(f"/{name}"))[0] == 1
    assert "No space left on device: make room" in said(f"{folder}.console")
    assert not (folder / "test_report" / "report.json").exists()
    assert train(arguments)[0] == 0
    assert not unlike(project.phase_folder(1), folder)


@pytest.mark.parametrize("name", ["log.txt", "events.out.tfevents.*"])
def test_training_goes_on_when_only_what_it_says_has_no_space(
    project, tmp_path, name
):
    folder = tmp_path / "full"
    arguments = project.arguments(1, **OPTIONS, output_folder=folder)
    assert train(arguments, FullDisk(f"/{name}"))[0] == 0
    assert said(f"{folder}.console")
    assert not unlike(project.phase_folder(1), folder)


KNOWN = {"checked.sqlite", "checked.sqlite-wal", "checked.sqlite-shm"}


def run(script, arguments, console, killer):
    return fork(command(script, arguments), console, killer)[0]


@pytest.mark.parametrize(
    "name",
    ["hypotheses.csv", "wer.txt", "ref.trn", "report.html", "report.json"],
)
def test_report_on_a_full_disk_ends_in_one_line(project, tmp_path, name):
    model = project.phase_folder(1) / "best_model"
    manifest, report = project.folder / "data/test.csv", tmp_path / "report"
    arguments = [model, manifest, "--output_dir", report]
    console = tmp_path / "console"
    disk = FullDisk(f"report/.{name}.*")
    assert run("evaluate.py", arguments, console, disk) == 1
    assert "No space left on device: make room" in said(console)
    names = {path.name for path in report.iterdir()}
    assert not names & {name, "report.json"}
    assert not [name for name in names if name.endswith(".partial")]


def test_look_that_cannot_be_written_down_is_not_taken(project, tmp_path):
    model = project.phase_folder(1) / "best_model"
    manifest, report = project.folder / "data/test.csv", tmp_path / "report"
    ledger = manifest.with_name("test_ledger.json")
    before = ledger.read_bytes()
    arguments = [model, manifest, "--output_dir", report]
    console, disk = tmp_path / "console", FullDisk("/.test_ledger.json.*")
    assert run("evaluate.py", arguments, console, disk) == 2
    assert "No space left on device" in said(console)
    assert not list(report.iterdir())
    assert ledger.read_bytes() == before


@pytest.mark.parametrize(
    "name", ["train.csv", "phase1.csv", "rejects.csv", "summary.json"]
)
def test_preparation_on_a_full_disk_ends_in_one_line(project, tmp_path, name):
    arguments = ["--input_dir", project.folder / "corpus"]
    arguments += ["--output_dir", tmp_path / "data"]
    console, disk = tmp_path / "console", FullDisk(f"partial/.{name}.*")
    assert run("prepare_phase_data.py", arguments, console, disk) == 1
    assert "No space left on device: make room" in said(console)
    # What is known of the recordings is kept, and nothing else.
    assert {path.name for path in (tmp_path / "data").iterdir()} <= KNOWN


@pytest.mark.parametrize("free", [8, 64, 128])
def test_facts_of_recordings_that_find_no_space_end_in_one_line(
    project, small_disk, tmp_path_factory, free
):
    """SQLite has an error of its own."""
    arguments = ["--input_dir", project.folder / "corpus"]
    arguments += ["--output_dir", small_disk / "data"]
    console = tmp_path_factory.mktemp("said") / "console"
    fill_but(small_disk, free * 1024)
    assert run("prepare_phase_data.py", arguments, console, NOBODY) == 1
    assert "make room" in said(console)
    assert not list(small_disk.glob("data/*.csv"))
    (small_disk / "other").unlink()
    assert run("prepare_phase_data.py", arguments, console, NOBODY) == 0


def test_index_that_finds_no_space_is_not_kept_and_costs_nothing(
    project, tmp_path
):
    arguments = ["--input_dir", project.folder / "corpus"]
    arguments += ["--output_dir", tmp_path / "data"]
    console, disk = tmp_path / "console", FullDisk("/.*.arrow.*")
    assert run("prepare_phase_data.py", arguments, console, disk) == 0
    assert not list(tmp_path.rglob("*.arrow*"))
    assert run("prepare_phase_data.py", arguments, console, NOBODY) == 0
    assert len(list(tmp_path.rglob("*.arrow"))) == 6
