"""What a training run of some steps has heard, and the proof of it."""

import hashlib
import json

import numpy as np

from childasr.manifest import Manifest
from childasr.training.batching import DurationBatchSampler
from childasr.training.speed import KeyedSpeedPerturb

SPEEDS = KeyedSpeedPerturb(16_000, [90, 100, 110], 0.5)  # of the phase files


def trained(manifest, folder, batch_size, seed, steps):
    """What a phase was trained on.

    The batches of the steps are drawn again; their hash must be the one that
    the phase logged for each epoch, so the steps are those that it made.

    Arguments
    ---------
    manifest : Path
    folder : Path
        Of the phase.
    batch_size, seed, steps : int

    Returns
    -------
    heard : dict
        `steps`; `hours`, of audio at its own speed, repeats included; and
        `ids`, of the utterances.

    Raises
    ------
    ValueError
        The phase has made other steps.
    """
    table = Manifest(manifest)
    sampler = DurationBatchSampler(
        table.id_hashes, table.durations, batch_size, seed, SPEEDS
    )
    log = json.loads((folder / "training_log.json").read_text("utf-8"))
    heard, digests, left = [], [], steps
    while left:
        batches, _ = sampler.batches(len(digests) + 1)
        digests.append(_digest(table.id_hashes, batches, left))
        heard += batches[:left]
        left -= len(batches[:left])
    logged = [
        entry["train/batches_sha256"]
        for entry in log["epochs"]
        if entry["epoch"] > 0
    ]
    if digests != logged:
        raise ValueError(f"{folder} was not trained for {steps} steps")
    rows = np.concatenate(heard)
    ids = table.column("ID").to_pylist()
    return {
        "steps": len(heard),
        "hours": float(table.durations[rows].sum() / 3600),
        "ids": [ids[row] for row in rows.tolist()],
    }


def _digest(hashes, batches, steps):
    """As `EpochProgress` gives it, of the epoch's first steps."""
    sums = np.zeros(len(batches), dtype="<i8")
    for place, rows in enumerate(batches[:steps]):
        sums[place] = hashes[rows].view("<i8").sum()
    return hashlib.sha256(sums.tobytes()).hexdigest()
