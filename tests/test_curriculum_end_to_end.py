"""The whole curriculum with the real commands, on a tiny corpus."""

import json

import pytest
from curricula import phase_file, write_curriculum
from projects import RECIPE, Project, run_apart, run_here

from childasr.text.percent import SYNTHETIC

NAMES = ["phase1_20h", "phase2_60h", "phase3_100h", "phase4_full_finetune"]
OPTIONS = ["--phase4", "always", "--number_of_epochs", "1"]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A curriculum file."""
    project = Project(tmp_path_factory.mktemp("project"))
    return write_curriculum(project, (1, 2, 3), full_finetune=phase_file(4))


@pytest.fixture(scope="module")
def finished(path):
    """The outcome of the curriculum."""
    return run_apart(RECIPE / "run_curriculum.py", [path, *OPTIONS])


def test_curriculum_ends_with_the_table_and_the_test_report(path, finished):
    assert finished.returncode == 0, finished.stderr
    rows = [
        line.split()[0]
        for line in finished.stdout.splitlines()
        if line.startswith("phase")
        and " epochs " not in line
        and "%" in line
        and "<" in line
    ]
    assert rows[-4:] == ["phase1", "phase2", "phase3", "phase4"]
    assert "test WER, and its 95 % interval:" in finished.stdout
    assert "test WER by age:" in finished.stdout
    assert "test WER by SNR" in finished.stdout
    report = path.with_suffix("") / "report"
    assert str(report / "report.html") in finished.stdout
    assert {path.name for path in report.iterdir()} >= {
        "report.json", "report.html", "wer.txt", "hypotheses.csv",
    }  # fmt: skip


def test_each_table_of_epochs_says_that_its_speech_is_synthetic(finished):
    assert finished.stdout.count(f"{SYNTHETIC}\nTrainable parameters") == 4


def test_every_phase_goes_on_from_the_best_of_the_one_before(path, finished):
    logs = [
        json.loads(
            (path.with_suffix("") / name / "training_log.json").read_text()
        )
        for name in NAMES
    ]
    best = [min(e["val/wer"] for e in log["epochs"]) for log in logs]
    starts = [log["epochs"][0]["val/wer"] for log in logs]
    assert starts[1:] == best[:-1]


def test_restarted_curriculum_repeats_nothing_that_is_done(path, finished):
    def trained():
        return {
            path: path.stat().st_mtime_ns
            for path in folder.glob("*/best_model/model.safetensors")
        }

    folder = path.with_suffix("")
    before = trained()
    again = run_apart(RECIPE / "run_curriculum.py", [path, *OPTIONS])
    assert again.returncode == 0, again.stderr
    assert trained() == before
    assert again.stdout.count("done before") == 5  # phases and report


def test_failed_gate_ends_with_status_3_and_its_reasons(
    path, finished, monkeypatch, capfd
):
    file = path.with_suffix("") / "phase1_20h" / "gate.json"
    gate = json.loads(file.read_text())
    failed = gate | {"verdict": "failed", "reasons": ["too many errors"]}
    file.write_text(json.dumps(failed))
    status = run_here("run_curriculum.py", [path, *OPTIONS], monkeypatch)
    file.write_text(json.dumps(gate))
    assert status == 3
    out, err = capfd.readouterr()
    assert err.endswith("gate of phase1 not met: too many errors\n")
    assert "next:" in out
    assert out.count("done before") == 1
