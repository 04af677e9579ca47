#!/usr/bin/env python3
"""Run the curriculum: preflight, phases, gates, phase 4, test report.

> python run_curriculum.py hparams/curriculum.yaml
> python run_curriculum.py hparams/curriculum.yaml --phase4 never --batch_size 8

Started again, it goes on where it stopped.
"""

import argparse
import sys
from pathlib import Path

from childasr.command import FAILED, run_command
from childasr.curriculum.preflight import batches_fit, prepare_run
from childasr.locks import only_run

HERE = Path(__file__).resolve().parent


def main():
    parser = argparse.ArgumentParser(
        description="Check the machine and the data, run the phases with "
        "their gates, decide on phase 4, and report on the test split. "
        "Started again, it goes on where it stopped. Status 3: the gate of "
        "a phase was not met.",
        epilog="Further arguments, as --key value, override a key of the "
        "curriculum file, such as --phase4 auto, always or never, or a "
        "setting of all phase files, such as --batch_size 8.",
        allow_abbrev=False,
    )
    parser.add_argument("curriculum", help="such as hparams/curriculum.yaml")
    arguments, options = parser.parse_known_args()
    plan, machine = prepare_run(arguments.curriculum, options)
    if plan:
        # Before the GPU is tried: a run that is at work needs it.
        with only_run(plan.settings["output_folder"]) as lock:
            if batches_fit(plan, machine):
                return run(plan, lock)
    print("error: preflight failed: mend what FAILED", file=sys.stderr)
    return FAILED


def run(plan, lock):
    """Run what the checks have let pass."""
    # Late, as preflight says in one line when a package is missing.
    from childasr.curriculum.runner import run_plan, training_program

    train = training_program(HERE / "train.py", plan.settings["nproc_per_node"])
    evaluate = [sys.executable, str(HERE / "evaluate.py")]
    return run_plan(plan, train, evaluate, lock)


if __name__ == "__main__":
    run_command(main)
