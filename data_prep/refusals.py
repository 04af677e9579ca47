"""What a preparation does not go on with."""

from childasr.text import InputError
from data_prep.manifests import write_rejects
from data_prep.records import SPLITS

# Recordings that no row of the metadata names are no fault of the metadata.
UNLISTED = "not_in_metadata"
# Beside the store, which a failed preparation leaves behind too.
LISTING = "refused.csv"
HINTS = {"split_unknown": " (--split speakers makes splits)"}


def refuse_many_rejects(store, max_share):
    """Raise InputError with the top reasons when too much is rejected.

    Which utterances those are, and what is said in them, stands in LISTING
    alone: an error message can end in anybody's log.
    """
    listed = f"reason != '{UNLISTED}'"
    rejected = store.count("reject", listed)
    found = rejected + store.count("utterance")
    if rejected <= max_share * found:
        return
    reasons = ", ".join(
        f"{reason} {times}{HINTS.get(reason, '')}"
        for reason, times in store.query(
            "SELECT reason, COUNT(*) FROM reject "
            f"WHERE {listed} GROUP BY reason ORDER BY 2 DESC, 1 LIMIT 3"
        )
    )
    listing = store.path.with_name(LISTING)
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
            "with --split speakers"
        )
