"""Figures of the arms, from their reports, as tables."""

import statistics

from planted_corpus import read_rows
from planting import KINDS
from table import make_table

from childasr.studies.figures import difference, wer_of

PAIRS = (
    ("random", "active"),
    ("direct", "active"),
    ("direct", "curriculum"),
    ("direct", "random"),
)


def arm_figures(seeds):
    """Of the errors of an arm's seeds: each, their mean and their spread."""
    mean = wer_of(seeds)
    rates = mean["seeds"]
    return {
        "seeds": [wer_of([rows]) for rows in seeds],
        "mean": mean,
        "deviation": statistics.stdev(rates) if len(rates) > 1 else None,
    }


def pool(seeds):
    """The words and errors of each speaker, added up over the seeds.

    Example
    -------
    >>> pool([[("a", 4, 1)], [("a", 4, 2)]])
    [('a', 8, 3)]
    """
    return [
        (rows[0][0], sum(row[1] for row in rows), sum(row[2] for row in rows))
        for rows in zip(*seeds, strict=True)
    ]


def pair_figures(errors):
    """Of each of `PAIRS`: the difference in each seed, and of the means.

    The intervals are over speakers; the seeds' own spread stands beside them.

    Arguments
    ---------
    errors : dict
        Arm to a list, over seeds, of what `errors_of` gives.
    """
    return {
        f"{b} - {a}": {
            "seeds": [
                difference([one], [other])
                for one, other in zip(errors[a], errors[b], strict=True)
            ],
            "mean": difference([pool(errors[a])], [pool(errors[b])]),
        }
        for a, b in PAIRS
    }


def label_figures(manifest, planted, set_aside):
    """How many wrong labels are found, of each kind, and false alarms.

    Arguments
    ---------
    manifest, set_aside : Path
    planted : dict
        As `plant` gives it.

    Returns
    -------
    figures : dict
        `found`: kind to [found, planted]; `false_alarms`: [set aside, all],
        of the utterances whose label is right.
    """
    names = {row["ID"] for row in read_rows(manifest)[1]}
    listed = {row["ID"] for row in read_rows(set_aside)[1]}
    found = {}
    for kind in KINDS:
        of_kind = {ID for ID in planted if planted[ID]["kind"] == kind}
        found[kind] = [len(of_kind & listed), len(of_kind)]
    good = names - planted.keys()
    return {"found": found, "false_alarms": [len(good & listed), len(good)]}


def arms_table(arms, pilot, seeds):
    """A row for each arm, and one for the model that all start from."""
    header = (
        *("", "steps", "hours heard", "utterances", "wrong labels"),
        *(f"WER, seed {seed}" for seed in seeds),
        *("mean", "deviation"),
    )
    rows = [["pilot", *[""] * (4 + len(seeds)), _rate(pilot), ""]]
    for arm, figures in arms.items():
        heard = figures["heard"]
        rows.append(
            [
                arm,
                str(heard["steps"]),
                f"{heard['hours']:.2f}",
                f"{heard['utterances']:.0f}",
                f"{heard['wrong_share']:.1%}",
                *map(_rate, figures["seeds"]),
                _rate(figures["mean"]),
                _points(figures["deviation"]),
            ]
        )
    return make_table(header, rows)


def pairs_table(pairs, seeds):
    header = ["points of WER", *(f"seed {seed}" for seed in seeds), "mean"]
    rows = [
        [name, *map(_difference, figures["seeds"] + [figures["mean"]])]
        for name, figures in pairs.items()
    ]
    return make_table(header, rows)


def labels_table(figures, rounds):
    """Found and false alarms, and what is left of the wrong labels.

    Arguments
    ---------
    figures : dict
        As `label_figures` gives it.
    rounds : dict
        Name to the share of wrong labels in it.
    """
    kinds = figures["found"]
    total = [sum(counts) for counts in zip(*kinds.values(), strict=True)]
    rows = [[kind.replace("_", " "), *_part(*kinds[kind])] for kind in kinds]
    rows.append(["all wrong labels found", *_part(*total)])
    rows.append(["right labels set aside", *_part(*figures["false_alarms"])])
    rows += [
        [f"wrong labels in {name}", "", "", f"{share:.1%}"]
        for name, share in rounds.items()
    ]
    return make_table(["", "utterances", "of", "share"], rows)


def _part(count, total):
    return [str(count), str(total), f"{count / total:.1%}" if total else "-"]


def _rate(figures):
    low, high = figures["interval"] or (float("nan"),) * 2
    return f"{100 * figures['wer']:.1f} [{100 * low:.1f} to {100 * high:.1f}]"


def _difference(figures):
    low, high = figures["interval"] or (float("nan"),) * 2
    middle = 100 * figures["difference"]
    return f"{middle:+.1f} [{100 * low:+.1f} to {100 * high:+.1f}]"


def _points(deviation):
    return "-" if deviation is None else f"{100 * deviation:.1f}"
