"""Error counts of an utterance, and error rates over many."""

import unicodedata
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from childasr.evaluation.spacing import respace
from childasr.text.pronounce import phonemes


class UtteranceCounts(NamedTuple):
    """Reference lengths and edit distances of one utterance.

    Arguments
    ---------
    words, word_errors : int
        Eojeol.
    spaced_word_errors : int
        Of the words too, the hypothesis spaced as the reference.
    chars, char_errors : int
        Syllables and the spaces between words.
    syllables, syllable_errors : int
        Without the spaces.
    jamo, jamo_errors : int
        NFD letters, without spaces.
    phonemes, phoneme_errors : int
        As in the standard pronunciation.
    """

    words: int
    word_errors: int
    spaced_word_errors: int
    chars: int
    char_errors: int
    syllables: int
    syllable_errors: int
    jamo: int
    jamo_errors: int
    phonemes: int
    phoneme_errors: int


# Rate -> the counts that it divides.
RATES = {
    "wer": ("word_errors", "words"),
    "swer": ("spaced_word_errors", "words"),
    "cer": ("char_errors", "chars"),
    "cer_no_space": ("syllable_errors", "syllables"),
    "jamo_error_rate": ("jamo_errors", "jamo"),
    "phoneme_error_rate": ("phoneme_errors", "phonemes"),
}


def count_errors(ref, hyp):
    """Count what `hyp` gets wrong of `ref`, in each of the units.

    Words are eojeol; characters are syllables and, as in `jiwer.cer`, the
    spaces between words; phonemes are those of the standard pronunciation.
    An empty hypothesis is all deletions, an empty reference all insertions.
    Distances are those of `jiwer`, whose alignments would take longer.

    Arguments
    ---------
    ref, hyp : str
        Compared in NFC.

    Returns
    -------
    counts : UtteranceCounts

    Example
    -------
    >>> counts = count_errors("나는 학교에 간다", "나는 학교 간다")
    >>> counts.words, counts.word_errors, counts.chars, counts.char_errors
    (3, 1, 9, 1)
    >>> counts = count_errors("할 수 있다", "할수 있다")
    >>> counts.word_errors, counts.spaced_word_errors
    (2, 0)
    """
    words, heard = words_of(ref), words_of(hyp)
    ref, hyp = " ".join(words), " ".join(heard)
    syllables = "".join(words), "".join(heard)
    jamo = [unicodedata.normalize("NFD", text) for text in syllables]
    return UtteranceCounts(
        len(words),
        Levenshtein.distance(words, heard),
        Levenshtein.distance(words, respace(words, heard)),
        *_length_and_errors(ref, hyp),
        *_length_and_errors(*syllables),
        *_length_and_errors(*jamo),
        *_length_and_errors(phonemes(ref), phonemes(hyp)),
    )


def words_of(text):
    """The words of a text, as they are counted: in NFC.

    Example
    -------
    >>> words_of(" 나는  간다 ")
    ['나는', '간다']
    """
    return unicodedata.normalize("NFC", text).split()


def rates(counts):
    """Micro-averaged error rates: all errors over all reference tokens.

    Arguments
    ---------
    counts : list of UtteranceCounts

    Returns
    -------
    rates : dict
        Those of `RATES` as fractions; `None` where there is no reference
        token to divide by.

    Example
    -------
    >>> heard = ("나는", "나는 간다")
    >>> both = rates([count_errors("나는 간다", hyp) for hyp in heard])
    >>> both["wer"], both["cer"]
    (0.25, 0.3)
    """
    total = add_counts(counts)
    return {
        name: divide(getattr(total, errors), getattr(total, tokens))
        for name, (errors, tokens) in RATES.items()
    }


def add_counts(counts):
    """Sum counts over utterances.

    Example
    -------
    >>> add_counts([count_errors("나는 간다", "나는 간다")] * 2).chars
    10
    """
    nothing = UtteranceCounts(*[0] * len(UtteranceCounts._fields))
    return UtteranceCounts(*map(sum, zip(nothing, *counts, strict=True)))


def divide(errors, tokens):
    """`errors / tokens`, or `None` when there is nothing to divide by."""
    return errors / tokens if tokens else None


def _length_and_errors(ref, hyp):
    return len(ref), Levenshtein.distance(ref, hyp)
