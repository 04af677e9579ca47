"""evaluate.py and transcribe.py, run as a user runs them."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import corpora
import evaluation_data
import numpy as np
import pytest
import soundfile

RECIPE = Path(__file__).parent.parent / "recipes" / "ChildASR"


def run(command, *arguments):
    return subprocess.run(
        [sys.executable, RECIPE / command, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluation")
    evaluation_data.write_model(folder)
    evaluation_data.write_manifest(folder, corpora.make_clips({"test": 3}))
    return folder


def test_evaluate_writes_the_report_and_prints_it_in_percent(folder):
    done = run(
        "evaluate.py",
        folder / "best_model",
        folder / "test.csv",
        "--output_dir",
        folder / "report",
    )
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (folder / "report").iterdir()} == {
        "report.json",
        "report.html",
        "wer.txt",
        "hypotheses.csv",
    }
    report = json.loads(
        (folder / "report" / "report.json").read_text(encoding="utf-8")
    )
    assert report["synthetic"] is True
    assert report["overall"]["utterances"] == 12
    assert "SYNTHETIC" in done.stdout
    assert f"{100 * report['overall']['wer']:.1f}" in done.stdout
    with open(folder / "report" / "hypotheses.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert (
        sum(int(row["errors"]) for row in rows) == (report["overall"]["errors"])
    )


def test_transcribe_takes_any_rate_and_channels_in_the_order_given(folder):
    waveform = corpora.waveform(corpora.make_clips()[0])
    stereo = np.stack([waveform, waveform], axis=1)
    soundfile.write(folder / "long.flac", np.tile(stereo, (3, 1)), 8000)
    soundfile.write(folder / "a.wav", waveform, 44100)
    soundfile.write(folder / "blip.wav", waveform[:100], 16000)
    files = [folder / name for name in ("a.wav", "long.flac", "blip.wav")]
    done = run("transcribe.py", folder / "best_model", *files)
    assert done.returncode == 0, done.stderr
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert [path for path, _ in lines] == list(map(str, files))
    assert lines[0][1] and lines[1][1] and not lines[2][1]


@pytest.mark.parametrize(
    "command, arguments, complaint",
    [
        ("evaluate.py", ["none", "test.csv"], "no trained model in"),
        ("transcribe.py", ["best_model", "test.csv"], "test.csv"),
    ],
)
def test_wrong_input_is_one_line_and_exit_status_2(
    folder, command, arguments, complaint
):
    paths = [folder / name for name in arguments]
    if command == "evaluate.py":
        paths += ["--output_dir", folder / "never"]
    done = run(command, *paths)
    assert done.returncode == 2
    assert complaint in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not (folder / "never").exists()


@pytest.mark.parametrize("command", ["evaluate.py", "transcribe.py"])
def test_help_names_every_argument(command):
    done = run(command, "--help")
    assert done.returncode == 0
    assert "--device" in done.stdout and "model_dir" in done.stdout
