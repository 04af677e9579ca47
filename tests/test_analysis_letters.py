"""Letters that go wrong, at their position in the syllable."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from korean_text import normalised
from rapidfuzz.distance import Levenshtein
from scored_pairs import scored_pairs

from childasr.evaluation.analysis.letters import (
    NONE,
    align_syllables,
    letter_errors,
    split_syllables,
)

few_syllables = st.text("가각나낙 ", max_size=8)
texts = st.one_of(few_syllables, normalised())


def confusions(ref, hyp):
    found = letter_errors(scored_pairs((ref, hyp)))["confusions"]
    return {
        (entry["position"], entry["ref"], entry["hyp"]): entry["count"]
        for entry in found
    }


@pytest.mark.parametrize(
    ("ref", "hyp", "expected"),
    [
        ("나는 간다", "나는간다", {}),
        ("간다", "칸다", {("onset", "ㄱ", "ㅋ"): 1}),
        ("게", "개", {("nucleus", "ㅔ", "ㅐ"): 1}),
        # A coda that is missing, one that is made up, one of two letters.
        ("학교", "하교", {("coda", "ㄱ", ""): 1}),
        ("하교", "학교", {("coda", "", "ㄱ"): 1}),
        ("값", "갑", {("coda", "ㅄ", "ㅂ"): 1}),
        # The silent ㅇ is a letter of the spelling.
        ("아이", "나이", {("onset", "ㅇ", "ㄴ"): 1}),
        # Read on to the next syllable: a coda less, another onset.
        ("음악", "으막", {("coda", "ㅁ", ""): 1, ("onset", "ㅇ", "ㅁ"): 1}),
        # The syllables most alike are compared, not the first of each.
        (
            "학교에",
            "하꾜",
            {
                ("coda", "ㄱ", ""): 1,
                ("onset", "ㄱ", "ㄲ"): 1,
                ("onset", "ㅇ", ""): 1,
                ("nucleus", "ㅔ", ""): 1,
            },
        ),
        # Stray letters of an output keep their position.
        ("가", "ᄀ", {("nucleus", "ㅏ", ""): 1}),
        (unicodedata.normalize("NFD", "각"), "각", {}),
        ("", "", {}),
    ],
)
def test_letters_are_compared_at_their_position(ref, hyp, expected):
    assert confusions(ref, hyp) == expected


def test_positions_add_up_to_the_rates_computed_by_hand():
    scored = scored_pairs(("학교에", "하꾜"), ("강", "강물"), ("bear 곰", "곰"))
    assert letter_errors(scored)["positions"] == {
        "onset": {
            "letters": 5,
            "substitutions": 1,
            "deletions": 1,
            "insertions": 1,
            "rate": 3 / 5,
        },
        "nucleus": {
            "letters": 5,
            "substitutions": 0,
            "deletions": 1,
            "insertions": 1,
            "rate": 2 / 5,
        },
        "coda": {
            "letters": 3,
            "substitutions": 0,
            "deletions": 1,
            "insertions": 1,
            "rate": 2 / 3,
        },
    }


def test_without_a_letter_there_is_no_rate():
    positions = letter_errors(scored_pairs(("가", "가")))["positions"]
    assert positions["onset"]["rate"] == 0
    assert positions["coda"]["rate"] is None


def test_the_most_frequent_confusion_comes_first():
    scored = scored_pairs(("가", "카"), ("가지", "카지"), ("게", "개"))
    first, second = letter_errors(scored)["confusions"]
    assert first == {
        "ref": "ㄱ",
        "hyp": "ㅋ",
        "position": "onset",
        "count": 2,
    }
    assert second["ref"] == "ㅔ"


@given(texts, texts)
def test_an_alignment_holds_both_texts_in_order(ref, hyp):
    refs, hyps = split_syllables(ref), split_syllables(hyp)
    pairs = align_syllables(refs, hyps)
    assert [ref for ref, _ in pairs if ref != NONE] == refs
    assert [hyp for _, hyp in pairs if hyp != NONE] == hyps
    assert (NONE, NONE) not in pairs


@given(texts, texts)
def test_no_letter_is_lost_and_no_more_are_wrong_than_need_be(ref, hyp):
    errors = letter_errors(scored_pairs((ref, hyp)))
    positions = errors["positions"].values()
    wrong = sum(
        entry[kind]
        for entry in positions
        for kind in ("substitutions", "deletions", "insertions")
    )
    assert wrong == sum(entry["count"] for entry in errors["confusions"])
    spoken, heard = (
        "".join(unicodedata.normalize("NFD", text).split())
        for text in (ref, hyp)
    )
    assert sum(entry["letters"] for entry in positions) == len(spoken)
    # Letters that may not cross positions differ as much as free ones, or
    # more; and at most as much as syllable by syllable from the start.
    assert wrong >= Levenshtein.distance(spoken, heard)
    assert wrong == brute_force(split_syllables(ref), split_syllables(hyp))


def brute_force(refs, hyps):
    """The fewest letters that differ, by syllables spelt in full."""
    rows = [[0] * (len(hyps) + 1) for _ in range(len(refs) + 1)]
    for i in range(len(refs) + 1):
        for j in range(len(hyps) + 1):
            ways = [0] if i == j == 0 else []
            if i and j:
                differ = sum(
                    a != b
                    for a, b in zip(refs[i - 1], hyps[j - 1], strict=True)
                )
                ways.append(rows[i - 1][j - 1] + differ)
            if i:
                ways.append(rows[i - 1][j] + len("".join(refs[i - 1])))
            if j:
                ways.append(rows[i][j - 1] + len("".join(hyps[j - 1])))
            rows[i][j] = min(ways)
    return rows[-1][-1]
