#!/usr/bin/env python3
"""Train a phase in several ways, with several seeds, and compare them.

> python compare_arms.py hparams/arms.yaml
> python compare_arms.py hparams/arms.yaml --number_of_epochs 5

Started again, it goes on where it stopped.
"""

import argparse
from pathlib import Path

from childasr.command import run_command
from childasr.curriculum.options import read_options

TRAIN = Path(__file__).resolve().with_name("train.py")


def main():
    parser = argparse.ArgumentParser(
        description="Train each arm with each seed by train.py, and compare "
        "their WERs on the validation split: the test split stays closed. "
        "output_folder gets arms.json, and of each training its best model, "
        "its log and a report; no checkpoints. Started again, it goes on "
        "where it stopped.",
        epilog="Further arguments, as --key value, override a key of the "
        "study's file, such as --seeds '[1, 2]', or a setting that all arms "
        "share, such as --batch_size 8; an arm's own settings come last.",
        allow_abbrev=False,
    )
    parser.add_argument("study", help="such as hparams/arms.yaml")
    arguments, options = parser.parse_known_args()
    # Imported here, so that --help and wrong usage answer at once.
    from childasr.studies.arms import compare_arms, read_arms
    from childasr.studies.screen import arms_table

    study, arms = read_arms(arguments.study, read_options(options))
    print(arms_table(compare_arms(study, arms, TRAIN)))
    print(f"comparison: {study.folder}/arms.json")


if __name__ == "__main__":
    run_command(main)
