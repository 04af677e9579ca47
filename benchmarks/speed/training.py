#!/usr/bin/env python3
"""Train with this recipe, and with what users would run instead.

> pip install -r benchmarks/requirements.txt
> python benchmarks/speed/training.py --steps 6 --batch_size 8
> python benchmarks/speed/training.py --device cuda --precision bf16

All sides have one model (random weights of the real architecture), one corpus
(durations as in the real one, recordings read from disk), one precision and
one number of utterances a batch, and train the same LoRA. They take turns, in
another order each round, with other batches each round, each in a process of
its own. Each trains a whole step on two short utterances first, then `--skip`
steps, then those that are timed.

Audio is counted as it enters the model, without padding. Memory is the peak
above what is held between two steps: weights and the optimiser's state.

A side that fails is not tried again, and the others go on. The figures are
written after each run.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from corpus import make_corpus
from machine import (
    add_device,
    best_rate,
    gflop_per_second_of_audio,
    sustained_rate,
    time_products,
    write_results,
)
from models import NAMES, frozen_layers, make_model
from summary import check_same_training, make_summary_table, summarise
from table import markdown

SCRIPTS = Path(__file__).parent / "sides"
TRAINER = ("transformers_trainer.py", "--side")
SIDES = {
    "ours": ("ours.py",),
    "default": (*TRAINER, "default"),
    "default_unfrozen": (*TRAINER, "default_unfrozen"),
    "default_nodropout": (*TRAINER, "default_nodropout"),
    "careful": (*TRAINER, "careful"),
    "speechbrain": ("speechbrain_ctc.py",),
}
# Epochs are this many times what is trained, so that batches are a sample.
EPOCH = 3
SMALLEST_CORPUS = 256  # utterances
LONGEST_REASON = 120  # characters, in a cell of the table


class SideFailedError(Exception):
    """The last line that a side has printed."""


def parse_arguments():
    """The command line; a GPU gets more steps, for it takes few seconds."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--model", choices=NAMES, default="xls-r-300m")
    parser.add_argument("--sides", default=",".join(SIDES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, help="timed, of a round")
    parser.add_argument("--skip", type=int, help="steps before those")
    parser.add_argument("--batch_size", type=int, default=16)
    parser.add_argument("--workers", type=int, default=4)
    add_device(parser)
    parser.add_argument("--work", type=Path, default=Path("build/speed"))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    on_gpu = options.device == "cuda"
    if options.steps is None:
        options.steps = 30 if on_gpu else 4
    if options.skip is None:
        options.skip = 5 if on_gpu else 0
    options.sides = options.sides.split(",")
    for side in options.sides:
        if side not in SIDES:
            parser.error(f"--sides {side}: give some of {', '.join(SIDES)}")
    return options


def run_side(side, seed, options, facts):
    """Run one side in a process of its own, and read what it measured.

    Arguments
    ---------
    side : str
    seed : int
        Of its batches, dropout and augmentation.
    options : argparse.Namespace
    facts : dict
        `model` and `corpus` folders, and `freeze_layers`.

    Returns
    -------
    dict
        See `Meter.write`.

    Raises
    ------
    SideFailedError
    """
    script, *more = SIDES[side]
    out = options.work / "side.json"
    settings = facts | {
        "steps": options.steps,
        "skip": options.skip,
        "batch_size": options.batch_size,
        "precision": options.precision,
        "device": options.device,
        "workers": options.workers,
        "seed": seed,
        "out": out,
    }
    arguments = [f"--{key}={value}" for key, value in settings.items()]
    log = options.work / f"{side}.log"
    with open(log, "w", encoding="utf-8") as file:
        run = subprocess.run(
            [sys.executable, SCRIPTS / script, *more, *arguments],
            stdout=file,
            stderr=subprocess.STDOUT,
            env=os.environ | _one_gpu(),
        )
    if run.returncode:
        lines = log.read_text("utf-8", "replace").split("\n")
        last = next(filter(None, map(str.strip, reversed(lines))), "no reason")
        raise SideFailedError(last[:LONGEST_REASON])
    return json.loads(out.read_text("utf-8")) | {"side": side}


def _one_gpu():
    """With more, transformers' Trainer would deal each batch out to all."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "0")
    return {"CUDA_VISIBLE_DEVICES": visible.partition(",")[0]}


def run_rounds(options, facts):
    """All sides, round by round.

    Yields
    ------
    results : list of dict
        Of each run so far, with its `round`.
    products : list of tuple
        As of `time_products`, before each run: a machine's speed changes.
    failed : dict
        Side to the reason.
    """
    results, products, failed = [], [], {}
    start, total = time.monotonic(), options.rounds * len(options.sides)
    for number in range(options.rounds):
        turn = number % len(options.sides)
        for side in options.sides[turn:] + options.sides[:turn]:
            if side in failed:
                continue
            products += time_products(options.device, options.precision)
            try:
                result = run_side(side, 1000 + number, options, facts)
            except SideFailedError as error:
                failed[side] = str(error)
                said = f"failed: {error}"
            else:
                results.append(result | {"round": number})
                check_same_training(results)
                said = f"{result['audio_seconds_per_second']:.2f} audio-s/s"
            done = len(results) + len(failed)
            left = (time.monotonic() - start) / done * (total - done)
            print(
                f"round {number + 1}, {side}: {said}; at most "
                f"{left / 60:.1f} min left",
                file=sys.stderr,
                flush=True,
            )
            yield results, products, failed


def describe_runs(options, needed, results, products, failed):
    """The figures, as the JSON has them.

    Arguments
    ---------
    options : argparse.Namespace
    needed : dict
        As of `gflop_per_second_of_audio`.
    results, products, failed
        As of `run_rounds`.
    """
    best, sustained = best_rate(products), sustained_rate(products)
    whole = [result for result in results if result["side"] not in failed]
    rows = summarise(whole, best, sustained, needed["training"])
    return {
        "device": options.device,
        "precision": options.precision,
        "model": options.model,
        "matmul_gflops": best,
        "matmul_gflops_sustained": sustained,
        "gflop_per_audio_second": needed,
        "summary": rows,
        "failed": failed,
        "table": make_summary_table(rows, failed),
        "runs": results,
    }


def main():
    """Make corpus and model, run the sides, print and write the figures."""
    options = parse_arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    trained = (options.skip + options.steps) * options.batch_size
    utterances = max(SMALLEST_CORPUS, EPOCH * trained)
    model = make_model(options.model, options.work / "models")
    facts = {
        "model": model,
        "corpus": make_corpus(options.work / f"corpus{utterances}", utterances),
        "freeze_layers": frozen_layers(model),
    }
    needed = gflop_per_second_of_audio(model, facts["freeze_layers"])
    out = options.out or options.work / f"training_{options.device}.json"
    for found in run_rounds(options, facts):
        content = describe_runs(options, needed, *found)
        write_results(out, content)
    print(markdown(content["table"]))
    print(
        f"\n{options.model}, {options.device}, {options.precision}, "
        f"{options.batch_size} utterances a batch, {options.rounds} rounds of "
        f"{options.steps} steps: median [lowest-highest]. Matrix products: "
        f"{content['matmul_gflops']:,.0f} GFLOP/s at best, "
        f"{content['matmul_gflops_sustained']:,.0f} over all; training: "
        f"{needed['training']:.1f} GFLOP a second of audio."
    )
    if content["failed"]:
        names = ", ".join(content["failed"])
        raise SystemExit(f"failed: {names}; see their logs in {options.work}")


if __name__ == "__main__":
    main()
