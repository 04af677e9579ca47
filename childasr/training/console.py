"""The table of epochs that a person watches."""

from datetime import timedelta
from functools import partial

from childasr.manifest import read_summary
from childasr.text.percent import SYNTHETIC, percent

LEGEND = "Rates of the validation split in %; * the lowest WER so far."


def _time(seconds):
    return str(timedelta(seconds=round(seconds)))


# Of groups with one decimal, or they would not fit in a line.
_group_percent = partial(percent, decimals=1)

# (heading, key in the log, form, width); a row fits in 80 characters
COLUMNS = (
    ("epoch", "epoch", str, 5),
    ("train loss", "train/loss", "{:.4f}".format, 10),
    ("lr", "train/lr", "{:.1e}".format, 7),
    ("|grad|", "grad_norm", "{:.2f}".format, 6),
    ("val loss", "val/loss", "{:.4f}".format, 8),
    ("WER", "val/wer", percent, 6),
    ("CER", "val/cer", percent, 6),
    ("PER", "val/phoneme_error_rate", percent, 6),
    ("time", "epoch_time", _time, 7),
)
# (title, key)
GROUPS = (("WER by age", "val/wer_by_age"), ("WER by SNR", "val/wer_by_snr"))
# What was left out of the figures above, shown where there is any.
LEFT_OUT = (
    ("nonfinite_steps", "steps skipped, not finite, see nonfinite.csv"),
    ("train/unreadable", "recordings skipped, see unreadable.csv"),
    ("val/infeasible", "utterances not in val loss: CTC cannot align them"),
)
INDENT = 7  # under the second column


def table_head(trainable, manifest):
    """What stands above the rows: what they mean, and the headings.

    Arguments
    ---------
    trainable : int
        Parameters that are trained.
    manifest : str or Path
        Of the validation split.

    Example
    -------
    >>> print(table_head(21574, "no/such/valid.csv"))
    Trainable parameters: 21,574
    Rates of the validation split in %; * the lowest WER so far.
    epoch  train loss       lr  |grad|  val loss     WER     CER     PER ...
    """
    headings = "  ".join(
        heading.rjust(width) for heading, _, _, width in COLUMNS
    )
    lines = [f"Trainable parameters: {trainable:,}", LEGEND, headings]
    if read_summary(manifest).get("synthetic"):
        lines.insert(0, SYNTHETIC)
    return "\n".join(lines)


def epoch_rows(entry, is_best):
    """One epoch: its row, a line for each grouping, and what was left out.

    Arguments
    ---------
    entry : dict
        An epoch of `training_log.json`.
    is_best : bool
        Whether its WER is the lowest so far.

    Returns
    -------
    text : str

    Example
    -------
    >>> entry = {"epoch": 2, "train/loss": 0.5, "val/wer": 0.25}
    >>> print(epoch_rows(entry | {"val/wer_by_age": {"7": 0.25}}, True))
        2      0.5000        -       -         -   25.00       -  ...
           WER by age  7: 25.0
    """
    cells = [
        _cell(entry.get(key), form).rjust(width)
        for _, key, form, width in COLUMNS
    ]
    lines = ["  ".join(cells) + (" *" if is_best else "")]
    for title, key in GROUPS:
        if entry.get(key):
            rates = (
                f"{label}: {_cell(rate, _group_percent)}"
                for label, rate in entry[key].items()
            )
            lines.append(f"{'':{INDENT}}{title}  {'  '.join(rates)}")
    for key, meaning in LEFT_OUT:
        if entry.get(key):
            lines.append(f"{'':{INDENT}}{entry[key]:,} {meaning}")
    return "\n".join(lines)


def _cell(value, form):
    return "-" if value is None else form(value)
