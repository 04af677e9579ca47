"""Corpora of made-up speakers, as counts of their utterances by group."""

import collections

import numpy as np

from childasr.text.group_labels import duration_group, snr_group
from data_prep.cells import Cell

# As in AI Hub 540, most are 9 to 12 years old.
AGES = {5: 1, 6: 3, 7: 7, 8: 12, 9: 20, 10: 22, 11: 20, 12: 15}


def speakers(number, utterances=560, seed=0):
    """Cells of speakers who differ in all that a draw looks at.

    Arguments
    ---------
    number : int
        Speakers.
    utterances : int
        The median speaker's; some have five times as many.
    seed : int

    Returns
    -------
    cells : list of Cell
    """
    draw = np.random.default_rng(seed)
    return [
        cell
        for who in range(number)
        for cell in _speaker(f"{who:08d}", utterances, draw)
    ]


def _speaker(name, utterances, draw):
    weights = np.array(list(AGES.values())) / sum(AGES.values())
    age = int(draw.choice(list(AGES), p=weights))
    number = max(5, int(draw.lognormal(np.log(utterances), 0.5)))
    snrs = draw.normal(draw.normal(24, 7), 4, number)
    usual = draw.normal(1.8 + 0.02 * (age - 9), 0.25)
    durations = np.exp(draw.normal(usual, 0.45, number)).clip(0.8, 30)
    counts, lengths = collections.Counter(), collections.Counter()
    for snr, duration in zip(snrs, durations, strict=True):
        known = draw.random() > 0.02
        groups = snr_group(snr if known else None), duration_group(duration)
        counts[groups] += 1
        lengths[groups] += round(1e6 * duration)
    return [
        Cell(name, age, *groups, counts[groups], lengths[groups])
        for groups in sorted(counts)
    ]
