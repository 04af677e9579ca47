#!/usr/bin/env python3
"""Report a model's errors on a manifest.

> python evaluate.py checkpoints/phase3_100h/best_model data/test.csv \
    --output_dir report
"""

import argparse

from childasr.command import run_command


def parse_arguments():
    parser = argparse.ArgumentParser(
        description="Transcribe a manifest's recordings and report the errors, "
        "overall and by age, SNR, gender, style and duration."
    )
    parser.add_argument("model_dir", help="such as .../best_model")
    parser.add_argument("manifest", help="such as data/test.csv")
    parser.add_argument(
        "--output_dir",
        required=True,
        help="gets report.json, report.html, wer.txt and hypotheses.csv",
    )
    parser.add_argument(
        "--data_root",
        help="what $data_root in the manifest stands for "
        "(default: what summary.json beside it says)",
    )
    parser.add_argument(
        "--batch_seconds",
        type=float,
        default=80,
        help="most audio in a batch, padding included (default: %(default)s)",
    )
    parser.add_argument(
        "--device",
        help="such as cuda:1 (default: cuda where there is one, else cpu)",
    )
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    # Imported here, so that --help and wrong usage answer at once.
    from transformers.utils import logging

    from childasr.evaluation.evaluate import evaluate
    from childasr.evaluation.screen import report_table

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    report = evaluate(
        arguments.model_dir,
        arguments.manifest,
        arguments.output_dir,
        data_root=arguments.data_root,
        device=arguments.device,
        batch_seconds=arguments.batch_seconds,
    )
    print(report_table(report))
    print(f"report: {arguments.output_dir}/report.html")


if __name__ == "__main__":
    run_command(main)
