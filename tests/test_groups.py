"""Group labels and their order."""

import math

import pytest

from childasr.evaluation.groups import (
    GROUPINGS,
    group_labels,
    rate_by_group,
    split_by_label,
)
from childasr.evaluation.rates import count_errors
from childasr.manifest import Utterance
from childasr.text.group_labels import age_group, duration_group, snr_group


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
        (math.nan, "unknown"),
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
        ["s2", "s10", "unknown"],
    ],
)
def test_groups_come_in_reading_order(labels):
    backwards = labels[::-1]
    assert list(split_by_label(backwards, backwards)) == labels


def test_an_utterance_is_in_one_group_of_each_grouping():
    utterance = Utterance("u", 2.5, "a.wav", "s1", "7", "", "12.5", "read", "")
    assert group_labels(utterance) == {
        "age": "7",
        "snr": "10-20",
        "gender": "unknown",
        "style": "read",
        "duration": "<3",
        "speaker": "s1",
    }
    assert list(group_labels(utterance)) == list(GROUPINGS)
    unknown = group_labels(Utterance("u", math.nan, "", "", "", "", "", "", ""))
    assert set(unknown.values()) == {"unknown"}


def test_a_group_rate_is_all_its_errors_over_all_its_words():
    counts = [
        count_errors("가 나 다 라 마 바 사 아", "가 나 다 라 마 바"),
        count_errors("가 나", ""),
    ]
    assert rate_by_group(["a", "a"], counts) == {"a": 0.4}
    assert rate_by_group(["a", "b"], counts) == {"a": 0.25, "b": 1.0}


def test_labels_and_counts_must_pair_up():
    with pytest.raises(ValueError):
        rate_by_group(["a"], [])
