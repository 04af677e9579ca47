"""How utterances spread over age, SNR, gender, style, duration, speakers."""

from childasr.text.group_labels import UNKNOWN, distance, reading_order

# Dimension -> its group, of a row of the store's table `utterance`.
DIMENSIONS = {
    "age": f"COALESCE(CAST(age AS TEXT), '{UNKNOWN}')",
    "snr": "snr_group",
    "gender": f"CASE gender WHEN '' THEN '{UNKNOWN}' ELSE gender END",
    "style": f"CASE style WHEN '' THEN '{UNKNOWN}' ELSE style END",
    "duration": "duration_group",
    "speaker": "speaker",
}


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
