"""Utterances by rank, under quotas, in rounds that widen."""

from typing import NamedTuple

import numpy as np

MICROSECONDS = 3_600_000_000  # of an hour


class Coverage(NamedTuple):
    """How far a round may lean from the corpus.

    Arguments
    ---------
    speaker_share : float
        0 to 1: what each speaker keeps of the part that is its own in the
        corpus.
    age_tolerance : float
        0 to 1: by how much of it the part of an age may grow or shrink.
    """

    speaker_share: float = 0.25
    age_tolerance: float = 0.25


def pick_rounds(order, microseconds, speakers, ages, hours, coverage):
    """Pick utterances by rank until each round has its hours.

    A round has what the one before has, and more. The part of a speaker or of
    an age is its share of the whole audio, of the hours that the round asks
    for. In each of these steps utterances are taken in order, and what is
    full takes no more; the last one that is taken may overfill it:

    1. those of speakers that have less than `speaker_share` of their part,
    2. those of ages that have less than 1 - `age_tolerance` of theirs,
    3. until the round has its hours, those of ages that have less than
       1 + `age_tolerance` of theirs.

    So a speaker or an age never has less than its least, an age more than its
    most, or a round more than its hours by more than what overfills them: an
    utterance, or one for each speaker of an age that is as good as full.

    Arguments
    ---------
    order : numpy.ndarray
        [n], the utterances by rank.
    microseconds : numpy.ndarray
        int64, [n], their lengths.
    speakers, ages : numpy.ndarray
        int, [n], numbers of groups, from 0.
    hours : list of float
        Asked of the rounds, rising.
    coverage : Coverage

    Returns
    -------
    rounds : numpy.ndarray
        int, [n], the first round that has the utterance, from 1; 0 where
        none has.

    Example
    -------
    >>> hour = np.full(8, MICROSECONDS)
    >>> speakers = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    >>> pick_rounds(
    ...     np.arange(8), hour, speakers, speakers, [2, 4], Coverage(0.25, 0.5)
    ... )
    array([1, 2, 2, 0, 1, 0, 0, 0])
    """
    picker = _Picker(order, microseconds, speakers, ages)
    for number, asked in enumerate(hours, start=1):
        picker.widen(number, asked * MICROSECONDS, coverage)
    return np.array(picker.rounds)


class _Picker:
    """What is picked so far; lists, as loops over arrays are slow."""

    def __init__(self, order, microseconds, speakers, ages):
        whole = microseconds.sum()
        # Exact below 2**53 microseconds, 285 years.
        self.speaker_parts = np.bincount(speakers, microseconds) / whole
        self.age_parts = np.bincount(ages, microseconds) / whole
        self.order = order.tolist()
        self.lengths = microseconds.tolist()
        self.speakers, self.ages = speakers.tolist(), ages.tolist()
        self.rounds = [0] * len(self.order)
        self.of_speaker = [0] * len(self.speaker_parts)
        self.of_age = [0] * len(self.age_parts)
        self.total = 0

    def widen(self, number, wanted, coverage):
        least = self.speaker_parts * wanted * coverage.speaker_share
        self._fill(number, self.speakers, self.of_speaker, least.tolist())
        parts = self.age_parts * wanted
        least = parts * (1 - coverage.age_tolerance)
        self._fill(number, self.ages, self.of_age, least.tolist())
        most = parts * (1 + coverage.age_tolerance)
        self._fill(number, self.ages, self.of_age, most.tolist(), wanted)

    def _fill(self, number, groups, taken, full, wanted=float("inf")):
        for item in self.order:
            if self.total >= wanted:
                return
            group = groups[item]
            if not self.rounds[item] and taken[group] < full[group]:
                self._take(item, number)

    def _take(self, item, number):
        length = self.lengths[item]
        self.rounds[item] = number
        self.of_speaker[self.speakers[item]] += length
        self.of_age[self.ages[item]] += length
        self.total += length
