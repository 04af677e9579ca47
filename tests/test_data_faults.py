"""Recordings that break after preparation, and machines that do."""

import csv
import os
import signal

import numpy as np
import pytest
import soundfile
import speechbrain as sb
import torch
from corpora import AUDIO_DEFECTS, RATE
from kills import Killer, differences, train
from projects import Project
from ranks import train_together
from test_brain import batch_of, gradients, make_brain

from childasr.manifest import Manifest
from childasr.training import breakdowns, dataset
from childasr.training.brain import CTCBrain

BROKEN = {
    name: break_it
    for name, break_it in AUDIO_DEFECTS.items()
    if name != "path_outside_root"  # training reads what it is given
} | {
    "cut_short": lambda wav: os.truncate(wav, wav.stat().st_size // 2),
    "another": lambda wav: soundfile.write(wav, np.ones(9 * RATE) / 9, RATE),
    "no_access": lambda wav: (wav.unlink(), wav.mkdir()),
}


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def arguments_for(project, **overrides):
    """Phase 1 on the whole training split, 12 utterances."""
    manifest = project.folder / "data" / "train.csv"
    return project.arguments(1, train_manifest=manifest, **overrides)


def wavs(project, split="train"):
    """ID to path, in the order of a manifest."""
    manifest = Manifest(project.folder / "data" / f"{split}.csv")
    return {row.ID: type(project.folder)(row.wav) for row in manifest}


def break_some(project, names, split="train"):
    """Plant a defect in each of the first recordings; their IDs."""
    found = list(wavs(project, split).items())
    for name, (_, wav) in zip(names, found, strict=False):
        BROKEN[name](wav)
    return [ID for ID, _ in found[: len(names)]]


def listed(project, name="unreadable"):
    path = project.phase_folder(1) / f"{name}.csv"
    assert path.stat().st_mode & 0o777 == 0o600
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def console(project):
    return (project.folder / "checkpoints" / "phase1.console").read_text()


def test_training_leaves_broken_recordings_out_and_counts_them(project):
    broken = break_some(project, BROKEN)
    arguments = arguments_for(project, max_unreadable_share=0.9)
    assert train(arguments)[0] == 0
    for entry in project.log(1)["epochs"]:
        assert entry["train/unreadable"] == len(broken)
        assert entry["nonfinite_steps"] == 0
    rows = [(int(row["epoch"]), row["ID"]) for row in listed(project)]
    assert rows == sorted((epoch, ID) for epoch in (1, 2) for ID in broken)
    assert f"{len(broken)} recordings skipped" in console(project)
    assert not any(ID in console(project) for ID in broken)


@pytest.mark.parametrize("defect", BROKEN)
def test_each_defect_alone_is_caught_where_the_recording_is_read(
    project, tmp_path, defect
):
    [ID] = break_some(project, [defect])
    brain = make_brain(project, tmp_path / "out")
    batch = batch_of(brain, [0, 1])
    assert [row.id for row in batch.unreadable] == [ID]
    assert batch.ids == [list(wavs(project))[1]]


def test_more_broken_recordings_than_the_cap_end_with_2_and_one_line(project):
    broken = break_some(project, ["audio_missing"] * 2)
    assert train(arguments_for(project, max_unreadable_share=0.1))[0] == 2
    lines = console(project).strip().splitlines()
    assert lines[-1].startswith("error: ")
    assert "max_unreadable_share" in lines[-1]
    assert "unreadable.csv" in lines[-1]
    assert "Traceback" not in console(project)
    assert not any(ID in console(project) for ID in broken)
    assert {row["ID"] for row in listed(project)} == set(broken)


def test_broken_recording_of_validation_ends_the_run(project):
    [ID] = break_some(project, ["audio_missing"], "valid")
    assert train(arguments_for(project, max_unreadable_share=0.9))[0] == 2
    assert "1 recordings of valid" in console(project)
    assert [(row["split"], row["ID"]) for row in listed(project)] == [
        ("valid", ID)
    ]


def test_who_is_left_weighs_as_before(project, tmp_path):
    break_some(project, ["audio_missing"])
    brain = make_brain(project, tmp_path / "out")
    with_broken = gradients(brain, [[0, 1, 2]])
    without = gradients(brain, [[1, 2]])
    for one, other in zip(with_broken, without, strict=True):
        assert torch.equal(one, other)


def test_batch_of_broken_recordings_alone_changes_no_gradient(
    project, tmp_path
):
    break_some(project, ["audio_missing"] * 2)
    brain = make_brain(project, tmp_path / "out")
    assert all((g == 0).all() for g in gradients(brain, [[0, 1]]))
    assert brain.progress.losses.tolist() == [0, 0]
    assert brain.faults.count_unreadable(1, "train", "cpu") == 2


def test_run_killed_among_broken_recordings_ends_as_one_that_was_not(project):
    break_some(project, BROKEN)
    options = {
        "max_unreadable_share": 0.9,
        "ckpt_interval_minutes": 0,
        "ckpt_interval_steps": 1,
    }
    assert train(arguments_for(project, **options))[0] == 0
    folder = project.folder / "killed"
    arguments = arguments_for(project, **options | {"output_folder": folder})
    status, _ = train(arguments, Killer("step", at=5))
    assert status == -signal.SIGKILL
    assert train(arguments)[0] == 0
    assert not differences(project.phase_folder(1), folder)


def test_several_processes_leave_out_and_count_the_same(project):
    """With batches of one, each broken one leaves all without an utterance."""
    broken = break_some(project, ["audio_missing", "cut_short"])
    options = {"max_unreadable_share": 0.9, "batch_size": 1}
    assert train(arguments_for(project, **options))[0] == 0
    two = project.folder / "two"
    arguments = arguments_for(project, **options | {"output_folder": two})
    assert train_together(arguments, 2) == [0, 0]
    for name in ("unreadable.csv", "save/CKPT+epoch_02/faults.ckpt"):
        one = (project.phase_folder(1) / name).read_bytes()
        assert (two / name).read_bytes() == one
    assert len(listed(project)) == 2 * len(broken)
    capped = arguments_for(project, batch_size=1, output_folder=two / "capped")
    assert train_together(capped, 2) == [2, 2]


class Sabotage:
    """In place of a `Killer`: changes something in the fork.

    Arguments
    ---------
    watch : callable
        What changes it.
    """

    calls = 0

    def __init__(self, watch):
        self.watch = watch


def readers_do(what):
    """Let the processes that read recordings do something first."""

    def watch():
        main, read = os.getpid(), dataset.read_audio

        def reading(address):
            if os.getpid() != main:
                what()
            return read(address)

        dataset.read_audio = reading
        breakdowns.LOADER_TIMEOUT = dataset.LOADER_TIMEOUT = 1

    return Sabotage(watch)


@pytest.mark.parametrize(
    ("signum", "said", "advice"),
    [
        (signal.SIGKILL, "was killed", "lower --num_workers"),
        # What the kernel sends where /dev/shm is full.
        (signal.SIGBUS, "found no shared memory", "--shm-size"),
    ],
)
def test_killed_reader_ends_the_run_with_1_and_one_line(
    project, signum, said, advice
):
    def kill_itself():
        os.kill(os.getpid(), signum)

    arguments = arguments_for(project, num_workers=1)
    assert train(arguments, readers_do(kill_itself))[0] == 1
    line = console(project).strip().splitlines()[-1]
    assert f"error: a process that reads recordings {said}" in line
    assert advice in line
    assert "Traceback" not in console(project)


def test_disk_that_does_not_answer_ends_the_run_with_1_and_one_line(project):
    arguments = arguments_for(project, num_workers=1)
    assert train(arguments, readers_do(signal.pause))[0] == 1
    line = console(project).strip().splitlines()[-1]
    assert line.startswith("error: no recording was read for 1 s")
    assert "/dev/shm" in line
    assert "Traceback" not in console(project)


def small_memory(method):
    """Let a Brain's method find no memory for more than one utterance."""

    def limit():
        whole = getattr(CTCBrain, method)

        def limited(brain, predictions_or_batch, *arguments):
            batch = next(
                value
                for value in (predictions_or_batch, *arguments)
                if hasattr(value, "sig")
            )
            if len(batch) > 1:
                raise torch.OutOfMemoryError("tried to allocate 2.00 GiB")
            return whole(brain, predictions_or_batch, *arguments)

        setattr(CTCBrain, method, limited)

    return Sabotage(limit)


@pytest.mark.parametrize("method", ["compute_forward", "compute_objectives"])
def test_out_of_memory_ends_with_1_and_names_the_size_of_the_batch(
    project, method
):
    assert train(arguments_for(project), small_memory(method))[0] == 1
    line = console(project).strip().splitlines()[-1]
    assert line.startswith("error: out of memory at batch 1: ")
    assert "utterances of up to" in line
    assert "--batch_size below 4" in line
    assert "Traceback" not in console(project)


def test_epoch_of_validation_counts_no_placeholder(project, tmp_path):
    brain = make_brain(project, tmp_path / "out")
    empty = batch_of(brain, [])
    brain.on_stage_start(sb.Stage.VALID, 1)
    predictions = brain.compute_forward(empty, sb.Stage.VALID)
    assert brain.compute_objectives(predictions, empty, sb.Stage.VALID) == 0
    assert brain.validation.batches == []
