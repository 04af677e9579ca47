#!/usr/bin/env python3
"""Pick from a large corpus what a model hears worst, in rounds that widen.

> python select_utterances.py checkpoints/phase3_100h/best_model \
    full/train.csv --output_dir selection --hours 500 1500 3500

On several GPUs, or several machines that share the output_dir's disk:
> torchrun --nproc_per_node=4 select_utterances.py ...
"""

import argparse

from childasr.command import run_command
from childasr.evaluation.decoding_options import add_decoding_options


def parse_arguments():
    parser = argparse.ArgumentParser(
        description="Decode a manifest's recordings and write nested "
        "manifests of those with the highest WER, each with a random one of "
        "the same size beside it. What looks like a label error is set aside. "
        "Every speaker and age is kept. The same command goes on where it was "
        "stopped, and decodes nothing anew for other hours.",
    )
    parser.add_argument("model_dir", help="such as .../best_model")
    parser.add_argument("manifest", help="such as train.csv of the full corpus")
    parser.add_argument(
        "--output_dir",
        required=True,
        help="gets round1.csv, round1_random.csv and so on, set_aside.csv, "
        "selection.json, and decoded/, what was heard so far",
    )
    parser.add_argument(
        "--hours",
        type=float,
        nargs="+",
        default=[500, 1500, 3500],
        help="of each round (default: 500 1500 3500)",
    )
    parser.add_argument(
        "--speaker_share",
        type=float,
        default=0.25,
        help="least that each speaker keeps, of its part of the corpus "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--age_tolerance",
        type=float,
        default=0.25,
        help="most by which the part of an age may grow or shrink "
        "(default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=1986, help="%(default)s")
    parser.add_argument(
        "--data_root",
        help="what $data_root in the manifest stands for "
        "(default: what summary.json beside it says)",
    )
    add_decoding_options(parser)
    parser.add_argument(
        "--shard_size",
        type=int,
        default=500,
        help="utterances that are decoded and saved at a time "
        "(default: %(default)s)",
    )
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    # Imported here, so that --help and wrong usage answer at once.
    from childasr.selection.pick import Coverage
    from childasr.selection.screen import selection_table
    from childasr.selection.select import Choice, select_utterances

    coverage = Coverage(arguments.speaker_share, arguments.age_tolerance)
    selection = select_utterances(
        arguments.model_dir,
        arguments.manifest,
        arguments.output_dir,
        Choice(arguments.hours, arguments.seed, coverage),
        data_root=arguments.data_root,
        device=arguments.device,
        batch_seconds=arguments.batch_seconds,
        shard_size=arguments.shard_size,
    )
    if selection:
        print(selection_table(selection))
        print(f"selection: {arguments.output_dir}/selection.json")


if __name__ == "__main__":
    run_command(main)
