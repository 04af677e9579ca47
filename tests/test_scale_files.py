"""The ways to 3,500 h: their files hold the plan, and train."""

import itertools
import json
from pathlib import Path

import pytest
import torch
from projects import Project, run_here
from speechbrain.utils.checkpoints import Checkpointer
from staged_curriculum import Project as StagedProject
from test_phase_files import ROOT, read_tree

from childasr.curriculum.gate import judge
from childasr.curriculum.plan import read_plan
from childasr.curriculum.readiness_page import report_readiness
from childasr.errors import InputError
from childasr.training.phase import read_phase_file
from childasr.training.schedule import LinearFall

STAGES = ["scale_500h", "scale_1500h", "scale_3500h"]
NAMES = ["scale_direct", *STAGES]
FILES = {name: ROOT / "hparams" / f"{name}.yaml" for name in NAMES}
PHASE3 = ROOT / "hparams" / "phase3.yaml"
HOURS = {"scale_500h": 500, "scale_1500h": 1500, "scale_3500h": 3500}
PILOT = "checkpoints/phase3_100h/best_model"
# What differs from phase 3; all else is the same, augmentation too.
OWN = {
    "phase", "start_from", "output_folder", "manifest_folder",
    "train_manifest", "target_wer", "acceptable_wer", "number_of_epochs",
    "min_delta", "text_units", "lr_schedule", "units_from", "final_lr",
}  # fmt: skip


@pytest.fixture(scope="module")
def settings():
    return {
        name: read_phase_file(str(file), "") for name, file in FILES.items()
    }


def test_direct_has_the_values_of_the_plan(settings):
    direct = settings["scale_direct"]
    assert 3 <= direct["number_of_epochs"] <= 5
    assert (direct["lr"], direct["final_lr"]) == (1e-4, 5e-5)
    assert (direct["target_wer"], direct["acceptable_wer"]) == (0.12, 0.14)
    assert direct["start_from"] == PILOT
    assert direct["train_manifest"] == "data_3500h/train.csv"


def test_the_stages_have_the_gates_and_the_order_of_the_plan(settings):
    stages = [settings[name] for name in STAGES]
    assert [stage["target_wer"] for stage in stages] == [0.14, 0.13, 0.12]
    assert [stage["acceptable_wer"] for stage in stages] == [0.15, 0.14, 0.13]
    assert [Path(stage["train_manifest"]).name for stage in stages] == [
        "phase1.csv", "phase2.csv", "phase3.csv",
    ]  # fmt: skip
    assert [stage["start_from"] for stage in stages] == [
        PILOT,
        "checkpoints/scale_500h/best_model",
        "checkpoints/scale_1500h/best_model",
    ]


def test_both_ways_train_on_as_much_audio(settings):
    staged = sum(
        settings[name]["number_of_epochs"] * hours
        for name, hours in HOURS.items()
    )
    assert staged == settings["scale_direct"]["number_of_epochs"] * 3500


@pytest.mark.parametrize("name", NAMES)
def test_a_scale_file_is_phase_3_but_for_what_it_names(name):
    phase3, own = read_tree(PHASE3), read_tree(FILES[name])
    differing = {
        key
        for key in phase3.keys() | own.keys()
        if phase3.get(key) != own.get(key)
    }
    # Way B trains on the same file of its manifests, and for other epochs.
    assert differing <= OWN
    assert OWN - differing <= {"train_manifest", "number_of_epochs"}


def test_the_staged_way_is_a_curriculum(settings):
    plan = read_plan(ROOT / "hparams" / "scale_curriculum.yaml")
    assert [phase.name for phase in plan.phases] == STAGES
    assert plan.full_finetune is None
    for phase in plan.phases:
        assert phase.config.items() <= settings[phase.name].items()
    report = Path(plan.settings["report_folder"])
    pilot = read_plan(ROOT / "hparams" / "curriculum.yaml")
    assert report != Path(pilot.settings["report_folder"])
    assert report_readiness(plan, [], None) == [], "that is the pilot's"


def test_the_staged_way_can_follow_a_pilot_that_lies_elsewhere():
    start = "other/phase3_100h/best_model"
    options = {"output_folder": "other", "start_from": start}
    plan = read_plan(ROOT / "hparams" / "scale_curriculum.yaml", options)
    starts = [phase.config["start_from"] for phase in plan.phases]
    stages = [f"other/{name}/best_model" for name in STAGES[:2]]
    assert starts == [start, *stages]
    assert plan.settings["report_folder"] == "other/scale_report"


