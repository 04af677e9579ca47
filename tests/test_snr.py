"""The estimate of the signal-to-noise ratio, on recordings of known ratio.

benchmarks/snr_error.py measures what is only bounded here.
"""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_prep.snr import estimate_snr
from data_prep.synthetic.noise import KINDS
from data_prep.synthetic.synthesis import Line, babble_noise, record
from data_prep.synthetic.voices import child_voice

RATE = 16_000
TEXT = "강아지가 마당에서 빙글빙글 돌다가 집에 갔어요"


def bursts(decibel, seed=0, seconds=3):
    """Bursts of noise that stand out by so much from the noise around."""
    generator = np.random.default_rng(seed)
    samples = generator.standard_normal(seconds * RATE) / 1000
    loud = np.arange(len(samples)) // (RATE // 4) % 2 == 1
    samples[loud] *= (1 + 10 ** (decibel / 10)) ** 0.5
    return samples.astype(np.float32)


@pytest.fixture(scope="module")
def babble():
    return babble_noise()


@pytest.mark.parametrize("noise", KINDS)
@pytest.mark.parametrize("snr", [5, 15, 25, 35])
def test_voices_in_noise_are_estimated_within_decibels(noise, snr, babble):
    errors = []
    for age in (5, 8, 12):
        voice = child_voice(random.Random(age), age, "FM"[age % 2])
        generator = np.random.default_rng(age)
        recording = record(Line(TEXT, noise, snr), voice, babble, generator)
        samples = recording.samples / np.float32(32768)
        errors.append(estimate_snr(samples, RATE) - snr)
    assert abs(np.mean(errors)) < (6 if noise == "babble" else 3)


@given(
    st.floats(10, 40),
    st.floats(0.1, 100),
    st.floats(-0.3, 0.3),
    st.sampled_from([8000, 16_000, 44_100, 48_000]),
)
def test_neither_gain_nor_offset_nor_rate_change_it(
    decibel, gain, offset, rate
):
    samples = bursts(decibel)
    plain = estimate_snr(samples, rate)
    moved = ((samples + offset) * gain).astype(np.float32)
    assert estimate_snr(moved, rate) == pytest.approx(plain, abs=0.5)


def test_it_grows_with_the_ratio():
    estimates = [estimate_snr(bursts(db), RATE) for db in range(0, 50, 5)]
    assert estimates == sorted(estimates)
    assert len(set(estimates)) == 10


def test_digital_silence_is_not_taken_for_the_noise():
    samples = bursts(20)
    padded = np.concatenate([np.zeros(RATE, np.float32), samples])
    expected = estimate_snr(samples, RATE)
    assert estimate_snr(padded, RATE) == pytest.approx(expected, abs=0.5)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(RATE),
        np.full(RATE, 0.3),
        np.random.default_rng(1).standard_normal(RATE),
        bursts(30)[:3000],
        np.zeros(0),
    ],
    ids=["silence", "offset", "steady noise", "too short", "nothing"],
)
def test_what_has_no_ratio_gives_none(samples):
    assert estimate_snr(samples.astype(np.float32), RATE) is None
