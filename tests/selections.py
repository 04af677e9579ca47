"""Corpora to select from, and the real command run on them in forks."""

import csv

import corpora
import evaluation_data
import numpy as np
from kills import NOBODY, fork
from projects import command
from ranks import fork_team
from simulated_labels import simulate

from childasr.manifest import Manifest, Utterance
from childasr.selection.shards import Shards
from childasr.text.files import file_sha256

HOURS = ("0.002", "0.004")


def make_corpus(folder):
    """Write 36 recordings with `train.csv`, and a model.

    Returns
    -------
    arguments : list of str
        Of select_utterances.py, without the folder of the results.
    """
    evaluation_data.write_model(folder)
    clips = corpora.make_clips({"train": 6}, utterances=6)
    manifest = evaluation_data.write_manifest(folder, clips)
    manifest = manifest.rename(folder / "train.csv")
    arguments = [str(folder / "best_model"), str(manifest)]
    options = ["--shard_size", "9", "--device", "cpu"]
    return [*arguments, *options, "--hours", *HOURS]


def select(arguments, folder, killer=NOBODY):
    """Run select_utterances.py in a fork.

    Returns
    -------
    status, calls : int
        As `kills.fork` has them; what is printed is in `folder`.console.
    """
    arguments = [*arguments, "--output_dir", folder]
    work = command("select_utterances.py", arguments)
    return fork(work, folder.with_suffix(".console"), killer)


def select_together(arguments, folder, processes):
    """Run it in forks that find each other; see `fork_team`."""
    return fork_team(lambda rank: select(arguments, folder)[0], processes)


def results(folder):
    """The files of a selection, name to bytes, without the shards."""
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.is_file()
    }


def make_simulation(folder, utterances=2000):
    """Write what a simulated model heard in a corpus without recordings.

    Some utterances could not be read, and some have no text.

    Returns
    -------
    model, manifest : Path
    planted : set-like of str
        IDs of the wrong labels.
    """
    simulation = simulate(utterances=utterances)
    model = evaluation_data.write_model(folder)
    draw = np.random.default_rng(0)
    rows, heard = [], []
    for number, item in enumerate(simulation.scored):
        utterance = item.utterance._replace(age=str(draw.integers(5, 9)))
        cells = {
            "seconds": utterance.duration,
            "hyp": item.hyp,
            "confidence": item.confidence,
            **item.counts._asdict(),
        }
        if number % 100 == 7:
            cells = {"unreadable": "it is no audio file"}
        if number % 100 == 8:
            utterance = utterance._replace(text="")
            cells |= {"words": 0}
        rows.append(utterance)
        heard.append(cells)
    manifest = folder / "train.csv"
    with open(manifest, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([Utterance._fields, *rows])
    origin = {
        "model_sha256": file_sha256(model / "model.safetensors"),
        "manifest_sha256": Manifest(manifest).sha256,
        "data_root": None,
        "shard_size": 500,
    }
    shards = Shards(folder / "selection" / "decoded", utterances, origin)
    for number in range(shards.count):
        of_shard = shards.rows(number)
        shards.write(number, heard[of_shard.start : of_shard.stop])
    return model, manifest, simulation.planted.keys()
