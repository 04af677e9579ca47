"""The whole curriculum with the real commands, on a tiny corpus."""

import json

import pytest
from projects import RECIPE, ROOT, Project, run_apart


def write_curriculum(project, easy):
    """A curriculum of this project; easy gates are met by any model."""
    gates = {"target_wer": 2.0, "acceptable_wer": 2.0} if easy else {}
    content = {
        "phases": [f"{ROOT}/hparams/phase{n}.yaml" for n in (1, 2, 3)],
        "full_finetune": f"{ROOT}/hparams/phase4.yaml",
        "output_folder": str(project.folder / "checkpoints"),
        "overrides": {
            "manifest_folder": str(project.folder / "data"),
            "encoder": str(project.folder / "encoder"),
            "freeze_layers": 1,
            "batch_size": 4,
            "number_of_epochs": 1,
            "warmup_steps": 1,
            "num_workers": 0,
            **gates,
        },
    }
    path = project.folder / "curriculum.yaml"
    path.write_text(json.dumps(content), encoding="utf-8")  # JSON is YAML
    return path


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def finished(project):
    """The outcome of an easy curriculum with phase 4."""
    arguments = [write_curriculum(project, easy=True), "--phase4", "always"]
    return run_apart(RECIPE / "run_curriculum.py", arguments)


def test_curriculum_ends_with_the_table_and_the_test_report(project, finished):
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
    report = project.folder / "checkpoints" / "report"
    assert str(report / "report.html") in finished.stdout
    assert {path.name for path in report.iterdir()} >= {
        "report.json", "report.html", "wer.txt", "hypotheses.csv",
    }  # fmt: skip


def test_every_phase_goes_on_from_the_best_of_the_one_before(project, finished):
    folder = project.folder / "checkpoints"
    names = ["phase1_20h", "phase2_60h", "phase3_100h", "phase4_full_finetune"]
    logs = [
        json.loads((folder / name / "training_log.json").read_text())
        for name in names
    ]
    best = [min(e["val/wer"] for e in log["epochs"]) for log in logs]
    starts = [log["epochs"][0]["val/wer"] for log in logs]
    assert starts[1:] == best[:-1]


def test_restarted_curriculum_repeats_nothing_that_is_done(project, finished):
    folder = project.folder / "checkpoints"

    def trained():
        return {
            path: path.stat().st_mtime_ns
            for path in folder.glob("*/best_model/model.safetensors")
        }

    before = trained()
    arguments = [write_curriculum(project, easy=True), "--phase4", "always"]
    again = run_apart(RECIPE / "run_curriculum.py", arguments)
    assert again.returncode == 0, again.stderr
    assert trained() == before
    assert again.stdout.count("done before") == 5  # phases and report


def test_failed_gate_ends_with_status_3_and_its_reasons(tmp_path):
    project = Project(tmp_path)
    done = run_apart(
        RECIPE / "run_curriculum.py", [write_curriculum(project, easy=False)]
    )
    assert done.returncode == 3
    assert "is not below the target" in done.stderr
    assert "next:" in done.stdout
    folder = project.folder / "checkpoints"
    assert not (folder / "phase2_60h").exists()
