"""How a model came to be, as the files beside it say, or it is refused."""

import json
import shutil

import pytest
from evaluation_data import write_model

from childasr.curriculum.phase_folder import content_hashes
from childasr.errors import InputError
from childasr.evaluation.history import gate_of, training_of
from childasr.text.files import write_json

EPOCH = {"epoch": 1, "val/wer": 0.5, "val/wer_by_age": {"7": 0.5}}
LOG = {"phase": "phase1", "config": {}, "epochs": [EPOCH]}
GATE = {"phase": "phase1", "wer": 0.2, "target": 0.18, "acceptable": 0.22}
GATE |= {"verdict": "acceptable", "next": {"step": "phase2"}}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("exported"))


@pytest.fixture
def model(exported, tmp_path):
    """A model beside which there is nothing yet."""
    return shutil.copytree(exported, tmp_path / "best_model")


def started_from(model, weights):
    """Settings of a phase that started from a model with these weights."""
    return content_hashes({"start_from": weights}) | {"start_from": model}


def write_history(folder, wer, weights):
    """Write the first phase of a model."""
    epochs = [EPOCH | {"val/wer": wer}]
    write_json(folder / "training_log.json", LOG | {"epochs": epochs})
    (folder / "best_model").mkdir()
    (folder / "best_model" / "model.safetensors").write_bytes(weights)


@pytest.mark.parametrize(
    ("beside", "wers"),
    [(b"its own", [0.5, 0.4]), (b"another", [0.9, 0.4]), (None, [0.9, 0.4])],
)
def test_the_training_of_a_model_is_that_of_its_own_weights(
    tmp_path, beside, wers
):
    write_history(tmp_path / "old" / "first", 0.9, b"its own")
    if beside:
        write_history(tmp_path / "new" / "first", 0.5, beside)
    start = str(tmp_path / "old" / "first" / "best_model")
    log = {
        "phase": "phase2",
        "config": started_from(start, start),
        "epochs": [{"epoch": 1, "val/wer": 0.4}],
    }
    write_json(tmp_path / "new" / "second" / "training_log.json", log)
    phases = training_of(tmp_path / "new" / "second" / "best_model")
    assert [phase["epochs"][0]["val/wer"] for phase in phases] == wers


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"start_from": "first/best_model"},
        {"start_from": 1, "start_model_sha256": "0" * 64},
        {"start_from": "x" * 999, "start_model_sha256": "0" * 64},
        [],
        None,
    ],
)
def test_a_log_that_does_not_say_what_it_started_from_is_the_first(
    tmp_path, config
):
    write_json(tmp_path / "training_log.json", LOG | {"config": config})
    phases = training_of(tmp_path / "best_model")
    assert phases == [{"phase": "phase1", "epochs": [EPOCH]}]


def test_a_gate_is_told_whatever_else_it_holds(model):
    assert gate_of(model) is None
    write_json(model.parent / "gate.json", GATE)
    assert gate_of(model) == GATE


def without(key, content):
    return {name: content[name] for name in content if name != key}


NO_GATES = [
    *([], {}, "target", GATE | {"phase": 1}, GATE | {"verdict": "passed"}),
    *(without(key, GATE) for key in GATE if key != "next"),
    *(GATE | {"wer": wer} for wer in ("0.2", None, True, 10**400)),
]
NO_LOGS = [
    *([], {}, "log", LOG | {"phase": None}, LOG | {"epochs": {}}),
    *(without(key, LOG) for key in ("phase", "epochs")),
    *(
        LOG | {"epochs": [entry]}
        for entry in (
            *(1, {}, {"val/wer": 0.5}, EPOCH | {"epoch": "1"}),
            *(EPOCH | {"val/wer": wer} for wer in ("low", [0.5], 1e300)),
            EPOCH | {"train/loss": 5e-324},
        )
    ),
]


@pytest.mark.parametrize("content", NO_GATES)
def test_what_is_no_gate_is_refused_by_name(model, content):
    write_json(model.parent / "gate.json", content)
    with pytest.raises(InputError, match=r"gate\.json is not what a training"):
        gate_of(model)


@pytest.mark.parametrize("content", NO_LOGS)
def test_what_is_no_log_is_refused_by_name(tmp_path, content):
    write_json(tmp_path / "training_log.json", content)
    with pytest.raises(InputError, match=r"training_log\.json is not what a"):
        training_of(tmp_path / "best_model")


@pytest.mark.parametrize(
    "damaged",
    [
        json.dumps(LOG)[:-1].encode(),
        json.dumps(LOG).encode("utf-16"),
        json.dumps(LOG | {"config": {"lr": float("nan")}}).encode(),
        json.dumps(LOG | {"phase": "\ud800"}).encode(),
        pytest.param(b"[" * 100_000, id="deep"),
    ],
)
def test_what_could_not_be_written_again_is_damaged(model, damaged):
    for name, read in (
        ("gate.json", gate_of),
        ("training_log.json", training_of),
    ):
        (model.parent / name).write_bytes(damaged)
        with pytest.raises(InputError, match=f"{name} is damaged"):
            read(model)
        (model.parent / name).unlink()
