"""Error rates of an arm over its seeds, and how far two arms differ."""

import math
import statistics

from scipy.special import stdtrit

from childasr.evaluation.compare import (
    NOT_TOLD_APART,
    difference_interval,
    verdict_of,
)
from childasr.evaluation.interval import LEVEL, rate_interval

METHOD = (
    "WER: over all seeds, interval by jackknife over speakers. Difference: "
    "the mean over seeds; its interval joins that over speakers and that over "
    "seeds (Student t), as the root of the sum of their squares"
)


def errors_of(report):
    """The word errors of a report, by speaker.

    Arguments
    ---------
    report : dict
        The content of its `report.json`.

    Returns
    -------
    rows : list of tuple
        (speaker, words, errors), in the order of the report.

    Example
    -------
    >>> speakers = {"a": {"words": 5, "errors": 2}}
    >>> errors_of({"groups": {"speaker": speakers}})
    [('a', 5, 2)]
    """
    return [
        (speaker, entry["words"], entry["errors"])
        for speaker, entry in report["groups"]["speaker"].items()
    ]


def wer_of(seeds):
    """The WER of an arm over its seeds.

    Arguments
    ---------
    seeds : list of list of tuple
        As of `errors_of`, or by utterance, of one validation split.

    Returns
    -------
    figures : dict
        `wer`, its `interval` over speakers, and `seeds`, the WER of each.

    Example
    -------
    >>> seeds = [[("a", 5, 2), ("b", 5, 3)], [("a", 5, 2), ("b", 5, 1)]]
    >>> wer_of(seeds)["wer"], wer_of(seeds)["seeds"]
    (0.4, [0.5, 0.3])
    """
    speakers, words = _speakers_and_words(seeds[0])
    errors = _errors_over(seeds)
    words_over = [count * len(seeds) for count in words]
    return {
        "wer": sum(errors) / sum(words_over),
        "interval": rate_interval(errors, words_over, speakers),
        "seeds": [_wer(rows) for rows in seeds],
    }


def difference(first, other, warning=None):
    """How much the WER of an arm exceeds that of the first.

    Another seed of the same arm gives another WER, and so do other children:
    both are in the interval. The half-widths are joined as independent ones
    are (the method of variance estimates recovery: Zou and Donner, 2008).
    The seeds of the arms are paired, as one seed gives both the same batches.

    Arguments
    ---------
    first, other : list of list of tuple
        As of `wer_of`, for the same seeds in the same order.
    warning : str or None
        Of the reports: why their speech is too little to tell arms apart.

    Returns
    -------
    figures : dict
        `difference`, its `interval`, and the `verdict` on the other arm:
        `better`, `worse`, `not_told_apart`, or None with one seed, whose
        chance is not known; the interval is of the speakers' alone then.

    Example
    -------
    >>> first = [[("a", 9, 3), ("b", 9, 4), ("c", 9, 4)]] * 2
    >>> other = [[("a", 9, 1), ("b", 9, 2), ("c", 9, 2)]] * 2
    >>> found = difference(first, other)
    >>> print(f"{found['difference']:.2f} {found['verdict']}")
    -0.22 better
    >>> print(difference(first[:1], other[:1])["verdict"])
    None
    """
    speakers, words = _speakers_and_words(first[0])
    words = [count * len(first) for count in words]
    ends = difference_interval(
        _errors_over(first), _errors_over(other), words, speakers
    )
    apart = [_wer(b) - _wer(a) for a, b in zip(first, other, strict=True)]
    mean = statistics.mean(apart)
    found = {"difference": mean, "interval": ends, "verdict": None}
    if len(apart) > 1 and ends:
        half = math.hypot((ends[1] - ends[0]) / 2, _half_width(apart))
        found["interval"] = [mean - half, mean + half]
        found["verdict"] = (
            NOT_TOLD_APART if warning else verdict_of(found["interval"])
        )
    return found


def _half_width(values):
    """Of the 95 % interval of a mean."""
    t = stdtrit(len(values) - 1, (1 + LEVEL) / 2)
    return float(t) * statistics.stdev(values) / math.sqrt(len(values))


def _speakers_and_words(rows):
    return [row[0] for row in rows], [row[1] for row in rows]


def _errors_over(seeds):
    """The errors of each row, summed over seeds."""
    return [sum(row[2] for row in rows) for rows in zip(*seeds, strict=True)]


def _wer(rows):
    return sum(row[2] for row in rows) / sum(row[1] for row in rows)
