"""Figures of the arms, from their reports, as tables."""

import csv
import statistics

from planted_corpus import read_rows
from planting import KINDS
from table import make_table

from childasr.evaluation.compare import difference_interval
from childasr.evaluation.interval import rate_interval

PAIRS = (
    ("random", "active"),
    ("direct", "active"),
    ("direct", "curriculum"),
    ("direct", "random"),
)


def read_errors(report_folder):
    """Speakers, words and word errors of the utterances of a report."""
    path = report_folder / "hypotheses.csv"
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        "speakers": [row["spk_id"] for row in rows],
        "words": [int(row["words"]) for row in rows],
        "errors": [int(row["errors"]) for row in rows],
    }


def pool(seeds):
    """The errors of some seeds, added up for each utterance.

    The mean WER over the seeds is that of the sum; its interval is over
    speakers, and the seeds' own spread is told beside it.

    Example
    -------
    >>> one = {"speakers": ["a"], "words": [4], "errors": [1]}
    >>> pool([one, one])
    {'speakers': ['a'], 'words': [8], 'errors': [2]}
    """
    return {
        "speakers": seeds[0]["speakers"],
        **{
            name: [sum(values) for values in zip(*columns, strict=True)]
            for name in ("words", "errors")
            for columns in [[seed[name] for seed in seeds]]
        },
    }


def wer_figures(errors):
    """WER and its interval.

    Example
    -------
    >>> wer_figures({"speakers": ["a"], "words": [4], "errors": [1]})
    {'wer': 0.25, 'interval': None}
    """
    return {
        "wer": sum(errors["errors"]) / sum(errors["words"]),
        "interval": rate_interval(
            errors["errors"], errors["words"], errors["speakers"]
        ),
    }


def difference_figures(a, b):
    """By how much b's WER is above a's, on the same utterances."""
    return {
        "difference": wer_figures(b)["wer"] - wer_figures(a)["wer"],
        "interval": difference_interval(
            a["errors"], b["errors"], a["words"], a["speakers"]
        ),
    }


def arm_figures(seeds):
    """Of the errors of an arm's seeds: each, their mean and their spread."""
    each = [wer_figures(errors) for errors in seeds]
    rates = [figures["wer"] for figures in each]
    return {
        "seeds": each,
        "mean": wer_figures(pool(seeds)),
        "deviation": statistics.stdev(rates) if len(rates) > 1 else None,
    }


def pair_figures(errors):
    """Of each of `PAIRS`: the difference in each seed, and of the means.

    Arguments
    ---------
    errors : dict
        Arm to a list, over seeds, of what `read_errors` gives.
    """
    return {
        f"{b} - {a}": {
            "seeds": [
                difference_figures(*seed)
                for seed in zip(errors[a], errors[b], strict=True)
            ],
            "mean": difference_figures(pool(errors[a]), pool(errors[b])),
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


def arms_table(arms, pilot):
    """A row for each arm, and one for the model that all start from."""
    count = len(next(iter(arms.values()))["seeds"])
    header = (
        *("", "steps", "hours heard", "utterances", "wrong labels"),
        *(f"WER, seed {seed}" for seed in range(1, count + 1)),
        *("mean", "deviation"),
    )
    rows = [["pilot", *[""] * (4 + count), _rate(pilot), ""]]
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


def pairs_table(pairs):
    count = len(next(iter(pairs.values()))["seeds"])
    seeds = (f"seed {seed}" for seed in range(1, count + 1))
    rows = [
        [name, *map(_difference, figures["seeds"] + [figures["mean"]])]
        for name, figures in pairs.items()
    ]
    return make_table(["points of WER", *seeds, "mean"], rows)


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
