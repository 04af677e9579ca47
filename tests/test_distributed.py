"""Several processes train as one, and end together."""

import functools
import json
import os
import signal
import subprocess

import pytest
import torch
from kills import Killer, differences, train
from projects import ENVIRONMENT, ROOT, Project
from ranks import (
    GLOO,
    LAUNCH,
    forbid_writing_on_others,
    record,
    train_together,
)
from tiny_models import tiny_encoder

# 12 utterances in 4 batches, 3 steps of which the last has one batch.
OPTIONS = {
    "batch_size": 3,
    "fixed_batches": True,
    "grad_accumulation_factor": 3,
    "ckpt_interval_minutes": 0,
    "ckpt_interval_steps": 1,
    "speed_perturb_prob": 0.5,
    "log_examples": 3,
}
DROPOUTS = ("hidden", "attention", "activation", "feat_proj")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project whose encoder has no dropout, and asks for layer drop."""
    project = Project(tmp_path_factory.mktemp("project"))
    off = {f"{name}_dropout": 0.0 for name in DROPOUTS}
    tiny_encoder(
        project.folder / "encoder", layers=3, width=32, layerdrop=0.5, **off
    )
    assert train(project.arguments(1, lora_dropout=0))[0] == 0
    return project


def arguments_for(project, folder, **overrides):
    train_manifest = project.folder / "data" / "train.csv"
    settings = {"output_folder": folder, "train_manifest": train_manifest}
    return project.arguments(2, **OPTIONS | settings | overrides)


@pytest.fixture(scope="module")
def together(project):
    """The phase folder of two processes, dropout on."""
    folder = project.folder / "together"
    arguments = arguments_for(project, folder)
    only_first = functools.partial(forbid_writing_on_others, folder)
    assert train_together(arguments, 2, only_first) == [0, 0]
    return folder


def entries(folder):
    text = (folder / "training_log.json").read_text(encoding="utf-8")
    return json.loads(text)["epochs"]


@pytest.mark.parametrize(
    ("processes", "overrides"),
    [
        (2, {}),
        (2, {"batch_size": 1}),  # the second has never an utterance
        (3, {"full_finetune": True, "spec_augment_prob": 0}),
    ],
    ids=["uneven", "without_utterance", "unused_mask_embedding"],
)
def test_processes_have_the_gradients_and_metrics_of_one(
    project, tmp_path, processes, overrides
):
    gradients = []
    for count in (1, processes):
        folder, seen = tmp_path / f"of_{count}", tmp_path / f"seen_{count}"
        arguments = arguments_for(project, folder, lora_dropout=0, **overrides)
        prepare = functools.partial(record, seen)
        assert train_together(arguments, count, prepare) == [0] * count
        gradients.append([torch.load(p) for p in sorted(seen.glob("*.pt"))])
    for one, several in zip(*gradients, strict=True):
        assert (several - one).norm() <= 1e-5 * one.norm()
        assert one.norm() > 0
    before, after = (entries(tmp_path / f"of_{n}") for n in (1, processes))
    # Of the same weights: the same to the last digit.
    assert before[0] | {"epoch_time": 0} == after[0] | {"epoch_time": 0}
    for one, several in zip(before[1:], after[1:], strict=True):
        for key in ("train/batches_sha256", "val/cer", "val/wer_by_age"):
            assert one[key] == several[key]
        for key in ("train/loss", "val/loss", "grad_norm"):
            assert several[key] == pytest.approx(one[key], rel=1e-5)
    for epoch in (0, 1, 2):
        one, several = (
            (tmp_path / f"seen_{n}" / f"examples_{epoch}.json").read_text()
            for n in (1, processes)
        )
        assert one == several
        assert len(json.loads(one)) == 3


def test_each_process_drops_out_units_of_its_own(together):
    [path] = (together / "save" / "CKPT+epoch_02").glob("random_state*")
    seeds = [
        torch.Generator().set_state(state).initial_seed()
        for state in torch.load(path)["cpu"]
    ]
    assert seeds == [1986, 1987]


@pytest.mark.parametrize("kind", ["gradient", "validation"])
def test_signal_to_one_process_saves_and_stops_all(
    project, together, tmp_path, kind
):
    def signal_to_second():
        if os.environ["RANK"] == "1":
            Killer(kind, at=5, signum=signal.SIGTERM).watch()

    arguments = arguments_for(project, tmp_path / "stopped")
    stopped = train_together(arguments, 2, signal_to_second)
    assert stopped == [128 + signal.SIGTERM] * 2
    console = (tmp_path / "stopped.console").read_text()
    assert "Traceback" not in console
    assert train_together(arguments, 2) == [0, 0]
    assert not differences(together, tmp_path / "stopped")


def torchrun(script, arguments, *options):
    """The recipe's launcher on two processes, to its end."""
    return subprocess.run(
        [*LAUNCH, "--nproc_per_node=2", *options, script, *arguments, *GLOO],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        check=False,
        timeout=300,  # not that of a deadlock
    )


def test_restart_after_a_killed_process_ends_as_if_it_was_not(
    project, together, tmp_path
):
    arguments = arguments_for(project, tmp_path / "restarted")
    script = ROOT / "tests" / "killed_rank.py"
    result = torchrun(script, arguments, "--max-restarts=1")
    assert result.returncode == 0, result.stderr
    assert "exitcode: -9" in result.stderr, "it was never killed"
    assert not differences(together, tmp_path / "restarted")


def test_killed_process_ends_the_job_with_the_cause(
    project, together, tmp_path
):
    arguments = arguments_for(project, tmp_path / "killed")
    result = torchrun(ROOT / "tests" / "killed_rank.py", arguments)
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == (
        "error: process 1 was stopped by SIGKILL, perhaps out of memory: "
        "start the same command again to go on from its last checkpoint"
    )
    assert train_together(arguments, 2) == [0, 0]
    assert not differences(together, tmp_path / "killed")


def test_wrong_input_ends_every_process_with_2_and_writes_nothing(
    project, tmp_path
):
    arguments = arguments_for(project, tmp_path / "out", units="letters")
    assert train_together(arguments, 2) == [2, 2]
    console = (tmp_path / "out.console").read_text()
    assert console.count("units is 'letters': give one of jamo") == 2
    assert "Traceback" not in console
    assert not (tmp_path / "out").exists()


def test_several_processes_prepare_no_corpus_and_say_what_does(
    project, tmp_path
):
    arguments = arguments_for(
        project,
        tmp_path / "out",
        data_folder=project.folder / "corpus",
        manifest_folder=tmp_path / "data",
    )
    assert train_together(arguments, 2) == [2, 2]
    console = (tmp_path / "out.console").read_text()
    assert console.count("run prepare_phase_data.py --input_dir") == 2
    assert "Traceback" not in console
    assert not (tmp_path / "data").exists()


def test_status_of_a_process_is_that_of_the_job(tmp_path):
    script = tmp_path / "wrong.py"
    script.write_text("raise SystemExit(2)")
    result = torchrun(script, [])
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
