"""The summary of a preparation, for the screen."""

from data_prep.records import SPLITS
from data_prep.twins import is_apart

# Option that kept splits -> what else can be done.
DEAL_ANEW = {
    "--keep_splits": "leave that out",
    "--output_dir": "move its manifests elsewhere",
}
SYNTHETIC = "SYNTHETIC SPEECH: these figures say nothing about real children"


def report(summary):
    """Lay out what was found and how far each phase is from the whole.

    Arguments
    ---------
    summary : dict
        As `data_prep.prepare.prepare` returns it.

    Returns
    -------
    text : str
    """
    lines = [SYNTHETIC] if summary["synthetic"] else []
    lines += [
        *_source(summary),
        f"found {summary['found']}, accepted {summary['accepted']}, "
        f"rejected {summary['rejected']}",
        *_rejects(summary),
        *_remarks(summary),
        "",
        *_sizes(summary),
        "",
        *_distances(summary),
    ]
    return "\n".join(lines)


def _source(summary):
    yield (
        f"{summary['format']} corpus by {summary['source']}; "
        f"{summary['read_anew']} utterances were new or changed"
    )
    if summary["columns"]:
        columns = [f"{f}={name}" for f, name in summary["columns"].items()]
        yield f"columns: {', '.join(columns)}"
    keys = summary["speaker_keys"]
    checked = ", ".join(keys["checked"]) or "nothing: this corpus has no other"
    absent = ", ".join(keys["absent"])
    yield (
        f"speakers by {keys['used']}, checked against {checked}"
        + (f"; without {absent}" if absent else "")
    )
    if summary["split_by"] == "speakers":
        yield f"split anew by speaker, seed {summary['split_seed']}"
    for kept in summary["kept_splits"]:
        yield (
            f"{kept['found']} of the {kept['speakers']} speakers of "
            f"{kept['folder']} ({kept['option']}) stay in their splits: to "
            f"deal them out anew, {DEAL_ANEW[kept['option']]}"
        )
    yield from _twins(summary)


def _twins(summary):
    twins = summary["twin_speakers"]
    if not twins:
        return
    apart = sum(map(is_apart, twins))
    remedy = ""
    if apart and summary["split_by"] == "corpus":
        remedy = "; --split speakers keeps them together, in another folder"
    yield (
        "pairs of speakers who share recordings, and so may be one child: "
        f"{len(twins)}, in different splits {apart}, named in summary.html"
        f"{remedy}"
    )


def by_split(counts):
    """Counts of rejects in the order of the splits.

    Example
    -------
    >>> by_split({"": 88, "test": 4, "train": 140})
    ['train 140', 'test 4', 'no split 88']
    """
    order = [*SPLITS, *sorted(counts.keys() - {*SPLITS})]
    return [
        f"{split or 'no split'} {counts[split]:,}"
        for split in order
        if split in counts
    ]


def _rejects(summary):
    for reason, times in summary["reject_reasons"].items():
        splits = by_split(summary["rejects_by_split"][reason])
        yield f"  {reason}: {times} ({', '.join(splits)})"
    for split, names in summary["rejected_for_text"].items():
        if names:
            yield (
                f"left out of {split} for their text: {len(names)}, by name in "
                "rejects.csv"
            )


def _remarks(summary):
    for reason, splits in summary["kept_in_valid_and_test"].items():
        for split, times in splits.items():
            if times:
                yield f"kept in {split} in spite of {reason}: {times}"
    for split, sources in summary["snr_sources"].items():
        if sources["estimated"] or sources["unknown"]:
            yield (
                f"SNR in {split}: {sources['estimated']} estimated, "
                f"{sources['unknown']} unknown"
            )
    for pair, shared in summary["shared_sentences"].items():
        if shared["sentences"]:
            one, other = pair.split("-")
            yield (
                f"sentences common to {one} and {other}: "
                f"{shared['sentences']}, {shared['utterances']} utterances "
                f"of {other}"
            )
    for field, cells in summary["values_not_understood"].items():
        yield (
            f"{field}: {sum(cells.values())} cells not understood and taken as "
            f"unknown, e.g. {next(iter(cells))!r}"
        )


def _sizes(summary):
    yield f"{'':8}{'utterances':>12}{'hours':>10}{'speakers':>10}"
    for name, part in {**summary["splits"], **summary["phases"]}.items():
        yield (
            f"{name:8}{part['utterances']:12}{part['hours']:10.2f}"
            f"{part['speakers']:10}"
        )


def _distances(summary):
    yield (
        "share of utterances that would have to change for a split to be "
        "spread as all are, and a phase as train is"
    )
    parts = {**summary["splits"], **summary["phases"]}
    dimensions = list(summary["phases"]["phase1"]["distance"])
    yield f"{'':8}" + "".join(f"{name:>10}" for name in dimensions)
    for name, part in parts.items():
        shares = (
            f"{part['distance'][d]:10.1%}" if d in part["distance"] else ""
            for d in dimensions
        )
        yield f"{name:8}" + "".join(shares)
    if summary["order"] == "path":
        yield "(--order stratified makes phases that are spread as train is)"
