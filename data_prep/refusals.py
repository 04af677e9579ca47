"""What a preparation does not go on with."""

from childasr.text import InputError
from data_prep.manifests import write_rejects
from data_prep.records import SPLITS

# Recordings that no row of the metadata names are no fault of the metadata.
UNLISTED = "not_in_metadata"
# Beside the store, which a failed preparation leaves behind too.
LISTING = "refused.csv"
BY_SPEAKER = "--split speakers"
AFTER_PILOT = "with --keep_splits PILOT where one was trained"
MAKES_SPLITS = f"{BY_SPEAKER} makes splits, {AFTER_PILOT}"
HINTS = {"split_unknown": f" ({MAKES_SPLITS})"}
NAMED = 3  # that an error names


def listed(names, separator=", "):
    """The first names, and how many more there are.

    Example
    -------
    >>> listed("ADCBE")
    'A, B, C, 2 more'
    """
    names = sorted(names)
    if len(names) > NAMED:
        names[NAMED:] = [f"{len(names) - NAMED} more"]
    return separator.join(names)


def check_reject_share(share):
    """Refuse what is no share.

    Example
    -------
    >>> check_reject_share(5)
    Traceback (most recent call last):
    childasr.errors.InputError: a reject share of 5: give one of 0 to 1 ...
    """
    if not 0 <= share <= 1:
        raise InputError(
            f"a reject share of {share:g}: give one of 0 to 1 as "
            "--max_reject_share"
        )


def refuse_lost_parts(corpus, max_share):
    """Raise InputError where a folder or an archive cannot be read.

    It is one reject, however many utterances are in it: where labels and
    recordings are lost together, nothing else tells of them.
    """
    lost = [] if max_share == 1 else list(corpus.lost_parts())
    if not lost:
        return
    named = listed(f"{part.wav} ({part.detail})" for part in lost)
    raise InputError(
        f"{corpus.root} has folders or archives that cannot be read, and "
        f"nobody knows how much is in them: {named}; mend each or move it "
        "elsewhere, or go on without by --max_reject_share 1"
    )


def refuse_many_rejects(store, max_share):
    """Raise InputError with the top reasons when too much is rejected.

    Which utterances those are, and what is said in them, stands in LISTING
    alone: an error message can end in anybody's log.
    """
    where = f"reason != '{UNLISTED}'"
    rejected = store.count("reject", where)
    found = rejected + store.count("utterance")
    listing = store.path.with_name(LISTING)
    if rejected <= max_share * found:
        # That of a run before would look like this one's.
        listing.unlink(missing_ok=True)
        return
    reasons = ", ".join(
        f"{reason} {times}{HINTS.get(reason, '')}"
        for reason, times in store.query(
            "SELECT reason, COUNT(*) FROM reject "
            f"WHERE {where} GROUP BY reason ORDER BY 2 DESC, 1 LIMIT 3"
        )
    )
    write_rejects(listing, store)
    raise InputError(
        f"{rejected} of {found} utterances rejected "
        f"({rejected / found:.1%}, at most {max_share:.1%} allowed): "
        f"{reasons}; mend what {listing} names, or raise --max_reject_share"
    )


def refuse_empty_splits(store, corpus):
    """Raise InputError naming the splits without an accepted utterance."""
    empty = [
        name
        for name in SPLITS
        if not store.count("utterance", "split = ?", (name,))
    ]
    if empty:
        raise InputError(
            f"no accepted utterance in {' and '.join(empty)} by "
            f"{corpus.source} in {corpus.root}: add some, or split by speaker "
            f"with {BY_SPEAKER}, {AFTER_PILOT}"
        )
