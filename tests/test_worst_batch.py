"""Preflight tries the batch that needs most memory, and proposes a size."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from projects import ROOT, Project

from childasr.curriculum.machine import Gpu, Machine
from childasr.curriculum.memory_check import (
    check_batches,
    check_worst_batch,
    judge_worst_batch,
)
from childasr.curriculum.plan import read_plan
from childasr.training.batching import JITTER, DurationBatchSampler
from childasr.training.speed import KeyedSpeedPerturb
from childasr.training.worst_batch import (
    brain_of,
    largest_that_fits,
    noise,
    worst_shapes,
)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("project"))


def limit_memory(brain, seconds):
    """Let the encoder find no memory for more padded audio than this."""
    shapes = []

    def refuse(module, arguments):
        count, samples = arguments[0].shape
        shapes.append((count, samples))
        if count * samples > seconds * 16_000:
            raise torch.OutOfMemoryError("tried to allocate 2.00 GiB")

    brain.modules["encoder"].register_forward_pre_hook(refuse)
    return shapes


def audio_of_worst_and_largest(durations, batch_size, speeds, fixed, epoch):
    """Padded seconds of the batch foretold, and of the largest of an epoch."""
    hashes = np.arange(len(durations), dtype=np.uint64)
    perturb = speeds and KeyedSpeedPerturb(16_000, speeds, 0.5)
    sampler = DurationBatchSampler(
        hashes, durations, batch_size, 1, perturb, fixed
    )
    shapes = worst_shapes(sampler, batch_size)
    batches, drawn = sampler.batches(epoch)
    lengths = durations * 100 / drawn
    return (
        max(count * length for count, length in shapes),
        max(len(rows) * lengths[rows].max() for rows in batches),
    )


@given(
    durations=st.lists(st.floats(0.2, 30), min_size=1, max_size=60),
    batch_size=st.integers(1, 16),
    fixed=st.booleans(),
    epoch=st.integers(1, 3),
)
@example([0.95] * 5, 1, False, 1)
def test_no_batch_of_any_durations_has_more_audio_than_the_worst(
    durations, batch_size, fixed, epoch
):
    worst, largest = audio_of_worst_and_largest(
        np.array(durations), batch_size, None, fixed, epoch
    )
    assert largest <= worst * (1 + 2 * JITTER)


@given(
    seed=st.integers(0, 2**32),
    utterances=st.integers(100, 3000),
    batch_size=st.integers(2, 16),
    epoch=st.integers(1, 3),
)
def test_no_batch_of_a_corpus_at_any_speed_has_more_audio_than_the_worst(
    seed, utterances, batch_size, epoch
):
    drawn = np.random.default_rng(seed).lognormal(2, 0.5, utterances)
    worst, largest = audio_of_worst_and_largest(
        drawn.clip(1, 20), batch_size, [90, 100, 110], False, epoch
    )
    assert largest <= worst * (1 + JITTER)


def test_batch_size_is_halved_until_the_worst_batch_fits(project, tmp_path):
    brain = brain_of(project.arguments(1, output_folder=tmp_path))
    # What batches of 2 need at most, but not batches of 4.
    limit = max(n * s for n, s in worst_shapes(brain.train_sampler, 2))
    shapes = limit_memory(brain, limit)
    fits, (utterances, seconds) = largest_that_fits(brain, 4)
    assert fits == 2
    assert utterances * seconds > limit
    count, samples = shapes[-1]
    assert count * samples <= limit * 16_000
    fits, _ = largest_that_fits(brain, 4, processes=2)
    assert fits == 4


def test_phase_for_which_no_batch_fits_has_none_proposed(project, tmp_path):
    brain = brain_of(project.arguments(1, output_folder=tmp_path))
    limit_memory(brain, seconds=0)
    fits, shape = largest_that_fits(brain, 4)
    assert fits == 0
    found = dict(zip(("utterances", "seconds"), shape, strict=True))
    check = judge_worst_batch("b", found | {"batch_size": 4, "fits": fits})
    assert check.fails
    assert "larger GPU" in check.reason


@pytest.mark.parametrize(("count", "masked"), [(3, True), (1, False)])
def test_attention_has_a_mask_as_in_training(project, tmp_path, count, masked):
    brain = brain_of(project.arguments(1, output_folder=tmp_path))
    shapes, masks = limit_memory(brain, seconds=100), []
    brain.encoder.model.encoder.layers[-1].register_forward_pre_hook(
        lambda module, arguments, named: masks.append(named["attention_mask"]),
        with_kwargs=True,
    )
    brain.fit_batch(noise(count, 2.0))
    assert shapes == [(count, 32_000)]
    assert [mask is not None for mask in masks] == [masked]


def plan_of(project, **options):
    settings = {
        "manifest_folder": str(project.folder / "data"),
        "encoder": str(project.folder / "encoder"),
        "output_folder": str(project.folder / "out"),
        "freeze_layers": 1,
    }
    file = ROOT / "hparams" / "curriculum.yaml"
    return read_plan(file, settings | options)


@pytest.mark.parametrize("number", [1, 4])
def test_real_step_of_a_phase_is_tried_and_leaves_nothing(project, number):
    plan = plan_of(project)
    phase = [*plan.phases, plan.full_finetune][number - 1]
    before = {*project.folder.iterdir()}
    check = check_worst_batch(phase, device="cpu")
    assert check.ok, check.reason
    assert "utterances of" in check.reason
    assert {*project.folder.iterdir()} == before


def test_wrong_phase_is_said_in_one_line(project):
    phase = plan_of(project).phases[0]
    phase = dataclasses.replace(
        phase, overrides=phase.overrides | {"freeze_layers": 99}
    )
    check = check_worst_batch(phase, device="cpu")
    assert check.fails
    assert "freeze_layers 99" in check.reason
    assert "InputError" not in check.reason


def test_nothing_is_tried_without_a_gpu_or_manifests(project, tmp_path):
    gpu = Machine((Gpu("x", 80.0, (9, 0)),), ("sm_90",), "2.11.0")
    assert check_batches(plan_of(project), Machine((), (), "2.11.0")) == []
    unprepared = plan_of(project, manifest_folder=str(tmp_path))
    assert check_batches(unprepared, gpu) == []
