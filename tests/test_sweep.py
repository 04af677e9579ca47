"""Promises of the sweep: seeded, resumable, and short with poor trials."""

import json
import sys
from pathlib import Path

import pytest
import stand_in_training
from optuna.distributions import IntDistribution
from projects import ROOT, Project, run_here
from small_manifests import COLUMNS
from stand_in_training import train_here

from childasr.curriculum.plan import read_settings
from childasr.errors import InputError, RunError
from childasr.studies import measured, sweep
from childasr.studies.screen import sweep_table
from childasr.studies.search import read_search
from childasr.studies.study import make_run
from childasr.studies.sweep import read_sweep, run_sweep

SEARCH = {
    "lr": {"low": 1e-5, "high": 1e-1, "log": True},
    "size": {"choices": [{"lora_rank": 8}, {"lora_rank": 4, "lora_alpha": 8}]},
}
TRAIN = sweep.train


class Sweep:
    """A sweep in the current folder, whose trials only write their logs."""

    def __init__(self, **settings):
        content = {
            "phase_file": str(ROOT / "hparams" / "phase1.yaml"),
            "overrides": {"number_of_epochs": 4},
            "startup_trials": 3,
            "trials": 6,
            "search": SEARCH,
        }
        Path("sweep.yaml").write_text(json.dumps(content | settings))
        Path("data").mkdir()
        for name in ("valid", "phase1"):
            text = f"{COLUMNS}\na,1,a.wav,s,,,,,나\n"
            Path(f"data/{name}.csv").write_text(text)
        Path("data/summary.json").write_text('{"synthetic": true}')
        self.behave()

    def behave(self, **behaviour):
        Path("behaviour.json").write_text(json.dumps(behaviour))

    def run(self, folder="out", **options):
        options["output_folder"] = folder
        study, space = read_sweep("sweep.yaml", options)
        return run_sweep(study, space, "train.py")


@pytest.fixture
def trials(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sweep, "train", train_here)
    return Sweep()


def calls():
    return Path("calls.txt").read_text().split()


def test_one_seed_suggests_the_same_and_another_something_else(trials):
    one, again = (trials.run(folder) for folder in ("one", "again"))
    assert one["trials"] == again["trials"]
    assert len(one["trials"]) == 6
    other = trials.run("other", search_seed=1)
    assert other["trials"][0]["settings"] != one["trials"][0]["settings"]


def test_a_sweep_in_two_parts_is_the_sweep_in_one(trials):
    whole = trials.run("whole")
    trials.run("parts", trials=2)
    assert trials.run("parts")["trials"] == whole["trials"]
    before = calls()
    assert trials.run("parts")["trials"] == whole["trials"]
    assert calls() == before, "what is done is not trained again"


