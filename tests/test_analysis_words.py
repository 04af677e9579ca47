"""Aligned words, and those that go wrong most often."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from korean_text import normalised
from scored_pairs import scored_pairs

from childasr.evaluation.analysis.words import (
    MOST,
    Edit,
    align_words,
    frequent_edits,
)
from childasr.evaluation.rates import count_errors

# Few words, so that texts have some in common.
few_words = st.lists(st.sampled_from(["가", "나", "다", "라마"])).map(" ".join)
texts = st.one_of(few_words, normalised())


@given(texts, texts)
def test_an_alignment_holds_both_texts_and_the_word_errors(ref, hyp):
    edits = align_words(ref, hyp)
    assert " ".join(edit.ref for edit in edits if edit.ref) == ref
    assert " ".join(edit.hyp for edit in edits if edit.hyp) == hyp
    wrong = [edit for edit in edits if edit.kind != "equal"]
    assert len(wrong) == count_errors(ref, hyp).word_errors
    for kind, spoken, heard in edits:
        assert (
            kind
            == {
                (True, True): "equal" if spoken == heard else "substitute",
                (True, False): "delete",
                (False, True): "insert",
            }[bool(spoken), bool(heard)]
        )


def test_texts_are_compared_in_nfc():
    decomposed = unicodedata.normalize("NFD", "각")
    same = [Edit("equal", "각", "각")]
    assert align_words("각", decomposed) == same
    assert align_words(decomposed, "각") == same


@given(st.text(st.sampled_from(" \t\n\u00a0\u3000가나")))
def test_whatever_lies_between_words_they_are_those_that_are_counted(text):
    counts = count_errors(text, "가 나")
    edits = align_words(text, "가 나")
    assert [edit.ref for edit in edits if edit.ref] == text.split()
    wrong = [edit for edit in edits if edit.kind != "equal"]
    assert len(wrong) == counts.word_errors


def test_the_most_frequent_edits_come_first_and_equal_ones_by_code_point():
    scored = scored_pairs(
        ("나는 학교에 간다", "나는 하꾜에 간다"),
        ("나는 학교에 간다", "너는 하꾜에"),
        ("나는", "나는 어"),
        ("비가 온다", ""),
    )
    assert frequent_edits(scored) == {
        "substitutions": [
            {"ref": "학교에", "hyp": "하꾜에", "count": 2},
            {"ref": "나는", "hyp": "너는", "count": 1},
        ],
        "deletions": [
            {"ref": "간다", "count": 1},
            {"ref": "비가", "count": 1},
            {"ref": "온다", "count": 1},
        ],
        "insertions": [{"hyp": "어", "count": 1}],
    }


def test_the_list_of_edits_is_cut():
    missed = [(chr(ord("가") + number), "") for number in range(MOST + 1)]
    assert len(frequent_edits(scored_pairs(*missed))["deletions"]) == MOST
