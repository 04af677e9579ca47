"""Promises of the encoder, LoRA and their files."""

import copy

import numpy as np
import pytest
import torch
from peft import LoraConfig, PeftModel
from tiny_models import tiny_config, tiny_encoder
from transformers import (
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
    Wav2Vec2Model,
)

from childasr.errors import InputError
from childasr.export.model import save_model, to_wav2vec2_for_ctc
from childasr.model.adapter import load_adapter, lora_layers
from childasr.model.encoder import Wav2Vec2Encoder
from childasr.model.keyed_random import hash_ids, utterance_keys
from childasr.model.spec_augment import KeyedSpectrogramDrop, SpecAugment
from childasr.text.units import TextUnits


def lora(rank=4):
    return LoraConfig(
        r=rank,
        lora_alpha=2 * rank,
        lora_dropout=0.1,
        bias="none",
        target_modules=["q_proj", "k_proj", "v_proj"],
    )


def spec_augment(probability=1.0):
    return SpecAugment(
        KeyedSpectrogramDrop(0, 30, drop_count=2),
        KeyedSpectrogramDrop(0, 15, drop_count=2, resolution=80),
        probability,
    )


@pytest.fixture
def source(tmp_path):
    return str(tiny_encoder(tmp_path / "encoder", layers=4))


@pytest.fixture
def encoder(source):
    return Wav2Vec2Encoder(source, lora(), 2, spec_augment())


@pytest.fixture(params=["tiny", "xlsr_300m"])
def either_encoder(request, encoder):
    """The tiny one, and one of the real architecture."""
    if request.param == "tiny":
        return encoder
    folder = request.getfixturevalue("xlsr_folder")
    return Wav2Vec2Encoder(str(folder), lora(16), 8)


@pytest.fixture
def units(tmp_path):
    return TextUnits.train("jamo", ["나는 간다"], tmp_path / "jamo.model")


def step(encoder, head, keys=None):
    """One optimiser step on noise, through the trained parameters alone."""
    parameters = [
        p
        for module in (encoder, head)
        for p in module.parameters()
        if p.requires_grad
    ]
    optimizer = torch.optim.AdamW(parameters, lr=0.1)
    wav = torch.randn(2, 8000)
    logits = head(encoder(wav, torch.tensor([1.0, 0.7]), keys))
    logits.square().mean().backward()
    optimizer.step()
    encoder.zero_grad()


def train_a_little(encoder, head, steps=2):
    encoder.train()
    keys = utterance_keys(hash_ids(["a", "b"]), 1, 1, "mask")
    for _ in range(steps):
        step(encoder, head, keys)
    encoder.eval()


def test_frozen_tensors_stay_bit_identical_and_every_lora_matrix_moves(
    encoder, units
):
    head = torch.nn.Linear(16, units.size)
    before = copy.deepcopy(encoder.state_dict())
    train_a_little(encoder, head)
    moved = {
        name
        for name, tensor in encoder.state_dict().items()
        if not torch.equal(tensor, before[name])
    }
    assert moved == {name for name in before if ".lora_" in name}
    layers = [int(name.split(".")[3]) for name in moved]
    assert sorted(set(layers)) == [2, 3]


def test_no_graph_reaches_the_frozen_part(either_encoder):
    either_encoder.train()
    model, frozen = either_encoder.model, either_encoder.freeze_layers
    seen = []
    for part in (model.feature_extractor, *model.encoder.layers):
        part.register_forward_hook(
            lambda module, args, output: seen.append(output.requires_grad)
        )
    either_encoder(torch.randn(1, 8000), torch.ones(1))
    trained = len(model.encoder.layers) - frozen
    assert seen == [False] * (1 + frozen) + [True] * trained


def test_frozen_part_stays_in_eval_mode_after_train(encoder):
    encoder.train()
    layers = encoder.model.encoder.layers
    frozen = [
        encoder.model.feature_extractor,
        encoder.model.feature_projection,
        layers[0],
        layers[1],
    ]
    assert not any(m.training for part in frozen for m in part.modules())
    assert all(m.training for part in layers[2:] for m in part.modules())


def test_utterance_alone_and_in_a_padded_batch_agree(either_encoder):
    encoder = either_encoder.eval()
    short, long = torch.randn(1, 6000) + 0.3, torch.randn(1, 16000)
    alone = encoder(short, torch.ones(1))
    padded = torch.zeros(2, 16000)
    padded[0, :6000], padded[1] = short, long
    together = encoder(padded, torch.tensor([6000 / 16000, 1.0]))
    torch.testing.assert_close(
        together[0, : alone.shape[1]], alone[0], rtol=0, atol=1e-5
    )


def test_encoder_computes_what_transformers_computes(source):
    encoder = Wav2Vec2Encoder(source, lora(), 2).eval()
    wav = np.random.default_rng(0).normal(0.2, 3.0, 9000).astype("float32")
    extractor = Wav2Vec2FeatureExtractor.from_pretrained(source)
    inputs = extractor(wav, sampling_rate=16000, return_tensors="pt")
    model = Wav2Vec2Model.from_pretrained(source).eval()
    with torch.no_grad():
        expected = model(**inputs).last_hidden_state
        got = encoder(torch.from_numpy(wav)[None], torch.ones(1))
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-5)


