"""Promises of SpecAugment and speed perturbation."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from childasr.model.keyed_random import hash_ids, uniform, utterance_keys
from childasr.model.spec_augment import KeyedSpectrogramDrop, SpecAugment
from childasr.training.speed import KeyedSpeedPerturb

MANY = 4000
WIDTH = 80


def keys(count, epoch=1):
    ids = [f"utterance {i}" for i in range(count)]
    return utterance_keys(hash_ids(ids), 7, epoch, "mask")


def time_drop():
    return KeyedSpectrogramDrop(0, 30, drop_count=2)


def frequency_drop():
    return KeyedSpectrogramDrop(0, 15, drop_count=2, resolution=80)


def augment(probability):
    return SpecAugment(time_drop(), frequency_drop(), probability)


def masked_frames(out):
    """Frames that hold the mask embedding, which is -1 in these tests."""
    return (out == -1).all(dim=2)


def run(probability, frames, batch, epoch=1):
    features = torch.ones(batch, frames, WIDTH)
    out = augment(probability)(
        features, [frames] * batch, keys(batch, epoch), -torch.ones(WIDTH)
    )
    assert (features == 1).all(), "the input was written into"
    return out


@pytest.mark.parametrize("probability", [0.0, 0.5, 0.75, 1.0])
def test_asked_share_of_utterances_is_masked(probability):
    out = run(probability, 200, MANY)
    touched = (out != 1).flatten(1).any(dim=1).double().mean().item()
    # Two masks of width 0 in both axes leave one utterance in 2e5 as it was.
    assert touched == pytest.approx(probability, abs=0.03)


def test_masked_share_is_that_of_two_masks_of_uniform_width():
    frames = 400
    out = run(1.0, frames, MANY)
    in_time = masked_frames(out).double().mean().item()
    # Mean width 15 of 400, twice, less the overlap of the two.
    assert in_time == pytest.approx(1 - (1 - 15 / 400) ** 2, rel=0.05)
    clear = ~masked_frames(out)[:, :, None].expand_as(out)
    in_band = (out[clear] == 0).double().mean().item()
    assert in_band == pytest.approx(1 - (1 - 7.5 / 80) ** 2, rel=0.05)


def test_widths_reach_both_ends_and_never_more():
    drop = KeyedSpectrogramDrop(0, 30, drop_count=1)
    widths = drop.mask(np.full(MANY, 500), 500, keys(MANY)).sum(dim=1)
    assert set(widths.tolist()) == set(range(31))


def test_frequency_widths_scale_with_the_feature_width():
    drop = KeyedSpectrogramDrop(15, 15, drop_count=1, resolution=80)
    widths = drop.mask(np.full(100, 1024), 1024, keys(100)).sum(dim=1)
    assert set(widths.tolist()) == {192}


@settings(max_examples=50, deadline=None)
@given(sizes=st.lists(st.integers(1, 300), min_size=1, max_size=8))
def test_time_masks_stay_inside_the_utterance_and_below_half_of_it(sizes):
    mask = time_drop().mask(np.array(sizes), 300, keys(len(sizes)))
    for row, size in zip(mask, sizes, strict=True):
        assert not row[size:].any()
        assert row.sum() <= size / 2


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_clips_too_short_to_mask_pass_unharmed_in_time(frames):
    out = run(1.0, frames, 200)
    assert not masked_frames(out).any()


def test_masks_belong_to_the_utterance_whatever_the_batch():
    drop, some = time_drop(), keys(8)
    together = drop.mask(np.arange(100, 108), 200, some)
    for i in range(8):
        alone = drop.mask(np.array([100 + i]), 200, some[i : i + 1])
        assert torch.equal(alone[0], together[i])


def test_masks_differ_between_epochs():
    assert not torch.equal(run(1.0, 200, 8, epoch=1), run(1.0, 200, 8, epoch=2))


def test_drawn_speeds_match_what_was_asked():
    perturb = KeyedSpeedPerturb(16000, [90, 100, 110], probability=0.5)
    speeds = perturb.draw(keys(30_000))
    shares = [(speeds == speed).mean() for speed in (90, 100, 110)]
    assert shares == pytest.approx([1 / 6, 2 / 3, 1 / 6], abs=0.01)


@pytest.mark.parametrize("speed", [90, 110])
def test_speed_changes_duration_and_pitch_by_its_factor(speed):
    perturb = KeyedSpeedPerturb(16000, [90, 100, 110], probability=1.0)
    time = torch.arange(16000) / 16000
    out = perturb.resample(torch.sin(2 * torch.pi * 440 * time), speed)
    assert len(out) == pytest.approx(16000 * 100 / speed, abs=1)
    peak = torch.fft.rfft(out).abs().argmax().item() * 16000 / len(out)
    assert peak == pytest.approx(440 * speed / 100, abs=1)


@pytest.mark.parametrize("samples", [1, 5, 400])
def test_clips_of_any_length_pass_the_resampler(samples):
    perturb = KeyedSpeedPerturb(16000, [90, 100, 110], probability=1.0)
    for speed in (90, 110):
        out = perturb.resample(torch.ones(samples), speed)
        assert len(out) >= 1
        assert torch.isfinite(out).all()


def test_draws_are_uniform_and_independent_of_what_was_drawn_before():
    some = keys(MANY)
    draws = uniform(some, 3)
    assert draws.min() >= 0
    assert draws.max() < 1
    assert draws.mean(axis=0) == pytest.approx([0.5] * 3, abs=0.02)
    assert np.abs(np.corrcoef(draws.T) - np.eye(3)).max() < 0.06
    assert np.array_equal(uniform(some[10:20], 3), draws[10:20])
