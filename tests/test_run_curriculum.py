"""The curriculum: order, restarts, gates, phase 4, report, exit statuses."""

import errno
import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from projects import run_here
from small_manifests import write_manifests
from staged_curriculum import (
    GATES,
    PHASES,
    Project,
    evaluation_of,
    move_away_from,
)

from childasr.curriculum import memory_check
from childasr.curriculum.runner import training_program
from childasr.errors import InputError
from childasr.locks import only_run
from childasr.text.percent import SYNTHETIC

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Project()


def test_all_phases_run_in_order_and_the_last_helpful_one_is_reported(project):
    assert project.run() == 0
    assert project.calls == [*PHASES, evaluation_of("phase4")]


def test_a_finished_curriculum_repeats_nothing(finished):
    assert finished.run() == 0
    assert finished.calls == []


def test_the_table_shows_every_phase_and_the_test_wer(finished, capfd):
    finished.run()
    out = capfd.readouterr().out
    row = next(line for line in out.splitlines() if line.startswith("phase3 "))
    rates = ["16.00 %", "< 15.00 %", "< 18.00 %"]
    expected = ["phase3", "2", "2.00", "2", *rates, "acceptable", "3 min 03 s"]
    assert re.split(r"\s{2,}", row) == expected
    assert "SYNTHETIC SPEECH" in out
    assert "12.50 % of 100 words, 5.00 to 20.00 % (few words)" in out
    assert "        7  12.50 % of 100 words" in out
    assert "      <10  no words" in out
    assert "report: checkpoints/report" in out
    assert "next: go on to the full 3,500 h" in out


def test_a_curriculum_that_made_its_report_does_not_ask_for_one(project, capfd):
    file = Path("hparams/phase1.yaml")
    text = file.read_text().replace("phase: phase1", "phase: scale_3500h")
    file.write_text(text)
    project.script(scale_3500h={"wers": [0.5, 0.2]})
    assert project.run(phases=[str(file)], full_finetune=None) == 0
    advice = "report on the test split"
    assert advice in Path("checkpoints/phase1_x/gate.json").read_text()
    out = capfd.readouterr().out
    assert "test WER" in out
    assert advice not in out


def test_manifests_without_a_summary_get_their_table(finished, capfd):
    Path("data/summary.json").unlink()
    assert finished.run() == 0
    out = capfd.readouterr().out
    assert "val WER" in out
    assert "SYNTHETIC" not in out


def test_no_figure_of_synthetic_speech_stands_above_its_label(finished, capfd):
    finished.run()
    above, _, _ = capfd.readouterr().out.partition(" %")
    assert SYNTHETIC in above


def test_the_checks_after_a_phase_are_shown(project, capfd):
    project.script(phase2={"exit": 1})
    project.run()
    out = capfd.readouterr().out
    assert out.count("ok       gate met") == 1
    assert out.count("ok       checkpoint saved") == 1


def test_an_interrupted_curriculum_goes_on_where_it_stopped(project):
    project.script(phase2={"exit": 1})
    assert project.run() == 1
    assert project.calls == ["phase1", "phase2"]
    project.script()
    assert project.run() == 0
    assert project.calls[0] == "phase2"


def test_an_interrupted_report_is_made_again(finished):
    Path("checkpoints/report/report.json").unlink()
    finished.script(evaluate={"exit": 2})
    assert finished.run() == 2
    finished.script()
    assert finished.run() == 0
    assert finished.calls == [evaluation_of("phase4")]


@pytest.mark.parametrize("status", [1, 2, 130, 143])
def test_the_status_of_a_phase_is_the_status_of_the_curriculum(
    project, status, capfd
):
    project.script(phase1={"exit": status})
    assert project.run() == status
    assert f"phase1 ended with status {status}" in capfd.readouterr().err


def test_a_killed_phase_is_a_failure_that_names_the_signal(project, capfd):
    project.script(phase1={"kill": signal.SIGKILL})
    assert project.run() == 1
    said = capfd.readouterr().err
    assert "phase1 was stopped by SIGKILL" in said
    assert said.endswith("again to go on from its last checkpoint\n")


@pytest.mark.parametrize(
    "name", ["gate.json", "training_log.json", "best_model/config.json"]
)
def test_a_phase_without_its_results_is_a_failure(project, capfd, name):
    project.script(phase1={"wers": [0.5, 0.2], "leave_out": name})
    assert project.run() == 1
    said = capfd.readouterr().err
    assert "without gate.json, training_log.json or a whole best_mo" in said