def test_export_gives_the_trained_logits_in_plain_transformers(
    encoder, units, tmp_path
):
    head = torch.nn.Linear(16, units.size)
    train_a_little(encoder, head)
    save_model(encoder, head, units, tmp_path / "best", {"phase": "phase1"})
    wav = torch.randn(1, 9000)
    extractor = Wav2Vec2FeatureExtractor.from_pretrained(tmp_path / "best")
    inputs = extractor(wav[0].numpy(), sampling_rate=16000, return_tensors="pt")
    model = Wav2Vec2ForCTC.from_pretrained(tmp_path / "best").eval()
    with torch.no_grad():
        expected = head(encoder(wav, torch.ones(1)))
        logits = model(inputs.input_values).logits
    torch.testing.assert_close(logits, expected, rtol=0, atol=1e-5)
    names = {path.name for path in (tmp_path / "best").iterdir()}
    assert names >= {
        "model.safetensors", "config.json", "preprocessor_config.json",
        "tokenizer.json", "adapter",
    }  # fmt: skip


def test_adapter_folder_loads_with_peft_over_the_pretrained_model(
    encoder, source, units, tmp_path
):
    head = torch.nn.Linear(16, units.size)
    train_a_little(encoder, head)
    save_model(encoder, head, units, tmp_path / "best", {"phase": "phase1"})
    base = Wav2Vec2ForCTC.from_pretrained(
        source, vocab_size=units.size, ignore_mismatched_sizes=True
    )
    wrapped = PeftModel.from_pretrained(base, tmp_path / "best" / "adapter")
    model = to_wav2vec2_for_ctc(encoder, head, units.blank_id)
    wav = torch.randn(1, 9000)
    with torch.no_grad():
        torch.testing.assert_close(
            wrapped.eval()(wav).logits, model(wav).logits, rtol=0, atol=1e-5
        )


def test_adapter_comes_back_bit_identical_and_misfits_are_named(
    encoder, source, units, tmp_path
):
    head = torch.nn.Linear(16, units.size)
    train_a_little(encoder, head)
    save_model(encoder, head, units, tmp_path / "best", {"phase": "phase1"})
    again = Wav2Vec2Encoder(source, lora(), 2)
    other_head = torch.nn.Linear(16, units.size)
    load_adapter(again, other_head, tmp_path / "best" / "adapter")
    for name, tensor in encoder.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name
    assert torch.equal(head.weight, other_head.weight)
    higher = Wav2Vec2Encoder(source, lora(), 1)
    with pytest.raises(InputError, match=r"layers\.1\..* is missing"):
        load_adapter(higher, other_head, tmp_path / "best" / "adapter")
    lower = Wav2Vec2Encoder(source, lora(), 3)
    with pytest.raises(InputError, match=r"layers\.2\..* is unexpected"):
        load_adapter(lower, other_head, tmp_path / "best" / "adapter")
    wider = Wav2Vec2Encoder(source, lora(8), 2)
    with pytest.raises(InputError, match="has shape"):
        load_adapter(wider, other_head, tmp_path / "best" / "adapter")


def test_merging_keeps_the_output_and_trains_every_parameter(encoder, units):
    head = torch.nn.Linear(16, units.size)
    train_a_little(encoder, head)
    wav = torch.randn(2, 9000)
    with torch.no_grad():
        before = encoder(wav, torch.ones(2))
    encoder.merge_and_unfreeze()
    with torch.no_grad():
        after = encoder(wav, torch.ones(2))
    torch.testing.assert_close(after, before, rtol=0, atol=1e-5)
    assert not lora_layers(encoder.model)
    assert all(p.requires_grad for p in encoder.parameters())
    start = copy.deepcopy(encoder.state_dict())
    encoder.train()
    step(encoder, head)
    # Without masking, its embedding is the one parameter that is not used.
    still = [n for n, t in encoder.state_dict().items() if t.equal(start[n])]
    assert still == ["model.masked_spec_embed"]


def test_weights_stored_in_half_precision_train_in_single(source):
    half = Wav2Vec2Model.from_pretrained(source).half()
    half.save_pretrained(source)
    encoder = Wav2Vec2Encoder(source, lora(), 2)
    assert {p.dtype for p in encoder.parameters()} == {torch.float32}


def test_missing_weights_of_a_source_are_an_error(tmp_path):
    folder = tiny_encoder(tmp_path / "encoder", layers=2)
    config = tiny_config(layers=3)
    config.save_pretrained(folder)
    with pytest.raises(InputError, match=r"weights are missing.*layers\.2"):
        Wav2Vec2Encoder(str(folder), lora(), 1)


def test_freezing_every_layer_or_more_is_refused(source):
    with pytest.raises(InputError, match="freeze_layers 4"):
        Wav2Vec2Encoder(source, lora(), 4)


@pytest.mark.parametrize(
    ("frozen", "expected"), [(8, 1_572_864), (12, 1_179_648)]
)
def test_xlsr_300m_loads_and_trains_the_planned_number_of_parameters(
    xlsr_folder, frozen, expected
):
    encoder = Wav2Vec2Encoder(str(xlsr_folder), lora(16), frozen)
    trained = sum(p.numel() for p in encoder.parameters() if p.requires_grad)
    assert trained == expected
    assert (
        sum(p.numel() for p in encoder.parameters()) - (trained) == 315_438_720
    )


def test_xlsr_300m_frozen_stays_and_lora_moves_in_two_steps(xlsr_folder):
    encoder = Wav2Vec2Encoder(str(xlsr_folder), lora(16), 8, spec_augment())
    before = {n: t.clone() for n, t in encoder.state_dict().items()}
    train_a_little(encoder, torch.nn.Linear(1024, 70))
    moved = {
        n for n, t in encoder.state_dict().items() if not t.equal(before[n])
    }
    assert moved == {n for n in before if ".lora_" in n}
    assert len(moved) == 16 * 3 * 2
