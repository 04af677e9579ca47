"""evaluate.py and transcribe.py, run as a user runs them."""

import csv
import json
import shutil
from pathlib import Path

import corpora
import evaluation_data
import jsonschema
import numpy as np
import pytest
import soundfile
from projects import RECIPE, run_apart

from childasr import evaluation
from childasr.audio import LONGEST
from childasr.curriculum.phase_folder import content_hashes
from childasr.errors import InputError, RunError
from childasr.evaluation.evaluate import compare_models, evaluate
from childasr.evaluation.report import score
from childasr.manifest import Manifest
from childasr.text.files import write_json


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluation")
    evaluation_data.write_model(folder)
    evaluation_data.write_manifest(folder, corpora.make_clips({"test": 3}))
    return folder


TRANSCRIPTS = {"hypotheses.csv", "wer.txt", "ref.trn", "hyp.trn"}
SCHEMA = json.loads(
    Path(evaluation.__file__)
    .with_name("report.schema.json")
    .read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def evaluated(folder):
    """A report on the model, and what was printed."""
    done = run_apart(
        RECIPE / "evaluate.py",
        [
            *(folder / "best_model", folder / "test.csv"),
            *("--output_dir", folder / "report"),
        ],
    )
    assert done.returncode == 0, done.stderr
    return folder / "report", done.stdout


def read_report(folder):
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


def test_evaluate_writes_the_report_and_prints_it_in_percent(evaluated):
    folder, printed = evaluated
    assert {path.name for path in folder.iterdir()} == {
        *TRANSCRIPTS,
        "report.json",
        "report.html",
    }
    report = read_report(folder)
    jsonschema.validate(report, SCHEMA)
    assert report["synthetic"] is True
    assert report["overall"]["utterances"] == 12
    assert report["overall"]["hours"] > 0
    assert "SYNTHETIC" in printed
    assert f"{100 * report['overall']['wer']:.1f}" in printed
    with open(folder / "hypotheses.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert (
        sum(int(row["errors"]) for row in rows) == (report["overall"]["errors"])
    )


def test_a_report_holds_the_gate_and_the_curves_of_every_phase(folder):
    shutil.copytree(folder / "best_model", folder / "first" / "best_model")
    weights = content_hashes({"start_from": folder / "best_model"})
    for number, before in ((1, None), (2, "elsewhere/first/best_model")):
        phase = folder / ("first", "second")[number - 1]
        log = {
            "phase": f"phase{number}",
            "config": {**weights, "start_from": before},
            "epochs": [{"epoch": 1, "val/wer": 0.5}],
        }
        write_json(phase / "training_log.json", log)
    gate = {"phase": "phase2", "wer": 0.2, "target": 0.18, "acceptable": 0.22}
    write_json(phase / "gate.json", gate | {"verdict": "acceptable"})
    shutil.copytree(folder / "best_model", phase / "best_model")
    report = evaluate(
        phase / "best_model", folder / "test.csv", folder / "of_phase2"
    )
    jsonschema.validate(report, SCHEMA)
    assert [log["phase"] for log in report["training"]] == ["phase1", "phase2"]
    assert report["gate"]["verdict"] == "acceptable"
    page = (folder / "of_phase2" / "report.html").read_text(encoding="utf-8")
    assert "phase1" in page and "phase2" in page


def test_every_look_at_the_test_split_is_in_the_ledger(folder, evaluated):
    looks = read_report(evaluated[0])["test_looks"]["looks"]
    report = evaluate(
        folder / "best_model", folder / "test.csv", folder / "again"
    )
    assert report["test_looks"]["looks"] > looks
    ledger = json.loads(
        (folder / "test_ledger.json").read_text(encoding="utf-8")
    )
    assert len(ledger) == report["test_looks"]["looks"]
    assert ledger[-1]["wer"] == report["overall"]["wer"]
    shutil.copy(folder / "test.csv", folder / "valid.csv")
    report = evaluate(
        folder / "best_model", folder / "valid.csv", folder / "validation"
    )
    assert report["test_looks"] is None


def test_a_model_that_is_replaced_meanwhile_is_not_reported_on(
    folder, tmp_path, monkeypatch
):
    model = tmp_path / "best_model"
    shutil.copytree(folder / "best_model", model)

    def replace_and_score(*arguments):
        with open(model / "model.safetensors", "ab") as file:
            file.write(b" ")
        return score(*arguments)

    monkeypatch.setattr("childasr.evaluation.evaluate.score", replace_and_score)
    with pytest.raises(RunError, match="was replaced while"):
        evaluate(model, folder / "test.csv", tmp_path / "report")
    assert not (tmp_path / "report" / "report.json").exists()


def test_references_that_are_not_normalised_are_not_scored(
    folder, evaluated, tmp_path
):
    manifest = folder / "spelt.csv"
    text = (folder / "test.csv").read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    lines[2] = lines[2].rstrip() + ".\n"
    manifest.write_text("".join(lines), encoding="utf-8")
    looks = (folder / "test_ledger.json").read_bytes()
    with pytest.raises(InputError, match="1 of 12 texts are not normalised"):
        evaluate(folder / "best_model", manifest, tmp_path / "report")
    assert not (tmp_path / "report").exists()
    assert (folder / "test_ledger.json").read_bytes() == looks


def test_what_lies_beside_a_model_is_checked_before_the_long_work(
    folder, tmp_path
):
    shutil.copytree(folder / "best_model", tmp_path / "best_model")
    for name in ("test.csv", "summary.json"):
        shutil.copy(folder / name, tmp_path)
    write_json(tmp_path / "gate.json", {"phase": "phase1", "passed": True})
    with pytest.raises(InputError, match=r"gate\.json is not what a training"):
        evaluate(
            tmp_path / "best_model", tmp_path / "test.csv", tmp_path / "report"
        )
    assert not (tmp_path / "report").exists()
    assert not (tmp_path / "test_ledger.json").exists()


def test_what_lies_beside_both_compared_models_is_checked_first(
    folder, tmp_path
):
    phase = tmp_path / "other"
    shutil.copytree(folder / "best_model", phase / "best_model")
    (phase / "gate.json").mkdir()
    for name in ("test.csv", "summary.json"):
        shutil.copy(folder / name, tmp_path)
    models = folder / "best_model", phase / "best_model"
    with pytest.raises(InputError, match=r"gate\.json cannot be read"):
        compare_models(*models, tmp_path / "test.csv", tmp_path / "out")
    assert not (tmp_path / "test_ledger.json").exists()


def test_redacted_report_has_no_transcript(folder):
    done = run_apart(
        RECIPE / "evaluate.py",
        [
            *(folder / "best_model", folder / "test.csv", "--redact"),
            *("--output_dir", folder / "redacted"),
        ],
    )
    assert done.returncode == 0, done.stderr
    written = {path.name for path in (folder / "redacted").iterdir()}
    assert written == {"report.json", "report.html"}
    jsonschema.validate(read_report(folder / "redacted"), SCHEMA)
    for name in written:
        text = (folder / "redacted" / name).read_text(encoding="utf-8")
        for utterance in Manifest(folder / "test.csv"):
            assert utterance.ID not in text and utterance.text not in text


def test_compare_takes_reports_and_models(folder, evaluated):
    done = run_apart(
        RECIPE / "evaluate.py",
        [
            *("--compare", evaluated[0], folder / "best_model"),
            *(folder / "test.csv", "--output_dir", folder / "comparison"),
        ],
    )
    assert done.returncode == 0, done.stderr
    assert "12 with as many errors" in done.stdout
    assert {path.name for path in (folder / "comparison").iterdir()} == {
        "b",
        "comparison.html",
        "comparison.json",
    }
    again = run_apart(
        RECIPE / "evaluate.py",
        [
            *("--compare", evaluated[0], folder / "comparison" / "b"),
            *("--output_dir", folder / "of_reports"),
        ],
    )
    assert again.returncode == 0, again.stderr
    assert again.stdout.splitlines()[:-1] == done.stdout.splitlines()[:-1]


def test_a_comparison_has_the_durations_that_the_manifest_lacks(
    folder, tmp_path
):
    rows = corpora.read_rows(folder / "test.csv")
    for row in rows[1:]:
        row["duration"] = ""
    rows[0]["duration"] = "7.5"
    manifest = tmp_path / "test.csv"
    corpora.write_rows(manifest, rows)
    shutil.copy(folder / "summary.json", tmp_path)
    reports = tmp_path / "a", tmp_path / "b"
    for output in reports:
        report = evaluate(folder / "best_model", manifest, output)
    groups = report["groups"]["duration"]
    assert groups["6-10"]["utterances"] == 1 and "unknown" not in groups
    compared = compare_models(*reports, None, tmp_path / "comparison")
    for figures in (report, compared):
        found = figures["groups"]["duration"]
        assert {k: v["hours"] for k, v in found.items()} == {
            k: v["hours"] for k, v in groups.items()
        }


def test_a_report_that_cannot_be_compared_costs_no_look(
    folder, evaluated, tmp_path
):
    shutil.copy(folder / "summary.json", tmp_path)
    lines = (folder / "test.csv").read_text("utf-8").splitlines()
    less = tmp_path / "test.csv"
    less.write_text("\n".join(lines[:-1]), "utf-8")
    sides = evaluated[0], folder / "best_model"
    for a, b in (sides, sides[::-1]):
        with pytest.raises(InputError, match=r"not of the utterances of"):
            compare_models(a, b, less, tmp_path / "comparison")
    assert not (tmp_path / "comparison").exists()
    assert not (tmp_path / "test_ledger.json").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["best_model"],
        ["best_model", "test.csv", "--redact", "--embed_audio"],
        ["--compare", "a", "b", "test.csv", "more.csv"],
        ["--compare", "a", "b", "--redact"],
    ],
)
def test_arguments_that_contradict_each_other_are_refused(arguments):
    done = run_apart(
        RECIPE / "evaluate.py", [*arguments, "--output_dir", "never"]
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("evaluate.py: error: ")


def test_transcribe_takes_any_rate_and_channels_in_the_order_given(folder):
    waveform = corpora.waveform(corpora.make_clips()[0])
    stereo = np.stack([waveform, waveform], axis=1)
    soundfile.write(folder / "long.flac", np.tile(stereo, (3, 1)), 8000)
    soundfile.write(folder / "a.wav", waveform, 44100)
    soundfile.write(folder / "blip.wav", waveform[:100], 16000)
    files = [folder / name for name in ("a.wav", "long.flac", "blip.wav")]
    done = run_apart(RECIPE / "transcribe.py", [folder / "best_model", *files])
    assert done.returncode == 0, done.stderr
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert [path for path, _ in lines] == list(map(str, files))
    assert lines[0][1] and lines[1][1] and not lines[2][1]


@pytest.mark.parametrize(
    "command, arguments, complaint",
    [
        ("evaluate.py", ["none", "test.csv"], "it has no config.json"),
        ("transcribe.py", ["best_model", "test.csv"], "test.csv"),
    ],
)
def test_wrong_input_is_one_line_and_exit_status_2(
    folder, command, arguments, complaint
):
    paths = [folder / name for name in arguments]
    if command == "evaluate.py":
        paths += ["--output_dir", folder / "never"]
    done = run_apart(RECIPE / command, paths)
    assert done.returncode == 2
    assert complaint in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not (folder / "never").exists()


def test_help_of_transcribe_names_the_longest_recording():
    said = run_apart(RECIPE / "transcribe.py", ["--help"]).stdout.split()
    assert f"longer than {LONGEST} s" in " ".join(said)
