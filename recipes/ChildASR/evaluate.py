#!/usr/bin/env python3
"""Report a model's errors on a manifest, or compare two models.

> python evaluate.py checkpoints/phase3_100h/best_model data/test.csv \
    --output_dir report
> python evaluate.py --compare report_a report_b --output_dir comparison
"""

import argparse

from childasr.command import run_command
from childasr.evaluation.decoding_options import add_decoding_options


def parse_arguments():
    parser = argparse.ArgumentParser(
        usage="%(prog)s [options] model_dir manifest --output_dir DIR\n"
        "       %(prog)s [options] --compare A B [manifest] --output_dir DIR",
        description="Transcribe a manifest's recordings and report the errors, "
        "overall and by age, SNR, gender, style, duration and speaker. Each "
        "look at a manifest that training does not read is written down in "
        "test_ledger.json beside it.",
    )
    parser.add_argument(
        "inputs",
        nargs="*",
        metavar="model_dir manifest",
        help="such as .../best_model and data/test.csv",
    )
    parser.add_argument(
        "--compare",
        nargs=2,
        metavar=("A", "B"),
        help="say whether B is better than A; each is the output_dir of an "
        "earlier report, or a model, for which the manifest must be given",
    )
    parser.add_argument(
        "--output_dir",
        required=True,
        help="gets report.html, report.json, wer.txt, hypotheses.csv, ref.trn "
        "and hyp.trn; with --compare comparison.html and comparison.json",
    )
    parser.add_argument(
        "--data_root",
        help="what $data_root in the manifest stands for "
        "(default: what summary.json beside it says)",
    )
    add_decoding_options(parser)
    content = parser.add_mutually_exclusive_group()
    content.add_argument(
        "--redact",
        action="store_true",
        help="leave out transcripts and the names of utterances and speakers",
    )
    content.add_argument(
        "--embed_audio",
        action="store_true",
        help="put the recordings into report.html, which otherwise links them",
    )
    arguments = parser.parse_args()
    given = len(arguments.inputs)
    if arguments.compare:
        if given > 1:
            parser.error("--compare A B takes one manifest at most")
        if arguments.redact:
            parser.error("a comparison needs transcripts: leave out --redact")
    elif given != 2:
        parser.error(f"give a model_dir and a manifest, not {given} paths")
    return arguments


def main():
    arguments = parse_arguments()
    # Imported here, so that --help and wrong usage answer at once.
    from childasr.evaluation.compare_files import comparison_table
    from childasr.evaluation.evaluate import compare_models, evaluate
    from childasr.evaluation.screen import report_table

    options = {
        "data_root": arguments.data_root,
        "device": arguments.device,
        "batch_seconds": arguments.batch_seconds,
        "embed_audio": arguments.embed_audio,
    }
    folder = arguments.output_dir
    if arguments.compare:
        manifest = next(iter(arguments.inputs), None)
        comparison = compare_models(
            *arguments.compare, manifest, folder, **options
        )
        print(comparison_table(comparison))
        print(f"comparison: {folder}/comparison.html")
        return
    report = evaluate(
        *arguments.inputs, folder, redacted=arguments.redact, **options
    )
    print(report_table(report))
    print(f"report: {folder}/report.html")


if __name__ == "__main__":
    run_command(main)
