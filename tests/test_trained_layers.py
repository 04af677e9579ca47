"""Promises of training the upper layers themselves, and of LoRA elsewhere."""

import copy
import json

import pytest
import torch
from kills import differences
from peft import LoraConfig
from projects import ROOT, Project, run_here
from safetensors.torch import load_file
from test_model import spec_augment, step, train_a_little
from tiny_models import tiny_encoder
from transformers import Wav2Vec2ForCTC

from childasr.curriculum.memory_check import check_worst_batch
from childasr.curriculum.plan import read_plan
from childasr.errors import InputError
from childasr.export.model import save_model
from childasr.model.adapter import load_layers, lora_layers
from childasr.model.encoder import Wav2Vec2Encoder
from childasr.text.units import TextUnits
from childasr.training.brain import CTCBrain

EVERY_LINEAR = [
    "q_proj", "k_proj", "v_proj", "out_proj", "intermediate_dense",
    "output_dense",
]  # fmt: skip


def upper_layers(source):
    """An encoder of four layers that trains the two upper ones."""
    none = LoraConfig(r=0, target_modules=["q_proj"])
    return Wav2Vec2Encoder(source, none, 2, spec_augment())


@pytest.fixture
def source(tmp_path):
    return str(tiny_encoder(tmp_path / "encoder", layers=4))


@pytest.fixture
def units(tmp_path):
    return TextUnits.train("jamo", ["나는 간다"], tmp_path / "jamo.model")


def moved_by_training(encoder, head):
    before = copy.deepcopy(encoder.state_dict())
    train_a_little(encoder, head)
    return {
        name
        for name, tensor in encoder.state_dict().items()
        if not torch.equal(tensor, before[name])
    }


def test_upper_layers_move_and_the_rest_stays_bit_identical(source, units):
    encoder = upper_layers(source)
    moved = moved_by_training(encoder, torch.nn.Linear(16, units.size))
    assert moved == {
        name
        for name in encoder.state_dict()
        if name.startswith(("model.encoder.layers.2", "model.encoder.layers.3"))
    }


def test_frozen_layers_below_are_in_eval_mode_and_outside_autograd(source):
    encoder = upper_layers(source)
    encoder.train()
    layers = encoder.model.encoder.layers
    frozen, trained = ([*layers[i].modules()] for i in (1, 2))
    assert not any(module.training for module in frozen)
    assert all(module.training for module in trained)
    seen = []
    for layer in layers:
        layer.register_forward_hook(
            lambda module, args, output: seen.append(output.requires_grad)
        )
    encoder(torch.randn(1, 8000), torch.ones(1))
    assert seen == [False, False, True, True]


def test_export_gives_its_logits_and_the_next_phase_its_weights(
    source, units, tmp_path
):
    encoder, head = upper_layers(source), torch.nn.Linear(16, units.size)
    train_a_little(encoder, head)
    save_model(encoder, head, units, tmp_path / "best", {"phase": "phase1"})
    assert not (tmp_path / "best" / "adapter").exists()
    model = Wav2Vec2ForCTC.from_pretrained(tmp_path / "best").eval()
    again, other_head = upper_layers(source), torch.nn.Linear(16, units.size)
    load_layers(again, other_head, tmp_path / "best")
    again.eval()
    wav, length = torch.randn(1, 9000), torch.ones(1)
    normal = (wav - wav.mean()) / wav.std(correction=0)
    with torch.no_grad():
        expected = head(encoder(wav, length))
        assert torch.equal(other_head(again(wav, length)), expected)
        logits = model(normal).logits
    torch.testing.assert_close(logits, expected, rtol=0, atol=1e-4)


def test_phase_4_after_them_trains_every_parameter(source, units):
    encoder, head = upper_layers(source), torch.nn.Linear(16, units.size)
    encoder.merge_and_unfreeze()
    encoder.train()
    before = copy.deepcopy(encoder.state_dict())
    step(encoder, head)
    still = [n for n, t in encoder.state_dict().items() if t.equal(before[n])]
    assert still == ["model.masked_spec_embed"]


def test_lora_on_every_linear_part_moves_there_alone_and_merges(source, units):
    lora = LoraConfig(r=2, lora_alpha=4, target_modules=EVERY_LINEAR)
    encoder = Wav2Vec2Encoder(source, lora, 2, spec_augment())
    head = torch.nn.Linear(16, units.size)
    moved = moved_by_training(encoder, head)
    assert moved == {n for n in encoder.state_dict() if ".lora_" in n}
    assert len(moved) == 2 * len(EVERY_LINEAR) * 2
    with torch.no_grad():
        before = encoder(torch.ones(1, 8000).cumsum(1), torch.ones(1))
        encoder.merge_and_unfreeze()
        after = encoder(torch.ones(1, 8000).cumsum(1), torch.ones(1))
    torch.testing.assert_close(after, before, rtol=0, atol=1e-5)
    assert not lora_layers(encoder.model)


