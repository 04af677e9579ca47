"""What was heard in a whole corpus, column by column."""

import numpy as np

from childasr.evaluation.groups import COLUMNS, GROUPINGS
from childasr.evaluation.rates import UtteranceCounts
from childasr.evaluation.report import Scored
from childasr.text.group_labels import duration_group, reading_order


class Heard:
    """A manifest and what a model heard in it.

    Arguments
    ---------
    manifest : Manifest
    table : pyarrow.Table
        As `Shards.read` gives it.

    Attributes
    ----------
    readable : numpy.ndarray
        bool, [n].
    seconds : numpy.ndarray
        float64, [n], from the recordings' headers; 0 where unreadable.
    words, errors : numpy.ndarray
        int, [n]; 0 where unreadable.
    """

    def __init__(self, manifest, table):
        self.manifest, self.table = manifest, table
        self.readable = np.array(table["unreadable"].is_null())
        self.seconds = self._numbers("seconds")
        self.words = self._numbers("words")
        self.errors = self._numbers("word_errors")

    def scored(self, row):
        """A row as a Scored; its duration is the recording's."""
        cells = {name: self.table[name][row].as_py() for name in NEEDED}
        utterance = self.manifest[row]._replace(duration=cells["seconds"])
        counts = UtteranceCounts(
            *(cells[name] for name in UtteranceCounts._fields)
        )
        return Scored(utterance, cells["hyp"], counts, cells["confidence"])

    def groups(self, grouping):
        """The groups of all rows.

        Arguments
        ---------
        grouping : str
            Of `GROUPINGS`.

        Returns
        -------
        labels : list of str
            In reading order.
        numbers : numpy.ndarray
            int, [n], places in `labels`.
        """
        if grouping == "duration":
            return _groups(map(duration_group, self.seconds.tolist()))
        column = self.manifest.column(COLUMNS.get(grouping, grouping))
        return _groups(map(GROUPINGS[grouping], column.to_pylist()))

    def _numbers(self, name):
        return np.array(self.table[name].fill_null(0))


NEEDED = ("seconds", "hyp", "confidence", *UtteranceCounts._fields)


def _groups(labels):
    labels = list(labels)
    known = sorted(set(labels), key=reading_order)
    places = {label: place for place, label in enumerate(known)}
    return known, np.array([places[label] for label in labels])
