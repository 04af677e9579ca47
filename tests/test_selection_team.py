"""Processes that select together: they agree first, and share the work."""

import os
import shutil
from pathlib import Path

import pytest
from ranks import fork_team
from selections import make_corpus, select

from childasr import agreement
from childasr.errors import RunError
from childasr.selection import select as selecting
from childasr.selection.select import Choice, select_utterances
from childasr.selection.team import Team


@pytest.fixture(scope="module")
def arguments(tmp_path_factory):
    return make_corpus(tmp_path_factory.mktemp("corpus"))


def console(folder):
    return folder.with_suffix(".console").read_text(encoding="utf-8")


def other_model(folder, arguments):
    model = Path(shutil.copytree(arguments[0], folder / "model"))
    with open(model / "model.safetensors", "ab") as file:
        file.write(b" ")
    return [str(model), *arguments[1:]]


def shorter_manifest(folder, arguments):
    source = Path(arguments[1])
    shutil.copy(source.with_name("summary.json"), folder)
    lines = source.read_text("utf-8").splitlines()
    manifest = folder / "train.csv"
    manifest.write_text("\n".join(lines[:-1]) + "\n", "utf-8")
    return [arguments[0], str(manifest), *arguments[2:]]


def no_model(folder, arguments):
    return [str(folder / "none"), *arguments[1:]]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (other_model, "error: model_sha256 is "),
        (shorter_manifest, "error: manifest_sha256 is "),
        (no_model, "error: no trained model in "),
    ],
)
def test_processes_that_would_not_decode_alike_all_end_before_they_do(
    arguments, tmp_path, change, line
):
    own = [arguments, change(tmp_path, arguments)]
    folder = tmp_path / "none"
    statuses = fork_team(lambda rank: select(own[rank], folder)[0], 2)
    assert statuses == [2, 2]
    assert console(folder).count(line) == 2
    assert not (folder / "decoded").exists()


def test_machines_that_do_not_share_the_output_dir_all_end_with_2(
    arguments, tmp_path
):

    def select_on_own_disk(rank):
        agreement.PATIENCE = 0
        disk = tmp_path / f"disk{rank}"
        disk.mkdir()
        os.chdir(disk)
        return select(arguments, Path("out"))[0]

    assert fork_team(select_on_own_disk, 2) == [2, 2]
    for disk in ("disk0", "disk1"):
        [line] = console(tmp_path / disk / "out").splitlines()
        assert "does not see out of" in line
        assert "on a disk that all machines share" in line
        assert not (tmp_path / disk / "out" / "decoded").exists()


def test_a_model_that_is_replaced_while_it_is_loaded_decodes_nothing(
    arguments, tmp_path, monkeypatch
):
    model = Path(shutil.copytree(arguments[0], tmp_path / "model"))
    load = selecting.Recogniser

    def load_slowly(*options):
        loaded = load(*options)
        with open(model / "model.safetensors", "ab") as file:
            file.write(b" ")
        return loaded

    monkeypatch.setattr(selecting, "Recogniser", load_slowly)
    choice, folder = Choice([0.002]), tmp_path / "none"
    with pytest.raises(RunError, match="was replaced while it was loaded"):
        select_utterances(model, arguments[1], folder, choice, device="cpu")
    assert not (folder / "decoded").exists()


def test_no_piece_of_work_is_done_twice(tmp_path):
    def work(rank):
        team = Team()
        for piece in team.share(list(range(20))):
            (tmp_path / f"{piece}-{rank}").touch()
        team.finish()
        return 0

    assert fork_team(work, 3) == [0, 0, 0]
    done = [int(path.name.split("-")[0]) for path in tmp_path.iterdir()]
    assert sorted(done) == list(range(20))


def test_the_first_process_waits_for_the_others(tmp_path):
    done = tmp_path / "done"

    def work(rank):
        team = Team()
        if rank == 0:
            team.tell("begin", "now")
        else:
            team.hear("begin")
            done.touch()
        team.finish()
        return int(not done.exists())

    assert fork_team(work, 2) == [0, 0]


def test_a_process_of_torchrun_has_a_gpu_of_its_own(monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "3")
    assert Team().device("cuda") == "cuda:3"
    assert Team().device("cuda:1") == "cuda:1"
