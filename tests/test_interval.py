"""Intervals that cluster by speaker."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from childasr.evaluation.interval import rate_interval, ratio_interval

# Errors and tokens of speakers, insertions included.
totals = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 40)), max_size=8)


def test_the_interval_is_the_one_computed_by_hand():
    # 1 and 3 of 10 words wrong: roots of 0.1 and 0.3 without one of them,
    # half their distance 0.115749, t(0.975, 1) = 12.7062.
    low, high = rate_interval([1, 3], [10, 10], ["a", "b"])
    assert low == 0
    assert high == pytest.approx((0.2**0.5 + 12.7062 * 0.115749) ** 2, abs=1e-4)


def test_speakers_of_equal_length_give_the_interval_of_their_mean():
    errors = [-4, 3, 0, 11, 2]
    of_mean = scipy.stats.ttest_1samp(np.array(errors) / 40, 0)
    assert ratio_interval(errors, [40] * 5, list("abcde")) == pytest.approx(
        list(of_mean.confidence_interval())
    )


@pytest.mark.parametrize("interval", [rate_interval, ratio_interval])
def test_utterances_of_one_speaker_count_once(interval):
    whole = interval([2, 6, 3], [10, 20, 9], ["a", "b", "c"])
    parts = interval([1, 1, 2, 4, 3], [5, 5, 9, 11, 9], list("aabbc"))
    assert parts == pytest.approx(whole)


def test_speakers_that_err_alike_leave_no_doubt():
    assert rate_interval([1, 2, 3], [10, 20, 30], list("abc")) == (
        pytest.approx([0.1, 0.1])
    )


@pytest.mark.parametrize(
    "tokens, freedom",
    [
        ([20, 20, 20, 20], 3),
        # 60^2 / 1,200 speakers in effect.
        ([30, 10, 10, 10], 2),
        ([1000, 1], 1),
    ],
)
def test_one_speaker_with_most_of_the_words_leaves_more_doubt(tokens, freedom):
    errors = range(1, len(tokens) + 1)
    without = [
        (sum(errors) - error) / (sum(tokens) - count)
        for error, count in zip(errors, tokens, strict=True)
    ]
    deviation = ((len(tokens) - 1) * np.var(without)) ** 0.5
    low, high = ratio_interval(errors, tokens, range(len(tokens)))
    assert (high - low) / 2 == pytest.approx(
        scipy.stats.t.ppf(0.975, freedom) * deviation
    )


@pytest.mark.parametrize(
    "errors, tokens, speakers",
    [
        ([], [], []),
        ([1, 2], [9, 9], ["a", "a"]),
        ([1, 1], [0, 0], ["a", "b"]),
        ([1, 1], [9, 0], ["a", "b"]),
    ],
)
def test_too_little_to_say_gives_no_interval(errors, tokens, speakers):
    assert rate_interval(errors, tokens, speakers) is None
    assert ratio_interval(errors, tokens, speakers) is None


@given(totals)
def test_the_interval_holds_the_rate_and_is_not_negative(totals):
    errors = [error for error, _ in totals]
    tokens = [token for _, token in totals]
    interval = rate_interval(errors, tokens, range(len(totals)))
    if interval is not None:
        low, high = interval
        rate = sum(errors) / sum(tokens)
        assert 0 <= low <= rate * (1 + 1e-9)
        assert rate * (1 - 1e-9) <= high < np.inf


def test_the_interval_covers_the_true_rate_of_ten_unlike_speakers():
    # As `benchmarks/interval_coverage.py`: rates around 0.2 that vary by a
    # half, a few far above the rest, and 1.6 times the words from one speaker
    # in six than from the median one, or more.
    draw = np.random.default_rng(0)
    sigma = np.log1p(0.5**2) ** 0.5
    covered = 0
    for _ in range(2000):
        rates = 0.2 * draw.lognormal(-(sigma**2) / 2, sigma, 10)
        tokens = np.maximum(1, 1100 * draw.lognormal(0, 0.5, 10)).astype(int)
        errors = draw.binomial(tokens, np.minimum(rates, 0.95))
        low, high = rate_interval(errors, tokens, range(10))
        covered += low <= 0.2 <= high
    assert covered / 2000 >= 0.92
