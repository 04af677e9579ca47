#!/usr/bin/env python
"""Make the demo's small encoder: CTC on thousands of synthetic utterances.

The voices run from adults to children and none of them speaks in the demo
corpus; nor is any of their sentences in it. Takes about an hour on two cores.
"""

import argparse
from pathlib import Path

from tqdm import tqdm

from childasr.command import run_command
from data_prep.synthetic.scripts import (
    DEMO_SIZES,
    demo_children,
    pretraining_scripts,
)
from data_prep.synthetic.synthesis import perform_all

HERE = Path(__file__).resolve().parent
# Above this factor on the resonances a voice counts as child-like.
CHILDLIKE = 1.15


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--output_dir", default=HERE / "demo_encoder", type=Path)
    add("--checkpoint", default=Path("checkpoints/demo_encoder.pt"), type=Path)
    add("--seed", default=2, type=int)
    add("--voices", default=900, type=int)
    add("--lines", default=8, type=int, help="utterances of each voice")
    add("--steps", default=6000, type=int)
    add("--learning_rate", default=1.5e-3, type=float)
    add("--batch_seconds", default=20.0, type=float)
    add("--snapshot_steps", default=500, type=int)
    add("--precision", default="bf16", choices=["bf16", "fp32"])
    add("--threads", default=2, type=int)
    add("--demo_seed", default=1, type=int, help="of the demo corpus")
    return parser.parse_args()


def speak(scripts, what):
    """Samples, text and phonemes of each utterance; shows progress."""
    spoken = tqdm(perform_all(scripts), what, len(scripts), unit="voice")
    return [
        (recording.samples, line.text, recording.phonemes)
        for script, recordings in zip(scripts, spoken, strict=True)
        for line, recording in zip(script.lines, recordings, strict=True)
    ]


def make_checks(seed, demo_seed):
    """Unseen adult-like and child-like voices, and the demo's validation."""
    scripts = pretraining_scripts("pretrain_check", 40, 5, seed)
    adults = [s for s in scripts if s.voice.formants < CHILDLIKE]
    others = [s for s in scripts if s.voice.formants >= CHILDLIKE]
    children = demo_children(DEMO_SIZES, demo_seed)
    demo = [child.script for child in children if child.split == "valid"]
    return {
        "adult_like": speak(adults, "unseen adult-like voices"),
        "child_like": speak(others, "unseen child-like voices"),
        "demo_valid": speak(demo, "demo validation voices"),
    }


def main():
    args = parse_arguments()
    checks = make_checks(args.seed, args.demo_seed)
    scripts = pretraining_scripts(
        "pretrain", args.voices, args.lines, args.seed
    )
    utterances = speak(scripts, "pretraining voices")
    hours = sum(len(samples) for samples, _, _ in utterances) / 16000 / 3600
    print(f"{len(utterances)} utterances, {hours:.1f} h, all synthetic")
    train(args, utterances, checks)


def train(args, utterances, checks):
    """Train and export."""
    # Imported here: every speaking process imports this file, and torch
    # takes longer to import than a voice to speak.
    import torch

    from childasr.training.jamo_ctc import Utterance
    from childasr.training.pretraining import Pretraining, Schedule

    torch.set_num_threads(args.threads)
    schedule = Schedule(
        steps=args.steps,
        warmup_steps=max(1, args.steps // 12),
        learning_rate=args.learning_rate,
        batch_seconds=args.batch_seconds,
        snapshot_steps=args.snapshot_steps,
        precision=args.precision,
        seed=args.seed,
    )
    names = {name for _, _, phonemes in utterances for _, name in phonemes}
    pretraining = Pretraining(
        schedule, args.output_dir, args.checkpoint, sorted(names)
    )
    pretraining.fit(
        [Utterance(*utterance) for utterance in utterances],
        {
            name: [Utterance(*utterance) for utterance in unseen]
            for name, unseen in checks.items()
        },
    )


if __name__ == "__main__":
    run_command(main)
