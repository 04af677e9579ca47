#!/usr/bin/env python3
"""Check data, GPU, disk and packages before a run.

> python preflight.py hparams/curriculum.yaml
"""

import argparse

from childasr.command import DONE, FAILED, run_command
from childasr.curriculum.preflight import batches_fit, prepare_run


def main():
    parser = argparse.ArgumentParser(
        description="Check, before a run: the data folder and manifests, "
        "speaker ids, speakers kept apart, GPU memory, whether the installed "
        "torch can drive the GPU, free disk, packages; on a GPU also whether "
        "the largest batch of each phase fits. Status 1 if one fails.",
        epilog="Further arguments, as --key value, override the curriculum "
        "file as for run_curriculum.py.",
        allow_abbrev=False,
    )
    parser.add_argument("curriculum", help="such as hparams/curriculum.yaml")
    arguments, options = parser.parse_known_args()
    plan, machine = prepare_run(arguments.curriculum, options)
    return DONE if plan and batches_fit(plan, machine) else FAILED


if __name__ == "__main__":
    run_command(main)
