"""Two models on one manifest: what differs by more than chance."""

from childasr.evaluation.groups import GROUPINGS, group_labels, split_by_label
from childasr.evaluation.interval import ratio_interval
from childasr.evaluation.rates import RATES
from childasr.evaluation.report import summarise

METHOD = (
    "jackknife over speakers on the difference of the two models' errors, "
    "Student t with the effective number of speakers less one"
)
BETTER, WORSE, NOT_TOLD_APART = "better", "worse", "not_told_apart"
MOST = 50  # utterances that got better, or worse, are listed
# Of a group in which both models were scored.
COMMON = ("utterances", "speakers", "words", "hours", "warning")


def compare(a, b):
    """Compare two models utterance by utterance.

    Arguments
    ---------
    a, b : list of Scored
        Of the same utterances, in the same order.

    Returns
    -------
    comparison : dict
        `overall`, and `groups`: grouping -> label -> the same figures:
        utterances, speakers, words, hours, warning (as of `summarise`) and
        `rates`: name -> `a`, `b`, `difference` (b less a), its `interval`
        (fractions, or None where undefined) and the `verdict` on b: `better`,
        `worse` or `not_told_apart`, which is also that of a group with a
        warning. `utterances`: the counts `better`, `worse` and `same`, by
        word errors; and `most_better` and `most_worse`, dicts of `ID`,
        `spk_id`, `ref`, `a`, `b` (the hypotheses), `errors_a` and `errors_b`,
        the most changed first.
    """
    pairs = list(zip(a, b, strict=True))
    figures = [summarise(side) for side in (a, b)]
    labels = [group_labels(item.utterance) for item, _ in pairs]
    groups = {}
    for grouping in GROUPINGS:
        members = split_by_label([row[grouping] for row in labels], pairs)
        groups[grouping] = {
            label: _compare(
                members[label],
                *(side["groups"][grouping][label] for side in figures),
            )
            for label in members
        }
    return {
        "overall": _compare(pairs, *(side["overall"] for side in figures)),
        "groups": groups,
        "utterances": _changed(pairs),
    }


def difference_interval(errors_a, errors_b, tokens, speakers):
    """The 95 % interval of how much b's error rate exceeds a's.

    Both models heard the same speech, so what is common to both, such as a
    noisy room or a speaker that is hard to understand, cancels out: the
    interval is of the ratio of the errors that differ to the tokens,
    clustered by speaker as in `ratio_interval`.

    Arguments
    ---------
    errors_a, errors_b, tokens : list of int
        Of each utterance.
    speakers : list of str

    Returns
    -------
    interval : list or None
        Lower and upper end as fractions, negative where b is better; None
        with fewer than two speakers or without a token.

    Example
    -------
    >>> low, high = difference_interval(
    ...     [3, 4, 5], [2, 2, 4], [10, 10, 10], ["s1", "s2", "s3"]
    ... )
    >>> print(f"{low:.2f} {high:.2f}")
    -0.28 0.01
    """
    more = [b - a for a, b in zip(errors_a, errors_b, strict=True)]
    return ratio_interval(more, tokens, speakers)


def _compare(pairs, a, b):
    return {
        **{name: a[name] for name in COMMON},
        "rates": {rate: _compare_rate(pairs, rate, a, b) for rate in RATES},
    }


def _compare_rate(pairs, rate, a, b):
    errors, tokens = RATES[rate]
    interval = difference_interval(
        [getattr(item.counts, errors) for item, _ in pairs],
        [getattr(other.counts, errors) for _, other in pairs],
        [getattr(item.counts, tokens) for item, _ in pairs],
        [item.utterance.spk_id for item, _ in pairs],
    )
    known = a[rate] is not None
    return {
        "a": a[rate],
        "b": b[rate],
        "difference": b[rate] - a[rate] if known else None,
        "interval": interval,
        "verdict": NOT_TOLD_APART if a["warning"] else verdict_of(interval),
    }


def verdict_of(interval):
    """What the interval of a difference of error rates says of the second.

    Example
    -------
    >>> verdict_of([-0.03, -0.01]), verdict_of([-0.01, 0.02]), verdict_of(None)
    ('better', 'not_told_apart', 'not_told_apart')
    """
    low, high = interval or (0, 0)
    if high < 0:
        return BETTER
    return WORSE if low > 0 else NOT_TOLD_APART


def _changed(pairs):
    better = [pair for pair in pairs if _change(pair) < 0]
    worse = [pair for pair in pairs if _change(pair) > 0]
    return {
        "better": len(better),
        "worse": len(worse),
        "same": len(pairs) - len(better) - len(worse),
        "most_better": _most_changed(better),
        "most_worse": _most_changed(worse),
    }


def _most_changed(pairs):
    pairs = sorted(pairs, key=lambda pair: -abs(_change(pair)))
    return [
        {
            "ID": item.utterance.ID,
            "spk_id": item.utterance.spk_id,
            "ref": item.utterance.text,
            "a": item.hyp,
            "b": other.hyp,
            "errors_a": item.counts.word_errors,
            "errors_b": other.counts.word_errors,
        }
        for item, other in pairs[:MOST]
    ]


def _change(pair):
    return pair[1].counts.word_errors - pair[0].counts.word_errors
