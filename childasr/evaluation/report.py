"""The figures of an error report: overall and by group."""

import math
from typing import NamedTuple

from childasr.evaluation.groups import GROUPINGS, group_labels, split_by_label
from childasr.evaluation.interval import rate_interval
from childasr.evaluation.rates import (
    RATES,
    UtteranceCounts,
    add_counts,
    count_errors,
    rates,
)
from childasr.manifest import Utterance
from childasr.text.group_labels import UNKNOWN

# With fewer of either, the interval reaches twice the true rate in more than
# one of three simulated groups (benchmarks/interval_coverage.py).
FEW_SPEAKERS = 5
FEW_WORDS = 400


class Scored(NamedTuple):
    """An utterance, what the model heard, and its errors.

    Arguments
    ---------
    utterance : Utterance
    hyp : str
    counts : UtteranceCounts
    confidence : float or None
        The model's, 0 to 1; None where it gave none.
    """

    utterance: Utterance
    hyp: str
    counts: UtteranceCounts
    confidence: float | None


def score(utterances, hypotheses, confidences=None):
    """Count the errors of each hypothesis.

    Arguments
    ---------
    utterances : list of Utterance
    hypotheses : list of str
        In the same order.
    confidences : list of float or None
        Likewise; by default none is known.

    Returns
    -------
    scored : list of Scored
    """
    confidences = confidences or [None] * len(utterances)
    return [
        Scored(utterance, hyp, count_errors(utterance.text, hyp), confidence)
        for utterance, hyp, confidence in zip(
            utterances, hypotheses, confidences, strict=True
        )
    ]


def summarise(scored):
    """The figures of all utterances and of each group.

    Arguments
    ---------
    scored : list of Scored

    Returns
    -------
    figures : dict
        `overall`; `mean_over_age`, the rates' unweighted means over the ages
        that are known; and `groups`: grouping -> label -> the same figures
        as `overall`, to whose utterances, words, errors and hours theirs add
        up. Rates and intervals are fractions, or None where undefined.
        Unknown speakers count as one, and unknown durations as no time: the
        utterances without one are in the group `unknown` of `duration`.
        `warning` is None, or says why the figures tell little of other
        children: `one_speaker`, `few_speakers` or `few_words`.
    """
    labels = [group_labels(item.utterance) for item in scored]
    groups = {}
    for grouping in GROUPINGS:
        members = split_by_label([own[grouping] for own in labels], scored)
        groups[grouping] = {
            label: _figures(group) for label, group in members.items()
        }
    return {
        "overall": _figures(scored),
        "mean_over_age": _mean_over_known(groups["age"]),
        "groups": groups,
    }


def _mean_over_known(entries):
    known = [entry for label, entry in entries.items() if label != UNKNOWN]
    return {rate: _mean([entry[rate] for entry in known]) for rate in RATES}


def _mean(values):
    values = [value for value in values if value is not None]
    return math.fsum(values) / len(values) if values else None


def _figures(scored):
    counts = [item.counts for item in scored]
    speakers = [item.utterance.spk_id for item in scored]
    total = add_counts(counts)
    return {
        "utterances": len(scored),
        "speakers": len(set(speakers)),
        "words": total.words,
        "errors": total.word_errors,
        "hours": _hours(item.utterance.duration for item in scored),
        **rates(counts),
        **_intervals(counts, speakers),
        "warning": _warning(len(set(speakers)), total.words),
    }


def _hours(durations):
    known = (seconds for seconds in durations if not math.isnan(seconds))
    return math.fsum(known) / 3600


def _intervals(counts, speakers):
    by_speaker = split_by_label(speakers, counts)
    totals = [add_counts(members) for members in by_speaker.values()]
    return {
        f"{name}_interval": rate_interval(
            [getattr(total, errors) for total in totals],
            [getattr(total, tokens) for total in totals],
            list(by_speaker),
        )
        for name, (errors, tokens) in RATES.items()
    }


def _warning(speakers, words):
    if speakers < 2:
        return "one_speaker"
    if speakers < FEW_SPEAKERS:
        return "few_speakers"
    return "few_words" if words < FEW_WORDS else None
