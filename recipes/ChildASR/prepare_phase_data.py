#!/usr/bin/env python3
"""Turn a corpus into the manifests of every split and phase.

> python prepare_phase_data.py --input_dir child_subset_100h --output_dir data

Of a corpus without a test split, or without any:
> python prepare_phase_data.py --input_dir D --output_dir data --split speakers
"""

import argparse

from childasr.command import run_command
from childasr.manifest import map_manifests
from data_prep.options import add_corpus_options, corpus_settings
from data_prep.phases import ORDERS
from data_prep.prepare import prepare
from data_prep.report import report


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_corpus_options(parser)
    parser.add_argument(
        "--output_dir", required=True, help="folder of the manifests"
    )
    for number, ratio in enumerate((0.2, 0.6, 1.0), start=1):
        parser.add_argument(
            f"--phase{number}_ratio",
            type=float,
            default=ratio,
            metavar="SHARE",
            help=f"of the training utterances in phase {number} (%(default)s)",
        )
    parser.add_argument(
        "--order",
        choices=ORDERS,
        default="path",
        help="phases take the first utterances by path, or a selection that is "
        "spread over speakers, ages, SNR and style (%(default)s)",
    )
    parser.add_argument(
        "--split",
        choices=("corpus", "speakers"),
        default="corpus",
        help="keep the corpus's splits, or deal out its speakers anew "
        "(%(default)s)",
    )
    for split, share in (("valid", 0.05), ("test", 0.05)):
        parser.add_argument(
            f"--{split}_share",
            type=float,
            default=share,
            help=f"of the audio in {split}, with --split speakers "
            "(%(default)s)",
        )
    parser.add_argument(
        "--seed", type=int, default=1986, help="of that split (%(default)s)"
    )
    parser.add_argument(
        "--max_reject_share",
        type=float,
        default=0.05,
        metavar="SHARE",
        help="fail when more of what was found is rejected (%(default)s)",
    )
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    layout, checks = corpus_settings(arguments)
    shares = (arguments.valid_share, arguments.test_share)
    summary = prepare(
        arguments.input_dir,
        arguments.output_dir,
        phase_ratios=(
            arguments.phase1_ratio,
            arguments.phase2_ratio,
            arguments.phase3_ratio,
        ),
        order=arguments.order,
        max_reject_share=arguments.max_reject_share,
        split_shares=shares if arguments.split == "speakers" else None,
        seed=arguments.seed,
        layout=layout,
        checks=checks,
    )
    names = [*summary["splits"], *summary["phases"]]
    map_manifests(arguments.output_dir, names)
    print(report(summary))
    print(f"\nmanifests: {arguments.output_dir}")


if __name__ == "__main__":
    run_command(main)
