"""The results of studies as tables on the screen."""

from childasr.text.columns import columns
from childasr.text.percent import SYNTHETIC, percent, points


def arms_table(comparison):
    """Lay a comparison of arms out in columns.

    Arguments
    ---------
    comparison : dict
        What `compare_arms` returns.

    Returns
    -------
    text : str

    Example
    -------
    >>> arm = {"wer": 0.25, "interval": [0.2, 0.3], "seeds": [0.24, 0.26]}
    >>> arm |= {"against_first": None, "trainable_params": 1_600_000}
    >>> arm |= {"seconds_per_step": 0.5, "peak_gib": 3.25}
    >>> against = {"difference": -0.01, "interval": [-0.04, 0.02]}
    >>> against["verdict"] = "not_told_apart"
    >>> print(arms_table({
    ...     "synthetic": False, "manifest": "data/valid.csv", "seeds": [1, 2],
    ...     "warning": None,
    ...     "arms": {"plan": arm, "rank8": arm | {"against_first": against}},
    ... }))
    arm      WER   95 % interval           seeds  less plan   95 % interval ...
    plan   25.00  20.00 to 30.00  24.00 to 26.00                        ...
    rank8  25.00  20.00 to 30.00  24.00 to 26.00      -1.00  -4.00 to +2.00 ...
    WER in percent on data/valid.csv, the lowest of each training's epochs, ...
    The difference is of chance among speakers and among seeds; ...
    """
    lines = [SYNTHETIC] if comparison["synthetic"] else []
    lines += columns(arms_rows(comparison))
    lines.append(
        f"WER in percent on {comparison['manifest']}, the lowest of each "
        "training's epochs, so a little low for every arm."
    )
    if len(comparison["seeds"]) == 1:
        lines.append(
            "One seed: what another one changes is not known, and no arm is "
            "told from the first. Give three or more."
        )
    elif comparison["warning"]:
        few = comparison["warning"].replace("_", " ").capitalize()
        lines.append(
            f"{few}: no arm is told from the first. Validate on more speech."
        )
    else:
        lines.append(
            "The difference is of chance among speakers and among seeds; of "
            "twenty equal arms, one is told apart all the same."
        )
    return "\n".join(lines)


def arms_rows(comparison):
    """The cells of `arms_table`, its heading first."""
    arms, first = comparison["arms"], next(iter(comparison["arms"]))
    heading = [
        "arm", "WER", "95 % interval", "seeds", f"less {first}",
        "95 % interval", "is", "trained", "s/step", "GiB",
    ]  # fmt: skip
    return [heading, *(_arm_row(name, arm) for name, arm in arms.items())]


def sweep_table(result):
    """Lay the trials of a sweep out in columns, the best first.

    Arguments
    ---------
    result : dict
        What `run_sweep` returns.

    Returns
    -------
    text : str

    Example
    -------
    >>> trials = [
    ...     {"number": 0, "state": "pruned", "epochs": 2, "wer": 0.5},
    ...     {"number": 1, "state": "complete", "epochs": 4, "wer": 0.25},
    ... ]
    >>> for trial, lr in zip(trials, (1e-5, 5e-4)):
    ...     trial["settings"] = {"lr": lr}
    >>> print(sweep_table({
    ...     "synthetic": False, "trials": trials, "manifest": "data/valid.csv",
    ... }))
    trial     state  epochs    WER      lr
    1      complete       4  25.00  0.0005
    0        pruned       2  50.00   1e-05
    WER in percent on data/valid.csv, the lowest of each trial's epochs.
    """
    lines = [SYNTHETIC] if result["synthetic"] else []
    lines += columns(sweep_rows(result))
    lines.append(
        f"WER in percent on {result['manifest']}, the lowest of each trial's "
        "epochs."
    )
    return "\n".join(lines)


def sweep_rows(result):
    """The cells of `sweep_table`, its heading first."""
    trials = sorted(result["trials"], key=_by_wer)
    keys = list(dict.fromkeys(key for t in trials for key in t["settings"]))
    return [
        ["trial", "state", "epochs", "WER", *keys],
        *(
            [
                str(trial["number"]),
                trial["state"],
                str(trial["epochs"]),
                percent(trial["wer"]),
                *(_value(trial["settings"].get(key)) for key in keys),
            ]
            for trial in trials
        ),
    ]


def _arm_row(name, arm):
    against = arm["against_first"] or {}
    verdict = against.get("verdict") or ""
    seconds, peak = arm["seconds_per_step"], arm["peak_gib"]
    return [
        name,
        percent(arm["wer"]),
        _range(arm["interval"], percent),
        _range([min(arm["seeds"]), max(arm["seeds"])], percent),
        points(against["difference"]) if against else "",
        _range(against.get("interval"), points) if against else "",
        verdict.replace("_", " "),
        f"{arm['trainable_params']:,}",
        percent(None) if seconds is None else f"{seconds:.2f}",
        percent(None) if peak is None else f"{peak:.1f}",
    ]


def _by_wer(trial):
    return (trial["wer"] is None, trial["wer"], trial["number"])


def _value(value):
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _range(ends, show):
    return " to ".join(map(show, ends)) if ends else percent(None)
