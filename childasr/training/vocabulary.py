"""The one vocabulary of all phases."""

import csv
import hashlib
from pathlib import Path

from speechbrain.utils.distributed import run_on_main

from childasr.errors import InputError
from childasr.text.units import UNIT_KINDS, TextUnits


def load_or_train_units(manifest_folder, kind, vocab_size):
    """Text units built once, over the whole training split, then reused.

    Built for each phase, the vocabulary would change between them, and the
    head's outputs would change their meaning without an error.

    Arguments
    ---------
    manifest_folder : str
        Holds `train.csv`, and gets `units/<kind>.model`.
    kind : str
        One of `UNIT_KINDS`.
    vocab_size : int
        Pieces of `unigram` and `bpe`; the others are as large as they are.

    Returns
    -------
    TextUnits
    """
    if kind not in UNIT_KINDS:
        raise InputError(f"units {kind}: give one of {', '.join(UNIT_KINDS)}")
    model_file = Path(manifest_folder) / "units" / f"{kind}.model"
    if not model_file.is_file():
        arguments = [manifest_folder, kind, vocab_size, model_file]
        run_on_main(_train_units, args=arguments)
    return TextUnits(model_file)


def _train_units(manifest_folder, kind, vocab_size, model_file):
    train = Path(manifest_folder) / "train.csv"
    if not train.is_file():
        raise InputError(
            f"no manifest {train}: run prepare_phase_data.py first, or give "
            "--manifest_folder"
        )
    with open(train, encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    TextUnits.train(kind, texts, model_file, vocab_size=vocab_size)


def vocabulary_hash(units):
    """A hash of the pieces in their order, hexadecimal."""
    return hashlib.sha256("\n".join(units.pieces).encode("utf-8")).hexdigest()