@pytest.mark.parametrize("before", [True, False])
def test_stopped_within_a_trial_it_goes_on_with_that_trial(
    trials, monkeypatch, before
):
    whole = trials.run("whole")
    train = sweep.train

    def stop(study, run, *rest):
        if run.name == "trial 4":
            if not before:
                train(study, run, *rest)
            raise KeyboardInterrupt
        return train(study, run, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(sweep, "train", stop)
        with pytest.raises(KeyboardInterrupt):
            trials.run("cut")
    Path("calls.txt").unlink()
    assert trials.run("cut")["trials"] == whole["trials"]
    assert calls()[0] == ("trial004" if before else "trial005")


def test_only_trials_after_the_first_ones_are_stopped_and_not_at_once(trials):
    result = trials.run()
    pruned = [t for t in result["trials"] if t["state"] == "pruned"]
    assert pruned, "the seed has no poor trial: take another"
    for trial in pruned:
        assert trial["number"] >= 3
        assert 2 <= trial["epochs"] < 4
    assert result["trials"][result["best"]]["state"] == "complete"


def test_a_poor_trial_is_stopped_by_sigterm(trials, monkeypatch):
    monkeypatch.setattr(sweep, "train", TRAIN)
    monkeypatch.setattr(measured, "__file__", stand_in_training.__file__)
    trials.behave(poor=[1])
    found = trials.run(startup_trials=1, trials=2)["trials"]
    assert [trial["state"] for trial in found] == ["complete", "pruned"]
    assert found[1]["epochs"] == 2
    assert Path("out/trial001/stopped").is_file()


def test_only_the_best_model_stays_and_its_settings_are_an_arm(trials):
    result = trials.run()
    best = result["trials"][result["best"]]
    done = [t for t in result["trials"] if t["state"] == "complete"]
    assert best["wer"] == min(t["wer"] for t in done)
    models = [path.parent.name for path in Path("out").glob("*/best_model")]
    assert models == [f"trial{best['number']:03d}"]
    overrides = read_settings(Path("out/best.yaml"), "arm")
    assert overrides == best["settings"]
    assert overrides["lora_rank"] in (4, 8)
    study, _ = read_sweep("sweep.yaml", {})
    assert (
        make_run(study, "best", "x", overrides).config["lr"]
        == best["settings"]["lr"]
    )
    row = sweep_table(result).splitlines()[2].split()
    assert row[:3] == [str(best["number"]), "complete", "4"]


def test_a_failed_trial_is_told_and_three_in_a_row_end_it(trials):
    trials.behave(fails=[1])
    states = [trial["state"] for trial in trials.run()["trials"]]
    assert states[1] == "fail"
    assert states.count("fail") == 1
    trials.behave(fails=[2, 3, 4])
    with pytest.raises(RunError, match="3 trials in a row failed"):
        trials.run("other")


def test_a_sweep_without_a_whole_trial_has_failed(trials, monkeypatch, capfd):
    trials.behave(fails=[0, 1])
    arguments = ["sweep.yaml", "--trials", "2", "--output_folder", "out"]
    assert run_here("sweep.py", arguments, monkeypatch) == 1
    printed = capfd.readouterr()
    assert "no trial was trained to its end" in printed.err.splitlines()[-1]
    assert "best.yaml" not in printed.out


def test_whole_numbers_are_searched_by_step_and_by_size(trials):
    search = {
        "batch_size": {"low": 4, "high": 16, "step": 4},
        "warmup_steps": {"low": 1, "high": 500, "log": True},
    }
    found = [t["settings"] for t in trials.run(search=search)["trials"]]
    sizes = {settings["batch_size"] for settings in found}
    steps = {settings["warmup_steps"] for settings in found}
    assert len(sizes) > 1 and sizes <= {4, 8, 12, 16}
    assert len(steps) > 1 and all(type(count) is int for count in steps)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"search": {}}, "search is empty"),
        ({"search": {"lr": {"low": 1.0}}}, "search of lr cannot be read"),
        ({"search": {"lr": {"low": 2.0, "high": 1.0}}}, "search of lr"),
        ({"search": {"lr": [1, 2]}}, "give low and high, or choices"),
        (
            {"search": {"batch_size": {"low": 4, "high": 8.5}}},
            "it is a whole number, 16 in the phase",
        ),
        (
            {"search": {"batch_size": {"low": 0, "high": 8, "step": 0}}},
            "search of batch_size cannot be read",
        ),
        (
            {"search": {"where": {"choices": [{"manifest_folder": "a"}]}}},
            "search varies manifest_folder",
        ),
        ({"search": {"lrr": {"choices": [1]}}}, "no setting lrr in .*is it lr"),
        (
            {"search": {"patience": {"choices": [0, 3]}}},
            "the search in .*sweep.yaml: patience is 0: give a whole number",
        ),
        (
            {"search": {"lora_dropout": {"low": 0.0, "high": 2.0}}},
            "the search in .*sweep.yaml: lora_dropout is 2.0: give a number",
        ),
        ({"search": {"phase": {"choices": ["x"]}}}, "phase is set by the st"),
        (
            {
                "phase_file": str(ROOT / "hparams" / "scale_direct.yaml"),
                "search": {"lr": {"low": 1e-5, "high": 1e-3}},
            },
            "final_lr is 5e-05, not below lr, 1e-05: give a lower one",
        ),
        (
            {
                "phase_file": str(ROOT / "hparams" / "scale_direct.yaml"),
                "search": {
                    "lr": {"choices": [1e-3, 2e-5]},
                    "final_lr": {"choices": [1e-5, 5e-5]},
                },
            },
            "final_lr is 5e-05, not below lr, 2e-05: give a lower one",
        ),
        ({"trials": 0}, "trials is 0: give a whole number, 1 or more"),
        ({"triads": 9}, "no setting triads in sweep.yaml: is it trials"),
        ({"overrides": {"valid_manifest": "data/test.csv"}}, "least of all on"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(
    tmp_path, monkeypatch, settings, message
):
    monkeypatch.chdir(tmp_path)
    Sweep(**settings)
    with pytest.raises(InputError, match=message):
        read_sweep("sweep.yaml", {})


def test_only_what_is_whole_in_the_phase_is_searched_in_whole_numbers():
    search = {
        "lora_dropout": {"low": 0, "high": 1, "step": 0.25},
        "batch_size": {"low": 4, "high": 8},
    }
    space = read_search(search, {"lora_dropout": 0.1, "batch_size": 16}, "")
    assert space["lora_dropout"].step == 0.25
    assert isinstance(space["batch_size"], IntDistribution)


def test_the_shipped_file_is_one_and_keeps_alpha_at_twice_the_rank():
    _, space = read_sweep(ROOT / "hparams" / "sweep.yaml", {})
    for text in space["size"].choices:
        size = json.loads(text)
        assert size["lora_alpha"] == 2 * size["lora_rank"]
    assert space["lr"].low < 5e-4 < space["lr"].high, "the plan's"


def test_overrides_on_the_command_line_leave_the_others_of_the_file():
    options = {"overrides": {"batch_size": 8}, "search": {"lr": SEARCH["lr"]}}
    sweep, space = read_sweep(ROOT / "hparams" / "sweep.yaml", options)
    assert sweep.settings["overrides"] == {
        "manifest_folder": "data",
        "number_of_epochs": 5,
        "batch_size": 8,
    }
    assert set(space) == {"lr"}, "what is searched is another list"


def test_without_optuna_it_says_what_to_install(monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert run_here("sweep.py", ["sweep.yaml"], monkeypatch) == 2
    command = f"cd {ROOT} && pip install -r requirements-sweep.txt"
    assert command in capfd.readouterr().err


def test_real_trials_are_trained_and_their_wer_is_that_of_the_log(
    tmp_path, monkeypatch, capfd
):
    project = Project(tmp_path)
    settings = {
        "phase_file": str(ROOT / "hparams" / "phase1.yaml"),
        "output_folder": str(tmp_path / "sweep"),
        "overrides": {
            "manifest_folder": str(project.folder / "data"),
            "encoder": str(project.folder / "encoder"),
            "freeze_layers": 1,
            "batch_size": 4,
            "number_of_epochs": 1,
            "num_workers": 0,
        },
        "trials": 2,
        "search": SEARCH,
    }
    (tmp_path / "sweep.yaml").write_text(json.dumps(settings))
    file = tmp_path / "sweep.yaml"
    assert run_here("sweep.py", [file], monkeypatch) == 0
    assert "SYNTHETIC" in capfd.readouterr().out
    result = json.loads((tmp_path / "sweep" / "sweep.json").read_text())
    for trial in result["trials"]:
        folder = tmp_path / "sweep" / f"trial{trial['number']:03d}"
        log = json.loads((folder / "training_log.json").read_text())
        assert trial["wer"] == log["epochs"][0]["val/wer"]
        assert log["config"]["lr"] == trial["settings"]["lr"]
        assert not (folder / "save").exists()
    best = f"trial{result['best']:03d}"
    assert (tmp_path / "sweep" / best / "best_model").is_dir()
