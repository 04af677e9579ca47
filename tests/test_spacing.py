"""The reference's spacing, and the word errors that are left with it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from childasr.evaluation.rates import count_errors, words_of
from childasr.evaluation.spacing import respace

# Few syllables, so that many are alike and alignments have rivals.
texts = st.text("가나다라 ", max_size=12)


def respaced_text(ref, hyp):
    return " ".join(respace(words_of(ref), words_of(hyp)))


def join(text):
    return "".join(text.split())


@pytest.mark.parametrize(
    "ref, hyp, respaced",
    [
        ("할 수 있다", "할수있다", "할 수 있다"),
        ("할 수 있다", "할 수있 다", "할 수 있다"),
        # A substitution keeps its own spacing; what follows is mended.
        ("나는 학교에 간다", "나는하교에간다", "나는하교에 간다"),
        ("나는 학교에 간다", "나는 하교 에간다", "나는 하교에 간다"),
        # So does an insertion.
        ("나는 간다", "나는또간다", "나는또 간다"),
        ("나는 간다", "나는 또간다", "나는 또 간다"),
        # A missing first syllable takes the space before it along.
        ("나는 학교에", "나는 교에", "나는교에"),
        ("나는 학교에", "나는 학교", "나는 학교"),
        ("나는 간다", "", ""),
        ("", "나 는", "나 는"),
    ],
)
def test_spacing_is_taken_as_by_hand(ref, hyp, respaced):
    assert respaced_text(ref, hyp) == respaced


@pytest.mark.parametrize(
    "ref, hyp, respaced",
    [
        # Two substitutions, not one match between two gaps.
        ("가나 다라", "가나라다", "가나라다"),
        ("나다", "가나", "가나"),
        # From the end a deletion before an insertion.
        ("나다나", "다나다", "다 나다"),
    ],
)
def test_equal_alignments_are_chosen_between_as_espnet_does(ref, hyp, respaced):
    # Results of ESPnet's get_space_normalized_hyps.py.
    assert respaced_text(ref, hyp) == respaced


def test_letters_apart_are_the_same_syllables():
    hyp = unicodedata.normalize("NFD", "할수있다")
    assert respaced_text("할 수 있다", hyp) == "할 수 있다"


@given(texts, texts)
def test_only_spaces_change(ref, hyp):
    respaced = respaced_text(ref, hyp)
    assert join(respaced) == join(hyp)
    assert respaced_text(ref, respaced) == respaced


@given(texts, texts)
def test_no_word_is_wrong_exactly_where_only_the_spacing_is(ref, hyp):
    errors = count_errors(ref, hyp).spaced_word_errors
    assert (errors == 0) == (join(ref) == join(hyp))


@given(texts, texts)
def test_a_wrong_syllable_makes_two_words_wrong_at_most(ref, hyp):
    counts = count_errors(ref, hyp)
    assert counts.spaced_word_errors <= 2 * counts.syllable_errors


def test_spacing_forgiven_can_cost_where_a_word_lacks_its_beginning():
    counts = count_errors("나는 학교에", "나는 교에")
    assert (counts.word_errors, counts.spaced_word_errors) == (1, 2)
