"""The record of a phase, `training_log.json`."""

import json
import math
from pathlib import Path

from speechbrain.utils.checkpoints import (
    mark_as_loader,
    mark_as_saver,
    register_checkpoint_hooks,
)
from speechbrain.utils.distributed import if_main_process

from childasr.text.files import write_atomically, write_json


def _finite(value):
    """JSON has no NaN: what is not finite is written as null."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


@register_checkpoint_hooks
class TrainingLog:
    """What a phase reports after each epoch, kept in `training_log.json`.

    The epochs are part of each checkpoint. The file is only written: it may
    be an epoch ahead of the checkpoint that training goes on from.

    Arguments
    ---------
    folder : str or Path
        The phase's output folder.
    phase : str
    config : dict
        What describes the run, as JSON has it.

    Example
    -------
    >>> log = TrainingLog(getfixture("tmp_path"), "phase1", {"lr": 5e-4})
    >>> log.add({"epoch": 1, "val/wer": 0.5, "val/wer_by_age": {"7": 0.5}})
    >>> log.best_wer()
    0.5
    """

    def __init__(self, folder, phase, config):
        self.path = Path(folder) / "training_log.json"
        self.content = {"phase": phase, "config": config, "epochs": []}

    @property
    def epochs(self):
        """Entries, a dict each, in order of epoch."""
        return self.content["epochs"]

    def best_wer(self):
        """The lowest validation WER so far; infinite before the first."""
        return min(
            (e["val/wer"] for e in self.epochs if e["val/wer"] is not None),
            default=math.inf,
        )

    def add(self, entry):
        """Record one epoch; only the main process writes the file."""
        self.epochs.append(_finite(entry))
        if if_main_process():
            write_json(self.path, self.content)

    @mark_as_saver
    def _save(self, path):
        write_json(path, self.epochs)

    @mark_as_loader
    def _load(self, path, end_of_epoch):
        text = Path(path).read_text(encoding="utf-8")
        self.content["epochs"] = json.loads(text)


def keep_lines(path, count):
    """Drop the lines of a log for epochs that are trained again.

    Arguments
    ---------
    path : str or Path
        A file with one line for each epoch; it may be missing.
    count : int
        Lines from its start that are kept.
    """
    path = Path(path)
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    with write_atomically(path) as file:
        file.writelines(text.splitlines(keepends=True)[:count])
