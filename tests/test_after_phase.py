"""What is looked at after a phase besides its gate."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from childasr.curriculum.after_phase import (
    check_phase,
    checkpoint_saved,
    gradients_bounded,
    loss_converged,
    not_overfitted,
)
from childasr.curriculum.gate import judge


def epochs_of(train, valid=None, wer=None, norm=None):
    rows = zip(
        train,
        valid or [0.5] * len(train),
        wer or [0.2] * len(train),
        norm or [2.0] * len(train),
        strict=True,
    )
    keys = ("train/loss", "val/loss", "val/wer", "grad_norm")
    return [
        {
            "epoch": number,
            "nonfinite_steps": 0,
            **dict(zip(keys, row, strict=True)),
        }
        for number, row in enumerate(rows, start=1)
    ]


def epoch_0(wer):
    losses = {"train/loss": None, "val/loss": 0.9}
    return {"epoch": 0, **losses, "val/wer": wer}


def save_model(folder):
    folder.mkdir(parents=True)
    save_file({"w": np.zeros(64)}, folder / "model.safetensors")
    for name in ("config.json", "preprocessor_config.json"):
        (folder / name).write_text("{}")


@pytest.fixture
def models(tmp_path):
    for name in ("best_model", "final_model"):
        save_model(tmp_path / name)
    return tmp_path


def test_a_good_phase_passes_every_check(models):
    log = {
        "phase": "phase2",
        "config": {"target_wer": 0.18, "acceptable_wer": 0.22},
        "epochs": [
            epoch_0(0.27),
            *epochs_of([0.6, 0.5, 0.48], wer=[0.2, 0.19, 0.17]),
        ],
    }
    checks = check_phase(log, judge(log), models)
    assert [check.name for check in checks] == [
        "gate met",
        "loss converged",
        "gradients did not explode",
        "better than the phase before",
        "no sign of overfitting",
        "checkpoint saved",
    ]
    assert [str(check) for check in checks if not check.ok] == []


def test_only_the_gate_and_the_checkpoint_are_required(tmp_path):
    log = {
        "phase": "phase2",
        "config": {"target_wer": 0.18, "acceptable_wer": 0.22},
        "epochs": [
            epoch_0(0.23),
            *epochs_of(
                [0.6, 0.3], [0.5, 0.9], wer=[0.24, 0.26], norm=[1.0, 20.0]
            ),
        ],
    }
    checks = check_phase(log, judge(log), tmp_path)
    assert not any(check.ok for check in checks)
    required = [check.name for check in checks if check.fails]
    assert required == ["gate met", "checkpoint saved"]


@pytest.mark.parametrize(
    ("losses", "ok"),
    [
        ([1.0, 0.91], True),
        ([1.0, 0.89], False),
        ([1.0, 1.09], True),
        ([1.0, 1.2], False),
        ([2.0, 1.0, 0.99], True),
        ([1.0, None], False),
        ([1.0], False),
    ],
)
def test_the_loss_has_converged_when_the_last_epoch_changed_little(losses, ok):
    assert loss_converged(epochs_of(losses)).ok is ok


@pytest.mark.parametrize(
    ("norms", "ok"),
    [
        ([30.0, 3.0, 2.0], True),  # falling is healthy
        ([2.0, 20.0], True),
        ([2.0, 20.1], False),
        ([5.0, 1.0, 11.0], False),
        ([2.0, None], False),
    ],
)
def test_gradients_explode_when_their_norm_rises_tenfold(norms, ok):
    assert gradients_bounded(epochs_of([0.5] * len(norms), norm=norms)).ok is ok


def test_a_skipped_step_is_reported_as_an_exploded_gradient():
    epochs = epochs_of([0.5, 0.5])
    epochs[0]["nonfinite_steps"] = 3
    check = gradients_bounded(epochs)
    assert not check.ok
    assert "3 steps" in check.reason


@pytest.mark.parametrize(
    ("train", "valid", "wer", "ok"),
    [
        ([0.6, 0.5], [0.50, 0.55], [0.2, 0.2], True),  # exactly 10 %
        ([0.6, 0.5], [0.50, 0.56], [0.2, 0.2], False),
        ([0.6, 0.6], [0.50, 0.56], [0.2, 0.2], True),  # training fell no more
        ([0.6, 0.5], [0.50, 0.51], [0.2, 0.22], False),
        ([0.6, 0.5], [0.50, 0.51], [0.2, 0.21], True),
        ([0.6, 0.5], [0.50, 0.40], [0.2, 0.18], True),
        ([0.6], [0.5], [0.2], True),
    ],
)
def test_overfitting_shows_as_validation_worsening_while_training_improves(
    train, valid, wer, ok
):
    assert not_overfitted(epochs_of(train, valid, wer)).ok is ok


def test_a_model_cut_short_is_no_saved_checkpoint(models):
    assert checkpoint_saved(models).ok
    weights = models / "final_model" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    check = checkpoint_saved(models)
    assert check.reason == "final_model: model.safetensors missing or damaged"


@pytest.mark.parametrize("name", ["config.json", "preprocessor_config.json"])
def test_each_file_of_the_model_is_needed(models, name):
    (models / "best_model" / name).unlink()
    assert name in checkpoint_saved(models).reason


def test_checks_read_a_log_as_it_comes_from_disk(models):
    log = {
        "phase": "phase1",
        "config": {"target_wer": 0.25, "acceptable_wer": 0.30},
        "epochs": epochs_of([0.6, 0.59], wer=[0.2, 0.19]),
    }
    log = json.loads(json.dumps(log))
    assert all(c.ok for c in check_phase(log, judge(log), models))
