"""The one vocabulary of all phases."""

import hashlib
from pathlib import Path

from childasr.errors import InputError
from childasr.manifest import Manifest
from childasr.text.files import NO_SPACE, write_atomically
from childasr.text.units import TextUnits

SIZED = ("unigram", "bpe")  # the others are as large as they are


def load_or_train_units(manifest_folder, kind, vocab_size):
    """Text units built once, over the whole training split, then reused.

    Built for each phase, the vocabulary would change between them, and the
    head's outputs would change their meaning without an error.

    Arguments
    ---------
    manifest_folder, kind, vocab_size
        As for `train_units_if_missing`.

    Returns
    -------
    TextUnits
    """
    return TextUnits(train_units_if_missing(manifest_folder, kind, vocab_size))


def train_units_if_missing(manifest_folder, kind, vocab_size):
    """Build the vocabulary, or check that it is the one asked for.

    Arguments
    ---------
    manifest_folder : str
        Holds `train.csv`, and gets `units/<kind>.model`.
    kind : str
        One of `UNIT_KINDS`.
    vocab_size : int
        Pieces of the kinds in `SIZED`.

    Returns
    -------
    model_file : Path

    Raises
    ------
    InputError
        No `train.csv`, a vocabulary of another `train.csv` or
        `vocab_size`, or it cannot be written.
    """
    train = Path(manifest_folder) / "train.csv"
    if not train.is_file():
        raise InputError(
            f"no manifest {train}: run prepare_phase_data.py first, or give "
            "--manifest_folder"
        )
    model_file = Path(manifest_folder) / "units" / f"{kind}.model"
    manifest = Manifest(train)
    source = model_file.with_suffix(".train_sha256")
    if model_file.is_file() and source.is_file():
        sha256, *size = source.read_text(encoding="utf-8").split()
        if sha256 != manifest.sha256:
            raise InputError(
                f"{model_file} was built from another {train}: delete "
                f"{model_file.parent} and train from phase 1, or give "
                "--manifest_folder"
            )
        if size and size != [str(vocab_size)]:
            raise InputError(
                f"{model_file} was built with vocab_size {size[0]}, not "
                f"{vocab_size}: delete {model_file.parent} and train from "
                f"phase 1, or give --vocab_size {size[0]}"
            )
        return model_file
    manifest.check_texts()
    size = f" {vocab_size}" if kind in SIZED else ""
    try:
        TextUnits.train(
            kind, manifest.texts(), model_file, vocab_size=vocab_size
        )
        with write_atomically(source) as file:
            file.write(manifest.sha256 + size)
    except OSError as error:
        if error.errno in NO_SPACE:
            raise
        raise InputError(
            f"cannot write {model_file} ({error.strerror}): copy the manifests "
            "to where you may write, and give --manifest_folder"
        ) from error
    return model_file


def vocabulary_hash(units):
    """A hash of the pieces in their order, hexadecimal."""
    return hashlib.sha256("\n".join(units.pieces).encode("utf-8")).hexdigest()
