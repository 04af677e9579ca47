"""The table that a curriculum closes with."""

from pathlib import Path

from childasr.manifest import Manifest, read_summary
from childasr.text.columns import columns
from childasr.text.percent import SYNTHETIC, percent

HEADING = (
    "phase",
    "utterances",
    "hours",
    "epochs",
    "val WER",
    "target",
    "acceptable",
    "verdict",
    "time",
)


def phase_row(gate, log, manifest):
    """One phase as a row of the table.

    Arguments
    ---------
    gate, log : dict
        Its `gate.json` and `training_log.json`.
    manifest : str or Path
        What it trained on.

    Returns
    -------
    row : tuple of str
        As in `HEADING`; WER is the best on the validation split.
    """
    utterances, hours = _size(manifest)
    trained = [epoch for epoch in log["epochs"] if epoch["epoch"] > 0]
    dropped = gate["next"]["step"] == "drop"
    return (
        gate["phase"],
        f"{utterances:,}",
        f"{hours:.2f}",
        str(len(trained)),
        f"{percent(gate['wer'])} %",
        f"< {percent(gate['target'])} %",
        f"< {percent(gate['acceptable'])} %",
        f"{gate['verdict']}, dropped" if dropped else gate["verdict"],
        _duration(sum(e.get("epoch_time") or 0 for e in log["epochs"])),
    )


def closing_lines(rows, report, plan):
    """The table of phases, and the test WER where there is a report.

    Arguments
    ---------
    rows : list of tuple
        From `phase_row`.
    report : dict or None
        The content of `report.json`.
    plan : Plan

    Returns
    -------
    lines : list of str
    """
    lines = ["", *columns([HEADING, *rows])]
    if report:
        lines += [
            "",
            f"test WER, and its 95 % interval: {_rate(report['overall'])}",
        ]
        for grouping, title in (("age", "age"), ("snr", "SNR, dB")):
            groups = report["groups"][grouping]
            lines += [f"test WER by {title}:"]
            lines += [f"  {k:>7}  {_rate(v)}" for k, v in groups.items()]
        folder = Path(plan.settings["report_folder"])
        page = folder / "report.html"
        lines += [f"report: {page if page.is_file() else folder}"]
    if is_synthetic(plan):
        lines[1:1] = [SYNTHETIC]
    return lines


def is_synthetic(plan):
    """Whether the speech of a plan is synthetic, and its rates so labelled."""
    return read_summary(plan.manifest_folder / "train.csv").get("synthetic")


def _size(manifest):
    durations = Manifest(manifest).durations
    return len(durations), durations.sum() / 3600


def _rate(entry):
    if entry["wer"] is None:
        return "no words"
    line = f"{percent(entry['wer'])} % of {entry['words']:,} words"
    if entry["wer_interval"]:
        low, high = map(percent, entry["wer_interval"])
        line += f", {low} to {high} %"
    if entry["warning"]:
        line += f" ({entry['warning'].replace('_', ' ')})"
    return line


def _duration(seconds):
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {seconds:02} s"
