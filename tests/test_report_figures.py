"""The figures of an error report, and its table on the screen."""

import math
import re

import corpora
import pytest
from hypothesis import given
from hypothesis import strategies as st

from childasr.evaluation.groups import GROUPINGS
from childasr.evaluation.rates import RATES
from childasr.evaluation.report import (
    FEW_SPEAKERS,
    FEW_WORDS,
    score,
    summarise,
)
from childasr.evaluation.screen import report_table
from childasr.manifest import Utterance
from childasr.text.percent import SYNTHETIC


def utterance(number=0, text="나는 간다", **fields):
    known = {"age": "7", "gender": "F", "snr": "15", "style": "read"}
    fields = {"spk_id": "s1", "duration": 2.5} | known | fields
    return Utterance(ID=f"u{number}", wav="x.wav", text=text, **fields)


utterances = st.lists(
    st.builds(
        utterance,
        number=st.integers(),
        text=st.sampled_from(["", *corpora.TEXTS]),
        spk_id=st.sampled_from(["", "a", "b", "c"]),
        duration=st.floats(0.1, 30) | st.just(math.nan),
        age=st.sampled_from(["", "5", "12"]),
        gender=st.sampled_from(["", "F", "M"]),
        snr=st.sampled_from(["", "-2.5", "10", "40"]),
        style=st.sampled_from(["", "read", "free"]),
    ),
    max_size=12,
)


def words(speakers, count):
    """`count` words by each of so many speakers."""
    return [
        utterance(number, " ".join(["나는"] * count), spk_id=f"s{number}")
        for number in range(speakers)
    ]


def figures_of(spoken, heard):
    return summarise(score(spoken, heard))


@given(utterances, st.randoms(use_true_random=False))
def test_groups_sum_to_the_whole(utterances, random):
    hypotheses = [random.choice(["", *corpora.TEXTS]) for _ in utterances]
    figures = figures_of(utterances, hypotheses)
    whole = figures["overall"]
    assert list(figures["groups"]) == list(GROUPINGS)
    for entries in figures["groups"].values():
        for quantity in ("utterances", "words", "errors", "hours"):
            parts = sum(entry[quantity] for entry in entries.values())
            assert parts == pytest.approx(whole[quantity])
    assert whole["speakers"] == len(figures["groups"]["speaker"])


def test_figures_are_those_computed_by_hand():
    figures = figures_of(
        [
            utterance(1, "나는 간다", spk_id="a", age="7"),
            utterance(2, "나는 밥을 먹었다", spk_id="b", age="9"),
        ],
        ["나는간다", "나는 먹었다"],
    )
    overall = figures["overall"]
    assert overall["speakers"] == 2
    assert overall["hours"] == pytest.approx(5 / 3600)
    assert [overall[rate] for rate in RATES] == pytest.approx(
        # 밥을 is missing: two syllables, six letters, and the five sounds of
        # 바블.
        [3 / 5, 1 / 5, 4 / 14, 2 / 11, 6 / 29, 5 / 27]
    )
    assert overall["wer_interval"][1] > 3 / 5
    nine = figures["groups"]["age"]["9"]
    assert nine["wer"] == pytest.approx(1 / 3)
    assert nine["wer_interval"] is None
    assert nine == figures["groups"]["speaker"]["b"]


def test_every_rate_has_its_own_interval():
    spoken = [utterance(n, "같이 간다", spk_id=f"s{n}") for n in range(3)]
    heard = ["가치 가다", "같이간다", "같이 간다"]
    overall = figures_of(spoken, heard)["overall"]
    intervals = {tuple(overall[f"{rate}_interval"]) for rate in RATES}
    assert len(intervals) == len(RATES)
    for rate in RATES:
        low, high = overall[f"{rate}_interval"]
        assert low < overall[rate] < high


def test_the_mean_over_ages_weighs_known_ages_alike():
    spoken = [
        utterance(1, age="5"),
        *(utterance(n, age="6") for n in range(2, 5)),
        utterance(5, age=""),
        utterance(6, "", age="8"),  # no word to get wrong
    ]
    figures = figures_of(spoken, ["", *["나는 간다"] * 3, "", ""])
    assert figures["mean_over_age"] == dict.fromkeys(RATES, 0.5)
    assert figures["overall"]["wer"] == 2 / 5
    unknown = figures_of([utterance(age="")], ["가"])["mean_over_age"]
    assert unknown == dict.fromkeys(RATES, None)


def test_an_unknown_duration_is_counted_and_adds_no_time():
    spoken = [utterance(1, duration=math.nan), utterance(2, duration=1800.0)]
    figures = figures_of(spoken, ["", ""])
    assert figures["overall"]["hours"] == 0.5
    assert figures["groups"]["duration"]["unknown"]["utterances"] == 1


def test_confidences_stay_with_their_utterances():
    spoken = [utterance(1), utterance(2)]
    assert [item.confidence for item in score(spoken, ["", ""])] == [None] * 2
    scored = score(spoken, ["", ""], [0.5, None])
    assert [item.confidence for item in scored] == [0.5, None]


@pytest.mark.parametrize(
    "speakers, said, warning",
    [
        (1, FEW_WORDS, "one_speaker"),
        (2, FEW_WORDS, "few_speakers"),
        (FEW_SPEAKERS - 1, FEW_WORDS, "few_speakers"),
        (FEW_SPEAKERS, FEW_WORDS // FEW_SPEAKERS - 1, "few_words"),
        (FEW_SPEAKERS, FEW_WORDS // FEW_SPEAKERS, None),
    ],
)
def test_groups_too_small_to_tell_anything_say_so(speakers, said, warning):
    spoken = words(speakers, said)
    figures = figures_of(spoken, [""] * speakers)
    assert figures["overall"]["warning"] == warning
    assert figures["groups"]["gender"]["F"]["warning"] == warning


@pytest.mark.parametrize("synthetic", [True, False])
def test_the_table_shows_every_group_but_speakers_in_percent(synthetic):
    clips = corpora.make_clips({"test": 8})
    spoken = [
        utterance(n, clip.text, age=clip.age, snr=clip.snr, spk_id=clip.speaker)
        for n, clip in enumerate(clips)
    ]
    figures = figures_of(spoken, ["나는"] * len(spoken))
    table = report_table({"synthetic": synthetic, **figures})
    assert (SYNTHETIC in table) == synthetic
    for grouping in GROUPINGS:
        for label, entry in figures["groups"][grouping].items():
            row = re.search(rf"^  {label} .*", table, re.MULTILINE)
            if grouping == "speaker":
                assert row is None
                continue
            rates = [f"{100 * entry[rate]:.1f}" for rate in RATES]
            assert set(rates) <= set(row[0].split())
            assert row[0].endswith(entry["warning"].replace("_", " "))
