#!/usr/bin/env python3
"""Recipe for fine-tuning wav2vec 2.0 on Korean children's speech, one phase.

To run this recipe, do the following:
> python train.py hparams/phase1.yaml --manifest_folder data

On several GPUs, and on several machines as the README says:
> torchrun --nproc_per_node=4 train.py hparams/phase1.yaml

Authors
 * The ChildASR developers 2026
"""

import sys
from pathlib import Path

from speechbrain.utils.distributed import if_main_process
from transformers.utils import logging as transformers_logging

from childasr.command import run_command
from childasr.errors import InputError
from childasr.manifest import map_manifests
from childasr.training.agreement import first_alone, together
from childasr.training.command_line import parse_arguments, refuse_two_intervals
from childasr.training.phase import kept_apart, read_phase_file
from childasr.training.processes import (
    join_processes,
    leave_processes,
    world_size,
)
from childasr.training.run import train_phase
from data_prep.prepare import prepare
from data_prep.report import report


def prepare_if_missing(config):
    """Make the manifests of `data_folder` unless they are there."""
    corpus, manifests = config["data_folder"], Path(config["manifest_folder"])
    if (manifests / "summary.json").is_file():
        return
    if world_size() > 1:  # the others would wait, and not for ever
        raise InputError(
            f"no manifests in {manifests}, and several processes make none: "
            f"run prepare_phase_data.py --input_dir {corpus} --output_dir "
            f"{manifests} first"
        )
    summary = prepare(corpus, manifests)
    map_manifests(manifests, [*summary["splits"], *summary["phases"]])
    print(report(summary))


def main():
    """Train the phase that the command line names."""
    hparams_file, run_opts, overrides = parse_arguments(sys.argv[1:])
    join_processes(run_opts)
    transformers_logging.disable_progress_bar()
    with kept_apart(hparams_file, overrides, run_opts) as overrides:
        with together():
            config = read_phase_file(hparams_file, overrides)
            refuse_two_intervals(run_opts, config)
        if config["data_folder"] and not config["skip_prep"]:
            first_alone(prepare_if_missing, config)
        gate = train_phase(hparams_file, run_opts, overrides, config)
    if if_main_process():
        print("\n".join(gate["reasons"]))
    leave_processes()


if __name__ == "__main__":
    run_command(main)
