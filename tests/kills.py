"""Runs that are killed at a chosen call, and what they leave.

A run is a fork of this process, in which everything is imported already: the
same script and arguments, without ten seconds of imports for each kill.
"""

import contextlib
import errno
import json
import os
import runpy
import shutil
import signal
import sys
import traceback
from pathlib import Path

import torch
from projects import RECIPE
from transformers import Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC

import data_prep.report  # noqa: F401, what train.py imports, before the forks
from childasr.curriculum import runner
from childasr.export import model, replacement
from childasr.training import checkpointer, recoverables
from childasr.training.brain import CTCBrain
from childasr.training.log import TrainingLog

# (owner, function) by the kind of moment; a run is killed before or after
# one of their calls.
MOMENTS = {
    "gradient": [(torch.Tensor, "backward")],
    "step": [(torch.optim.AdamW, "step"), (CTCBrain, "optimizers_step")],
    "validation": [(CTCBrain, "evaluate_batch"), (CTCBrain, "on_stage_end")],
    "write": [
        (os, "makedirs"),
        (os, "fsync"),
        (os, "replace"),
        (shutil, "rmtree"),
        (torch, "save"),
        (recoverables, "save_file"),
        (checkpointer, "flush"),
        (Path, "write_text"),
    ],
    "log": [(TrainingLog, "add"), (json, "dump")],
    "export": [
        (Wav2Vec2ForCTC, "save_pretrained"),
        (Wav2Vec2FeatureExtractor, "save_pretrained"),
        (model, "save_tokenizer"),
        (model, "write_json"),
        (model, "save_adapter"),
        (model, "flush"),
        (replacement, "exchange"),
        (replacement, "flush"),
        (CTCBrain, "export"),
    ],
    "shown": [(CTCBrain, "_show")],
}
BOOKKEEPING = [
    (runner, "refuse_other_config"),
    (runner, "read_gate"),
    (runner, "run_child"),
    (runner, "check_phase"),
    (runner, "report_on_test"),
    (runner, "closing_lines"),
]


class Killer:
    """Counts the calls of some functions, and sends a signal at one of them.

    Arguments
    ---------
    kind : str
        Of `MOMENTS`, "time", or "bookkeeping" of the curriculum.
    at : int
        Number of the call, from 1, or milliseconds; 0 for none.
    after : bool
        Whether the call is carried out first.
    signum : int
    """

    def __init__(self, kind, at=0, after=False, signum=signal.SIGKILL):
        self.kind, self.at, self.after, self.signum = kind, at, after, signum
        self.calls = 0

    def watch(self):
        """Begin; what is watched stays changed in this process."""
        if self.kind == "time":
            # Nothing handles it: the kernel ends the process.
            signal.setitimer(signal.ITIMER_REAL, self.at / 1000)
            return
        for owner, name in MOMENTS.get(self.kind, BOOKKEEPING):
            setattr(owner, name, self._watched(getattr(owner, name)))

    def _watched(self, function):
        def watched(*args, **kwargs):
            self.calls += 1
            due = self.calls == self.at
            if due and not self.after:
                self.strike()
            result = function(*args, **kwargs)
            if due and self.after:
                self.strike()
            return result

        return watched

    def strike(self):
        os.kill(os.getpid(), self.signum)


class DiskFiller(Killer):
    """As a Killer, but the call fails for want of space."""

    def strike(self):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


NOBODY = Killer("time")


def fork(work, console, killer=NOBODY):
    """Call a function in a fork of this process.

    Arguments
    ---------
    work : callable
        Returns an exit status, or raises SystemExit.
    console : Path
        Gets what it prints.
    killer : Killer

    Returns
    -------
    status : int
        Of the exit; negative for the signal that killed it.
    calls : int
        That the killer has seen; 0 of a run that was killed.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        status = 1
        try:
            status = _printing_to(console, work, killer)
            os.write(writing, b"%d" % killer.calls)
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as file:
        calls = int(file.read() or 0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), calls


def _printing_to(console, work, killer):
    console.parent.mkdir(parents=True, exist_ok=True)
    with open(console, "a", encoding="utf-8") as output:
        sys.stdout = sys.stderr = output  # not pytest's
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        killer.watch()
        try:
            return work()
        except SystemExit as end:
            return end.code
        except BaseException:
            traceback.print_exc()
            return 1


def train(arguments, killer=NOBODY):
    """Run train.py in a fork; see `fork`."""

    def work():
        torch.manual_seed(0)
        sys.argv = ["train.py", *arguments]
        runpy.run_path(str(RECIPE / "train.py"), run_name="__main__")

    folder = arguments[arguments.index("--output_folder") + 1]
    return fork(work, Path(f"{folder}.console"), killer)


def train_through_kills(arguments, kind, draw, most=4):
    """Run train.py again and again, killing it, until it ends by itself.

    Arguments
    ---------
    arguments : list of str
    kind : str
        Of `MOMENTS`, or "time".
    draw : callable
        Gives (number of the call, after) for each run.
    most : int
        Kills, after which it is left alone.

    Returns
    -------
    kills : list of tuple
        (number of the call, after)
    """
    kills = []
    while True:
        at, after = draw() if len(kills) < most else (0, False)
        status, _ = train(arguments, Killer(kind, at, after))
        if status == 0:
            return kills
        killed = status in (-signal.SIGKILL, -signal.SIGALRM)
        assert killed, (status, kind, at, after)
        kills.append((at, after))


def differences(one, other):
    """Names of what two finished phase folders do not have in common.

    Times, and what tells one writing from another (names of TensorBoard's
    files, console output, checkpoints' times), are left out.
    """
    found = []
    names = {_relative(path, folder) for folder in (one, other)
             for path in _results(folder)}  # fmt: skip
    for name in sorted(names):
        paths = [folder / name for folder in (one, other)]
        if not all(path.is_file() for path in paths):
            found.append(f"{name} is not in both")
        elif not _equal(*map(_content, paths)):
            found.append(name)
    return found


def _relative(path, folder):
    return path.relative_to(folder).as_posix()


def _results(folder):
    for path in folder.rglob("*"):
        kept = path.relative_to(folder).parts[0] not in UNCOMPARED
        if path.is_file() and kept and path.name not in UNCOMPARED:
            yield path


UNCOMPARED = {
    "tensorboard", "env.log", "log.txt", "hyperparams.yaml", "run.py",
    "CKPT.yaml", "sha256.txt", "configuration.ckpt",
}  # fmt: skip


def _content(path):
    if path.suffix == ".json" or path.name == "log.ckpt":
        return _without_times(json.loads(path.read_text(encoding="utf-8")))
    if path.suffix == ".ckpt":
        with contextlib.suppress(Exception):
            state = torch.load(path, weights_only=True)
            if isinstance(state, dict):
                state.pop("seconds", None)
            return state
    return path.read_bytes()


def _without_times(value):
    if isinstance(value, dict):
        times = ("epoch_time", "output_folder", "hours")
        return {
            key: _without_times(item)
            for key, item in value.items()
            if key not in times
        }
    if isinstance(value, list):
        return [_without_times(item) for item in value]
    return value


def _equal(one, other):
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(
            _equal(one[key], other[key]) for key in one
        )
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(_equal, one, other))
    if torch.is_tensor(one):
        return torch.equal(one, other)
    return one == other
