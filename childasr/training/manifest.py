"""What training asks of manifests before it starts."""

import itertools
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from childasr.errors import InputError
from childasr.manifest import Manifest

SPLITS = ("train", "valid", "test")
# What two splits must not share, and what to do where they do.
APART = {
    "spk_id": ("speakers", "split by speaker and prepare again"),
    "ID": ("IDs", "prepare the corpus again"),
    "content": ("recordings", "leave the copies out and prepare again"),
}


def open_for_training(path, data_root):
    """Open a manifest whose every utterance can be put into a batch.

    Arguments
    ---------
    path : str or Path
    data_root : str or None
        As for `Manifest`.

    Returns
    -------
    Manifest

    Raises
    ------
    InputError
        Also where a duration or the data root is unknown.
    """
    manifest = Manifest(path, data_root)
    unknown = np.isnan(manifest.durations)
    if unknown.any():
        name = manifest[int(unknown.argmax())].ID
        raise InputError(
            f"{path}: {unknown.sum()} utterances have no duration, such as "
            f"{name}: prepare it anew"
        )
    manifest[0]  # says so where $data_root is not known
    return manifest


def check_disjoint(manifest_folder, train_manifests=(), valid_manifests=()):
    """Refuse manifests of which two splits share what they must not.

    Speakers, IDs and the content of recordings are compared, between
    train.csv, valid.csv and test.csv of the folder, as far as they are there,
    and the manifests that a phase trains and validates on.

    Arguments
    ---------
    manifest_folder : str or Path
    train_manifests, valid_manifests : iterable of str or Path
        Further ones of these splits, such as phase1.csv.

    Returns
    -------
    str
        What was compared, and what could not be, for people.

    Raises
    ------
    InputError
        Naming the two manifests and up to five of what they share; also where
        an utterance has no speaker.
    """
    folder = Path(manifest_folder)
    paths = {split: {folder / f"{split}.csv": None} for split in SPLITS}
    paths["train"] |= dict.fromkeys(map(Path, train_manifests))
    paths["valid"] |= dict.fromkeys(map(Path, valid_manifests))
    splits = [
        [Manifest(path) for path in of_split if path.is_file()]
        for of_split in paths.values()
    ]
    manifests = [*itertools.chain(*splits)]
    for manifest in manifests:
        _check_speakers_known(manifest)
    for some, others in itertools.combinations(splits, 2):
        for one, other in itertools.product(some, others):
            _check_pair(one, other)
    return _compared(manifests)


def trained_manifests(config):
    """What the model of a phase hears: its manifest, and all of its pilot's.

    Arguments
    ---------
    config : dict
        Plain settings of a phase file; one on another corpus than its pilot's
        has `units_from`, the folder of the pilot's manifests.

    Returns
    -------
    paths : list of Path

    Example
    -------
    >>> [path.name for path in trained_manifests(
    ...     {"train_manifest": "full/round1.csv", "units_from": "data"}
    ... )]
    ['round1.csv', 'train.csv']
    """
    pilot = config.get("units_from")
    paths = [Path(config["train_manifest"])]
    return paths + ([Path(pilot, "train.csv")] if pilot else [])


def _check_speakers_known(manifest):
    unnamed = count_unknown(manifest, "spk_id")
    if unnamed:
        raise InputError(
            f"{manifest.path}: {unnamed} of {len(manifest)} utterances have "
            "no spk_id: add speakers to the metadata and prepare again"
        )


def count_unknown(manifest, column):
    """How many cells of a column of text are empty."""
    return pc.sum(pc.equal(manifest.column(column), "")).as_py()


def _check_pair(one, other):
    for column, (what, remedy) in APART.items():
        shared = _shared(one.column(column), other.column(column))
        if shared:
            names = shared[:5]
            if column == "content":
                names = [f"{_id(one, x)} is {_id(other, x)}" for x in names]
            raise InputError(
                f"{len(shared)} {what} are in both {one.path} and "
                f"{other.path} ({', '.join(names)}): {remedy}"
            )


def _id(manifest, content):
    """The first ID of a recording."""
    rows = pc.equal(manifest.column("content"), content)
    return manifest.column("ID").filter(rows)[0].as_py()


def _shared(one, other):
    """What is in both columns, sorted; empty cells are unknown."""
    few, many = sorted((one, other), key=len)
    known = pc.unique(few)
    known = known.filter(pc.not_equal(known, ""))
    found = pc.unique(many.filter(pc.is_in(many, value_set=known)))
    return sorted(found.to_pylist())


def _compared(manifests):
    names = ", ".join(manifest.path.name for manifest in manifests)
    unknown = [
        f"{count} rows of {manifest.path.name}"
        for manifest in manifests
        if (count := count_unknown(manifest, "content"))
    ]
    if not unknown:
        return f"no speaker, ID or recording is in two splits ({names})"
    return (
        f"no speaker or ID is in two splits ({names}); not compared by "
        f"recording, as they have no content: {', '.join(unknown)}"
    )
