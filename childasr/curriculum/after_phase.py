"""What is looked at after a phase besides its gate."""

import math
from pathlib import Path

from childasr.curriculum.check import Check
from childasr.curriculum.phase_folder import missing_from_model
from childasr.text.percent import percent

# The learning rate falls to zero, so the last epoch should change little; a
# tenth of the loss in one epoch means that more epochs would have paid.
CONVERGED_CHANGE = 0.10
# Gradient norms of a healthy CTC run stay within a few times each other once
# the head has settled; a tenfold rise is what clipping at 1.0 would hide.
GRADIENT_GROWTH = 10
# Both validation passes see the same utterances, so 10 % more loss is no
# sampling noise; 0.01 WER is the largest change that the plan itself counts
# as none (min_delta of phase 1). CTC loss alone may rise while WER falls, as
# the model grows sure of itself, so a small rise says nothing.
OVERFIT_LOSS, OVERFIT_WER = 1.10, 0.01


def check_phase(log, gate, folder):
    """Check a finished phase.

    Only the gate and the checkpoint are required; the others warn.

    Arguments
    ---------
    log : dict
        Its `training_log.json`.
    gate : dict
        Its `gate.json`.
    folder : str or Path
        The phase folder.

    Returns
    -------
    checks : list of Check
    """
    trained = [epoch for epoch in log["epochs"] if epoch["epoch"] > 0]
    return [
        gate_met(gate),
        loss_converged(trained),
        gradients_bounded(trained),
        better_than_before(gate),
        not_overfitted(log["epochs"]),
        checkpoint_saved(folder),
    ]


def gate_met(gate):
    """The WER is below the least acceptable.

    Example
    -------
    >>> print(gate_met({"verdict": "failed", "reasons": ["31.00 %"]}))
    FAILED   gate met: 31.00 %
    """
    ok = gate["verdict"] != "failed"
    return Check("gate met", ok, "; ".join(gate["reasons"]))


def loss_converged(trained):
    """The last epoch changed the training loss by at most a tenth.

    Example
    -------
    >>> print(loss_converged([{"train/loss": 0.50}, {"train/loss": 0.48}]))
    ok       loss converged: the last epoch changed the training loss by -4.0 %
    """
    name = "loss converged"
    if len(trained) < 2:
        return Check(name, False, "one epoch shows no trend", required=False)
    before, last = (epoch["train/loss"] for epoch in trained[-2:])
    if not before or last is None:  # the log has null for what is not finite
        reason = f"training loss went from {before} to {last}"
        return Check(name, False, reason, required=False)
    change = (last - before) / before
    ok = abs(change) <= CONVERGED_CHANGE
    reason = f"the last epoch changed the training loss by {change:+.1%}"
    reason = reason.replace("%", " %")
    if not ok:
        reason += (
            ": train for more epochs" if change < 0 else ": lower the rate"
        )
    return Check(name, ok, reason, required=False)


def gradients_bounded(trained):
    """No step was non-finite and no norm rose tenfold over an earlier one.

    Example
    -------
    >>> print(gradients_bounded([{"grad_norm": 2.0}, {"grad_norm": 25.0}]))
    warning  gradients did not explode: the norm rose from 2 to 25 ...
    """
    name = "gradients did not explode"
    skipped = sum(epoch.get("nonfinite_steps") or 0 for epoch in trained)
    if skipped:
        reason = f"{skipped} steps were non-finite: see nonfinite.csv"
        return Check(name, False, reason, required=False)
    norms = [epoch.get("grad_norm") for epoch in trained]
    if None in norms:  # the log has null for what is not finite
        return Check(name, False, "a norm is not finite", required=False)
    lowest = math.inf
    for norm in norms:
        lowest = min(lowest, norm)
        if norm > GRADIENT_GROWTH * lowest:
            reason = (
                f"the norm rose from {lowest:.3g} to {norm:.3g} "
                "between epochs: lower the learning rate"
            )
            return Check(name, False, reason, required=False)
    norms = ", ".join(f"{norm:.3g}" for norm in norms)
    return Check(name, True, f"mean norms {norms}", required=False)


def better_than_before(gate):
    """The WER is strictly below that of the model which the phase began with.

    Example
    -------
    >>> print(better_than_before({"wer": 0.2, "previous_wer": None}))
    ok       better than the phase before: there is none
    """
    name, before = "better than the phase before", gate["previous_wer"]
    if before is None:
        return Check(name, True, "there is none", required=False)
    ok = gate["wer"] < before
    reason = f"{percent(gate['wer'])} % after {percent(before)} %"
    return Check(name, ok, reason, required=False)


def not_overfitted(epochs):
    """Training loss did not fall on while validation grew worse.

    Looks from the epoch with the lowest validation loss to the last one.

    Example
    -------
    >>> keys = ("epoch", "train/loss", "val/loss", "val/wer")
    >>> rows = [(1, 0.5, 0.6, 0.2), (2, 0.3, 0.7, 0.2)]
    >>> print(not_overfitted([dict(zip(keys, row)) for row in rows]))
    warning  no sign of overfitting: since epoch 1 training loss fell, ...
    """
    name = "no sign of overfitting"
    known = [e for e in epochs if None not in _losses(e)]
    if len(known) < 2:
        return Check(name, True, "too few epochs to show one", required=False)
    best = min(known, key=lambda epoch: epoch["val/loss"])
    last = known[-1]
    fell = last["train/loss"] < best["train/loss"]
    wer_rise = last["val/wer"] - min(epoch["val/wer"] for epoch in known)
    loss_rose = last["val/loss"] > OVERFIT_LOSS * best["val/loss"]
    worse = loss_rose or wer_rise > OVERFIT_WER
    reason = (
        f"since epoch {best['epoch']} training loss "
        f"{'fell' if fell else 'did not fall'}, validation loss went from "
        f"{best['val/loss']:.3g} to {last['val/loss']:.3g}, WER ended "
        f"{100 * wer_rise:.2f} points above its best"
    )
    return Check(name, not (fell and worse), reason, required=False)


def checkpoint_saved(folder):
    """Both models are there and whole.

    Example
    -------
    >>> print(checkpoint_saved(getfixture("tmp_path")))
    FAILED   checkpoint saved: best_model: model.safetensors, ...
    """
    for model in ("best_model", "final_model"):
        missing = missing_from_model(Path(folder) / model)
        if missing:
            reason = f"{model}: {', '.join(missing)} missing or damaged"
            return Check("checkpoint saved", False, reason)
    return Check("checkpoint saved", True, "best_model and final_model")


def _losses(epoch):
    return [epoch.get(key) for key in ("train/loss", "val/loss", "val/wer")]
