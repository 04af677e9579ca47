#!/usr/bin/env python3
"""Transcribe recordings, of any sampling rate and number of channels.

> python transcribe.py checkpoints/phase3_100h/best_model *.wav
"""

import argparse

from childasr.command import run_command


def parse_arguments():
    parser = argparse.ArgumentParser(
        description="Print a line PATH<TAB>TEXT for each file, in the order "
        "given. If one cannot be read, none is transcribed."
    )
    parser.add_argument("model_dir", help="such as .../best_model")
    parser.add_argument("files", nargs="+", metavar="file")
    parser.add_argument(
        "--batch_seconds",
        type=float,
        help="most audio in a batch, padding included (default: 20 on a CPU, "
        "else 80)",
    )
    parser.add_argument(
        "--device",
        help="such as cuda:1 (default: cuda where there is one, else cpu)",
    )
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
    from transformers.utils import logging

    from childasr.audio import durations
    from childasr.evaluation.recogniser import Recogniser

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    seconds = durations(arguments.files)
    recogniser = Recogniser(
        arguments.model_dir,
        arguments.device,
        arguments.batch_seconds,
        arguments.precision,
    )
    transcripts = recogniser.transcribe_files(arguments.files, seconds)
    for path, transcript in zip(arguments.files, transcripts, strict=True):
        print(f"{path}\t{transcript.text}")


if __name__ == "__main__":
    run_command(main)