@pytest.mark.parametrize("targets", ["q_proj", ["q_proj", "outproj"], []])
def test_parts_that_no_layer_has_are_refused_by_name(source, targets):
    lora = LoraConfig(r=2, target_modules=targets)
    with pytest.raises(InputError, match=r"lora_targets .*output_dense"):
        Wav2Vec2Encoder(source, lora, 2)


def test_a_rank_below_none_is_refused(source):
    lora = LoraConfig(r=-1, target_modules=["q_proj"])
    with pytest.raises(InputError, match="lora_rank -1: give 1 or more"):
        Wav2Vec2Encoder(source, lora, 2)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project whose phase 1 trained the upper layers."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        project = Project(tmp_path_factory.mktemp("upper"))
        arguments = project.arguments(1, lora_rank=0, lr=1e-3)
        assert run_here("train.py", arguments, monkeypatch) == 0
    return project


def test_train_trains_the_layers_and_goes_on_from_its_best(
    project, monkeypatch
):
    entry = project.log(1)["epochs"][-1]
    model = load_file(project.phase_folder(1) / "best_model/model.safetensors")
    trained = sum(
        tensor.numel()
        for name, tensor in model.items()
        if name.startswith(("wav2vec2.encoder.layers.1.", "lm_head"))
        or name.startswith("wav2vec2.encoder.layers.2.")
    )
    assert entry["model/trainable_params"] == trained
    arguments = project.arguments(2, lora_rank=0, lr=1e-3)
    assert run_here("train.py", arguments, monkeypatch) == 0
    best = min(project.log(1)["epochs"], key=lambda entry: entry["val/wer"])
    start = project.log(2)["epochs"][0]
    assert start["val/wer"] == best["val/wer"]
    assert start["val/loss"] == pytest.approx(best["val/loss"], rel=1e-5)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({}, "its lora_rank is 0, this phase's is 16"),
        (
            {"lora_rank": 0, "lora_targets": "[q_proj, k_proj]"},
            "its lora_targets is ['k_proj', 'q_proj', 'v_proj']",
        ),
    ],
)
def test_a_phase_of_another_arm_is_refused_as_a_start(
    project, tmp_path, monkeypatch, capfd, overrides, message
):
    overrides = overrides | {"output_folder": tmp_path / "out"}
    arguments = project.arguments(2, **overrides)
    assert run_here("train.py", arguments, monkeypatch) == 2
    assert message in capfd.readouterr().err


def test_no_phase_starts_from_a_model_that_was_trained_in_full(
    project, tmp_path, monkeypatch, capfd
):
    full = project.arguments(
        4,
        lora_rank=0,
        number_of_epochs=1,
        start_from=project.phase_folder(1) / "best_model",
    )
    assert run_here("train.py", full, monkeypatch) == 0
    model = project.phase_folder(4) / "best_model"
    arguments = project.arguments(
        2, lora_rank=0, start_from=model, output_folder=tmp_path / "out"
    )
    assert run_here("train.py", arguments, monkeypatch) == 2
    assert f"{model}: every parameter of it was" in capfd.readouterr().err


def test_a_folder_of_other_targets_is_refused_by_the_difference(
    project, monkeypatch, capfd
):
    given = {"lora_rank": 0, "lr": 1e-3, "lora_targets": "[q_proj]"}
    arguments = project.arguments(1, **given)
    assert run_here("train.py", arguments, monkeypatch) == 2
    message = "lora_targets was ['q_proj', 'k_proj', 'v_proj'], now ['q_proj']"
    assert message in capfd.readouterr().err


def test_stopped_after_an_epoch_it_ends_as_if_it_had_not(
    project, tmp_path, monkeypatch
):
    given = {"lora_rank": 0, "lr": 1e-3, "output_folder": tmp_path / "cut"}
    arguments = project.arguments(1, **given)

    show = CTCBrain._show

    def stop(brain, entry, is_best):
        show(brain, entry, is_best)
        if entry["epoch"] == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(CTCBrain, "_show", stop)
        assert run_here("train.py", arguments, patch) == 130
    assert not (tmp_path / "cut" / "gate.json").exists()
    assert run_here("train.py", arguments, monkeypatch) == 0
    assert differences(project.phase_folder(1), tmp_path / "cut") == []


def test_memory_is_tried_with_the_layers_that_are_trained(project):
    settings = {
        "manifest_folder": str(project.folder / "data"),
        "encoder": str(project.folder / "encoder"),
        "output_folder": str(project.folder / "out"),
        "freeze_layers": 1,
        "lora_rank": 0,
    }
    plan = read_plan(ROOT / "hparams" / "curriculum.yaml", settings)
    check = check_worst_batch(plan.phases[0], device="cpu")
    assert check.ok, check.reason
    json.dumps(plan.phases[0].config)  # what the log records
