"""A curriculum of the real commands, killed while its phases train."""

import fcntl
import json
import os
import shutil
import signal
import sys
from pathlib import Path

from kills import NOBODY, differences, fork
from projects import ENVIRONMENT, RECIPE, ROOT

from childasr.command import run_command
from childasr.curriculum.plan import read_plan
from childasr.curriculum.runner import run_plan
from childasr.locks import only_run

SETTINGS = {
    "freeze_layers": 1,
    "batch_size": 4,
    "number_of_epochs": 2,
    "warmup_steps": 1,
    "num_workers": 0,
    "target_wer": 2.0,
    "acceptable_wer": 2.0,
}
PHASES = ("phase1_20h", "phase2_60h")
KILLED_PHASE = Path(__file__).with_name("killed_phase.py")


def phase_file(number):
    return str(ROOT / "hparams" / f"phase{number}.yaml")


def write_curriculum(project, phases=(1, 2), **keys):
    """Phases of a project, with gates that any model meets.

    Arguments
    ---------
    project : Project
    phases : iterable of int
    **keys
        Further ones of the curriculum file.

    Returns
    -------
    path : Path
        Of the curriculum file.
    """
    content = {
        "phases": [phase_file(number) for number in phases],
        "output_folder": str(project.folder / "curriculum"),
        "overrides": SETTINGS
        | {
            "manifest_folder": str(project.folder / "data"),
            "encoder": str(project.folder / "encoder"),
        },
        **keys,
    }
    path = project.folder / "curriculum.yaml"
    path.write_text(json.dumps(content), encoding="utf-8")  # JSON is YAML
    return path


def run_curriculum(path, kill_at=0, whom=""):
    """Run it in a fork, its commands as processes of their own.

    Arguments
    ---------
    path : Path
        The curriculum file.
    kill_at : int
        Gradient of each phase at which a kill comes; 0 for none.
    whom : str
        `curriculum`, or `all`: the phase too.

    Returns
    -------
    status : int
        Negative for the signal that killed it.
    """
    train = [sys.executable, str(KILLED_PHASE)]
    evaluate = [sys.executable, str(RECIPE / "evaluate.py")]

    def main():
        with only_run(plan.settings["output_folder"]) as lock:
            return run_plan(plan, train, evaluate, lock)

    def work():
        os.environ |= ENVIRONMENT
        os.environ |= {"KILL_AT": str(kill_at), "KILL_WHOM": whom}
        run_command(main)

    plan = read_plan(path)
    folder = Path(plan.settings["output_folder"])
    status, _ = fork(work, folder.with_name(f"{folder.name}.console"), NOBODY)
    # A phase that outlives its curriculum saves and stops.
    with open(folder / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
    return status


def end_through_kills(path, kills, whole):
    """Run it again and again to its end, and compare.

    Arguments
    ---------
    path : Path
    kills : list of tuple
        `kill_at` and `whom` of `run_curriculum`, for one run each; a run that
        ends before is as good.
    whole : Path
        What a run that was left alone had put into the same folder.

    Returns
    -------
    killed : list of tuple
        Those that came.
    found : list of str
        What differs, as in `differences`, `gate.json` included.
    """
    folder = path.with_suffix("")
    shutil.rmtree(folder, ignore_errors=True)
    killed = []
    for kill_at, whom in kills:
        status = run_curriculum(path, kill_at, whom)
        assert status in (0, -signal.SIGKILL), (status, kill_at, whom)
        killed += [(kill_at, whom)] * (status != 0)
    assert run_curriculum(path) == 0
    found = [
        f"{phase}: {name}"
        for phase in PHASES
        for name in differences(whole / phase, folder / phase)
    ]
    return killed, found


def run_whole(path):
    """Run it alone, and move aside what it leaves."""
    assert run_curriculum(path) == 0
    return path.with_suffix("").rename(path.with_suffix(".whole"))
