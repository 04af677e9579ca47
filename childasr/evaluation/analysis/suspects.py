"""Utterances whose label may be wrong, to listen to."""

import math
import unicodedata
from typing import NamedTuple

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from childasr.evaluation.analysis.letters import split_syllables

# Deviations from which Iglewicz and Hoaglin (How to Detect and Handle
# Outliers, 1993) call a value an outlier by its modified z-score.
OUTLIER = 3.5
DEVIATION = 1.4826  # a normal distribution's, in median absolute deviations
# Letters. What is shorter is as likely misheard as mislabelled.
SHORTEST_STRETCH = 4
# Of the utterances. Past that a poor model is the likelier reason, and
# nobody listens to the end of the list.
MOST = 0.08
PEERS = 50  # utterances of like confidence, at least, to compare with
PEER_GROUPS = 10  # at most
ROWS = 500  # of distances to all suspects in memory at a time
SAME_TEXT = 0.3  # letters that may differ from what was heard elsewhere
ONE_SIDED = 0.25  # of the letters on the other side of a stretch
# What was seen, by reason; the page has the same in Korean.
PACE = "{pace:.1f} syllables a second, where {usual:.1f} are usual"
DETAILS = {
    "text_of_another": "the text fits what was heard in {other}",
    "nothing_heard": "the text has words, but none was heard",
    "words_missing": "{letters} letters were heard that the text lacks",
    "words_not_heard": "{letters} letters of the text were not heard",
    "other_words": "other words were heard for {letters} letters of the text",
    "too_long": PACE,
    "too_short": PACE,
}


class Stretch(NamedTuple):
    """A run of an alignment where errors outnumber the letters that agree.

    Arguments
    ---------
    excess : int
        By how much they do.
    ref, hyp : int
        Letters of either side.
    """

    excess: int
    ref: int
    hyp: int


def suspect_labels(scored):
    """List the utterances whose label is most likely wrong.

    A model errs here and there, and more where it is less sure. A label that
    lacks words, has words that nobody said or belongs to another recording
    disagrees with the output over a whole stretch, however sure the model
    is. So the `worst_stretch` of each utterance is compared with those of
    like confidence, by a robust z-score. Suspects are the outliers, and the
    utterances that disagree and whose text is an outlier in its syllables a
    second.

    Arguments
    ---------
    scored : list of Scored

    Returns
    -------
    suspects : list of dict
        `ID`, `reason` (`text_of_another`, `nothing_heard`, `words_missing`,
        `words_not_heard`, `other_words`, `too_long` or `too_short`),
        `detail`, in words, and `seen`, what the words tell of: `letters`,
        `pace` and what is `usual` (syllables a second), the ID of the
        `other`, `confidence`. The most suspicious first, at most `MOST` of
        all.
    """
    refs = [_letters(item.utterance.text) for item in scored]
    hyps = [_letters(item.hyp) for item in scored]
    stretches = [worst_stretch(*pair) for pair in zip(refs, hyps, strict=True)]
    excess = np.array([stretch.excess for stretch in stretches], dtype=float)
    disagreement = _among_peers(excess, [item.confidence for item in scored])
    paces = np.array([_pace(item.utterance) for item in scored])
    pace = _robust_z(np.log(paces), least_deviation=0.1)
    # A pace that is unknown is NaN, which fmax passes over.
    suspicion = np.fmax(disagreement, abs(pace))
    suspicion[excess < SHORTEST_STRETCH] = 0
    most = math.ceil(MOST * len(scored))
    listed = np.argsort(-suspicion, kind="stable")[:most]
    listed = listed[suspicion[listed] > OUTLIER].tolist()
    heard_in = _heard_elsewhere(refs, hyps, listed)
    suspects = []
    for item in listed:
        if item in heard_in:
            reason = "text_of_another"
            seen = {"other": scored[heard_in[item]].utterance.ID}
        elif disagreement[item] > OUTLIER:
            reason, seen = _disagreement(stretches[item], hyps[item])
        else:
            reason = "too_long" if pace[item] > 0 else "too_short"
            seen = {
                "pace": float(paces[item]),
                "usual": float(np.nanmedian(paces)),
            }
        suspects.append(_suspect(scored[item], reason, seen))
    return suspects


def worst_stretch(ref, hyp):
    """Where two texts disagree most: the stretch of the largest excess.

    Arguments
    ---------
    ref, hyp : str
        Letters.

    Returns
    -------
    stretch : Stretch
        The first of equal ones.

    Example
    -------
    >>> worst_stretch("abcdef", "abxdef123")
    Stretch(excess=3, ref=0, hyp=3)
    """
    worst = now = Stretch(0, 0, 0)
    for edit in Levenshtein.opcodes(ref, hyp):
        spoken = edit.src_end - edit.src_start
        heard = edit.dest_end - edit.dest_start
        errors = -spoken if edit.tag == "equal" else max(spoken, heard)
        now = Stretch(now.excess + errors, now.ref + spoken, now.hyp + heard)
        if now.excess <= 0:
            now = Stretch(0, 0, 0)
        worst = max(worst, now, key=lambda stretch: stretch.excess)
    return worst


def _letters(text):
    return "".join(unicodedata.normalize("NFD", text).split())


def _pace(utterance):
    """Syllables a second; NaN where there is none, or no duration."""
    syllables = len(split_syllables(utterance.text)) or math.nan
    return syllables / (utterance.duration or math.nan)


def _heard_elsewhere(refs, hyps, listed):
    """The suspect whose output a suspect's text fits best, where it is close.

    Only suspects are compared: where the other's own label is right, the two
    texts are the same, as when two children read one sentence.
    """
    heard = [hyps[item] for item in listed]
    fitting = {}
    for first in range(0, len(listed), ROWS):
        items = listed[first : first + ROWS]
        distances = process.cdist(
            [refs[item] for item in items],
            heard,
            scorer=Levenshtein.normalized_distance,
            dtype=np.float32,
        )
        for item, row in zip(items, distances, strict=True):
            other = listed[row.argmin()]
            if other != item and row.min() <= SAME_TEXT:
                fitting[item] = other
    return fitting


def _suspect(item, reason, seen):
    detail = DETAILS[reason].format(**seen)
    if item.confidence is not None:
        detail += f" (confidence {100 * item.confidence:.0f} %)"
        seen = {**seen, "confidence": item.confidence}
    return {
        "ID": item.utterance.ID,
        "reason": reason,
        "detail": detail,
        "seen": seen,
    }


def _disagreement(stretch, hyp):
    if not hyp:
        return "nothing_heard", {}
    if stretch.ref <= ONE_SIDED * stretch.hyp:
        return "words_missing", {"letters": stretch.hyp}
    if stretch.hyp <= ONE_SIDED * stretch.ref:
        return "words_not_heard", {"letters": stretch.ref}
    return "other_words", {"letters": stretch.ref}


def _among_peers(values, confidences):
    """Robust z-scores among utterances of like confidence."""
    sure = [-1 if value is None else value for value in confidences]
    groups = min(max(len(sure) // PEERS, 1), PEER_GROUPS)
    scores = np.zeros(len(sure))
    for peers in np.array_split(np.argsort(sure, kind="stable"), groups):
        scores[peers] = _robust_z(values[peers], least_deviation=1)
    return scores


def _robust_z(values, least_deviation):
    known = values[~np.isnan(values)]
    if not known.size:
        return values
    middle = np.median(known)
    deviation = DEVIATION * np.median(abs(known - middle))
    return (values - middle) / max(deviation, least_deviation)
