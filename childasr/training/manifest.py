"""What training asks of a folder of manifests before it starts."""

import csv
import itertools
from pathlib import Path

from childasr.errors import InputError
from childasr.manifest import read_manifest

SPLITS = ("train", "valid", "test")


def training_rows(path, data_root):
    """Rows of a manifest as SpeechBrain's dataset takes them.

    Arguments
    ---------
    path : str or Path
    data_root : str or None
        As for `read_manifest`.

    Returns
    -------
    dict
        Utterance id to columns; `duration` is a float in seconds.
    """
    return {
        utterance.ID: utterance._asdict()
        | {"duration": float(utterance.duration)}
        for utterance in read_manifest(path, data_root)
    }


def check_disjoint(manifest_folder):
    """Refuse a manifest folder in which two splits share a speaker.

    Raises
    ------
    InputError
        Naming the splits and up to five speakers.
    """
    speakers = {}
    for split in SPLITS:
        path = Path(manifest_folder) / f"{split}.csv"
        if path.is_file():
            with open(path, encoding="utf-8", newline="") as file:
                rows = csv.DictReader(file)
                speakers[split] = {row["spk_id"] for row in rows}
    for one, other in itertools.combinations(speakers, 2):
        shared = sorted(speakers[one] & speakers[other])
        if shared:
            raise InputError(
                f"manifests in {manifest_folder}: {len(shared)} speakers are "
                f"in both {one} and {other} ({', '.join(shared[:5])}): "
                "prepare the corpus again with disjoint splits"
            )
