#!/usr/bin/env python3
"""This recipe: hparams/phase2.yaml, from a model that was not trained before.

Everything is the recipe's own: phase file, loader, Brain and its `fit`. Speed
perturbation and SpecAugment are on, dropout is the model's own.
"""

import tempfile
from pathlib import Path

from measure import make_parser, shortest, train_brain

from childasr.training.worst_batch import build_phase

PHASE_FILE = Path(__file__).parents[3] / "hparams" / "phase2.yaml"


def build(options, output_folder):
    """The Brain of the phase, as `train.py` builds it."""
    corpus = Path(options.corpus)
    settings = {
        "manifest_folder": corpus,
        "train_manifest": corpus / "train.csv",
        "output_folder": output_folder,
        "start_from": "null",
        "encoder": options.model,
        "freeze_layers": options.freeze_layers,
        "batch_size": options.batch_size,
        "num_workers": options.workers,
        "seed": options.seed,
        "precision": options.precision,
        "device": options.device,
    }
    arguments = [f"--{key}={value}" for key, value in settings.items()]
    return build_phase([str(PHASE_FILE), *arguments])


def main():
    """Train the steps that the command line asks for."""
    options = make_parser().parse_args()
    with tempfile.TemporaryDirectory() as output_folder:
        brain = build(options, output_folder)
        loader = brain.train_loader
        rows = shortest(loader.dataset.manifest.durations)
        small = loader.collate_fn([loader.dataset[row, 100] for row in rows])
        meter = train_brain(brain, brain.encoder, loader, small, options)
    meter.write(brain.modules)


if __name__ == "__main__":
    main()
