"""Nested phases of the training split."""

from childasr.text import InputError

# 2^64 over the golden ratio. Multiples of it modulo 2^64 fill the range evenly
# from the first on, also when only those of a run of neighbours are taken
# (Knuth, The Art of Computer Programming, vol. 3, section 6.4).
GOLDEN_STEP = 0x9E3779B97F4A7C15


def by_path(store):
    """The plan's order: composed path, by code point."""
    store.connection.execute(
        """
        INSERT INTO train_order
        SELECT ROW_NUMBER() OVER (ORDER BY place), rowid FROM utterance
        WHERE split = 'train'
        """
    )


def stratified(store):
    """An order whose every beginning is spread as the whole is.

    Utterances of one speaker, style, SNR and duration are neighbours first;
    then the golden ratio picks evenly from all neighbourhoods at once.
    """
    store.connection.create_function(
        "golden", 1, lambda rank: rank * GOLDEN_STEP % 2**64 - 2**63
    )
    store.connection.execute(
        """
        INSERT INTO train_order
        SELECT ROW_NUMBER() OVER (ORDER BY golden(rank)), utterance FROM (
            SELECT rowid AS utterance, ROW_NUMBER() OVER (
                ORDER BY speaker, style, snr_group, duration_group, place
            ) - 1 AS rank
            FROM utterance WHERE split = 'train'
        )
        """
    )


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


def make_phases(store, ratios, order):
    """Cut the training split into nested phases.

    Arguments
    ---------
    store : Store
        Gets the order of the training split in `train_order`.
    ratios : tuple of float
        Share of the utterances in phases 1, 2 and 3.
    order : str
        A key of ORDERS; a phase is a beginning of the split in this order.

    Returns
    -------
    sizes : dict
        phase1, phase2, phase3 -> utterances.

    Raises
    ------
    InputError
        A phase would be empty.
    """
    ORDERS[order](store)
    total = store.count("train_order")
    sizes = {}
    for number, ratio in enumerate(ratios, start=1):
        sizes[f"phase{number}"] = round(ratio * total)
        if not sizes[f"phase{number}"]:
            raise InputError(
                f"phase{number} would be empty: {ratio} of {total} training "
                f"utterances; raise --phase{number}_ratio"
            )
    return sizes


def in_phase(size):
    """SQL: which rows of `utterance` are in a phase of that many."""
    return (
        f"rowid IN (SELECT utterance FROM train_order WHERE position <= {size})"
    )
