"""A synthetic corpus, its manifests, and wrong labels among them."""

import csv
import shutil

from commands import run
from planting import plant

from childasr.model.keyed_random import hash_ids, uniform, utterance_keys
from childasr.text.files import write_atomically, write_json

PLANTED_SHARE = 0.05
TRAINED = ("train", "phase1", "phase2", "phase3")
VALIDATED = 3  # every third of the validation split: it decides nothing here
# Of the utterances: what the plan's 500 and 1,500 h are of 3,500.
RATIOS = {"phase1": 1 / 7, "phase2": 3 / 7}
PILOT_SPEAKERS = 1 / 6  # as phase 1 of the demo has of its 48, about


def make_corpus(work, sizes, seed):
    """Make a corpus and the folder of manifests that the arms read.

    Arguments
    ---------
    work : Path
        Gets `child_subset_100h/`, `data/` as it was prepared, and
        `manifests/` with the wrong labels, `planted.json` and `pilot.csv`.
        What is there is kept.
    sizes : dict
        Split to (utterances, speakers).
    seed : int

    Returns
    -------
    manifests : Path
    """
    if not (work / "child_subset_100h").is_dir():
        given = [f"--output_dir={work}", f"--seed={seed}"]
        for split, (utterances, speakers) in sizes.items():
            given += [f"--{split}_utterances={utterances}"]
            given += [f"--{split}_speakers={speakers}"]
        run("make_demo_corpus", *given, log=work / "corpus.log")
    if not (work / "data" / "summary.json").is_file():
        run(
            "prepare_phase_data",
            f"--input_dir={work / 'child_subset_100h'}",
            f"--output_dir={work / 'data'}",
            "--order=stratified",
            *(f"--{phase}_ratio={share}" for phase, share in RATIOS.items()),
            log=work / "prepare.log",
        )
    manifests = work / "manifests"
    if not (manifests / "planted.json").is_file():
        _plant(work / "data", manifests, seed)
    return manifests


def _plant(data, manifests, seed):
    header, rows = read_rows(data / "train.csv")
    planted = plant(rows, PLANTED_SHARE, seed)
    for name in TRAINED:
        _, of_part = read_rows(data / f"{name}.csv")
        for row in of_part:
            if row["ID"] in planted:
                row["text"] = planted[row["ID"]]["label"]
        write_rows(manifests / f"{name}.csv", header, of_part)
        if name == "train":
            pilot = pilot_rows(of_part, seed)
            write_rows(manifests / "pilot.csv", header, pilot)
    header, rows = read_rows(data / "valid.csv")
    write_rows(manifests / "valid.csv", header, rows[::VALIDATED])
    for name in ("test.csv", "summary.json"):
        shutil.copy(data / name, manifests)
    write_json(manifests / "planted.json", planted)


def pilot_rows(rows, seed):
    """All utterances of some speakers, who are drawn."""
    speakers = sorted({row["spk_id"] for row in rows})
    draws = uniform(utterance_keys(hash_ids(speakers), seed, 0, "pilot"))[:, 0]
    ranked = [speakers[place] for place in draws.argsort()]
    chosen = set(ranked[: round(PILOT_SPEAKERS * len(speakers))])
    return [row for row in rows if row["spk_id"] in chosen]


def read_rows(path):
    """The columns of a manifest, and its rows as dicts."""
    with open(path, encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file)
        return lines.fieldnames, list(lines)


def write_rows(path, header, rows):
    """A manifest from what `read_rows` gave."""
    with write_atomically(path) as file:
        writer = csv.DictWriter(file, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
