"""A stand-in for measured.py and train.py that only writes a log.

> python stand_in_training.py RESULT.json train.py PHASE_FILE --key value ...

The WER of an epoch follows from the learning rate: the nearer to 1e-3, the
lower. `behaviour.json` in the current folder may hold `fails`, the numbers of
trials that end with status 1, and `poor`, of those whose WER is 1 higher and
whose third epoch comes only after a signal.
"""

import json
import math
import os
import signal
import sys
from pathlib import Path

from phase_program import save_model

from childasr.curriculum.child import ChildFailedError
from childasr.curriculum.options import read_options
from childasr.curriculum.phase_file import read_config
from childasr.curriculum.phase_folder import content_hashes
from childasr.export.origin import ORIGIN, known_origin
from childasr.text.files import write_json

PHASE1 = Path(__file__).parents[1] / "hparams" / "phase1.yaml"


def save_pilot():
    """Leave a model in `pilot`, of the kind that phase 1 trains."""
    save_model(Path("pilot"))
    config = read_config(PHASE1, {})
    write_json(Path("pilot", ORIGIN), known_origin(config))


def train_here(study, run, script, lock, watch):
    """As `childasr.studies.runs.train`, in this process."""
    with open("calls.txt", "a", encoding="utf-8") as calls:
        calls.write(f"{run.folder.name}\n")
    if behaves(run.folder, "fails"):
        raise ChildFailedError("made to fail", 1)
    return any(watch() for _ in train(run.config))


def behaves(folder, how):
    behaviour = json.loads(Path("behaviour.json").read_text())
    return int(folder.name[-3:]) in behaviour.get(how, [])


def train(config):
    """Write the log of each epoch, and yield after it."""
    folder = Path(config["output_folder"])
    save_model(folder / "best_model")
    config = config | content_hashes(config)
    poor = behaves(folder, "poor")
    epochs = []
    for epoch in range(1, config["number_of_epochs"] + 1):
        if epoch == 3 and poor:
            wait_to_be_stopped(folder)
        wer = abs(math.log10(config["lr"] / 1e-3)) / 4 + 0.1 / epoch + poor
        epochs.append({"epoch": epoch, "val/wer": wer, "epoch_time": 60.0})
        log = {"phase": "phase1", "config": config, "epochs": epochs}
        write_json(folder / "training_log.json", log)
        yield
    write_json(folder / "gate.json", {})


def wait_to_be_stopped(folder):
    def stop(signum, frame):
        (folder / "stopped").touch()
        os._exit(128 + signum)

    signal.alarm(120)  # no orphan where a test fails
    signal.signal(signal.SIGTERM, stop)
    signal.pause()


if __name__ == "__main__":
    config = read_config(sys.argv[3], read_options(sys.argv[4:]))
    for _ in train(config):
        pass
