"""Error counts and rates: by hand, against jiwer, and at the edges."""

import unicodedata

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from childasr.evaluation.rates import (
    UtteranceCounts,
    add_counts,
    count_errors,
    rates,
)

# Syllables with and without a final consonant; spaces make the words.
texts = st.text("가나다라마바사각난달 ", max_size=20).map(
    lambda text: " ".join(text.split())
)


@pytest.mark.parametrize(
    "ref, hyp, words, chars",
    [
        ("나는 밥을 먹었다", "나는 밥을 먹었다", (3, 0), (9, 0)),
        ("나는 밥을 먹었다", "나는 밥을 먹어", (3, 1), (9, 2)),
        ("나는 밥을 먹었다", "나는 먹었다", (3, 1), (9, 3)),
        ("나는 간다", "나는 또 간다", (2, 1), (5, 2)),
        # A wrong space is two word errors, but one character.
        ("학교에 간다", "학교에간다", (2, 2), (6, 1)),
    ],
)
def test_words_and_characters_are_counted_as_by_hand(ref, hyp, words, chars):
    counts = count_errors(ref, hyp)
    assert (counts.words, counts.word_errors) == words
    assert (counts.chars, counts.char_errors) == chars


def test_phoneme_errors_follow_the_pronunciation_not_the_spelling():
    # Both are said [가치].
    assert count_errors("같이", "가치")[-2:] == (4, 0)
    assert count_errors("가다", "가자")[-2:] == (4, 1)


def test_an_empty_hypothesis_is_all_deletions():
    counts = count_errors("나는 간다", "")
    assert counts[:4] == (2, 2, 5, 5)
    assert counts.phonemes == counts.phoneme_errors > 0


def test_an_empty_reference_is_all_insertions():
    counts = count_errors("", "나는 간다")
    assert counts[:4] == (0, 2, 0, 5)
    assert counts.phonemes == 0 < counts.phoneme_errors


def test_nothing_said_and_nothing_heard_is_no_error():
    assert count_errors("", "") == (0,) * 6


def test_composed_and_decomposed_text_agree():
    hyp = unicodedata.normalize("NFD", "나는 밥을 먹었다")
    assert count_errors("나는 밥을 먹었다", hyp).char_errors == 0


def test_a_rate_without_reference_tokens_is_undefined():
    assert rates([]) == dict.fromkeys(
        ("wer", "cer", "phoneme_error_rate"), None
    )
    assert rates([count_errors("", "가")])["wer"] is None


def test_rates_are_micro_averages():
    long_and_right = UtteranceCounts(9, 0, 30, 0, 60, 0)
    short_and_wrong = UtteranceCounts(1, 1, 2, 2, 4, 4)
    assert rates([long_and_right, short_and_wrong]) == {
        "wer": 1 / 10,
        "cer": 2 / 32,
        "phoneme_error_rate": 4 / 64,
    }


@given(st.lists(st.tuples(texts.filter(bool), texts), min_size=1))
def test_rates_equal_those_of_jiwer(pairs):
    refs, hyps = map(list, zip(*pairs, strict=True))
    result = rates([count_errors(ref, hyp) for ref, hyp in pairs])
    assert result["wer"] == pytest.approx(jiwer.wer(refs, hyps))
    assert result["cer"] == pytest.approx(jiwer.cer(refs, hyps))


def test_counts_of_no_utterances_are_zero():
    assert add_counts([]) == (0,) * 6
