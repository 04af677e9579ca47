"""Promises of the batch sampler."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from childasr.model.keyed_random import hash_ids
from childasr.training.batching import DurationBatchSampler, argsort_stably
from childasr.training.speed import KeyedSpeedPerturb

durations_lists = st.lists(
    st.floats(0.5, 20, allow_nan=False), min_size=1, max_size=60
)


def make_sampler(durations, batch_size=4, **options):
    hashes = hash_ids(f"u{i}" for i in range(len(durations)))
    return DurationBatchSampler(hashes, durations, batch_size, 3, **options)


def corpus_durations(count=6000):
    """Seconds, drawn like the corpus: log-normal, mean 8.5, 1 to 20."""
    draw = np.random.default_rng(0).lognormal(2.05, 0.45, count)
    return np.clip(draw, 1, 20)


@settings(deadline=None)
@given(
    durations=durations_lists,
    batch_size=st.integers(1, 20),
    world_size=st.integers(1, 3),
    fixed=st.booleans(),
    epoch=st.integers(1, 5),
)
def test_each_utterance_comes_exactly_once_an_epoch_over_all_processes(
    durations, batch_size, world_size, fixed, epoch
):
    rows = []
    for rank in range(world_size):
        sampler = make_sampler(
            durations,
            batch_size,
            fixed=fixed,
            rank=rank,
            world_size=world_size,
        )
        sampler.set_epoch(epoch)
        rows += [row for batch in sampler for row, _ in batch]
    assert sorted(rows) == list(range(len(durations)))


def test_average_batch_has_batch_size_utterances_and_like_audio():
    durations = corpus_durations()
    batches, _ = make_sampler(durations, 16).batches(1)
    counts = [len(rows) for rows in batches]
    assert np.mean(counts) == pytest.approx(16, rel=0.01)
    audio = [durations[rows].sum() for rows in batches]
    assert max(audio) < 1.3 * np.mean(audio)


def test_fixed_batches_hold_batch_size_utterances_but_for_the_last():
    batches, _ = make_sampler(corpus_durations(100), 16, fixed=True).batches(1)
    assert sorted(len(rows) for rows in batches) == [4] + [16] * 6


@pytest.mark.parametrize("probability", [0.0, 0.5])
def test_padding_stays_under_three_percent_with_speed_perturbation_on(
    probability,
):
    perturb = KeyedSpeedPerturb(16000, [90, 100, 110], probability)
    sampler = make_sampler(corpus_durations(), 16, speed_perturb=perturb)
    assert sampler.padding_share(1) < 0.03


def test_composition_and_order_differ_between_epochs_and_repeat_by_seed():
    durations = corpus_durations(400)
    one, again = make_sampler(durations), make_sampler(durations)

    def composition(sampler, epoch):
        return [tuple(sorted(rows)) for rows in sampler.batches(epoch)[0]]

    assert composition(one, 2) == composition(again, 2)
    first, second = composition(one, 1), composition(one, 2)
    assert len(set(first) & set(second)) < len(first) / 2


def test_speed_of_an_utterance_is_the_same_for_every_number_of_processes():
    perturb = KeyedSpeedPerturb(16000, [90, 100, 110], 1.0)
    whole = make_sampler(corpus_durations(50), speed_perturb=perturb)
    part = make_sampler(
        corpus_durations(50), speed_perturb=perturb, rank=1, world_size=2
    )
    speeds = dict(item for batch in whole for item in batch)
    assert {row: speeds[row] for batch in part for row, _ in batch} == dict(
        item for batch in part for item in batch
    )


def test_steps_of_every_epoch_are_known_beforehand():
    perturb = KeyedSpeedPerturb(16000, [90, 100, 110], 1.0)
    sampler = make_sampler(corpus_durations(500), speed_perturb=perturb)
    lengths = {len(sampler.batches(epoch)[0]) for epoch in range(1, 9)}
    assert lengths == {125}


@settings(deadline=None)
@given(
    durations=durations_lists,
    batch_size=st.integers(1, 20),
    fixed=st.booleans(),
    epoch=st.integers(1, 5),
)
def test_batches_are_counted_as_they_are_made(
    durations, batch_size, fixed, epoch
):
    perturb = KeyedSpeedPerturb(16000, [90, 100, 110], 0.5)
    sampler = make_sampler(
        durations, batch_size, speed_perturb=perturb, fixed=fixed
    )
    sampler.set_epoch(epoch)
    assert len(sampler) == len(sampler.batches(epoch)[0])


@given(st.lists(st.integers(0, 5), max_size=60))
def test_equal_durations_keep_the_order_of_the_manifest(values):
    expected = sorted(range(len(values)), key=values.__getitem__)
    assert argsort_stably(np.array(values)).tolist() == expected


@settings(deadline=None)
@given(
    durations=st.lists(st.floats(0.98, 1.02), min_size=1, max_size=12),
    batch_size=st.integers(1, 4),
    epoch=st.integers(1, 5),
)
def test_batches_of_nearly_equal_durations_are_counted_as_they_are_made(
    durations, batch_size, epoch
):
    sampler = make_sampler(durations, batch_size)
    assert sampler.count_batches(epoch) == len(sampler.batches(epoch)[0])
