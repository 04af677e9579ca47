"""What a curriculum finds in its folders, and refuses before it trains."""

import shutil
from pathlib import Path

import pytest
from phase_program import save_model
from staged_curriculum import PHASES, evaluation_of, move_away_from

from childasr.errors import InputError


def test_other_settings_stop_the_run_before_any_training(finished):
    shutil.rmtree("checkpoints/phase1_x")
    with pytest.raises(InputError, match=r"phase2_x .* lr was 0\.0005, now 1"):
        finished.run(lr=1)
    assert finished.calls == []


@pytest.mark.parametrize(
    ("name", "what"), [("train", "training"), ("valid", "validation")]
)
def test_mended_data_stop_the_run_before_any_training(finished, name, what):
    move_away_from("phase3")
    with open(f"data/{name}.csv", "a") as file:
        file.write("\nc,1,c.wav,s,,,,,")
    said = f"phase1_x .* the {what} manifest data/{name}.csv is not what it was"
    with pytest.raises(InputError, match=said):
        finished.run()
    assert finished.calls == []


def test_a_phase_whose_start_is_gone_or_another_is_refused(finished):
    start = Path("checkpoints/phase1_x/best_model")
    said = f"phase2_x .* the model to start from {start} is not what it was"
    save_model(start)
    with pytest.raises(InputError, match=said):
        finished.run()
    shutil.rmtree("checkpoints/phase1_x")
    said = f"phase2_x .* the model to start from {start} is not there"
    with pytest.raises(InputError, match=said):
        finished.run()
    assert finished.calls == []


def test_a_manifest_that_is_not_there_costs_no_training(finished):
    Path("data/train.csv").unlink()
    said = "phase1_x .* the training manifest data/train.csv is not there"
    with pytest.raises(InputError, match=said) as error:
        finished.run()
    assert "move the folder" not in str(error.value)
    with pytest.raises(InputError, match=f"{said}.*, or move the folder"):
        finished.run(lr=1)


def test_the_same_manifests_may_lie_at_another_place(finished):
    place = {
        "manifest_folder": "moved",
        "train_manifest": "moved/train.csv",
        "valid_manifest": "moved/valid.csv",
    }
    shutil.copytree("data", "moved")
    assert finished.run(**place) == 0
    assert finished.calls == []
    with open("moved/train.csv", "a") as file:
        file.write("\nc,1,c.wav,s,,,,,")
    said = "training manifest moved/train.csv is not what it was"
    with pytest.raises(InputError, match=said):
        finished.run(**place)


def test_a_phase_whose_start_is_trained_again_meanwhile_is_refused(finished):
    Path("checkpoints/phase1_x/gate.json").unlink()
    with pytest.raises(InputError, match=r"phase2_x .* is not what it was"):
        finished.run()
    assert finished.calls == ["phase1"]


@pytest.mark.parametrize(
    "name", ["best_model/model.safetensors", "training_log.json"]
)
def test_a_phase_that_lost_what_it_left_is_refused_before_any_training(
    finished, name
):
    Path("checkpoints/phase4_x/gate.json").unlink()
    Path("checkpoints/phase2_x", name).unlink()
    with pytest.raises(InputError, match=f"phase2_x .* whole {name}: move the"):
        finished.run()
    assert finished.calls == []
    move_away_from("phase2")
    assert finished.run() == 0
    assert finished.calls == [*PHASES[1:], evaluation_of("phase4")]