@pytest.mark.parametrize("phase", ["phase1", "phase2", "phase3"])
def test_a_failed_gate_ends_with_3_its_reasons_and_advice(
    finished, capfd, phase
):
    project, acceptable = finished, GATES[phase][1]
    move_away_from(phase)
    project.script(**{phase: {"wers": [0.5, acceptable]}})
    assert project.run() == 3
    assert project.calls == [phase]
    out, err = capfd.readouterr()
    assert f"gate of {phase} not met" in err
    assert f"{100 * acceptable:.2f} % is not below the least" in err
    assert "next: do not go on to 3,500 h" in out
    assert "failed" in out
    assert project.run() == 3
    assert project.calls == [], "a failed phase is not trained again"


def test_a_phase_4_that_is_not_due_does_not_run(project):
    project.script(phase3={"wers": [0.20, 0.14]})
    assert project.run() == 0
    assert "phase4" not in project.calls
    assert project.calls[-1] == evaluation_of("phase3")


def test_phase_4_runs_always_or_never_when_asked(finished):
    for phase in ("phase3_x", "phase4_x"):
        shutil.rmtree(f"checkpoints/{phase}")
    finished.script(
        phase3={"wers": [0.20, 0.14]}, phase4={"wers": [0.14, 0.13]}
    )
    assert finished.run(phase4="never") == 0
    assert finished.calls == ["phase3", evaluation_of("phase3")]
    assert finished.run(phase4="always") == 0
    assert finished.calls == ["phase4", evaluation_of("phase4")]


def test_a_phase_4_that_does_not_help_is_dropped_and_not_failed(
    finished, capfd
):
    shutil.rmtree("checkpoints/phase4_x")
    finished.script(phase4={"wers": [0.16, 0.16]})
    assert finished.run() == 0
    assert finished.calls[-1] == evaluation_of("phase3")
    out = capfd.readouterr().out
    assert "failed, dropped" in out
    assert "model: checkpoints/phase3_x/best_model" in out
    assert "next: phase 4 did not help" in out


def test_a_report_of_another_model_is_not_taken_for_this_one(finished):
    assert finished.run(phase4="never") == 0
    assert finished.calls == [evaluation_of("phase3")]


@pytest.mark.parametrize("changed", ["test split", "report"])
def test_a_report_of_another_test_split_is_not_taken_for_this_one(
    finished, changed
):
    path = Path("checkpoints/report/report.json")
    if changed == "test split":
        Path("data/test.csv").write_text("prepared anew")
    else:  # such as evaluate.py on valid.csv leaves
        report = json.loads(path.read_text())
        path.write_text(json.dumps(report | {"manifest_sha256": "other"}))
    assert finished.run() == 0
    assert finished.calls == [evaluation_of("phase4")]


def test_the_gpu_is_not_tried_while_another_run_is_at_work(
    tmp_path, monkeypatch, capfd
):
    tried = []
    monkeypatch.setattr(memory_check, "check_batches", tried.append)
    arguments = [ROOT / "hparams" / "curriculum.yaml"]
    arguments += ["--manifest_folder", write_manifests(tmp_path)]
    arguments += ["--output_folder", tmp_path / "out"]
    with only_run(tmp_path / "out"):
        assert run_here("run_curriculum.py", arguments, monkeypatch) == 2
    assert "another run is at work" in capfd.readouterr().err
    assert tried == []


def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(InputError, match=r"cannot write to .*file/out .*: give"),
        only_run(tmp_path / "file" / "out"),
    ):
        pass


def test_a_disk_without_locks_stops_no_run(tmp_path):
    def no_locks(file, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    with only_run(tmp_path, no_locks) as lock:
        assert not lock.closed


@pytest.mark.parametrize("folder", [ROOT, ROOT / "recipes" / "ChildASR"])
def test_a_failed_preflight_ends_with_1_before_anything_is_written(
    folder, tmp_path
):
    command = [sys.executable, str(ROOT / "recipes/ChildASR/run_curriculum.py")]
    command += ["hparams/curriculum.yaml", "--manifest_folder", "no/such"]
    command += ["--output_folder", str(tmp_path / "out")]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert result.returncode == 1
    assert "FAILED   manifests: no no/such/train.csv" in result.stdout
    assert result.stderr == "error: preflight failed: mend what FAILED\n"
    assert not (tmp_path / "out").exists()


def test_several_gpus_are_driven_by_torchrun():
    assert training_program("train.py", 4) == [
        sys.executable,
        "-m",
        "childasr.curriculum.launch",
        "--standalone",
        "--nproc_per_node=4",
        "train.py",
    ]
