"""How utterances spread over age, SNR, gender, style, duration, speakers."""

import re

# Dimension -> its group, of a row of the store's table `utterance`.
DIMENSIONS = {
    "age": "COALESCE(CAST(age AS TEXT), 'unknown')",
    "snr": "snr_group",
    "gender": "CASE gender WHEN '' THEN 'unknown' ELSE gender END",
    "style": "CASE style WHEN '' THEN 'unknown' ELSE style END",
    "duration": "duration_group",
    "speaker": "speaker",
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


def distance(some, whole):
    """Total variation distance: the share of utterances that would have to
    change group for `some` to be spread as `whole` is.

    Arguments
    ---------
    some, whole : dict
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
        abs(some.get(label, 0) / total - whole.get(label, 0) / total_whole)
        for label in some.keys() | whole.keys()
    )


class Spread:
    """How some of the store's utterances are spread over all dimensions.

    Arguments
    ---------
    store : Store
    where : str
        SQL: which rows of `utterance`.

    Attributes
    ----------
    utterances : int
    hours : float
    counts : dict
        Dimension -> group label -> utterances, the groups by their lower end.
    """

    def __init__(self, store, where="1"):
        groups = ", ".join(DIMENSIONS.values())
        numbers = ", ".join(str(n + 1) for n in range(len(DIMENSIONS)))
        self.utterances, seconds = 0, 0.0
        counts = {dimension: {} for dimension in DIMENSIONS}
        # Sorted, as sums of floats depend on their order.
        for *labels, utterances, duration in store.query(
            f"SELECT {groups}, COUNT(*), SUM(duration) FROM utterance "
            f"WHERE {where} GROUP BY {numbers} ORDER BY {numbers}"
        ):
            self.utterances += utterances
            seconds += duration
            for group, label in zip(counts.values(), labels, strict=True):
                group[label] = group.get(label, 0) + utterances
        self.hours = seconds / 3600
        self.counts = {
            dimension: {
                label: group[label]
                for label in sorted(group, key=reading_order)
            }
            for dimension, group in counts.items()
        }

    def describe(self, whole, dimensions=tuple(DIMENSIONS)):
        """What the summary says of a split or phase.

        Arguments
        ---------
        whole : Spread
            What it is a part of.
        dimensions : tuple of str
            Those in which the distance from the whole says something.

        Returns
        -------
        description : dict
            utterances, hours, speakers, distributions (dimension -> group
            label -> utterances) and distance (dimension -> 0 to 1).
        """
        return {
            "utterances": self.utterances,
            "hours": round(self.hours, 4),
            "speakers": len(self.counts["speaker"]),
            "distributions": {
                dimension: self.counts[dimension]
                for dimension in DIMENSIONS
                if dimension != "speaker"
            },
            "distance": {
                dimension: round(
                    distance(self.counts[dimension], whole.counts[dimension]), 4
                )
                for dimension in dimensions
            },
        }


def reading_order(label):
    """Sort key of a group label: by its lower end, `unknown` last.

    Example
    -------
    >>> sorted([">=10", "unknown", "3-6", "<3", "6-10"], key=reading_order)
    ['<3', '3-6', '6-10', '>=10', 'unknown']
    """
    found = re.search(r"\d+", label)
    start = int(found[0]) - label.startswith("<") if found else 0
    return label == "unknown", start, label
