#!/usr/bin/env python3
"""Time a whole validation pass against its forward passes.

> python benchmarks/speed/validation.py --model demo --utterances 256

A few optimiser steps give the rate, in GFLOP/s, at which training runs here.
At that rate the forward passes of the validation split, without padding,
would take a time: the pass is measured against it. It is the one that
training runs, from the first batch that is asked for to its metrics, with
decoding and the counting of errors. The export of a best model is left out.
Training steps and validation take turns, after a step and a pass that are not
timed. `--batches` takes some of the split's batches, evenly over the lengths: a
small split would be padded more.
"""

import argparse
import itertools
import sys
import tempfile
import time
from pathlib import Path

import speechbrain as sb
import torch
from corpus import make_corpus
from machine import (
    add_device,
    gflop_per_second_of_audio,
    synchronize,
    write_results,
)
from models import NAMES, frozen_layers, make_model
from table import make_table, markdown, spread

from childasr.training.interrupt import Interrupt

sys.path.insert(0, str(Path(__file__).parent / "sides"))
from ours import build

SAMPLE_RATE = 16_000


class Audio:
    """Seconds of audio, and of that and its padding, that a model was given."""

    def __init__(self, encoder):
        self.inputs = []
        encoder.register_forward_pre_hook(self._add)

    def _add(self, module, inputs):
        wav, lengths = inputs[:2]
        self.inputs.append((wav.shape, torch.as_tensor(lengths).clone()))

    def take(self):
        """The sums since the last time."""
        padded = [shape[0] * shape[1] for shape, _ in self.inputs]
        own = [float(n.sum()) * shape[1] for shape, n in self.inputs]
        self.inputs.clear()
        return sum(own) / SAMPLE_RATE, sum(padded) / SAMPLE_RATE


def train_steps(brain, batches):
    """Optimiser steps as an epoch runs them."""
    brain.on_stage_start(sb.Stage.TRAIN, epoch=1)
    brain.modules.train()
    for batch in batches:
        brain.step += 1
        brain.fit_batch(batch)


def validate(brain):
    """A pass as training runs it, and the seconds of decoding and counting."""
    parts = []
    on_stage_start, on_stage_end = brain.on_stage_start, brain.on_stage_end

    def start(stage, epoch):
        on_stage_start(stage, epoch)
        add = brain.validation.add

        def timed(*arguments):
            synchronize(brain.device)  # not its forward pass
            begin = time.perf_counter()
            add(*arguments)
            parts.append(time.perf_counter() - begin)

        brain.validation.add = timed

    def end(stage, loss, epoch):
        brain.validation.entry()
        brain.ema.swap()

    brain.on_stage_start, brain.on_stage_end = start, end
    brain.step = 0
    brain._fit_valid(brain.valid_loader, epoch=1, enable=False)
    brain.on_stage_start, brain.on_stage_end = on_stage_start, on_stage_end
    return sum(parts)


def timed(device, function, *arguments):
    synchronize(device)
    start = time.perf_counter()
    result = function(*arguments)
    synchronize(device)
    return time.perf_counter() - start, result


def thin(batches, count):
    """Leave so many batches of a list, evenly over it."""
    if count < len(batches):
        places = [
            (2 * n + 1) * len(batches) // (2 * count) for n in range(count)
        ]
        batches[:] = [batches[place] for place in places]


def measure(brain, gflop, options):
    """A list of the figures of each round."""
    audio, rounds = Audio(brain.encoder), []
    brain.init_optimizers()
    batches = itertools.chain.from_iterable(
        itertools.repeat(brain.train_loader)
    )
    with Interrupt() as brain.interrupt:
        train_steps(brain, [next(batches)])  # warm
        validate(brain)
        for number in range(options.rounds):
            few = [next(batches) for _ in range(options.steps)]
            audio.take()
            training, _ = timed(options.device, train_steps, brain, few)
            trained, _ = audio.take()
            seconds, counting = timed(options.device, validate, brain)
            heard, padded = audio.take()
            rate = gflop["training"] * trained / training
            ideal = gflop["forward"] * heard / rate
            rounds.append(
                {
                    "training_gflops": rate,
                    "seconds": seconds,
                    "forward_seconds": ideal,
                    "ratio": seconds / ideal,
                    "counting_seconds": counting,
                    "audio_seconds": heard,
                    "padding_share": 1 - heard / padded,
                }
            )
            print(f"round {number + 1}: {rounds[-1]}", flush=True)
    return rounds


def tabulate(rounds):
    def column(key, form=".3g", scale=1):
        return spread([scale * found[key] for found in rounds], form)

    shares = [r["counting_seconds"] / r["seconds"] for r in rounds]
    return make_table(
        ["", ""],
        [
            ["audio, s", column("audio_seconds", ".0f")],
            ["training, GFLOP/s", column("training_gflops")],
            ["forward passes at that rate, s", column("forward_seconds")],
            ["validation pass, s", column("seconds")],
            ["pass / forward passes", column("ratio", ".2f")],
            ["decoding and counting, of the pass", spread(shares, ".1%")],
            ["padding", column("padding_share", ".1%")],
        ],
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=NAMES, default="demo")
    parser.add_argument("--utterances", type=int, default=1024)
    parser.add_argument("--batches", type=int, default=16, help="at most")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=4, help="of training")
    parser.add_argument("--batch_size", type=int, default=16)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    add_device(parser)
    parser.add_argument("--work", type=Path, default=Path("build/speed"))
    parser.add_argument("--out", help="a JSON file for the figures")
    options = parser.parse_args()
    name = options.model
    options.model = make_model(name, options.work / "models")
    options.freeze_layers = frozen_layers(options.model)
    # An epoch holds the warm-up and the steps of the first round.
    trained = options.batch_size * max(8, options.steps + 1)
    options.corpus = make_corpus(
        options.work / f"validated{options.utterances}_{trained}",
        utterances=trained,
        valid=options.utterances,
    )
    gflop = gflop_per_second_of_audio(options.model, options.freeze_layers)
    with tempfile.TemporaryDirectory() as folder:
        brain = build(options, folder)
        thin(brain.valid_loader.batch_sampler, options.batches)
        rounds = measure(brain, gflop, options)
    table = tabulate(rounds)
    print(markdown(table))
    if options.out:
        title = (
            f"Validation, {name}, batches of {options.batch_size}, "
            f"{options.precision}, {options.device}"
        )
        content = {
            "title": title,
            "table": table,
            "device": options.device,
            "gflop_per_audio_second": gflop,
            "rounds": rounds,
        }
        write_results(options.out, content)


if __name__ == "__main__":
    main()
