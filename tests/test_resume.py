"""A training run that is killed or stopped ends as one that was not."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys

import pytest
import torch
from corpora import read_rows, write_rows
from kills import (
    MOMENTS,
    Killer,
    differences,
    fork,
    train,
    train_through_kills,
)
from projects import ENVIRONMENT, RECIPE, Project
from safetensors.torch import load_file, save_file
from staged_curriculum import Project as StagedProject
from staged_curriculum import evaluation_of

FACTOR = "grad_accumulation_factor"
# Two micro-batches a step, and a checkpoint after each step.
OPTIONS = {
    FACTOR: 2,
    "ckpt_interval_minutes": 0,
    "ckpt_interval_steps": 1,
    "number_of_epochs": 2,
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project whose phases 1 and 2 are trained."""
    project = Project(tmp_path_factory.mktemp("project"))
    for arguments in (project.arguments(1), project.arguments(2, **OPTIONS)):
        assert train(arguments)[0] == 0
    return project


def arguments_for(project, folder, **overrides):
    settings = OPTIONS | {"output_folder": folder} | overrides
    return project.arguments(2, **settings)


@pytest.mark.parametrize("kind", MOMENTS)
def test_run_killed_at_any_moment_ends_as_one_that_was_not(
    project, tmp_path, kind
):
    draw = random.Random(kind)
    most = {"export": 2, "shown": 2}.get(kind, 8)
    kills = train_through_kills(
        arguments_for(project, tmp_path / "killed"),
        kind,
        lambda: (draw.randint(1, most), draw.random() < 0.5),
        most=2,
    )
    assert kills
    assert not differences(project.phase_folder(2), tmp_path / "killed"), kills


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("kind", ["gradient", "validation"])
def test_signal_saves_and_stops_with_one_line(project, tmp_path, kind, signum):
    folder = tmp_path / "stopped"
    arguments = arguments_for(project, folder, ckpt_interval_steps=0)
    status, _ = train(arguments, Killer(kind, 3, signum=signum))
    assert status == 128 + signum
    console = (tmp_path / "stopped.console").read_text()
    assert "Traceback" not in console
    assert console.strip().splitlines()[-1].startswith("stopped by")
    assert kind == "validation" or list(folder.glob("save/CKPT+*"))
    assert train(arguments)[0] == 0
    assert not differences(project.phase_folder(2), folder)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_signal_to_the_loaders_workers_too_saves_and_stops(
    project, tmp_path, signum
):
    folder = tmp_path / "stopped"
    endless = {"number_of_epochs": 200, "patience": 200}
    arguments = arguments_for(project, folder, num_workers=2, **endless)
    process = subprocess.Popen(
        [sys.executable, str(RECIPE / "train.py"), *arguments],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    trained = any(row.startswith("    1 ") for row in process.stdout)
    assert trained, process.communicate()[1]
    os.killpg(process.pid, signum)
    _, errors = process.communicate(timeout=60)  # not that of a deadlock
    assert process.returncode == 128 + signum, errors
    assert errors.strip().splitlines()[-1].startswith("stopped by")
    assert "Traceback" not in errors


def test_log_proves_which_utterances_were_trained(project, tmp_path):
    """Other batches, or one of them missed, have another hash."""
    folder = tmp_path / "other"
    arguments = arguments_for(project, folder, seed=7, number_of_epochs=1)
    assert train(arguments)[0] == 0
    hashes = [
        entry["train/batches_sha256"]
        for path in (project.phase_folder(2), folder)
        for entry in json.loads((path / "training_log.json").read_text())[
            "epochs"
        ]
        if entry["epoch"] > 0
    ]
    assert len(set(hashes)) == len(hashes) == 3


@pytest.mark.parametrize("factor", [2, 3, 100])
def test_epoch_ends_with_a_step_on_the_batches_that_are_left(
    project, tmp_path, factor
):
    folder = tmp_path / "out"
    arguments = arguments_for(
        project, folder, grad_accumulation_factor=factor, number_of_epochs=1
    )
    status, calls = train(arguments, Killer("gradient"))
    assert status == 0
    (save,) = folder.glob("save/CKPT+*")
    schedule = torch.load(save / "lr_schedule.ckpt", weights_only=True)
    steps = -(-calls // factor)
    assert schedule["current_step"] == steps
    assert schedule["num_training_steps"] == steps + 1
    ema = torch.load(save / "ema.ckpt", weights_only=True)
    assert int(ema["n_averaged"]) == steps


def test_settings_cannot_change_within_an_epoch(project, tmp_path):
    folder = tmp_path / "out"
    arguments = arguments_for(project, folder, start_from="null")
    status, _ = train(arguments, Killer("gradient", 3))
    assert status == -signal.SIGKILL
    assert not (folder / "training_log.json").exists()
    assert train([*arguments, "--lr", "1e-3"])[0] == 2
    console = (tmp_path / "out.console").read_text()
    assert "lr was 0.0003, now 0.001; ask for the same" in console
    rest = {k: v for k, v in OPTIONS.items() if k != FACTOR}
    rest |= {"output_folder": folder, "start_from": "null"}
    assert train(project.arguments(2, **rest))[0] == 2
    console = (tmp_path / "out.console").read_text()
    assert f"{FACTOR} was 2, now 1; ask for the same" in console


def shift_weights(data, start):
    """As another training of the phase before leaves them."""
    path = start / "adapter" / "adapter_model.safetensors"
    tensors = {name: tensor + 0.01 for name, tensor in load_file(path).items()}
    save_file(tensors, path, metadata={"format": "pt"})


def mend_transcript(data, start):
    """Its ID and its duration stay."""
    rows = read_rows(data / "phase2.csv")
    rows[0]["text"] = "다른 말"
    write_rows(data / "phase2.csv", rows)


def drop_utterance(data, start):
    path = data / "valid.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (shift_weights, "model to start from"),
        (mend_transcript, "training manifest"),
        (drop_utterance, "validation manifest"),
    ],
)
@pytest.mark.parametrize("logged", [True, False])
def test_what_the_settings_name_cannot_change_within_a_phase(
    project, tmp_path, change, named, logged
):
    data, start = tmp_path / "data", tmp_path / "phase1" / "best_model"
    shutil.copytree(project.folder / "data", data)
    shutil.copytree(project.phase_folder(1) / "best_model", start)
    folder = tmp_path / "out"
    arguments = arguments_for(
        project, folder, manifest_folder=data, start_from=start
    )
    assert train(arguments, Killer("gradient", 3))[0] == -signal.SIGKILL
    if not logged:  # as before the end of the first epoch
        (folder / "training_log.json").unlink()
    change(data, start)
    assert train(arguments)[0] == 2
    said = (tmp_path / "out.console").read_text().splitlines()[-1]
    assert f"settings or data: the {named} {tmp_path}" in said
    assert "is not what it was; ask for the same, or move" in said


def test_curriculum_killed_anywhere_in_its_bookkeeping_repeats_no_phase(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    curriculum = StagedProject()
    calls, kills, status = [], 0, -signal.SIGKILL
    while status == -signal.SIGKILL:
        killer = Killer("bookkeeping", kills + 1)
        status, _ = fork(curriculum.run, tmp_path / "console", killer)
        calls += curriculum.calls
        kills += status == -signal.SIGKILL
    assert status == 0
    assert kills > 5
    phases = [f"phase{n}" for n in (1, 2, 3, 4)]
    assert calls == [*phases, evaluation_of("phase4")]
