"""Error counts and rates: by hand, against libraries, and at the edges."""

import random
import unicodedata

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st
from speechbrain.utils.metric_stats import ErrorRateStats

from childasr.evaluation.rates import (
    RATES,
    UtteranceCounts,
    add_counts,
    count_errors,
    rates,
)
from childasr.text.pronounce import phonemes

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


@pytest.mark.parametrize(
    "ref, hyp, syllables, jamo",
    [
        # Spaces are neither.
        ("학교에 간다", "학교에간다", (5, 0), (12, 0)),
        # A final consonant is missing: one syllable, one letter.
        ("학교에 간다", "하교에 간다", (5, 1), (12, 1)),
        ("가자", "까자", (2, 1), (4, 1)),
    ],
)
def test_syllables_and_letters_are_counted_as_by_hand(
    ref, hyp, syllables, jamo
):
    counts = count_errors(ref, hyp)
    assert (counts.syllables, counts.syllable_errors) == syllables
    assert (counts.jamo, counts.jamo_errors) == jamo


def test_phoneme_errors_follow_the_pronunciation_not_the_spelling():
    # Both are said [가치].
    assert count_errors("같이", "가치")[-2:] == (4, 0)
    assert count_errors("가다", "가자")[-2:] == (4, 1)


def test_an_empty_hypothesis_is_all_deletions():
    counts = count_errors("나는 간다", "")
    assert (counts.words, counts.chars) == (2, 5)
    for errors, tokens in RATES.values():
        assert getattr(counts, errors) == getattr(counts, tokens) > 0


def test_an_empty_reference_is_all_insertions():
    counts = count_errors("", "나는 간다")
    assert (counts.word_errors, counts.char_errors) == (2, 5)
    for errors, tokens in RATES.values():
        assert getattr(counts, errors) > getattr(counts, tokens) == 0


def test_nothing_said_and_nothing_heard_is_no_error():
    assert not any(count_errors("", ""))


def test_composed_and_decomposed_text_agree():
    hyp = unicodedata.normalize("NFD", "나는 밥을 먹었다")
    assert count_errors("나는 밥을 먹었다", hyp).char_errors == 0


def test_a_rate_without_reference_tokens_is_undefined():
    assert rates([]) == dict.fromkeys(RATES, None)
    assert rates([count_errors("", "가")]) == dict.fromkeys(RATES, None)


def test_rates_are_micro_averages():
    fields = UtteranceCounts._fields
    right = UtteranceCounts(*[0 if "errors" in f else 9 for f in fields])
    wrong = UtteranceCounts(*[1] * len(fields))
    assert rates([right, wrong]) == dict.fromkeys(RATES, 1 / 10)


@given(st.lists(st.tuples(texts.filter(bool), texts), min_size=1))
def test_rates_equal_those_of_jiwer(pairs):
    refs, hyps = map(list, zip(*pairs, strict=True))
    result = rates([count_errors(ref, hyp) for ref, hyp in pairs])
    assert result["wer"] == pytest.approx(jiwer.wer(refs, hyps))
    assert result["cer"] == pytest.approx(jiwer.cer(refs, hyps))


def letters(text):
    return list(unicodedata.normalize("NFD", text).replace(" ", ""))


@pytest.mark.parametrize(
    "rate, split",
    [
        ("wer", str.split),
        ("cer", list),
        ("cer_no_space", lambda text: list(text.replace(" ", ""))),
        ("jamo_error_rate", letters),
        ("phoneme_error_rate", phonemes),
    ],
)
def test_rates_are_those_of_speechbrain_on_a_thousand_random_pairs(rate, split):
    draw = random.Random(0)
    syllables = [chr(draw.randint(ord("가"), ord("힣"))) for _ in range(8)]

    def text():
        drawn = draw.choices([*syllables, " ", " "], k=draw.randint(1, 9))
        return " ".join("".join(drawn).split())

    pairs = [(text() or "가", text()) for _ in range(1000)]
    stats = ErrorRateStats()
    stats.append(
        [str(number) for number in range(len(pairs))],
        [split(hyp) for _, hyp in pairs],
        [split(ref) for ref, _ in pairs],
    )
    assert rates([count_errors(*pair) for pair in pairs])[rate] == (
        pytest.approx(stats.summarize("error_rate") / 100)
    )


def test_counts_of_no_utterances_are_zero():
    assert not any(add_counts([]))
