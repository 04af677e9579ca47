#!/usr/bin/env python3
"""Search for better settings of a phase with Optuna.

> pip install -r requirements-sweep.txt
> python sweep.py hparams/sweep.yaml

Started again, it goes on where it stopped; with more --trials it adds some.
"""

import argparse
from pathlib import Path

from childasr.command import run_command
from childasr.curriculum.options import read_options
from childasr.curriculum.packages import install_command
from childasr.errors import InputError, RunError

TRAIN = Path(__file__).resolve().with_name("train.py")
REQUIREMENTS = TRAIN.parents[2] / "requirements-sweep.txt"


def main():
    parser = argparse.ArgumentParser(
        description="Train trials of a phase by train.py, each with settings "
        "that Optuna suggests, and stop those that fall behind the median of "
        "the trials before. They are judged on the validation split: the test "
        "split stays closed. output_folder gets sweep.json, best.yaml, the "
        "model of the best trial and optuna.log, which optuna-dashboard "
        "opens. Started again, it goes on where it stopped.",
        epilog="Further arguments, as --key value, override a key of the "
        "sweep's file, such as --trials 40, or a setting that all trials "
        "share, such as --batch_size 8.",
        allow_abbrev=False,
    )
    parser.add_argument("sweep", help="such as hparams/sweep.yaml")
    arguments, options = parser.parse_known_args()
    # Imported here, so that --help and wrong usage answer at once.
    try:
        import optuna  # noqa: F401
    except ImportError as error:
        raise InputError(
            f"optuna is not installed: {install_command(REQUIREMENTS)}"
        ) from error
    from childasr.studies.screen import sweep_table
    from childasr.studies.sweep import read_sweep, run_sweep

    sweep, space = read_sweep(arguments.sweep, read_options(options))
    result = run_sweep(sweep, space, TRAIN)
    print(sweep_table(result))
    if result["best"] is None:
        raise RunError(
            "no trial was trained to its end: see above why, and give more "
            "--trials"
        )
    print(f"best settings: {sweep.folder}/best.yaml")


if __name__ == "__main__":
    run_command(main)
