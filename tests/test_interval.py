"""The interval that clusters by speaker."""

import numpy as np
import pytest

from childasr.evaluation.interval import rate_interval


def test_the_interval_is_the_one_computed_by_hand():
    # Two speakers: 1 of 10 and 3 of 10 words wrong; R = 0.2, residuals -1
    # and 1, variance 2 * 2 / 400, t(0.975, 1) = 12.706.
    low, high = rate_interval([1, 3], [10, 10], ["a", "b"])
    assert low == 0
    assert high == pytest.approx(0.2 + 12.706 * 0.1, abs=1e-4)


def test_utterances_of_one_speaker_count_once():
    whole = rate_interval([2, 6, 3], [10, 20, 9], ["a", "b", "c"])
    parts = rate_interval(
        [1, 1, 2, 4, 3], [5, 5, 9, 11, 9], ["a", "a", "b", "b", "c"]
    )
    assert parts == pytest.approx(whole)


def test_speakers_that_err_alike_leave_no_doubt():
    assert rate_interval([1, 2, 3], [10, 20, 30], list("abc")) == (
        pytest.approx([0.1, 0.1])
    )


@pytest.mark.parametrize(
    "errors, tokens, speakers",
    [([], [], []), ([1, 2], [9, 9], ["a", "a"]), ([1, 1], [0, 0], ["a", "b"])],
)
def test_too_little_to_say_gives_no_interval(errors, tokens, speakers):
    assert rate_interval(errors, tokens, speakers) is None


def test_the_interval_covers_the_true_rate_of_ten_unlike_speakers():
    draw = np.random.default_rng(0)
    covered = 0
    for _ in range(500):
        # Speaker rates around 0.2; sizes differ by a factor of 4.
        rates = draw.beta(4, 16, size=10)
        tokens = draw.integers(200, 800, size=10)
        errors = draw.binomial(tokens, rates)
        low, high = rate_interval(list(errors), list(tokens), range(10))
        covered += low <= 0.2 <= high
    # 91 to 94 % is what this method gives with ten clusters.
    assert covered / 500 > 0.9
