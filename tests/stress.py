#!/usr/bin/env python3
"""Kills runs of train.py at random moments, and compares what they leave.

> python tests/stress.py --kills 60 --seed 1

A round is a phase that is killed up to four times and started again each
time; its folder must equal that of the same phase left alone. Last, a whole
curriculum is killed three times while its phases train. Ends with 1 where a
folder differs.
"""

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

import torch
from curricula import end_through_kills, run_whole, write_curriculum
from kills import MOMENTS, Killer, differences, train, train_through_kills
from projects import Project

EVERY_STEP = {"ckpt_interval_minutes": 0, "ckpt_interval_steps": 1}
# Name to (phase, options).
VARIANTS = {
    "LoRA": (2, {"grad_accumulation_factor": 2}),
    "LoRA, two workers": (
        2,
        {"grad_accumulation_factor": 3, "num_workers": 2},
    ),
    "full fine-tuning": (4, {}),
    "epoch checkpoints alone": (2, {"ckpt_interval_steps": 0}),
}
MILLISECONDS = 4000  # a run takes about as long


def prepare(folder):
    """A project whose phase 1 is trained, to start the others from."""
    project = Project(folder)
    status, _ = train(project.arguments(1))
    assert status == 0, f"see {project.phase_folder(1)}.console"
    return project


def arguments_of(project, variant, folder):
    """How a variant is trained into a folder."""
    number, options = VARIANTS[variant]
    start = project.phase_folder(1) / "best_model"
    settings = {
        "start_from": start,
        "number_of_epochs": 2,
        "output_folder": folder,
    }
    return project.arguments(number, **(settings | EVERY_STEP | options))


def kill_until(project, kills, seed):
    """Rounds over all variants and kinds of moment, until there were enough.

    Returns
    -------
    counts : Counter
        Kills by (variant, kind).
    failures : list of str
    """
    rng = random.Random(seed)
    counts, failures = Counter(), []
    rounds = [(v, k) for v in VARIANTS for k in [*MOMENTS, "time"]]
    calls = {}
    while counts.total() < kills:
        for variant, kind in rng.sample(rounds, len(rounds)):
            if counts.total() >= kills:
                break
            whole = project.folder / "whole" / variant
            if (variant, kind) not in calls:
                calls[variant, kind] = _calls(project, variant, kind, whole)
            folder = project.folder / "killed" / variant
            shutil.rmtree(folder, ignore_errors=True)
            most = calls[variant, kind]
            done = train_through_kills(
                arguments_of(project, variant, folder),
                kind,
                lambda most=most: (rng.randint(1, most), rng.random() < 0.5),
            )
            counts[variant, kind] += len(done)
            found = differences(whole, folder)
            print(f"{variant:<24} {kind:<11} {done} {found}", flush=True)
            failures += [f"{variant}, {done}: {name}" for name in found]
    return counts, failures


def _calls(project, variant, kind, whole):
    """How often a run that is left alone comes to such a moment."""
    shutil.rmtree(whole, ignore_errors=True)
    arguments = arguments_of(project, variant, whole)
    status, calls = train(arguments, Killer(kind))
    assert status == 0, f"see {whole}.console"
    return calls or MILLISECONDS


def kill_curriculum(project, seed):
    """As `kill_until`, for the phases of a curriculum."""
    rng = random.Random(seed)
    path = write_curriculum(project)
    kills = [
        (rng.randint(1, 4), rng.choice(["curriculum", "all"])) for _ in range(3)
    ]
    killed, found = end_through_kills(path, kills, run_whole(path))
    print(f"curriculum {killed} {found}", flush=True)
    counts = Counter(("curriculum", f"of {whom}") for _, whom in killed)
    return counts, [f"{killed}: {name}" for name in found]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    folder = Path(tempfile.mkdtemp(prefix="stress"))
    project = prepare(folder)
    counts, failures = kill_until(project, arguments.kills, arguments.seed)
    more, different = kill_curriculum(project, arguments.seed)
    counts, failures = counts + more, failures + different
    for (variant, kind), count in sorted(counts.items()):
        print(f"{count:>4} kills  {kind:<11} {variant}")
    print(f"{counts.total()} kills, {len(failures)} differences")
    for failure in failures:
        print(failure, file=sys.stderr)
    if not failures:
        shutil.rmtree(folder)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
