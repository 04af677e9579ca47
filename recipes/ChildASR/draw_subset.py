#!/usr/bin/env python3
"""Draw whole speakers from a corpus, split them, and lay them out as
child_subset_100h.

> python draw_subset.py --input_dir D --output_dir child_subset_100h \\
      --hours 148.86

Recordings are hard links where the file system allows: edit none of them.
"""

import argparse

from childasr.command import run_command
from data_prep.options import add_corpus_options, corpus_settings
from data_prep.subset import make_subset
from data_prep.subset_report import layout_report


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_corpus_options(parser)
    parser.add_argument(
        "--output_dir", required=True, help="the subset: a new folder"
    )
    parser.add_argument(
        "--hours",
        required=True,
        type=float,
        help="of train, valid and test together",
    )
    for split, share in (("valid", 0.052), ("test", 0.033)):
        parser.add_argument(
            f"--{split}_share",
            type=float,
            default=share,
            help=f"of those hours in {split} (%(default)s)",
        )
    parser.add_argument(
        "--hard_share",
        type=float,
        default=0.25,
        help="of the utterances with an SNR below 10 dB, or of 10 s and more "
        "(%(default)s)",
    )
    parser.add_argument(
        "--seed", type=int, default=1986, help="of the draw (%(default)s)"
    )
    parser.add_argument(
        "--work_dir",
        metavar="FOLDER",
        help="remembers what was read, so that an interrupted or another draw "
        "need not read it again (default: OUTPUT_DIR.checked)",
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
    report = make_subset(
        arguments.input_dir,
        arguments.output_dir,
        arguments.hours,
        valid_share=arguments.valid_share,
        test_share=arguments.test_share,
        hard_share=arguments.hard_share,
        seed=arguments.seed,
        work_dir=arguments.work_dir,
        max_reject_share=arguments.max_reject_share,
        layout=layout,
        checks=checks,
    )
    print(layout_report(report))
    files = ", ".join(f"{n} {how}" for how, n in report["files"].items() if n)
    print(f"\nsubset: {arguments.output_dir} (files: {files})")


if __name__ == "__main__":
    run_command(main)
