#!/usr/bin/env python3
"""Turn child_subset_100h into the manifests of every split and phase.

> python prepare_phase_data.py --input_dir child_subset_100h --output_dir data
"""

import argparse

from childasr.command import run_command
from data_prep.columns import ALIASES, parse_mapping
from data_prep.phases import ORDERS
from data_prep.prepare import prepare
from data_prep.report import report


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--input_dir",
        required=True,
        help="the corpus: the folder that holds subset_metadata*.csv",
    )
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
        "--columns",
        default="",
        metavar="FIELD=COLUMN,...",
        help="names of the metadata's columns where they are not recognised; "
        f"fields: {', '.join(ALIASES)}; FIELD= means that it has none",
    )
    parser.add_argument(
        "--max_reject_share",
        type=float,
        default=0.05,
        metavar="SHARE",
        help="fail when more of the metadata's rows is rejected (%(default)s)",
    )
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    summary = prepare(
        arguments.input_dir,
        arguments.output_dir,
        phase_ratios=(
            arguments.phase1_ratio,
            arguments.phase2_ratio,
            arguments.phase3_ratio,
        ),
        order=arguments.order,
        columns=parse_mapping(arguments.columns),
        max_reject_share=arguments.max_reject_share,
    )
    print(report(summary))
    print(f"\nmanifests: {arguments.output_dir}")


if __name__ == "__main__":
    run_command(main)
