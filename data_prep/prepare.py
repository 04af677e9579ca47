"""From a corpus to the manifests of every split and phase."""

import os
from collections import Counter
from itertools import combinations
from pathlib import Path

from childasr.text import InputError, write_json
from data_prep.child_subset import UNLISTED, ChildSubset
from data_prep.ctc import is_feasible
from data_prep.distributions import describe
from data_prep.examine import examine
from data_prep.manifests import write_manifest, write_rejects
from data_prep.phases import check_ratios, distances, make_phases
from data_prep.publish import published_folder
from data_prep.records import SPLITS

SUMMARY = "summary.json"


def prepare(
    input_dir,
    output_dir,
    phase_ratios=(0.2, 0.6, 1.0),
    order="path",
    columns=None,
    max_reject_share=0.05,
    progress=True,
):
    """Check a corpus and write its manifests, rejects and summary.

    Nothing is written unless all is well, and `summary.json` is there only
    when every other file is.

    Arguments
    ---------
    input_dir : str or Path
        A corpus in the layout of `child_subset_100h`.
    output_dir : str or Path
        Folder of the manifests.
    phase_ratios : tuple of float
        Share of the training utterances in phases 1, 2 and 3.
    order : str
        `path`: a phase is the first utterances in file order; `stratified`:
        it is spread over speakers, ages, SNR and style as the whole is.
    columns : dict, optional
        Field -> column of the metadata where no known alias fits.
    max_reject_share : float
        Share of the metadata's rows that may be rejected.
    progress : bool
        Show rate and time left.

    Returns
    -------
    summary : dict
        The content of `summary.json`.

    Raises
    ------
    InputError
        The corpus cannot be read, two splits share a speaker, too much is
        rejected, or a split or phase is empty.
    """
    check_ratios(phase_ratios)
    if Path(output_dir).exists() and not Path(output_dir).is_dir():
        raise InputError(f"{output_dir} is a file: give another --output_dir")
    corpus = ChildSubset(input_dir, columns)
    examined = examine(corpus, progress)
    refuse_shared_speakers(examined.speakers)
    refuse_many_rejects(examined.rejects, len(corpus), max_reject_share)
    splits = {name: [] for name in SPLITS}
    for utterance in examined.accepted:
        splits[utterance.split].append(utterance)
    refuse_empty_splits(splits, corpus)
    phases = make_phases(splits["train"], phase_ratios, order)
    summary = {
        "data_root": os.path.abspath(input_dir),
        "synthetic": any(
            corpus.is_synthetic(split[0]) for split in splits.values()
        ),
        "metadata": corpus.source,
        "columns": corpus.columns,
        "order": order,
        "phase_ratios": list(phase_ratios),
        **summarise(examined, splits, phases),
        "values_not_understood": not_understood(corpus.values),
    }
    with published_folder(output_dir, last=SUMMARY) as folder:
        for name, utterances in {**splits, **phases}.items():
            write_manifest(folder / f"{name}.csv", utterances)
        write_rejects(folder / "rejects.csv", examined.rejects)
        write_json(folder / SUMMARY, summary)
    return summary


def refuse_shared_speakers(speakers):
    """Raise InputError naming the speakers that two splits share."""
    for one, other in combinations(sorted(speakers), 2):
        shared = sorted(speakers[one] & speakers[other])
        if shared:
            more = f" and {len(shared) - 5} more" if len(shared) > 5 else ""
            raise InputError(
                f"speakers in both {one} and {other}: "
                f"{', '.join(shared[:5])}{more}; move each to one split"
            )


def refuse_many_rejects(rejects, rows, max_share):
    """Raise InputError naming the top reasons when too much is rejected.

    Recordings outside the metadata are no fault of the metadata, and are
    left out of the share.
    """
    rejects = [reject for reject in rejects if reject.reason != UNLISTED]
    if len(rejects) <= max_share * rows:
        return
    first = {reject.reason: reject for reject in reversed(rejects)}
    top = Counter(reject.reason for reject in rejects).most_common(3)
    reasons = "; ".join(
        f"{reason} {times}, e.g. {first[reason].wav or 'a row without path'} "
        f"({first[reason].detail})"
        for reason, times in top
    )
    raise InputError(
        f"{len(rejects)} of {rows} utterances rejected "
        f"({len(rejects) / rows:.1%}, at most {max_share:.1%} allowed): "
        f"{reasons}; mend them or raise --max_reject_share"
    )


def refuse_empty_splits(splits, corpus):
    """Raise InputError naming the splits without an accepted utterance."""
    empty = [name for name, utterances in splits.items() if not utterances]
    if empty:
        raise InputError(
            f"no accepted utterance in {' and '.join(empty)}: add rows of each "
            f"split to {corpus.source} in {corpus.root}"
        )


def summarise(examined, splits, phases):
    """Counts of what was found, and of each split and phase."""
    reasons = Counter(reject.reason for reject in examined.rejects)
    return {
        "found": len(examined.accepted) + len(examined.rejects),
        "accepted": len(examined.accepted),
        "rejected": len(examined.rejects),
        "reject_reasons": dict(sorted(reasons.items())),
        "speaker_overlap": 0,
        "infeasible_kept": {
            name: sum(not is_feasible(u.text, u.duration) for u in splits[name])
            for name in ("valid", "test")
        },
        "text_rules": examined.text_rules,
        "splits": {name: describe(split) for name, split in splits.items()},
        "phases": {
            name: {
                **describe(phase),
                "distance": distances(phase, splits["train"]),
            }
            for name, phase in phases.items()
        },
    }


def not_understood(values):
    """Field -> cell -> times, for cells that were taken as unknown."""
    fields = {}
    for (field, cell), times in sorted(values.not_understood.items()):
        fields.setdefault(field, {})[cell] = times
    return fields
