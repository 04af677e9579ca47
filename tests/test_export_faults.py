"""An exported model is whole, whatever happens while it is replaced."""

import functools
import os
import signal

import pytest
import torch
from disks import fill_but
from kills import DiskFiller, Killer, differences, fork, train
from peft import LoraConfig
from projects import Project
from tiny_models import tiny_encoder

from childasr.command import run_command
from childasr.export import replacement
from childasr.export.model import save_model
from childasr.export.replacement import recover_folders
from childasr.model.encoder import Wav2Vec2Encoder
from childasr.text.units import TextUnits


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """A function that exports a model whose head says which it is."""
    folder = tmp_path_factory.mktemp("parts")
    lora = LoraConfig(r=2, target_modules=["q_proj", "v_proj"])
    source = str(tiny_encoder(folder / "encoder"))
    encoder = Wav2Vec2Encoder(source, lora, freeze_layers=1)
    units = TextUnits.train("jamo", ["가 나"], folder / "jamo.model")
    head = torch.nn.Linear(16, units.size)

    def export(folder, number):
        head.bias.data.fill_(number)
        save_model(encoder, head, units, folder, {"number": number})

    return export


def content(folder):
    """Relative path to bytes."""
    return {
        path.relative_to(folder): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("kind", "exchanged"), [("export", True), ("write", True), ("write", False)]
)
@pytest.mark.parametrize("way", [Killer, DiskFiller])
def test_model_is_whole_whatever_write_fails_or_is_the_last(
    export, tmp_path, monkeypatch, kind, exchanged, way
):
    if not exchanged:  # as on a network disk
        monkeypatch.setattr(replacement, "exchange", lambda *names: False)
    whole = []
    for number in (1, 2):
        export(tmp_path / "whole", number)
        whole.append(content(tmp_path / "whole"))
    folder, console = tmp_path / "phase", tmp_path / "console"

    def replace(killer):
        export(folder / "best_model", 1)
        console.unlink(missing_ok=True)
        command = functools.partial(export, folder / "best_model", 2)
        return fork(lambda: run_command(command), console, killer)

    status, calls = replace(Killer(kind))
    assert status == 0
    absent = 0
    # Before each call, and after the last.
    for at, after in [*((n + 1, False) for n in range(calls)), (calls, True)]:
        status, _ = replace(way(kind, at, after))
        if way is DiskFiller:
            assert status == 1
            said = console.read_text()
            assert said.splitlines()[-1].startswith("error: ")
            assert "Traceback" not in said
        else:
            assert status == -signal.SIGKILL
        absent += not (folder / "best_model").exists()
        recover_folders(folder)
        assert content(folder / "best_model") in whole
        assert len(list(folder.iterdir())) == 1
    # Not even for a moment, but where names cannot be exchanged.
    assert (absent > 0) == (kind == "write" and not exchanged)


def test_full_disk_leaves_the_model_that_was_there(export, small_disk):
    export(small_disk / "best_model", 1)
    before = content(small_disk / "best_model")
    free, failures, done = 0, 0, False
    while not done:
        fill_but(small_disk, free)
        try:
            export(small_disk / "best_model", 2)
            done = True
        except Exception:  # OSError or safetensors' own
            failures += 1
            assert content(small_disk / "best_model") == before
        (small_disk / "other").unlink()
        recover_folders(small_disk)
        free += 8192
    assert content(small_disk / "best_model") != before
    assert failures > 10


OPTIONS = {
    "ckpt_interval_minutes": 0,
    "ckpt_interval_steps": 1,
    "number_of_epochs": 1,
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project whose phases 1 and 2 are trained."""
    project = Project(tmp_path_factory.mktemp("project"), utterances=2)
    for number in (1, 2):
        assert train(project.arguments(number, **OPTIONS))[0] == 0
    return project


class BetweenTheRenames(Killer):
    """Kills while a name is given to no model."""

    def watch(self):
        rename = os.replace

        def watched(source, target):
            rename(source, target)
            if str(target).endswith(".replaced"):
                self.strike()

        replacement.exchange = lambda *names: False
        os.replace = watched


def test_run_killed_between_two_renames_ends_as_one_that_was_not(
    project, tmp_path
):
    folder = tmp_path / "killed"
    arguments = project.arguments(2, **OPTIONS, output_folder=folder)
    # Before its checkpoint: the model is exported once more.
    assert train(arguments, Killer("shown", 1))[0] == -signal.SIGKILL
    before = content(folder / "best_model")
    status, _ = train(arguments, BetweenTheRenames("export"))
    assert status == -signal.SIGKILL
    assert not (folder / "best_model").exists()
    status, _ = train(arguments, Killer("validation", 1))
    assert status == -signal.SIGKILL
    assert content(folder / "best_model") == before
    assert train(arguments)[0] == 0
    assert not differences(project.phase_folder(2), folder)
    assert not list(folder.glob(".*.*"))


@pytest.mark.parametrize("at", [2, 20])
def test_run_whose_export_finds_no_space_ends_in_one_line_and_goes_on(
    project, tmp_path, at
):
    folder = tmp_path / "full"
    arguments = project.arguments(2, **OPTIONS, output_folder=folder)
    assert train(arguments, DiskFiller("export", at))[0] == 1
    console = (tmp_path / "full.console").read_text()
    assert "Traceback" not in console
    assert console.splitlines()[-1].startswith("error: ")
    assert train(arguments)[0] == 0
    assert not differences(project.phase_folder(2), folder)
    assert not list(folder.glob(".*.*"))


class SecondRun(Killer):
    """Starts train.py once more, with the same arguments."""

    def __init__(self, arguments):
        super().__init__("gradient", 1)
        self.arguments = arguments

    def strike(self):
        status, _ = train(self.arguments)
        assert status == 2


def test_second_run_in_a_folder_is_refused_and_harms_nothing(project, tmp_path):
    folder = tmp_path / "shared"
    arguments = project.arguments(2, **OPTIONS, output_folder=folder)
    status, _ = train(arguments, SecondRun(arguments))
    assert status == 0
    console = (tmp_path / "shared.console").read_text()
    assert f"error: another run is at work in {folder}: wait" in console
    assert "Traceback" not in console
    assert not differences(project.phase_folder(2), folder)
