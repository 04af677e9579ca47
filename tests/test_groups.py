"""Group labels and their order."""

import math

import pytest

from childasr.evaluation.groups import (
    age_group,
    duration_group,
    rate_by_group,
    snr_group,
    split_by_label,
)
from childasr.evaluation.rates import UtteranceCounts


@pytest.mark.parametrize(
    "snr, label",
    [
        (-3, "<10"),
        (9.99, "<10"),
        (10, "10-20"),
        ("19.9", "10-20"),
        (20.0, "20-30"),
        (30, ">=30"),
        ("", "unknown"),
        (None, "unknown"),
        (math.nan, "unknown"),
    ],
)
def test_snr_bands_include_their_lower_ends(snr, label):
    assert snr_group(snr) == label


@pytest.mark.parametrize(
    "seconds, label",
    [
        (0.1, "<3"),
        (3, "3-6"),
        ("5.99", "3-6"),
        (6, "6-10"),
        (10, ">=10"),
        (99, ">=10"),
    ],
)
def test_duration_bands_include_their_lower_ends(seconds, label):
    assert duration_group(seconds) == label


@pytest.mark.parametrize(
    "age, label", [(7, "7"), ("12", "12"), (7.9, "7"), ("", "unknown")]
)
def test_ages_are_grouped_by_year(age, label):
    assert age_group(age) == label


@pytest.mark.parametrize(
    "labels",
    [
        ["5", "9", "10", "12", "unknown"],
        ["<10", "10-20", "20-30", ">=30", "unknown"],
        ["<3", "3-6", "6-10", ">=10"],
        ["F", "M", "unknown"],
    ],
)
def test_groups_come_in_reading_order(labels):
    backwards = labels[::-1]
    assert list(split_by_label(backwards, backwards)) == labels


def test_a_group_rate_is_all_its_errors_over_all_its_words():
    counts = [UtteranceCounts(n, e, 1, 0, 1, 0) for n, e in [(8, 2), (2, 2)]]
    assert rate_by_group(["a", "a"], counts) == {"a": 0.4}
    assert rate_by_group(["a", "b"], counts) == {"a": 0.25, "b": 1.0}


def test_labels_and_counts_must_pair_up():
    with pytest.raises(ValueError):
        rate_by_group(["a"], [])
