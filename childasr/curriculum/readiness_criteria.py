"""What is looked at before going on to 3,500 h."""

import math

from scipy.stats import binomtest

from childasr.evaluation.analysis.suspects import MOST

OK, NOT, UNKNOWN = "ok", "not", "unknown"
# Labels that are all right have up to 3.5 % of suspects in simulated errors at
# up to 19 % WER; with 3 % of wrong ones there are 5 to 7 %. Those 3 % alone
# are worth the points between target and least acceptable.
SUSPECTS_LIMIT = 0.05
# The points between target and least acceptable of phase 3: were all words of
# the rejects errors, they would move the WER from the one to the other.
REJECTS_LIMIT = 0.03
# Recordings that nobody meant to train on; preparation's own limit leaves them
# out, too.
UNLISTED = "not_in_metadata"


def deciding_gate(kept):
    """The gate whose bounds decide: phase 3, or the one that failed before.

    Arguments
    ---------
    kept : list of dict
        `gate.json` of each phase that was not dropped, in order.

    Returns
    -------
    gate : dict
    """
    pilot = [gate for gate in kept if gate["phase"] == "phase3"]
    return (pilot or kept)[-1]


def judge_gate(kept):
    """The WER that the phases reached, against the target of phase 3.

    Arguments
    ---------
    kept : list of dict
        `gate.json` of each phase that was not dropped, in order.

    Returns
    -------
    criterion : dict
        `status`, `value`, `interval`, `limit`, `group` and `too_small`.

    Example
    -------
    >>> gate = {"phase": "phase3", "wer": 0.15, "target": 0.15}
    >>> judge_gate([gate])["status"]
    'not'
    """
    bounds, wer = deciding_gate(kept), kept[-1]["wer"]
    reached = bounds["phase"] == "phase3"
    limit = bounds["target"] if reached else bounds["acceptable"]
    return criterion(wer, limit, OK if reached and wer < limit else NOT)


def judge_improvement(kept):
    """The change of WER over a phase, where it is least good.

    Arguments
    ---------
    kept : list of dict
        `gate.json` of each phase that was not dropped, in order.

    Returns
    -------
    criterion : dict
        `status`, `value`, `interval`, `limit`, `group` and `too_small`.

    Example
    -------
    >>> judge_improvement([{"wer": 0.24, "previous_wer": 0.24}])["status"]
    'not'
    """
    changes = [
        gate["wer"] - gate["previous_wer"]
        for gate in kept
        if gate["previous_wer"] is not None
    ]
    if not changes:
        return criterion(None, 0)
    return criterion(max(changes), 0, OK if max(changes) < 0 else NOT)


def judge_test(report, limit):
    """The WER of children by whom no epoch was chosen.

    It is above the target only where its whole interval is, and below only
    where there are children and words enough to tell.

    Arguments
    ---------
    report : dict
        `report.json`; empty where there is none.
    limit : float

    Returns
    -------
    criterion : dict
        `status`, `value`, `interval`, `limit`, `group` and `too_small`.
    """
    overall = report.get("overall") or {}
    wer, interval = overall.get("wer"), overall.get("wer_interval")
    status = UNKNOWN
    if interval and wer < limit and overall.get("warning") is None:
        status = OK
    elif interval and interval[0] >= limit:
        status = NOT
    return criterion(wer, limit, status, interval)


def judge_suspects(report):
    """The share of the test split whose labels may be wrong.

    Arguments
    ---------
    report : dict
        `report.json`; empty where there is none.

    Returns
    -------
    criterion : dict
        `status`, `value`, `interval`, `limit`, `group` and `too_small`. The
        interval's upper end is None where the list of suspects is full.

    Example
    -------
    >>> judge_suspects({})["status"]
    'unknown'
    """
    suspects = report.get("analysis", {}).get("suspects")
    utterances = report.get("overall", {}).get("utterances")
    if suspects is None or not utterances:
        return criterion(None, SUSPECTS_LIMIT)
    low, high = map(float, binomtest(len(suspects), utterances).proportion_ci())
    status = UNKNOWN
    if high < SUSPECTS_LIMIT:
        status = OK
    elif low >= SUSPECTS_LIMIT:
        status = NOT
    share = len(suspects) / utterances
    is_full = len(suspects) >= math.ceil(MOST * utterances)
    interval = [low, None if is_full else high]
    return criterion(share, SUSPECTS_LIMIT, status, interval)


def judge_rejects(summary):
    """The share of the corpus that preparation rejected.

    Arguments
    ---------
    summary : dict
        `summary.json`; empty where there is none.

    Returns
    -------
    criterion : dict
        `status`, `value`, `interval`, `limit`, `group` and `too_small`.

    Example
    -------
    >>> judge_rejects({"found": 1000, "rejected": 7})["value"]
    0.007
    """
    found, rejected = summary.get("found", 0), summary.get("rejected")
    unlisted = summary.get("reject_reasons", {}).get(UNLISTED, 0)
    if found <= unlisted or rejected is None:
        return criterion(None, REJECTS_LIMIT)
    share = (rejected - unlisted) / (found - unlisted)
    status = OK if share < REJECTS_LIMIT else NOT
    return criterion(share, REJECTS_LIMIT, status)


def criterion(value, limit, status=UNKNOWN, interval=None, **groups):
    """What every criterion says; `groups` only where it is about groups.

    Example
    -------
    >>> criterion(None, 0.03)["status"]
    'unknown'
    """
    return {
        "status": status,
        "value": value,
        "interval": interval,
        "limit": limit,
        "group": None,
        "too_small": [],
        **groups,
    }
