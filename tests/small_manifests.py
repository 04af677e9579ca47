"""Manifests of one recording, for checks that open no audio."""

import csv
import json

COLUMNS = "ID,duration,wav,spk_id,age,gender,snr,style,text"


def write_manifest(path, speakers, contents=None):
    """Write a row for each speaker.

    Arguments
    ---------
    path : Path
        IDs begin with its name.
    speakers : list of str
    contents : list of str, optional
        The column `content`; there is none without.
    """
    columns = COLUMNS.split(",")
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*columns, *(["content"] if contents else [])])
        for number, speaker in enumerate(speakers):
            row = [f"{path.stem}-{number}", 1.0, "$data_root/a.wav", speaker]
            row += [7, "F", 20, "read", "안녕"]
            writer.writerow(row + ([contents[number]] if contents else []))


def write_manifests(tmp_path):
    """A prepared folder, and the one recording that its rows name."""
    folder = tmp_path / "data"
    folder.mkdir()
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.wav").write_bytes(b"RIFF")
    summary = {"data_root": str(tmp_path / "corpus")}
    (folder / "summary.json").write_text(json.dumps(summary))
    for name in ("train", "phase1", "phase2", "phase3"):
        write_manifest(folder / f"{name}.csv", ["A", "B"], ["a0", "b1"])
    write_manifest(folder / "valid.csv", ["C"], ["c2"])
    write_manifest(folder / "test.csv", ["D"], ["d3"])
    return folder
