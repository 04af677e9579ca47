"""How utterances spread over age, SNR, gender, style, duration, speakers."""

import collections

DIMENSIONS = {
    "age": lambda u: "unknown" if u.age is None else str(u.age),
    "snr": lambda u: snr_group(u.snr),
    "gender": lambda u: u.gender or "unknown",
    "style": lambda u: u.style or "unknown",
    "duration": lambda u: duration_group(u.duration),
    "speaker": lambda u: u.speaker,
}


def snr_group(snr):
    """Group of an SNR in dB; lower ends are inclusive.

    Example
    -------
    >>> snr_group(10.0), snr_group(None)
    ('10-20', 'unknown')
    """
    if snr is None:
        return "unknown"
    return _group(snr, (10, 20, 30), ("<10", "10-20", "20-30", ">=30"))


def duration_group(duration):
    """Group of a duration in seconds; lower ends are inclusive.

    Example
    -------
    >>> duration_group(2.9), duration_group(10.0)
    ('<3', '>=10')
    """
    return _group(duration, (3, 6, 10), ("<3", "3-6", "6-10", ">=10"))


def _group(value, lower_ends, labels):
    return labels[sum(value >= end for end in lower_ends)]


def count(utterances, dimension):
    """Utterances of each group.

    Returns
    -------
    counts : Counter
        Group label -> utterances.
    """
    return collections.Counter(map(DIMENSIONS[dimension], utterances))


def distance(some, whole):
    """Total variation distance: the share of utterances that would have to
    change group for `some` to be spread as `whole` is.

    Arguments
    ---------
    some, whole : Counter
        Group label -> utterances.

    Returns
    -------
    distance : float
        0 (the same) to 1 (nothing in common).

    Example
    -------
    >>> distance({"F": 3, "M": 1}, {"F": 50, "M": 50})
    0.25
    """
    total, total_whole = sum(some.values()), sum(whole.values())
    return 0.5 * sum(
        abs(some.get(label, 0) / total - whole[label] / total_whole)
        for label in whole
    )


def describe(utterances):
    """Counts of a split or phase for the summary.

    Returns
    -------
    description : dict
        utterances, hours, speakers, and distributions: dimension -> group
        label -> utterances.
    """
    distributions = {
        dimension: dict(sorted(count(utterances, dimension).items(), key=_rank))
        for dimension in DIMENSIONS
        if dimension != "speaker"
    }
    seconds = sum(utterance.duration for utterance in utterances)
    return {
        "utterances": len(utterances),
        "hours": round(seconds / 3600, 4),
        "speakers": len({utterance.speaker for utterance in utterances}),
        "distributions": distributions,
    }


def _rank(item):
    """Groups by their lower end, `unknown` last."""
    label = item[0]
    start = label.lstrip("<>=").split("-")[0]
    number = float(start) if start.isdigit() else float("inf")
    return number - label.startswith("<"), label == "unknown", label
