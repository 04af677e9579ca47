"""The figures of an error report: overall and by group."""

from typing import NamedTuple

from childasr.evaluation.groups import GROUPINGS, split_by_label
from childasr.evaluation.interval import rate_interval
from childasr.evaluation.rates import (
    UtteranceCounts,
    add_counts,
    count_errors,
    rates,
)
from childasr.manifest import Utterance


class Scored(NamedTuple):
    """An utterance, what the model heard, and its errors."""

    utterance: Utterance
    hyp: str
    counts: UtteranceCounts


def score(utterances, hypotheses):
    """Count the errors of each hypothesis.

    Arguments
    ---------
    utterances : list of Utterance
    hypotheses : list of str
        In the same order.

    Returns
    -------
    scored : list of Scored
    """
    return [
        Scored(utterance, hyp, count_errors(utterance.text, hyp))
        for utterance, hyp in zip(utterances, hypotheses, strict=True)
    ]


def summarise(scored):
    """The figures of all utterances and of each group.

    Arguments
    ---------
    scored : list of Scored

    Returns
    -------
    figures : dict
        `overall`, and `groups`: grouping -> label -> the same figures, of
        which utterances, words and errors add up to those of `overall`.
        Rates and intervals are fractions, or None where undefined.
    """
    return {
        "overall": _figures(scored),
        "groups": {
            grouping: {
                label: _figures(members)
                for label, members in _split(scored, grouping).items()
            }
            for grouping in GROUPINGS
        },
    }


def _split(scored, grouping):
    label_of = GROUPINGS[grouping]
    labels = [label_of(getattr(item.utterance, grouping)) for item in scored]
    return split_by_label(labels, scored)


def _figures(scored):
    counts = [item.counts for item in scored]
    speakers = [item.utterance.spk_id for item in scored]
    total = add_counts(counts)
    return {
        "utterances": len(scored),
        "speakers": len(set(speakers)),
        "words": total.words,
        "errors": total.word_errors,
        **rates(counts),
        "wer_interval": rate_interval(
            [count.word_errors for count in counts],
            [count.words for count in counts],
            speakers,
        ),
    }
