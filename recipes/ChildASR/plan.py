#!/usr/bin/env python3
"""Foretell hours, memory and disk, from two minutes on this machine.

> python plan.py hparams/curriculum.yaml
> python plan.py hparams/curriculum.yaml --gpus 1 4 8 --price_per_hour 2.5
"""

import argparse
from pathlib import Path

from childasr.command import run_command

HPARAMS = Path(__file__).resolve().parent / "hparams"
WAYS = [HPARAMS / "scale_direct.yaml", HPARAMS / "scale_curriculum.yaml"]


def parse_arguments():
    parser = argparse.ArgumentParser(
        description="Measure steps of each kind of phase on this machine, and "
        "predict what the curriculum and each way to the full corpus take: "
        "hours, memory, disk and money. Where the manifests are not there "
        "yet, the plan's sizes count. Nothing is written to the checkpoints.",
        epilog="Further arguments, as --key value, override the curriculum "
        "file as for run_curriculum.py, such as --encoder FOLDER.",
        allow_abbrev=False,
    )
    parser.add_argument("curriculum", help="such as hparams/curriculum.yaml")
    parser.add_argument(
        "--gpus",
        type=int,
        nargs="+",
        default=[1, 2, 4, 8],
        metavar="N",
        help="numbers of GPUs (default: 1 2 4 8)",
    )
    parser.add_argument(
        "--ways",
        nargs="*",
        default=WAYS,
        metavar="FILE",
        help="phase and curriculum files of the full corpus (default: "
        "scale_direct.yaml and scale_curriculum.yaml)",
    )
    parser.add_argument(
        "--rounds",
        type=float,
        nargs="*",
        default=[500, 1500, 3500],
        metavar="HOURS",
        help="of active learning, trained as the first of the ways (default: "
        "500 1500 3500)",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=120,
        help="to measure for (default: %(default)s)",
    )
    parser.add_argument(
        "--price_per_hour", type=float, help="of one GPU, for the cost"
    )
    parser.add_argument(
        "--device", help="such as cpu (default: a GPU where there is one)"
    )
    parser.add_argument(
        "--output_dir", default="plan", help="gets plan.json (%(default)s)"
    )
    arguments, options = parser.parse_known_args()
    if min(arguments.gpus) < 1:
        parser.error("--gpus: give whole numbers, 1 or more")
    if arguments.seconds <= 0 or min(arguments.rounds, default=1) <= 0:
        parser.error("--seconds, --rounds: give numbers above 0")
    return arguments, options


def main():
    arguments, options = parse_arguments()
    # Imported here, so that --help and wrong usage answer at once.
    from childasr.curriculum.options import read_options
    from childasr.curriculum.plan import read_plan
    from childasr.evaluation.report_files import make_folder
    from childasr.forecast.forecast import forecast
    from childasr.forecast.screen import forecast_lines
    from childasr.text.files import write_json

    plan = read_plan(arguments.curriculum, read_options(options))
    make_folder(arguments.output_dir)
    content = forecast(
        plan,
        arguments.ways,
        arguments.rounds,
        arguments.gpus,
        arguments.seconds,
        arguments.device,
    )
    path = Path(arguments.output_dir) / "plan.json"
    write_json(path, content)
    print(*forecast_lines(content, arguments.price_per_hour), sep="\n")
    print(f"forecast: {path}")


if __name__ == "__main__":
    run_command(main)