@pytest.mark.parametrize(
    ("name", "wer", "verdict", "step"),
    [
        ("scale_direct", 0.119, "target", "done"),
        ("scale_direct", 0.13, "acceptable", "done"),
        ("scale_direct", 0.14, "failed", "check_data"),
        ("scale_500h", 0.14, "acceptable", "scale_1500h"),
        ("scale_500h", 0.15, "failed", "check_data"),
        ("scale_1500h", 0.129, "target", "scale_3500h"),
        ("scale_3500h", 0.119, "target", "done"),
        ("scale_3500h", 0.13, "failed", "check_data"),
    ],
)
def test_each_gate_has_its_advice(settings, name, wer, verdict, step):
    epochs = [{"epoch": 1, "val/wer": wer}]
    gate = judge({"phase": name, "config": settings[name], "epochs": epochs})
    assert (gate["verdict"], gate["next"]["step"]) == (verdict, step)
    scale = "do not go on to 3,500 h" in " ".join(gate["next"]["advice"])
    assert scale is (name == "scale_500h" and verdict == "failed")


def rates_of(schedule, steps):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    rates = []
    for _ in range(steps):
        schedule(optimizer)
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def test_the_rate_falls_in_a_straight_line_to_the_last_step():
    rates = rates_of(LinearFall(1e-4, 5e-5, 4, 24), 24)
    assert rates[:4] == pytest.approx([2.5e-5, 5e-5, 7.5e-5, 1e-4])
    falls = [a - b for a, b in itertools.pairwise(rates[3:])]
    assert falls == pytest.approx([5e-5 / 20] * 20)
    assert rates[-1] == pytest.approx(5e-5)


def test_a_resumed_schedule_goes_on_where_it_stopped(tmp_path):
    whole = rates_of(LinearFall(1e-4, 5e-5, 4, 24), 24)
    for stop in (3, 11):
        first = LinearFall(1e-4, 5e-5, 4, 24)
        rates = rates_of(first, stop)
        checkpointer = Checkpointer(tmp_path / str(stop), {"lr": first})
        checkpointer.save_checkpoint()
        # As many steps as it had are loaded, not those of now.
        second = LinearFall(1e-4, 5e-5, 4, 99)
        Checkpointer(tmp_path / str(stop), {"lr": second}).recover_if_possible()
        assert rates + rates_of(second, 24 - stop) == whole


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ("final_lr: 1e-4", "final_lr is 0.0001, not below lr, 0.0001: give a"),
        ("final_lr: 2e-4", "not below lr"),
        ("lr: 5e-5", "final_lr is 5e-05, not below lr, 5e-05: give a lower"),
        ("final_lr: -1e-5", "final_lr is -1e-05: give a number, 0 or more"),
        ("units_from: null", "units_from is None: give a path"),
    ],
)
def test_a_bad_setting_of_a_scale_file_is_refused(overrides, message):
    with pytest.raises(InputError, match=message):
        read_phase_file(str(FILES["scale_direct"]), overrides)


def test_a_rate_that_would_not_fall_is_refused():
    """As parts of the object can be set alone."""
    with pytest.raises(InputError, match=r"0\.0002 is not below .* 0\.0001"):
        LinearFall(1e-4, 2e-4, 2, 12)


def test_a_curriculum_from_a_model_of_another_can_be_repeated(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    project = StagedProject()
    file = Path("hparams/phase1.yaml")
    text = file.read_text().replace("start_from: null", "start_from: pilot/x")
    file.write_text(text)
    Path("pilot").mkdir()
    Path("pilot/gate.json").write_text('{"wer": 0.6}')
    assert project.run() == 0
    assert project.run() == 0
    assert project.calls == []


def test_a_scale_file_trains_on_another_corpus_than_the_pilot(
    tmp_path, monkeypatch, capfd
):
    pilot = Project(tmp_path / "pilot")
    one_epoch = {"number_of_epochs": 1}
    arguments = pilot.arguments(1, **one_epoch)
    assert run_here("train.py", arguments, monkeypatch) == 0
    full = Project(tmp_path / "full", utterances=6, seed=1)
    settings = {
        "encoder": pilot.folder / "encoder",
        "start_from": pilot.phase_folder(1) / "best_model",
        "lr": 1e-3,
        "final_lr": 5e-4,
    }
    arguments = full.arguments(1, **one_epoch, **settings)
    arguments[0] = str(FILES["scale_direct"])
    own, pilots = (
        [*arguments, "--units_from", project.folder / "data"]
        for project in (full, pilot)
    )
    assert run_here("train.py", own, monkeypatch) == 2
    assert "its vocabulary_sha256 is" in capfd.readouterr().err
    english = full.folder / "data" / "english.csv"
    text = english.with_name("train.csv").read_text(encoding="utf-8")
    english.write_text(text.replace("밥을", "TV를"), encoding="utf-8")
    arguments = [*pilots, "--train_manifest", english]
    assert run_here("train.py", arguments, monkeypatch) == 2
    assert "the model's units do not know" in capfd.readouterr().err
    assert run_here("train.py", pilots, monkeypatch) == 0
    log = json.loads((full.phase_folder(1) / "training_log.json").read_text())
    assert log["epochs"][0]["epoch"] == 0, "the model of the pilot"
    # A step above the final rate, of four.
    assert log["epochs"][1]["train/lr"] == pytest.approx(6.25e-4)
