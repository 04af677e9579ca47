"""A study keeps to the data that it began with, and to the room there is."""

import json
from pathlib import Path

import pytest
import stand_in_training
from stand_in_training import save_pilot
from test_phase_files import FILES, ROOT

from childasr.errors import InputError
from childasr.export.origin import ORIGIN, read_origin
from childasr.studies import arms
from childasr.studies.arms import compare_arms, read_arms
from childasr.studies.study import check_data


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def study_of(manifests, seeds=(1,), **overrides):
    """A study of an arm for each folder of manifests, and its runs by arm."""
    for name in manifests:
        Path(name).mkdir()
        for manifest in ("valid.csv", "phase1.csv"):
            Path(name, manifest).write_text(f"{name}, {manifest}")
        text = json.dumps({"manifest_folder": name})
        Path(f"{name}.yaml").write_text(text)
    content = {
        "phase_file": str(FILES[0]),
        "arms": [f"{name}.yaml" for name in manifests],
        "seeds": list(seeds),
        "output_folder": "out",
        "overrides": overrides,
    }
    Path("arms.yaml").write_text(json.dumps(content))
    return read_arms("arms.yaml", {})


def runs_of(of_arms):
    return [run for runs in of_arms.values() for run in runs]


def train(run):
    """Leave what a training leaves, its checkpoints too."""
    Path("behaviour.json").write_text("{}")
    for _ in stand_in_training.train(run.config):
        pass
    for name in ("save", "final_model"):
        (run.folder / name).mkdir()


def test_arms_that_are_validated_on_different_data_are_refused():
    _, of_arms = study_of(["data", "other"])
    with pytest.raises(InputError, match=r"validated on .*data/valid"):
        check_data(runs_of(of_arms))


@pytest.mark.parametrize("manifest", ["valid.csv", "phase1.csv"])
def test_a_finished_arm_of_other_data_is_refused(manifest):
    study, of_arms = study_of(["data"], seeds=[101])
    train(*runs_of(of_arms))
    Path("data", manifest).write_text("a label is mended")
    said = f"out/data/seed101 .*manifest data/{manifest} is not what it was"
    with pytest.raises(InputError, match=said):
        compare_arms(study, of_arms, "train.py")


def test_a_finished_arm_of_another_start_is_refused():
    save_pilot()
    study, of_arms = study_of(["data"], seeds=[101], start_from="pilot")
    train(*runs_of(of_arms))
    save_pilot()
    said = "out/data/seed101 .*model to start from pilot is not what it was"
    with pytest.raises(InputError, match=said):
        compare_arms(study, of_arms, "train.py")


@pytest.mark.parametrize("manifest", ["valid.csv", "phase1.csv"])
def test_a_study_does_not_begin_before_its_data_is_there(manifest):
    _, of_arms = study_of(["data"])
    Path("data", manifest).unlink()
    with pytest.raises(InputError, match=f"no manifest data/{manifest}.*run"):
        check_data(runs_of(of_arms))


def test_a_study_does_not_begin_before_the_model_it_starts_from(tmp_path):
    study, of_arms = study_of(["data"], start_from="pilot")
    with pytest.raises(InputError, match="no model pilot to start from"):
        compare_arms(study, of_arms, "train.py")
    assert not Path("out").exists()


@pytest.mark.parametrize("content", ["{", "[1]"])
def test_a_start_whose_kind_cannot_be_read_is_named(content):
    save_pilot()
    Path("pilot", ORIGIN).write_text(content)
    with pytest.raises(InputError, match=r"childasr\.json cannot be read"):
        read_origin("pilot")


def test_a_study_does_not_begin_with_an_arm_of_another_kind_than_its_start():
    save_pilot()
    study_of(["data"], start_from="pilot")
    files = [f"{ROOT}/hparams/arms/{arm}.yaml" for arm in ("plan", "option_b")]
    study, of_arms = read_arms("arms.yaml", {"arms": files})
    said = "^option_b, seed 1: start_from pilot: its freeze_layers is 8, this "
    with pytest.raises(InputError, match=said):
        compare_arms(study, of_arms, "train.py")
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("step", "calls"),
    [("train", ["train"]), ("evaluate", ["train"] * 2 + ["evaluate"] * 2)],
)
def test_data_that_changes_meanwhile_ends_a_study(monkeypatch, step, calls):
    study, of_arms = study_of(["data"], seeds=[101, 102])
    called = []

    def call(name):
        called.append(name)
        if name == step:
            Path("data/valid.csv").write_text("a label is mended")

    def stand_in(study, run, *_):
        train(run)
        call("train")

    monkeypatch.setattr(arms, "train", stand_in)
    monkeypatch.setattr(arms, "evaluate", lambda *_: call("evaluate"))
    with pytest.raises(InputError, match=r"valid\.csv is not what it was"):
        compare_arms(study, of_arms, "train.py")
    assert called == calls
    assert not Path("out/arms.json").exists()


def test_what_is_trained_has_made_room_before_the_next_training(monkeypatch):
    study, of_arms = study_of(["data"], seeds=[101, 102, 103])
    runs = runs_of(of_arms)
    train(runs[0])  # and was killed before it made room
    left = []

    def stand_in(study, run, *_):
        left.append([*Path("out").rglob("save"), *Path("out").rglob("final_*")])
        if run == runs[2]:
            raise KeyboardInterrupt
        train(run)

    monkeypatch.setattr(arms, "train", stand_in)
    with pytest.raises(KeyboardInterrupt):
        compare_arms(study, of_arms, "train.py")
    assert left == [[], []]
    assert all((run.folder / "best_model").is_dir() for run in runs[:2])
