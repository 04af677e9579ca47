#!/usr/bin/env python3
"""What each lever gains: the same training step with one more of them.

> python benchmarks/speed/levers.py --model demo --seconds 4

The step is forward and backward through encoder, head and CTC, on noise, in
one process; the variants take turns. Each row has the levers of the rows
above it, and on a CPU the last of them is profiled. The last rows are the
optimiser's step of phase 4, over every weight of the model.
"""

import argparse
import sys
import time
from pathlib import Path

import torch
from machine import DTYPES, add_device, synchronize, write_results
from models import NAMES, frozen_layers, make_model
from peft import LoraConfig
from table import make_table, markdown, spread
from torch.profiler import ProfilerActivity, profile

from childasr.model.attention import use_lean_attention
from childasr.model.dropout import Dropout, use_lean_dropout
from childasr.model.encoder import Wav2Vec2Encoder
from childasr.model.feature_extractor import use_matrix_products
from childasr.model.head import CTCHead

SAMPLE_RATE = 16_000
UNITS = 70
TARGETS_PER_SECOND = 9  # jamo
PRODUCTS = ("addmm", "mm", "bmm", "baddbmm", "baddbmm_")  # torch's names


class Bench:
    """An encoder whose levers can be taken away and put back.

    Arguments
    ---------
    options : argparse.Namespace
    """

    def __init__(self, options):
        self.options = options
        folder = make_model(options.model, options.work / "models")
        torch.manual_seed(0)
        lora = LoraConfig(
            r=16,
            lora_alpha=32,
            lora_dropout=0.1,
            target_modules=["q_proj", "k_proj", "v_proj"],
        )
        self.encoder = Wav2Vec2Encoder(
            str(folder), lora, frozen_layers(folder)
        ).to(options.device)
        self.head = CTCHead(self.encoder.output_size, UNITS).to(options.device)
        self.model = self.encoder.model
        matrix = self.model.feature_extractor
        self.plain_cnn = type(matrix).__mro__[1](self.model.config)
        self.plain_cnn.load_state_dict(matrix.state_dict())
        self.plain_cnn.requires_grad_(False).to(options.device)
        size = (options.batch_size, options.seconds * SAMPLE_RATE)
        self.wav = torch.randn(size, device=options.device)
        self.lengths = torch.linspace(1, 0.97, options.batch_size)

    def plain(self):
        """Frozen by `requires_grad` alone, as peft and SpeechBrain do it."""
        self._use_transformers_modules()
        self.plain_cnn._requires_grad = True
        torch.nn.Module.train(self.encoder)

    def clean_freeze(self):
        """No graph through what is frozen, which stays in eval mode."""
        self._use_transformers_modules()
        self.plain_cnn._requires_grad = False
        self.encoder.train()

    def matrix_cnn(self):
        """And the CNN as matrix products."""
        self.clean_freeze()
        use_matrix_products(self.model)
        self.encoder.train()

    def lean_dropout(self):
        """And the dropout and attention of CPUs."""
        self.matrix_cnn()
        use_lean_dropout(self.model)
        use_lean_attention(self.model)
        self.encoder.train()

    def _use_transformers_modules(self):
        self.model.feature_extractor = self.plain_cnn
        self.model.set_attn_implementation("sdpa")
        for module in list(self.model.modules()):
            for name, child in module.named_children():
                if type(child) is Dropout:
                    setattr(module, name, torch.nn.Dropout(child.p))

    def step(self):
        """Seconds of a forward and a backward pass."""
        synchronize(self.options.device)
        start = time.perf_counter()
        with torch.autocast(
            self.options.device,
            DTYPES[self.options.precision],
            self.options.precision != "fp32",
        ):
            logits = self.head(self.encoder(self.wav, self.lengths))
        batch, frames = logits.shape[:2]
        count = self.options.seconds * TARGETS_PER_SECOND
        targets = torch.ones(batch, count, dtype=torch.long)
        targets[:, ::2] = 2
        loss = torch.nn.functional.ctc_loss(
            logits.float().log_softmax(-1).transpose(0, 1),
            targets.to(logits.device),
            torch.full((batch,), frames),
            torch.full((batch,), count),
        )
        loss.backward()
        synchronize(self.options.device)
        return time.perf_counter() - start


ON_CPU = "+ lean dropout and attention (CPU)"
LEVERS = {
    "frozen by requires_grad alone": Bench.plain,
    "+ frozen part in eval mode, no graph through it": Bench.clean_freeze,
    "+ CNN as matrix products": Bench.matrix_cnn,
    ON_CPU: Bench.lean_dropout,
}


def levers_of(device):
    """Those that change something on a device."""
    levers = dict(LEVERS)
    if device != "cpu":
        del levers[ON_CPU]
    return levers


def time_levers(bench, rounds):
    """Seconds of a step with each set of levers, [rounds]."""
    levers = levers_of(bench.options.device)
    found = {name: [] for name in levers}
    for number in range(rounds + 1):
        for name, pull in levers.items():
            pull(bench)
            seconds = bench.step()
            if number > 0:  # the first is a warm-up
                found[name].append(seconds)
        print(f"round {number} of {rounds}", file=sys.stderr, flush=True)
    return found


def product_share(bench):
    """Share of a step's time on a CPU that is in matrix products."""
    with profile(activities=[ProfilerActivity.CPU]) as found:
        bench.step()
    times = {e.key: e.self_cpu_time_total for e in found.key_averages()}
    inside = sum(times.get(f"aten::{name}", 0) for name in PRODUCTS)
    return inside / sum(times.values())


def time_adamw(parameters, rounds):
    """Seconds of AdamW's step over copies of parameters, [rounds]."""
    found = {}
    for name, fused in {"AdamW, as is": None, "AdamW, fused": True}.items():
        copies = [torch.nn.Parameter(p.detach().clone()) for p in parameters]
        for copy in copies:
            copy.grad = torch.randn_like(copy)
        optimizer = torch.optim.AdamW(copies, lr=1e-5, fused=fused)
        seconds = []
        for _ in range(rounds + 1):
            start = time.perf_counter()
            optimizer.step()
            synchronize(copies[0].device)
            seconds.append(time.perf_counter() - start)
        found[name] = seconds[1:]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=NAMES, default="xls-r-300m")
    parser.add_argument("--batch_size", type=int, default=2)
    parser.add_argument("--seconds", type=int, default=8, help="of audio each")
    parser.add_argument("--rounds", type=int, default=3)
    add_device(parser)
    parser.add_argument("--work", type=Path, default=Path("build/speed"))
    parser.add_argument("--out", help="a JSON file for the figures")
    options = parser.parse_args()
    bench = Bench(options)
    steps = time_levers(bench, options.rounds)
    optimiser = time_adamw(list(bench.model.parameters()), options.rounds)
    audio = options.batch_size * options.seconds
    rows = [
        [name, spread(seconds), spread([audio / s for s in seconds])]
        for name, seconds in steps.items()
    ]
    if options.device == "cpu":
        share = product_share(bench)
        rows.append(["of that in matrix products", f"{share:.0%}", ""])
    rows += [[name, spread(s), ""] for name, s in optimiser.items()]
    table = make_table(["", "s", "audio-s/s"], rows)
    print(markdown(table))
    if options.out:
        title = (
            f"Levers, {options.model}, {options.batch_size} utterances of "
            f"{options.seconds} s, {options.precision}, {options.device}"
        )
        content = {"title": title, "table": table, "device": options.device}
        figures = {"steps": steps, "optimiser": optimiser}
        write_results(options.out, content | figures)


if __name__ == "__main__":
    main()
