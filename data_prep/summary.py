"""What a preparation found, for `summary.json` and its page."""

import collections
import itertools

from data_prep.distributions import Spread
from data_prep.phases import in_phase
from data_prep.records import SPLITS
from data_prep.twins import count_overlap
from data_prep.values import OTHER_SPELLINGS

EXAMPLES = 10  # rejects that are shown
# A split has other speakers than the whole: that distance would say nothing.
SPLIT_DIMENSIONS = ("age", "snr", "gender", "style", "duration")


def summarise(examination, phases):
    """Counts of what was found, and of each split and phase.

    Arguments
    ---------
    examination : Examination
        Done, and its utterances dealt out to splits.
    phases : dict
        Phase -> utterances.

    Returns
    -------
    summary : dict
    """
    corpus, store = examination.corpus, examination.store
    accepted, rejected = store.count("utterance"), store.count("reject")
    return {
        "synthetic": examination.synthetic,
        "format": corpus.format,
        "source": corpus.source,
        "columns": corpus.columns,
        "english": examination.english,
        "speaker_keys": examination.speakers.describe(),
        "found": accepted + rejected,
        "accepted": accepted,
        "rejected": rejected,
        **_rejects(store),
        "content_overlap": count_overlap(store),
        "shared_sentences": _shared_sentences(store),
        "snr_sources": _snr_sources(store),
        "kept_in_valid_and_test": _kept(store),
        "text_rules": dict(sorted(examination.normalise.counts.items())),
        "values_not_understood": _not_understood(examination.values),
        **_spreads(store, phases),
    }


def _rejects(store):
    by_split, totals = {}, {}
    for reason, split, times in store.query(
        "SELECT reason, split, COUNT(*) FROM reject GROUP BY 1, 2 ORDER BY 1, 2"
    ):
        by_split.setdefault(reason, {})[split] = times
        totals[reason] = totals.get(reason, 0) + times
    return {
        "reject_reasons": totals,
        "rejects_by_split": by_split,
        "example_rejects": _examples(store),
        # Leaving these out makes a split easier: they are named.
        "rejected_for_text": {
            split: [
                name
                for (name,) in store.query(
                    "SELECT id FROM reject WHERE split = ? AND reason LIKE "
                    "'text!_%' ESCAPE '!' ORDER BY wav, id",
                    (split,),
                )
            ]
            for split in ("valid", "test")
        },
    }


def _examples(store):
    """Rejects of every reason in turn, the first ones in file order."""
    rows = store.query(
        """
        SELECT id, wav, reason, detail FROM (
            SELECT *, ROW_NUMBER() OVER (
                PARTITION BY reason ORDER BY wav, id, detail
            ) AS turn FROM reject
        ) ORDER BY turn, reason LIMIT ?
        """,
        (EXAMPLES,),
    )
    return [
        dict(zip(("ID", "wav", "reason", "detail"), row, strict=True))
        for row in rows
    ]


def _shared_sentences(store):
    """Texts that two splits have, and how many utterances of the second."""
    shared = {}
    for one, other in itertools.combinations(SPLITS, 2):
        sentences, utterances = store.query(
            "SELECT COUNT(DISTINCT text), COUNT(*) FROM utterance "
            "WHERE split = ? AND text IN "
            "(SELECT text FROM utterance WHERE split = ?)",
            (other, one),
        ).fetchone()
        shared[f"{one}-{other}"] = {
            "sentences": sentences,
            "utterances": utterances,
        }
    return shared


def _snr_sources(store):
    sources = {
        split: {"label": 0, "estimated": 0, "unknown": 0} for split in SPLITS
    }
    for split, source, times in store.query(
        "SELECT split, snr_source, COUNT(*) FROM utterance GROUP BY 1, 2"
    ):
        sources[split][source or "unknown"] = times
    return sources


def _kept(store):
    kept = {
        defect: {"valid": 0, "test": 0}
        for defect in ("audio_clipped", "ctc_infeasible")
    }
    for defect, split, times in store.query(
        "SELECT defect, split, COUNT(*) FROM utterance WHERE defect != '' "
        "GROUP BY 1, 2"
    ):
        kept[defect][split] = times
    return kept


def _not_understood(values):
    """Field -> cell -> times, for cells that were taken as unknown."""
    found = values.not_understood
    # Those that are not told apart come last.
    order = sorted(found, key=lambda key: (key[1] == OTHER_SPELLINGS, key))
    fields = {}
    for field, cell in order:
        fields.setdefault(field, {})[cell] = found[field, cell]
    return fields


def _spreads(store, phases):
    everything = Spread(store)
    splits = {name: Spread(store, f"split = '{name}'") for name in SPLITS}
    in_splits = collections.Counter(
        itertools.chain(*(s.counts["speaker"] for s in splits.values()))
    )
    return {
        "speaker_overlap": sum(times > 1 for times in in_splits.values()),
        "splits": {
            name: spread.describe(everything, SPLIT_DIMENSIONS)
            for name, spread in splits.items()
        },
        "phases": {
            name: Spread(store, in_phase(size)).describe(splits["train"])
            for name, size in phases.items()
        },
    }
