"""What is asked of manifests before a training starts."""

import itertools
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from childasr.errors import InputError
from childasr.manifest import Manifest

SPLITS = ("train", "valid", "test")
# What two splits must not share, and what to do where they do.
APART = {
    "spk_id": (
        "speakers",
        "prepare again with --split speakers, and after a pilot with "
        "--keep_splits and the folder of its manifests",
    ),
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
        Also where a duration or the data root is unknown, or a text is not
        normalised.
    """
    manifest = Manifest(path, data_root)
    unknown = np.isnan(manifest.durations)
    if unknown.any():
        name = manifest[int(unknown.argmax())].ID
        raise InputError(
            f"{path}: {unknown.sum()} utterances have no duration, such as "
            f"{name}: prepare it anew"
        )
    manifest.check_texts()
    manifest[0]  # says so where $data_root is not known
    return manifest


def check_disjoint(manifest_folder, phases=()):
    """Refuse manifests of which two splits share what they must not.

    Speakers, IDs and the content of recordings are compared, between
    train.csv, valid.csv and test.csv of the folder and of a pilot's, as far
    as they are there, and the manifests that phases train and validate on.

    Arguments
    ---------
    manifest_folder : str or Path
    phases : iterable of dict
        Plain settings of phase files: `train_manifest`, and where they have
        them `valid_manifest` and `units_from`, the folder of the manifests of
        the pilot whose model goes on with another corpus.

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
    splits = [
        [Manifest(path) for path in of_split if path.is_file()]
        for of_split in _paths(manifest_folder, phases).values()
    ]
    manifests = [*itertools.chain(*splits)]
    for manifest in manifests:
        check_speakers(manifest)
    for some, others in itertools.combinations(splits, 2):
        for one, other in itertools.product(some, others):
            _check_pair(one, other)
    return _compared(manifests)


def _paths(manifest_folder, phases):
    """Split -> the paths of its manifests, each once, as keys."""
    pilots = filter(None, (phase.get("units_from") for phase in phases))
    folders = dict.fromkeys(map(Path, [manifest_folder, *pilots]))
    paths = {
        split: dict.fromkeys(folder / f"{split}.csv" for folder in folders)
        for split in SPLITS
    }
    for phase in phases:
        for split in ("train", "valid"):
            if path := phase.get(f"{split}_manifest"):
                paths[split][Path(path)] = None
    return paths


def check_speakers(manifest):
    """Refuse a manifest in which an utterance has no speaker.

    Arguments
    ---------
    manifest : Manifest
    """
    unnamed = _count_unknown(manifest, "spk_id")
    if unnamed:
        raise InputError(
            f"{manifest.path}: {unnamed} of {len(manifest)} utterances have "
            "no spk_id: add speakers to the metadata and prepare again"
        )


def _count_unknown(manifest, column):
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
        if (count := _count_unknown(manifest, "content"))
    ]
    if not unknown:
        return f"no speaker, ID or recording is in two splits ({names})"
    return (
        f"no speaker or ID is in two splits ({names}); not compared by "
        f"recording, as they have no content: {', '.join(unknown)}"
    )
