"""Nested phases of the training split."""

from childasr.text import InputError
from data_prep.distributions import (
    DIMENSIONS,
    count,
    distance,
    duration_group,
    snr_group,
)

# 2^64 over the golden ratio. Multiples of it modulo 2^64 fill the range evenly
# from the first on, also when only those of a run of neighbours are taken
# (Knuth, The Art of Computer Programming, vol. 3, section 6.4).
GOLDEN_STEP = 0x9E3779B97F4A7C15


def by_path(utterances):
    """The plan's order: composed path, by code point."""
    return sorted(utterances, key=lambda utterance: utterance.place)


def stratified(utterances):
    """An order whose every beginning is spread as the whole is.

    Utterances of one speaker, style, SNR and duration are neighbours first;
    then the golden ratio picks evenly from all neighbourhoods at once.

    Arguments
    ---------
    utterances : iterable of Utterance
        In any order.

    Returns
    -------
    utterances : list of Utterance
    """
    neighbours = sorted(
        utterances,
        key=lambda u: (
            u.speaker,
            u.style,
            snr_group(u.snr),
            duration_group(u.duration),
            u.place,
        ),
    )
    ranked = enumerate(neighbours)
    picked = sorted(ranked, key=lambda pair: pair[0] * GOLDEN_STEP % 2**64)
    return [utterance for _, utterance in picked]


ORDERS = {"path": by_path, "stratified": stratified}


def check_ratios(ratios):
    """Refuse ratios that would not nest.

    Example
    -------
    >>> check_ratios([0.6, 0.2, 1.0])
    Traceback (most recent call last):
    childasr.errors.InputError: phase ratios 0.6, 0.2, 1.0: ...
    """
    if not 0 < ratios[0] <= ratios[1] <= ratios[2] <= 1:
        raise InputError(
            f"phase ratios {', '.join(map(str, ratios))}: each must be above "
            "0, at most 1, and not below the one before"
        )


def make_phases(train, ratios, order):
    """Cut the training split into nested phases.

    Arguments
    ---------
    train : list of Utterance
        All accepted ones.
    ratios : list of float
        Share of the utterances in phases 1, 2 and 3.
    order : str
        A key of ORDERS; a phase is a beginning of the split in this order.

    Returns
    -------
    phases : dict
        phase1, phase2, phase3 -> list of Utterance.

    Raises
    ------
    InputError
        A phase would be empty.
    """
    ordered = ORDERS[order](train)
    phases = {
        f"phase{number}": ordered[: round(ratio * len(train))]
        for number, ratio in enumerate(ratios, start=1)
    }
    for (name, phase), ratio in zip(phases.items(), ratios, strict=True):
        if not phase:
            raise InputError(
                f"{name} would be empty: {ratio} of {len(train)} training "
                f"utterances; raise --{name}_ratio"
            )
    return phases


def distances(phase, train):
    """How far a phase is from the whole training split.

    Returns
    -------
    distances : dict
        Dimension -> total variation distance, 0 to 1.
    """
    return {
        dimension: round(
            distance(count(phase, dimension), count(train, dimension)), 4
        )
        for dimension in DIMENSIONS
    }
