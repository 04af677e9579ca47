"""Whether the manifests are there, name their speakers and keep them apart."""

import csv
import itertools
import json
from pathlib import Path
from typing import NamedTuple

from childasr.curriculum.check import Check

SPLITS = ("train", "valid", "test")


def check_manifests(phases):
    """Check the manifests of a run and the data that they point to.

    Arguments
    ---------
    phases : list of dict
        The settings of each phase (`Phase.config`).

    Returns
    -------
    checks : list of Check

    Example
    -------
    >>> settings = {"manifest_folder": "M", "train_manifest": "M/phase1.csv"}
    >>> print(*check_manifests([settings]))
    FAILED   manifests: no M/train.csv, ...: run prepare_phase_data.py ...
    """
    folder = Path(phases[0]["manifest_folder"])
    splits = {name: folder / f"{name}.csv" for name in SPLITS}
    paths = [*splits.values()]
    paths += [Path(settings["train_manifest"]) for settings in phases]
    needed = [*dict.fromkeys(paths), folder / "summary.json"]
    missing = [str(path) for path in needed if not path.is_file()]
    if missing:
        return [_unprepared(phases[0], folder, missing)]
    tables = {path: _read_speakers(path) for path in needed[:-1]}
    empty = [str(path) for path, table in tables.items() if not table.rows]
    if empty:
        reason = f"no utterance in {', '.join(empty)}: prepare again"
        return [Check("manifests", False, reason)]
    speakers = {name: tables[path].speakers for name, path in splits.items()}
    return [
        Check("manifests", True, f"{len(tables)} in {folder}"),
        _check_data_folder(folder, phases[0].get("data_root")),
        _check_speaker_ids(tables, speakers),
        _check_disjoint(speakers),
    ]


class Table(NamedTuple):
    """What is counted in a manifest; `unnamed` rows have no speaker."""

    speakers: set
    rows: int
    unnamed: int


def _unprepared(settings, folder, missing):
    corpus = settings.get("data_folder")
    if corpus and not settings.get("skip_prep") and Path(corpus).is_dir():
        reason = f"none yet: the first phase prepares {corpus}"
        return Check("manifests", True, reason)
    reason = (
        f"no {', '.join(missing)}: run prepare_phase_data.py "
        f"--output_dir {folder}"
    )
    return Check("manifests", False, reason)


def _read_speakers(path):
    speakers, rows, unnamed = set(), 0, 0
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows += 1
            speaker = row.get("spk_id")
            unnamed += not speaker
            speakers.add(speaker)
    return Table(speakers - {None, ""}, rows, unnamed)


def _check_data_folder(folder, data_root):
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    root = Path(data_root or summary["data_root"])
    with open(folder / "train.csv", encoding="utf-8", newline="") as file:
        wav = next(csv.DictReader(file))["wav"]
    wav = Path(wav.replace("$data_root", str(root)))
    ok = root.is_dir() and wav.is_file()
    reason = str(root) if ok else f"no {wav}: give its folder as --data_root"
    return Check("data folder", ok, reason)


def _check_speaker_ids(tables, speakers):
    unnamed = [
        f"{path} ({table.unnamed} of {table.rows})"
        for path, table in tables.items()
        if table.unnamed
    ]
    if unnamed:
        reason = (
            f"rows without spk_id in {', '.join(unnamed)}: add speakers to "
            "the metadata and prepare again"
        )
        return Check("speaker ids", False, reason)
    counts = [f"{len(ids)} in {name}" for name, ids in speakers.items()]
    return Check("speaker ids", True, f"speakers: {', '.join(counts)}")


def _check_disjoint(speakers):
    for one, other in itertools.combinations(speakers, 2):
        shared = speakers[one] & speakers[other]
        if shared:
            reason = (
                f"{len(shared)} speakers are in both {one}.csv and "
                f"{other}.csv: split by speaker and prepare again"
            )
            return Check("speakers disjoint", False, reason)
    return Check("speakers disjoint", True, "no speaker is in two splits")
