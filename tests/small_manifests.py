"""Manifests of one recording, for checks that open no audio."""

import csv
import json

COLUMNS = "ID,duration,wav,spk_id,age,gender,snr,style,text"


def write_manifest(path, speakers):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS.split(","))
        for number, speaker in enumerate(speakers):
            row = [f"u{number}", 1.0, "$data_root/a.wav", speaker]
            writer.writerow([*row, 7, "F", 20, "read", "안녕"])


def write_manifests(tmp_path):
    """A prepared folder, and the one recording that its rows name."""
    folder = tmp_path / "data"
    folder.mkdir()
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.wav").write_bytes(b"RIFF")
    summary = {"data_root": str(tmp_path / "corpus")}
    (folder / "summary.json").write_text(json.dumps(summary))
    for name in ("train", "phase1", "phase2", "phase3"):
        write_manifest(folder / f"{name}.csv", ["A", "B"])
    write_manifest(folder / "valid.csv", ["C"])
    write_manifest(folder / "test.csv", ["D"])
    return folder
