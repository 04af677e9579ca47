"""Figures of a selection: counts that add up, and how each arm is spread."""

from collections import Counter

import numpy as np

from childasr.evaluation.rates import divide

GROUPINGS = ("age", "snr", "gender", "style", "duration")


def describe(heard, aside, rounds, hours):
    """What selection.json says of the corpus and of each round.

    Arguments
    ---------
    heard : Heard
    aside : dict
        As `label_errors` returns it.
    rounds : dict
        Arm -> the first round that has each row, 0 for none.
    hours : list of float
        Asked of each round.

    Returns
    -------
    figures : dict
        `found` = `unreadable` + `set_aside` + `free` utterances; `reasons`
        of those set aside; `from`, the free ones; and `rounds`, a dict each,
        with an arm's `selected` + `not_selected` = `free`.
    """
    groups = {
        grouping: heard.groups(grouping) for grouping in (*GROUPINGS, "speaker")
    }
    free = heard.readable.copy()
    free[list(aside)] = False

    def figures(part):
        return _figures(heard, groups, part)

    return {
        "found": len(free),
        "unreadable": int((~heard.readable).sum()),
        "set_aside": len(aside),
        "reasons": dict(
            sorted(Counter(reason for reason, _ in aside.values()).items())
        ),
        "free": int(free.sum()),
        "from": figures(free),
        "rounds": [
            {
                "hours": asked,
                **{
                    arm: _selected(first, number, free)
                    | figures((first > 0) & (first <= number))
                    for arm, first in rounds.items()
                },
            }
            for number, asked in enumerate(hours, start=1)
        ],
    }


def _selected(first, number, free):
    selected = int(((first > 0) & (first <= number)).sum())
    return {"selected": selected, "not_selected": int(free.sum()) - selected}


def _figures(heard, groups, part):
    speakers = np.bincount(groups["speaker"][1][part])
    return {
        "hours": round(float(heard.seconds[part].sum()) / 3600, 4),
        "wer": divide(
            int(heard.errors[part].sum()), int(heard.words[part].sum())
        ),
        "speakers": int((speakers > 0).sum()),
        "distributions": {
            grouping: _counts(*groups[grouping], part) for grouping in GROUPINGS
        },
    }


def _counts(labels, numbers, part):
    counts = np.bincount(numbers[part], minlength=len(labels))
    return dict(zip(labels, counts.tolist(), strict=True))
