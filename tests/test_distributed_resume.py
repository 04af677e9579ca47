"""Phases that go on with another number of processes, and shared reading."""

import json
import os
import shutil
import signal

import pytest
import torch
from kills import Killer, train
from projects import Project
from ranks import train_together
from safetensors.torch import load_file
from tiny_models import tiny_encoder

from childasr import agreement
from childasr.manifest import Manifest
from childasr.training import dataset, run

# 12 utterances in 4 batches; checkpoints after the third and the fourth.
OPTIONS = {
    "batch_size": 3,
    "fixed_batches": True,
    "grad_accumulation_factor": 3,
    "ckpt_interval_minutes": 0,
    "ckpt_interval_steps": 1,
    "speed_perturb_prob": 0.5,
    "lora_dropout": 0,
}
# The second as the exit status of the fork that saw the signal.
STOPPED, KILLED = 128 + signal.SIGTERM, 256 - signal.SIGKILL


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project without dropout, whose phase 1 one process trained at once."""
    project = Project(tmp_path_factory.mktemp("project"))
    names = ("hidden", "attention", "activation", "feat_proj")
    off = {f"{name}_dropout": 0.0 for name in names}
    tiny_encoder(project.folder / "encoder", layers=3, width=32, **off)
    arguments = arguments_for(project, project.phase_folder(1))
    assert train(arguments)[0] == 0
    return project


def arguments_for(project, folder, **overrides):
    train_manifest = project.folder / "data" / "train.csv"
    settings = {"output_folder": folder, "train_manifest": train_manifest}
    return project.arguments(1, **OPTIONS | settings | overrides)


def last_rank():
    return os.environ.get("RANK", "0") != "0" or "WORLD_SIZE" not in os.environ


@pytest.mark.parametrize("counts", [(2, 1, 2), (1, 2, 1)], ids=str)
def test_other_numbers_of_processes_go_on_with_the_same_batches(
    project, tmp_path, counts
):
    folder = tmp_path / "out"
    arguments = arguments_for(project, folder)

    def stop_within_the_first_epoch():
        if last_rank():
            Killer("gradient", at=2, signum=signal.SIGTERM).watch()

    def kill_in_the_second_epoch():  # all, in its first batch
        Killer("gradient", at=2).watch()

    first, second, third = counts
    stopped = train_together(arguments, first, stop_within_the_first_epoch)
    assert stopped == [STOPPED] * first
    assert checkpoints(folder) == ["CKPT+epoch_01_batch_3"]
    killed = train_together(arguments, second, kill_in_the_second_epoch)
    # The second may see that the first is gone before it is killed.
    assert KILLED in killed and 0 not in killed
    assert checkpoints(folder) == ["CKPT+epoch_01"]
    assert train_together(arguments, third) == [0] * third
    same_training(project.phase_folder(1), folder)
    if third == 2:  # the second process had no part in the last checkpoint
        assert seeds(folder)[0] == 1986
        # 1987 is what a second process begins a phase with.
        assert seeds(folder)[1] not in (1986, 1987)


def seeds(folder):
    """Of the generators of the processes that ended a phase."""
    [path] = (folder / "save" / "CKPT+epoch_02").glob("random_state*")
    states = torch.load(path, weights_only=True)["cpu"]
    return [torch.Generator().set_state(s).initial_seed() for s in states]


def checkpoints(folder):
    return [path.name for path in (folder / "save").glob("CKPT+*")]


def same_training(one, other):
    """The same batches, and the same weights but for rounding."""
    entries = zip(epochs(one), epochs(other), strict=True)
    for expected, found in entries:
        for key in ("train/batches_sha256", "val/wer", "val/cer", "train/lr"):
            assert found[key] == expected[key]
        for key in ("train/loss", "val/loss", "grad_norm"):
            assert found[key] == pytest.approx(expected[key], rel=1e-5)
    for expected, found in zip(weights(one), weights(other), strict=True):
        assert (found - expected).norm() <= 1e-4 * expected.norm()


def epochs(folder):
    text = (folder / "training_log.json").read_text(encoding="utf-8")
    return json.loads(text)["epochs"]


def weights(folder):
    [path] = (folder / "save" / "CKPT+epoch_02").glob("trained*")
    return [tensor for _, tensor in sorted(load_file(path).items())]


def test_each_process_reads_its_own_recordings_and_no_text_of_others(
    project, tmp_path
):
    data, opened = tmp_path / "data", tmp_path / "opened"
    shutil.copytree(
        project.folder / "data", data, ignore=shutil.ignore_patterns("units")
    )

    def watch():
        rank, read = os.environ["RANK"], dataset.read_audio

        def noted_read(address):
            with open(f"{opened}_{rank}", "a") as file:
                file.write(f"{address}\n")
            return read(address)

        dataset.read_audio = noted_read
        if rank != "0":  # what reads whole columns
            Manifest.texts = Manifest.__iter__ = run.check_disjoint = None

    arguments = arguments_for(
        project,
        tmp_path / "out",
        manifest_folder=data,
        train_manifest=data / "train.csv",
        number_of_epochs=1,
    )
    assert train_together(arguments, 2, watch) == [0, 0]
    parts = [
        (tmp_path / f"opened_{rank}").read_text().splitlines()
        for rank in range(2)
    ]
    rows = [*Manifest(data / "train.csv"), *Manifest(data / "valid.csv")]
    assert sorted(parts[0] + parts[1]) == sorted(row.wav for row in rows)
    assert all(len(part) >= len(rows) // 3 for part in parts)


@pytest.mark.parametrize(
    ("last", "line"),
    [
        (["--lr", "0.5"], "lr is 0.5 for process 1 on "),
        (["--lr_", "0.5"], "error: --lr_: no such key in"),
        (["--start_from", "nowhere"], "error: start_from nowhere: no model"),
        (["--data_root", "nowhere"], None),
    ],
    ids=str,
)
def test_processes_that_would_not_train_the_same_all_end_with_2(
    project, tmp_path, last, line
):
    arguments = arguments_for(project, tmp_path / "out", number_of_epochs=1)
    statuses = train_together(arguments, 2, last=last)
    assert statuses == [2, 2]
    console = (tmp_path / "out.console").read_text()
    assert "Traceback" not in console
    if line is None:  # a machine may have its own recordings, not none
        assert "recordings of train cannot be read" in console
    else:
        assert console.count(line) == 2
        assert not (tmp_path / "out").exists()


def test_machines_that_do_not_share_the_output_folder_all_end_with_2(
    project, tmp_path
):
    def go_to_own_disk():
        agreement.PATIENCE = 0
        disk = tmp_path / f"disk{os.environ['RANK']}"
        disk.mkdir()
        os.chdir(disk)

    arguments = arguments_for(project, "out")
    assert train_together(arguments, 2, go_to_own_disk) == [2, 2]
    for disk in ("disk0", "disk1"):
        console = (tmp_path / disk / "out.console").read_text()
        [line] = [x for x in console.splitlines() if x.startswith("error: ")]
        assert "does not see out of" in line
        assert "on a disk that all machines share" in line
    assert not list((tmp_path / "disk0" / "out").glob(".shared*"))
