"""Outputs that are no mishearing: nothing at all, or made up."""

import re

from rapidfuzz.distance import Levenshtein

from childasr.text.pronounce import phonemes

# Pairs of unrelated Korean sentences of like length exceed this in 95 of 100
# cases; what is misheard keeps more of its sounds.
DETACHED = 0.6
FEWEST_PHONEMES = 10  # below, half of them differ by mishearing alone
# Two syllables or more, three times or more in a row.
LOOP = re.compile(r"(.{2,}?)\1{2,}")


def odd_outputs(scored):
    """Find the outputs that are empty or made up.

    An output counts as hallucinated where it has the form of either natural
    kind that Raunak et al. (The Curious Case of Hallucinations in Neural
    Machine Translation, 2021) tell apart: detached, where most of its
    phonemes have no counterpart in the reference, or oscillating, where it
    repeats what the reference does not. A wrong label looks the same: the
    recording tells.

    Arguments
    ---------
    scored : list of Scored

    Returns
    -------
    odd : dict
        `empty` (of references that are not) and `hallucinated`: lists of IDs
        in the order of `scored`.
    """
    pairs = [
        (item.utterance.ID, item.utterance.text, item.hyp) for item in scored
    ]
    return {
        "empty": [
            name for name, ref, hyp in pairs if ref.strip() and not hyp.strip()
        ],
        "hallucinated": [
            name
            for name, ref, hyp in pairs
            if is_detached(ref, hyp) or is_oscillating(ref, hyp)
        ],
    }


def is_detached(ref, hyp):
    """Whether most of a hypothesis has no counterpart in the reference.

    Example
    -------
    >>> is_detached("나는 밥을 먹었다", "강아지가 저기 뛰어가요")
    True
    >>> is_detached("나는 밥을 먹었다", "나눈 바블 머거따")
    False
    """
    spoken, heard = phonemes(ref), phonemes(hyp)
    if len(heard) < FEWEST_PHONEMES:
        return False
    edits = Levenshtein.editops(spoken, heard)
    made_up = sum(edit.tag != "delete" for edit in edits)
    return made_up > DETACHED * len(heard)


def is_oscillating(ref, hyp):
    """Whether a hypothesis repeats something over and over, unlike `ref`.

    Example
    -------
    >>> is_oscillating("멍멍 짖어요", "멍멍 멍멍 멍멍 짖어요")
    True
    """
    return bool(_loops(hyp)) and not _loops(ref)


def _loops(text):
    return LOOP.search("".join(text.split()))
