"""Whether what the pilot found speaks for going on to 3,500 h."""

import json
from pathlib import Path

from childasr.curriculum.readiness_criteria import (
    NOT,
    OK,
    UNKNOWN,
    deciding_gate,
    judge_gate,
    judge_improvement,
    judge_rejects,
    judge_suspects,
    judge_test,
)
from childasr.curriculum.readiness_groups import judge_balance, judge_groups
from childasr.text.percent import percent, points

GO_ON, PHASE_4, INSPECT, RESAMPLE = "go_on", "phase4", "inspect", "resample"
BALANCED = ("age", "snr")
# What the data themselves must answer for, before any resampling.
DATA = ("improvement", "test", "suspects", "rejects")
# Shown as differences of two WERs.
POINTS = ("improvement", *BALANCED)


def assess(gates, report=None, summary=None):
    """Judge a pilot that is done, or that stopped at a gate.

    Every criterion is met below its limit, and strictly so. What is not
    there, or too little to tell, is `unknown`. The data are inspected before
    they are resampled, and unknown criteria leave the advice as it is: they
    are named beside it.

    Arguments
    ---------
    gates : list of dict
        `gate.json` of each phase that ran, in order. A phase 4 that was
        dropped counts for nothing here.
    report : dict or None
        `report.json` of the model that is shipped, on the test split.
    summary : dict or None
        `summary.json` of the manifests.

    Returns
    -------
    readiness : dict
        The content of `readiness.json`. `advice` is `go_on`, `phase4`,
        `inspect` (the data) or `resample`; `reasons` are sentences on the
        criteria that led to it, `open` on those that are unknown. `criteria`:
        name to `status` (`ok`, `not`, `unknown`), `value`, `interval` (95 %,
        without an upper end where that is not known) and `limit`. `groups`:
        of age and SNR, label to figures. `resample`: the groups that are too
        far above the whole. Rates are fractions.

    Example
    -------
    >>> gate = {"phase": "phase3", "wer": 0.18, "verdict": "failed"}
    >>> gate |= {"target": 0.15, "acceptable": 0.18, "previous_wer": None}
    >>> gate |= {"next": {"step": "check_data"}}
    >>> readiness = assess([gate])
    >>> readiness["advice"], *readiness["reasons"]
    ('inspect', 'validation WER of the last phase: 18.00 %, not below 15.00 %')
    """
    report, summary = report or {}, summary or {}
    kept = [gate for gate in gates if gate["next"]["step"] != "drop"]
    groups = {name: judge_groups(name, report, summary) for name in BALANCED}
    criteria = {
        "gate": judge_gate(kept),
        "improvement": judge_improvement(kept),
        "test": judge_test(report, deciding_gate(kept)["target"]),
        **{name: judge_balance(groups[name]) for name in BALANCED},
        "suspects": judge_suspects(report),
        "rejects": judge_rejects(summary),
    }
    advice, because = _advise(gates, kept, criteria)
    return {
        "synthetic": bool(summary.get("synthetic") or report.get("synthetic")),
        "model": report.get("model"),
        "advice": advice,
        "reasons": [sentence(name, criteria[name]) for name in because],
        "open": [
            sentence(name, criterion)
            for name, criterion in criteria.items()
            if criterion["status"] == UNKNOWN
        ],
        "resample": [
            {"grouping": name, "group": label}
            for name, entries in groups.items()
            for label, entry in entries.items()
            if entry["status"] == NOT
        ],
        "criteria": criteria,
        "phases": [
            {key: gate[key] for key in ("phase", "wer", "target", "acceptable")}
            | {"kept": gate in kept}
            for gate in gates
        ],
        "overall": report.get("overall"),
        "groups": groups,
    }


def sentence(name, criterion):
    """A criterion in words, for the screen and for `readiness.json`.

    Example
    -------
    >>> sentence("rejects", {"value": None, "group": None})
    'recordings that preparation rejected: not known'
    """
    title = words()["criteria"][name]["en"]
    if criterion["group"]:
        title += f", worst {criterion['group']}"
    if criterion["value"] is None:
        return f"{title}: not known"
    unit = " points" if name in POINTS else ""

    def show(value):
        return shown(name, value) + unit

    relation = {
        OK: "below",
        NOT: "not below",
        UNKNOWN: "too unsure to tell from",
    }
    text = f"{title}: {show(criterion['value'])}"
    if criterion["interval"]:
        low, high = criterion["interval"]
        if high is None:
            text += f" or more (95 % interval from {show(low)})"
        else:
            text += f" (95 % interval {show(low)} to {show(high)})"
    return f"{text}, {relation[criterion['status']]} {show(criterion['limit'])}"


def shown(name, value):
    """A value of a criterion; a difference in points has a sign.

    Example
    -------
    >>> shown("rejects", 0.03), shown("age", 0.07)
    ('3.00 %', '+7.00')
    """
    return points(value) if name in POINTS else f"{percent(value)} %"


def words():
    """The names of criteria and the advice, in English and Korean."""
    path = Path(__file__).with_name("readiness_words.json")
    return json.loads(path.read_text(encoding="utf-8"))


def _advise(gates, kept, criteria):
    """The advice, and the criteria that led to it."""

    def failed(names):
        return [name for name in names if criteria[name]["status"] == NOT]

    missed, data = failed(["gate"]), failed(DATA)
    not_tried = len(gates) == len(kept)
    due = not_tried and kept[-1]["next"]["step"] == "phase4"
    if data or (missed and not due):
        return INSPECT, missed + data
    if missed:
        return PHASE_4, missed
    if failed(BALANCED):
        return RESAMPLE, failed(BALANCED)
    return GO_ON, [name for name in criteria if criteria[name]["status"] == OK]
