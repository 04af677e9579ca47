#!/usr/bin/env python3
"""Transcribe recordings, of any sampling rate and number of channels.

> python transcribe.py checkpoints/phase3_100h/best_model *.wav
"""

import argparse
import sys

from childasr.command import run_command
from childasr.evaluation.decoding_options import add_decoding_options


def parse_arguments():
    parser = argparse.ArgumentParser(
        description="Print a line PATH<TAB>TEXT for each file, in the order "
        "given. If one cannot be read, or is longer than 600 s (ten minutes), "
        "none is transcribed."
    )
    parser.add_argument("model_dir", help="such as .../best_model")
    parser.add_argument("files", nargs="+", metavar="file")
    add_decoding_options(parser)
    parser.add_argument(
        "--precision",
        choices=["fp32", "bf16"],
        default="fp32",
        help="bf16 is faster on newer GPUs, and now and then another letter",
    )
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    # Imported here, so that --help and wrong usage answer at once.
    from childasr.audio import durations
    from childasr.evaluation.recogniser import Recogniser

    seconds = durations(arguments.files)
    recogniser = Recogniser(
        arguments.model_dir,
        arguments.device,
        arguments.batch_seconds,
        arguments.precision,
    )
    transcripts = recogniser.transcribe_files(arguments.files, seconds)
    # A file's name need not be text in the terminal's encoding.
    sys.stdout.reconfigure(errors="surrogateescape")
    for path, transcript in zip(arguments.files, transcripts, strict=True):
        print(f"{path}\t{transcript.text}")


if __name__ == "__main__":
    run_command(main)
