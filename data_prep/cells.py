"""Utterances counted by speaker and group: all that a draw looks at."""

import collections
import math
from typing import NamedTuple

from childasr.text.group_labels import age_group, duration_group, snr_group

LOW_SNR, LONG = snr_group(-math.inf), duration_group(math.inf)
HARD, OTHER = "hard", "other"


class Cell(NamedTuple):
    """Utterances of one speaker that no dimension tells apart.

    Arguments
    ---------
    speaker : str
    age : int or None
        Years.
    snr, duration : str
        Groups, as `childasr.text.group_labels` names them.
    utterances : int
    microseconds : int
        Their length together; whole, so that it is the same in any order.
    """

    speaker: str
    age: int | None
    snr: str
    duration: str
    utterances: int
    microseconds: int

    @property
    def difficulty(self):
        """`hard` in noise (SNR below 10 dB) or when long (10 s and more)."""
        hard = self.snr == LOW_SNR or self.duration == LONG
        return HARD if hard else OTHER

    @property
    def groups(self):
        """Dimension -> group; each utterance is in one of each dimension."""
        return {
            "age": age_group(self.age),
            "snr": self.snr,
            "duration": self.duration,
            "difficulty": self.difficulty,
        }


def read_cells(connection):
    """Count the utterances of the table `utterance` of `data_prep.store`.

    Arguments
    ---------
    connection : sqlite3.Connection

    Returns
    -------
    cells : list of Cell
        Some 20 for each speaker, by speaker.
    """
    return [
        Cell(*row)
        for row in connection.execute(
            """
            SELECT speaker, age, snr_group, duration_group, COUNT(*),
                SUM(CAST(ROUND(duration * 1000000) AS INTEGER))
            FROM utterance GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
            """
        )
    ]


def hours(cells):
    """Length of the utterances together.

    Example
    -------
    >>> hours([Cell("K1", 9, "<10", "3-6", 700, 3_600_000_000)])
    1.0
    """
    return sum(cell.microseconds for cell in cells) / 3.6e9


def shares(cells, hard_share=None):
    """How utterances spread over each dimension.

    Arguments
    ---------
    cells : iterable of Cell
    hard_share : float, optional
        As they would spread were so many of them hard: hard ones and others
        are weighted, each as they spread among themselves. Left alone where
        all or none are hard.

    Returns
    -------
    shares : dict
        Dimension -> group -> share of the utterances.

    Example
    -------
    >>> cells = [
    ...     Cell("K1", 9, ">=30", "3-6", 9, 10_000_000),
    ...     Cell("K2", 5, "<10", "3-6", 1, 10_000_000),
    ... ]
    >>> shares(cells)["age"], shares(cells, hard_share=0.25)["age"]
    ({'5': 0.1, '9': 0.9}, {'5': 0.25, '9': 0.75})
    """
    counts = collections.Counter()
    for cell in cells:
        for dimension, group in cell.groups.items():
            counts[dimension, group, cell.difficulty] += cell.utterances
    number = {kind: counts["difficulty", kind, kind] for kind in (HARD, OTHER)}
    weight = dict.fromkeys(number, 1 / max(1, sum(number.values())))
    if hard_share is not None and all(number.values()):
        weight[HARD] = hard_share / number[HARD]
        weight[OTHER] = (1 - hard_share) / number[OTHER]
    spread = {}
    for (dimension, group, kind), count in sorted(counts.items()):
        groups = spread.setdefault(dimension, {})
        groups[group] = groups.get(group, 0.0) + count * weight[kind]
    return spread
