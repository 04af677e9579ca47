"""The trainings of a study, each by the real train.py."""

import json
import shutil
from pathlib import Path

from childasr.curriculum.child import run_child
from childasr.curriculum.options import write_options
from childasr.curriculum.phase_folder import read_gate, read_log
from childasr.curriculum.runner import training_program
from childasr.studies import measured

MEASURED = "measured.json"


def train(study, run, script, lock, watch=None):
    """Train a run to its end, or go on with it.

    Arguments
    ---------
    study : Study
    run : Phase
    script : str or Path
        train.py.
    lock : io.IOBase
        From `only_run`.
    watch : callable, optional
        As of `run_child`.

    Returns
    -------
    stopped : bool
        Whether `watch` ended it.
    """
    processes = study.settings["nproc_per_node"]
    command = [
        *training_program(measured.__file__, processes),
        str(run.folder / MEASURED),
        str(script),
        str(run.file),
        *write_options(run.overrides),
    ]
    return run_child(command, run.name, lock, watch)


def drop_checkpoints(run):
    """Make room: of a finished training its best model and its log stay.

    XLS-R has 1.3 GB, and checkpoints of trained layers have thrice theirs.
    """
    for name in ("save", "final_model"):
        shutil.rmtree(run.folder / name, ignore_errors=True)


def is_trained(run):
    """Whether a run is done."""
    return read_gate(run.folder) is not None


def seconds_of(folder):
    """What the epochs of a run took, as its log says; None before the first."""
    log = read_log(folder)
    if log is None:
        return None
    return sum(epoch["epoch_time"] for epoch in log["epochs"])


def measurements_of(run):
    """What `measured.py` wrote of a run; empty where it was killed too soon."""
    path = run.folder / MEASURED
    return json.loads(Path(path).read_text()) if path.is_file() else {}


def time_left(done, waiting):
    """How long the trainings that wait will take, in words.

    Arguments
    ---------
    done : list of float
        Seconds that trainings took.
    waiting : int
        Trainings.

    Example
    -------
    >>> time_left([60.0, 120.0], 4), time_left([], 4)
    (', about 6 min left', '')
    """
    if not done:
        return ""
    minutes = sum(done) / len(done) * waiting / 60
    if minutes < 120:
        return f", about {minutes:.0f} min left"
    return f", about {minutes / 60:.0f} h left"
