"""The gate at the end of a phase: how good it became and what follows."""

from pathlib import Path

from childasr.curriculum.advice import advise
from childasr.curriculum.phase_folder import read_log
from childasr.errors import InputError
from childasr.text.percent import percent

# Phase 4 runs when phase 3's last epoch still gained this much, absolute
# (the plan's rule; also phase 4's own min_delta).
STILL_LEARNING = 0.002


def judge(log, start=None):
    """Judge a finished phase by its lowest validation WER.

    Both bounds are strict: a WER equal to the target has not met it.

    Arguments
    ---------
    log : dict
        `training_log.json`: `phase`, `config` (with `target_wer` and
        `acceptable_wer`) and `epochs`; rates are fractions.
    start : dict or None
        From `log_of_start`.

    Returns
    -------
    gate : dict
        The content of `gate.json`: phase, wer, target, acceptable, verdict
        (`target`, `acceptable` or `failed`), reasons, previous_wer (what the
        phase began with, None where it began with no phase), and next, which
        has a `step` (see `childasr.curriculum.advice`) and `advice`, a list
        of sentences.

    Example
    -------
    >>> log = {
    ...     "phase": "phase3",
    ...     "config": {"target_wer": 0.15, "acceptable_wer": 0.18},
    ...     "epochs": [
    ...         {"epoch": 1, "val/wer": 0.17},
    ...         {"epoch": 2, "val/wer": 0.162},
    ...     ],
    ... }
    >>> gate = judge(log)
    >>> gate["verdict"], gate["next"]["step"]
    ('acceptable', 'phase4')
    """
    wers = validation_wers(log)
    wer, before = min(wers), _before(log, start)
    config = log["config"]
    target, acceptable = config["target_wer"], config["acceptable_wer"]
    verdict = _verdict(wer, target, acceptable)
    reasons = [_compare(wer, "target", target)]
    if verdict != "target":
        reasons.append(_compare(wer, "least acceptable", acceptable))
    gate = {
        "phase": log["phase"],
        "wer": wer,
        "target": target,
        "acceptable": acceptable,
        "verdict": verdict,
        "reasons": reasons,
        "previous_wer": before,
    }
    hours = sum(epoch.get("epoch_time") or 0 for epoch in log["epochs"]) / 3600
    improved = before is None or wer < before
    gate["next"] = advise(gate, still_learning(wers), improved, hours)
    return gate


def log_of_start(start):
    """The training log that tells how good what a phase starts from is.

    Arguments
    ---------
    start : str or None
        The phase's `start_from`.

    Returns
    -------
    log : dict or None
        None too where it is no `best_model`, of which alone the log's lowest
        WER is.

    Example
    -------
    >>> log_of_start(None)
    """
    if not start or Path(start).name != "best_model":
        return None
    return read_log(Path(start).parent)


def validation_wers(log):
    """List a log's validation WER per epoch, epoch 0 included.

    Example
    -------
    >>> validation_wers({"phase": "phase1", "epochs": [{"val/wer": 0.5}]})
    [0.5]
    """
    wers = [epoch.get("val/wer") for epoch in log["epochs"]]
    wers = [wer for wer in wers if wer is not None]
    if not wers:
        raise InputError(
            f"{log['phase']}: its training log has no validated epoch; "
            "train the phase again"
        )
    return wers


def still_learning(wers):
    """Say whether the last epoch lowered the best WER by 0.002 or more.

    Example
    -------
    >>> still_learning([0.20, 0.18, 0.178]), still_learning([0.18, 0.17, 0.17])
    (True, False)
    """
    if len(wers) < 2:
        return False
    # Rounded, as the difference of two fractions can fall 1e-17 short.
    return round(min(wers[:-1]) - wers[-1], 9) >= STILL_LEARNING


def _before(log, start):
    """The WER of what a phase started from, on its own validation split.

    Epoch 0 has it; with LoRA merged and in half precision that can differ a
    little from what the phase before had, and the lower of both counts.
    """
    first, split = log["epochs"][0], "valid_manifest_sha256"
    if first["epoch"] != 0:
        return None
    wers = [first["val/wer"]]
    if start and start["config"].get(split) == log["config"][split]:
        wers += validation_wers(start)
    return min(wers)


def _verdict(wer, target, acceptable):
    if wer < target:
        return "target"
    return "acceptable" if wer < acceptable else "failed"


def _compare(wer, name, bound):
    relation = "below" if wer < bound else "not below"
    return (
        f"validation WER {percent(wer)} % is {relation} "
        f"the {name} of {percent(bound)} %"
    )
