#!/usr/bin/env python
"""Make the demo's synthetic corpus in the layout of child_subset_100h."""

import argparse
from pathlib import Path

from childasr.command import run_command
from data_prep.options import check_processes
from data_prep.synthetic.corpus import CORPUS, make_corpus
from data_prep.synthetic.scripts import DEMO_SIZES


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output_dir", required=True, type=Path)
    parser.add_argument("--seed", default=1, type=int)
    parser.add_argument(
        "--workers", type=int, help="processes; default: one a core"
    )
    for split, (utterances, speakers) in DEMO_SIZES.items():
        parser.add_argument(
            f"--{split}_utterances", default=utterances, type=int
        )
        parser.add_argument(f"--{split}_speakers", default=speakers, type=int)
    return parser.parse_args()


def main():
    args = vars(parse_arguments())
    check_processes(args["workers"], "--workers")
    sizes = {
        split: (args[f"{split}_utterances"], args[f"{split}_speakers"])
        for split in DEMO_SIZES
    }
    rows = make_corpus(args["output_dir"], sizes, args["seed"], args["workers"])
    print(f"{args['output_dir'] / CORPUS}, synthetic:")
    for split, (_, speakers) in sizes.items():
        of_split = [row for row in rows if row["split"] == split]
        minutes = sum(row["duration"] for row in of_split) / 60
        print(
            f"  {split}: {len(of_split)} utterances of {speakers} speakers, "
            f"{minutes:.1f} min"
        )


if __name__ == "__main__":
    run_command(main)
