"""Error counts of an utterance, and error rates over many."""

import unicodedata
from typing import NamedTuple

import jiwer

from childasr.text.pronounce import phonemes


class UtteranceCounts(NamedTuple):
    """Reference lengths and edit distances of one utterance."""

    words: int
    word_errors: int
    chars: int
    char_errors: int
    phonemes: int
    phoneme_errors: int


def count_errors(ref, hyp):
    """Count the words, characters and phonemes of `ref` that `hyp` gets wrong.

    Words are eojeol; characters are syllables and, as in `jiwer.cer`, the
    spaces between words; phonemes are those of the standard pronunciation.
    An empty hypothesis is all deletions, an empty reference all insertions.

    Arguments
    ---------
    ref, hyp : str
        Compared in NFC.

    Returns
    -------
    counts : UtteranceCounts

    Example
    -------
    >>> count_errors("나는 학교에 간다", "나는 학교 간다")[:4]
    (3, 1, 9, 1)
    >>> count_errors("", "나는 간다")[:2]
    (0, 2)
    """
    ref, hyp = (unicodedata.normalize("NFC", text) for text in (ref, hyp))
    sounds = [" ".join(phonemes(text)) for text in (ref, hyp)]
    return UtteranceCounts(
        *_length_and_errors(jiwer.process_words(ref, hyp)),
        *_length_and_errors(jiwer.process_characters(ref, hyp)),
        *_length_and_errors(jiwer.process_words(*sounds)),
    )


def rates(counts):
    """Micro-averaged error rates: all errors over all reference tokens.

    Arguments
    ---------
    counts : list of UtteranceCounts

    Returns
    -------
    rates : dict
        `wer`, `cer` and `phoneme_error_rate` as fractions; `None` where there
        is no reference token to divide by.

    Example
    -------
    >>> three_of_four = UtteranceCounts(4, 3, 10, 5, 20, 5)
    >>> rates([three_of_four, UtteranceCounts(4, 0, 10, 0, 20, 0)])
    {'wer': 0.375, 'cer': 0.25, 'phoneme_error_rate': 0.125}
    """
    total = add_counts(counts)
    return {
        "wer": divide(total.word_errors, total.words),
        "cer": divide(total.char_errors, total.chars),
        "phoneme_error_rate": divide(total.phoneme_errors, total.phonemes),
    }


def add_counts(counts):
    """Sum counts over utterances.

    Example
    -------
    >>> add_counts([UtteranceCounts(1, 1, 2, 2, 3, 3)] * 2).chars
    4
    """
    nothing = UtteranceCounts(0, 0, 0, 0, 0, 0)
    return UtteranceCounts(*map(sum, zip(nothing, *counts, strict=True)))


def divide(errors, tokens):
    """`errors / tokens`, or `None` when there is nothing to divide by."""
    return errors / tokens if tokens else None


def _length_and_errors(output):
    errors = output.substitutions + output.deletions + output.insertions
    return output.hits + output.substitutions + output.deletions, errors
