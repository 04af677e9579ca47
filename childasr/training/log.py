"""What a phase reports after each epoch: JSON, TensorBoard, text, console."""

import json
import math
from pathlib import Path

from speechbrain.utils.distributed import if_main_process
from torch.utils.tensorboard import SummaryWriter

from childasr.text.files import write_json

CONSOLE_LINES = (
    # (key, format) in the lines of one epoch; rates are percent on screen
    (
        ("train/loss", "{:.4f}"),
        ("train/lr", "{:.1e}"),
        ("grad_norm", "{:.2f}"),
        ("model/trainable_params", "{:,}"),
        ("epoch_time", "{:.0f} s"),
    ),
    (
        ("val/loss", "{:.4f}"),
        ("val/wer", "{:.2%}"),
        ("val/cer", "{:.2%}"),
        ("val/phoneme_error_rate", "{:.2%}"),
    ),
    (("val/wer_by_age", "{:.1%}"),),
    (("val/wer_by_snr", "{:.1%}"),),
)


def _finite(value):
    """JSON has no NaN: what is not finite is written as null."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _cell(key, value, form):
    if isinstance(value, dict):
        rates = [
            f"{label}: {form.format(rate)}"
            for label, rate in value.items()
            if rate is not None
        ]
        return f"{key} {', '.join(rates)}"
    return f"{key} {form.format(value)}"


def console_text(entry):
    """One epoch as a person reads it, under the names of the log.

    Example
    -------
    >>> entry = {"epoch": 2, "train/loss": 0.5, "val/wer": 0.25, "val/cer": 0.1}
    >>> print(console_text(entry | {"val/wer_by_age": {"7": 0.25}}))
    epoch 2  train/loss 0.5000
             val/wer 25.00%  val/cer 10.00%
             val/wer_by_age 7: 25.0%
    """
    lines = []
    for columns in CONSOLE_LINES:
        cells = [
            _cell(key, entry[key], form)
            for key, form in columns
            if entry.get(key) is not None
        ]
        if cells:
            lines.append("  ".join(cells))
    return f"epoch {entry['epoch']}  " + "\n         ".join(lines)


class TrainingLog:
    """The record of a phase, `training_log.json`, and its TensorBoard curves.

    Arguments
    ---------
    folder : str or Path
        The phase's output folder.
    phase : str
    config : dict
        Plain values that describe the run.

    Example
    -------
    >>> log = TrainingLog(getfixture("tmp_path"), "phase1", {"lr": 5e-4})
    >>> log.add({"epoch": 1, "val/wer": 0.5, "val/wer_by_age": {"7": 0.5}})
    >>> log.best_wer()
    0.5
    >>> log.keep_until(0)
    >>> log.best_wer()
    inf
    """

    def __init__(self, folder, phase, config):
        self.folder = Path(folder)
        self.path = self.folder / "training_log.json"
        self.content = {"phase": phase, "config": config, "epochs": []}
        self.writer = None
        if self.path.is_file():
            text = self.path.read_text(encoding="utf-8")
            self.content["epochs"] = json.loads(text)["epochs"]

    @property
    def epochs(self):
        """Entries, a dict each, in order of epoch."""
        return self.content["epochs"]

    def keep_until(self, epoch):
        """Forget what was logged after the epoch that training resumes from."""
        self.content["epochs"] = [e for e in self.epochs if e["epoch"] <= epoch]

    def best_wer(self):
        """The lowest validation WER so far; infinite before the first."""
        return min(
            (e["val/wer"] for e in self.epochs if e["val/wer"] is not None),
            default=math.inf,
        )

    def add(self, entry):
        """Record one epoch; on the main process only, write it everywhere."""
        self.epochs.append(_finite(entry))
        if not if_main_process():
            return
        write_json(self.path, self.content)
        self._write_curves(entry)

    def _write_curves(self, entry):
        epoch = entry["epoch"]
        if self.writer is None:
            # Curves of epochs that are trained again are replaced.
            self.writer = SummaryWriter(
                self.folder / "tensorboard", purge_step=epoch
            )
        for key, value in entry.items():
            if isinstance(value, dict):
                for label, rate in value.items():
                    self.writer.add_scalar(f"{key}/{label}", rate, epoch)
            elif value is not None and key != "epoch":
                self.writer.add_scalar(key, value, epoch)
        self.writer.flush()
