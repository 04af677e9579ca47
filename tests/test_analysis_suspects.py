"""Labels that look wrong: planted ones are found, right ones are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from korean_text import normalised
from scored_pairs import scored_pairs
from simulated_labels import KINDS, simulate

from childasr.evaluation.analysis.suspects import (
    MOST,
    suspect_labels,
)
from data_prep.synthetic.sentences import draw_sentences

SAID = draw_sentences("test", ["read", "free"] * 30, seed=1)


def suspects_among_good_ones(*pairs, **others):
    """What is listed of some pairs among 60 that were heard well."""
    good = [(text, text[:-1] + "요") for text in SAID]
    return suspect_labels(scored_pairs(*pairs, *good, **others))


@pytest.mark.parametrize(
    ("letter_errors", "honesty", "found", "false"),
    [
        # WER 10, 20, 31, 31 and 46 %, the planted errors included.
        (0.01, 0.7, 0.95, 0.02),
        (0.03, 0.7, 0.93, 0.03),
        (0.06, 0.7, 0.90, 0.04),
        (0.06, 0.3, 0.85, 0.04),
        (0.12, 0.7, 0.75, 0.05),
    ],
)
def test_simulated_wrong_labels_are_found_with_few_false_alarms(
    letter_errors, honesty, found, false
):
    scored, planted = simulate(2000, letter_errors, honesty, planted=0.05)
    listed = {suspect["ID"] for suspect in suspect_labels(scored)}
    assert len(listed & planted.keys()) >= found * len(planted)
    alarms = len(listed - planted.keys())
    assert alarms <= false * (len(scored) - len(planted))


def test_every_kind_of_simulated_wrong_label_is_found():
    scored, planted = simulate(2000, planted=0.05)
    listed = {suspect["ID"] for suspect in suspect_labels(scored)}
    for kind in KINDS:
        of_kind = [name for name in planted if planted[name] == kind]
        assert sum(name in listed for name in of_kind) >= 0.8 * len(of_kind)


def test_without_wrong_labels_a_good_model_has_few_suspects():
    scored, _ = simulate(2000, error_rate=0.03, planted=0)
    assert len(suspect_labels(scored)) <= 0.03 * len(scored)


def test_the_list_never_grows_beyond_its_share():
    scored, _ = simulate(1000, error_rate=0.2, planted=0.3)
    assert len(suspect_labels(scored)) == MOST * len(scored)


@pytest.mark.parametrize(
    ("ref", "hyp", "reason", "detail", "seen"),
    [
        (
            "학교에서 그림을 그렸어요",
            "",
            "nothing_heard",
            "the text has words, but none was heard (confidence 90 %)",
            {},
        ),
        (
            "그림을 그렸어요",
            "학교에서 그림을 그렸어요",
            "words_missing",
            "9 letters were heard that the text lacks (confidence 90 %)",
            {"letters": 9},
        ),
        # A word of one syllable, misheard, beside the missing ones.
        (
            "네 그림을 그렸어요",
            "학교에서 그림을 그렸어요",
            "words_missing",
            "9 letters were heard that the text lacks (confidence 90 %)",
            {"letters": 9},
        ),
        (
            "학교에서 그림을 그렸어요",
            "그림을 그렸어요",
            "words_not_heard",
            "9 letters of the text were not heard (confidence 90 %)",
            {"letters": 9},
        ),
    ],
)
def test_a_suspect_says_why(ref, hyp, reason, detail, seen):
    (suspect,) = suspects_among_good_ones((ref, hyp))
    assert suspect == {
        "ID": "u0",
        "reason": reason,
        "detail": detail,
        "seen": {**seen, "confidence": 0.9},
    }


def test_other_words_are_told_from_missing_ones_and_from_swapped_labels():
    suspects = suspects_among_good_ones(
        ("나는 밥을 먹었다", "강아지가 저기 뛰어가요"),
        ("도서관에서 책을 읽었어요", "할머니와 시장에 갔다"),
    )
    assert [suspect["reason"] for suspect in suspects] == ["other_words"] * 2


def test_a_text_that_fits_its_own_output_best_is_no_swapped_label():
    suspects = suspects_among_good_ones(
        ("학교에서 친구랑 그림을 그렸어요", "학교에서 친구랑 그렸어요"),
        ("나는 밥을 먹었다", "강아지가 저기 뛰어가요"),
    )
    reasons = {suspect["ID"]: suspect["reason"] for suspect in suspects}
    assert reasons == {"u0": "words_not_heard", "u1": "other_words"}


def test_swapped_labels_name_each_other():
    first, second = "학교에서 그림을 그렸어요", "강아지가 저기 뛰어가요"
    suspects = suspects_among_good_ones((first, second), (second, first))
    details = {suspect["ID"]: suspect["detail"] for suspect in suspects}
    assert {suspect["reason"] for suspect in suspects} == {"text_of_another"}
    assert "heard in u1" in details["u0"]
    assert "heard in u0" in details["u1"]


def test_a_sentence_that_another_child_reads_well_is_no_swapped_label():
    suspects = suspects_among_good_ones((SAID[0], "강아지가 저기 뛰어가요"))
    assert [suspect["reason"] for suspect in suspects] == ["other_words"]


@pytest.mark.parametrize(
    ("seconds", "reason"), [(0.2, "too_long"), (100.0, "too_short")]
)
def test_a_pace_that_nobody_speaks_at_is_suspect_where_the_model_disagrees(
    seconds, reason
):
    poor = scored_pairs(*((text, text[3:]) for text in SAID))
    odd = scored_pairs((SAID[0], SAID[0][3:]), duration=seconds)
    (suspect,) = suspect_labels([*odd, *poor])
    assert suspect["reason"] == reason
    assert "syllables a second" in suspect["detail"]
    agreed = scored_pairs((SAID[0], SAID[0]), duration=seconds)
    assert suspect_labels([*agreed, *poor]) == []


def test_a_mistake_of_an_unsure_model_is_less_suspect_than_of_a_sure_one():
    wrong = ("학교에서 그림을 그렸어요", "그림을 그렸어요")
    poor = [(text, text[3:]) for text in SAID]
    good = [(text, text) for text in SAID]
    unsure = scored_pairs(wrong, *poor, confidence=0.5)
    sure = scored_pairs(wrong, *good, confidence=0.9)
    sure = [
        item._replace(utterance=item.utterance._replace(ID=f"sure_{number}"))
        for number, item in enumerate(sure)
    ]
    suspects = suspect_labels([*unsure, *sure])
    assert [suspect["ID"] for suspect in suspects] == ["sure_0"]


@pytest.mark.parametrize("duration", [float("nan"), 0.0])
def test_unknown_durations_and_confidences_hide_no_suspect(duration):
    pair = ("학교에서 그림을 그렸어요", "")
    (suspect,) = suspects_among_good_ones(
        pair, confidence=None, duration=duration
    )
    assert suspect["detail"] == "the text has words, but none was heard"
    assert suspect_labels(scored_pairs(*[("", "")] * 3)) == []


def test_the_most_suspicious_come_first():
    cut_off = ("그림을 그렸어요", "학교에서 그림을 그렸어요")
    another = ("나는 밥을 먹었다 그리고 잤다", "강아지가 저기 뛰어가요")
    suspects = suspects_among_good_ones(cut_off, another)
    assert [suspect["ID"] for suspect in suspects] == ["u1", "u0"]


@given(st.lists(st.tuples(normalised(), normalised()), max_size=20))
def test_no_utterance_is_listed_twice(pairs):
    suspects = suspect_labels(scored_pairs(*pairs))
    names = [suspect["ID"] for suspect in suspects]
    assert len(set(names)) == len(names)
