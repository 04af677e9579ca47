#!/usr/bin/env python3
"""Turn a corpus into the manifests of every split and phase.

> python prepare_phase_data.py --input_dir child_subset_100h --output_dir data

Of a corpus without a test split, or without any:
> python prepare_phase_data.py --input_dir D --output_dir data --split speakers

Of the whole of a corpus, after a pilot on a part of it:
> python prepare_phase_data.py --input_dir D --output_dir data_3500h \\
      --split speakers --keep_splits data
"""

import argparse

from childasr.command import run_command
from childasr.errors import InputError
from childasr.manifest import map_manifests
from data_prep.options import add_corpus_options, corpus_settings
from data_prep.phases import ORDERS
from data_prep.prepare import prepare
from data_prep.report import report

# With --split speakers alone.
DEALING = {"valid_share": 0.05, "test_share": 0.05, "seed": 1986}


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
        "spread over speakers, styles, SNR and durations (%(default)s)",
    )
    parser.add_argument(
        "--split",
        choices=("corpus", "speakers"),
        default="corpus",
        help="keep the corpus's splits, or deal out its speakers: anew, but "
        "for those of manifests that are in output_dir already (%(default)s)",
    )
    dealing = parser.add_argument_group("with --split speakers")
    for split in ("valid", "test"):
        dealing.add_argument(
            f"--{split}_share",
            type=float,
            metavar="SHARE",
            help=f"of the audio in {split} ({DEALING[f'{split}_share']})",
        )
    dealing.add_argument(
        "--seed", type=int, help=f"of the draw ({DEALING['seed']})"
    )
    dealing.add_argument(
        "--keep_splits",
        metavar="FOLDER",
        help="manifests of an earlier preparation, as a pilot's: its speakers "
        "stay in their splits, and the others are dealt out",
    )
    parser.add_argument(
        "--max_reject_share",
        type=float,
        default=0.05,
        metavar="SHARE",
        help="fail when more of what was found is rejected (%(default)s)",
    )
    return parser.parse_args()


def dealing_settings(arguments):
    """How `prepare` is to deal out speakers, if it is to."""
    given = {
        name: value
        for name in (*DEALING, "keep_splits")
        if (value := getattr(arguments, name)) is not None
    }
    if arguments.split == "speakers":
        asked = DEALING | given
        shares = asked.pop("valid_share"), asked.pop("test_share")
        return {"split_shares": shares, **asked}
    if given:
        raise InputError(
            f"--{min(given)} is for --split speakers: add that, or leave it out"
        )
    return {}


def main():
    arguments = parse_arguments()
    layout, checks = corpus_settings(arguments)
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
        **dealing_settings(arguments),
        layout=layout,
        checks=checks,
    )
    names = [*summary["splits"], *summary["phases"]]
    map_manifests(arguments.output_dir, names)
    print(report(summary))
    print(f"\nmanifests: {arguments.output_dir}")


if __name__ == "__main__":
    run_command(main)
