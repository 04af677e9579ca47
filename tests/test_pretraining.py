"""The demo encoder's pretraining: learns, resumes, exports."""

import json
import random
import shutil

import numpy as np
import pytest
import torch
from safetensors import safe_open
from transformers import Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC, Wav2Vec2Model

from childasr.errors import InputError
from childasr.training.jamo_ctc import (
    Utterance,
    collate,
    decode,
    encode,
    forward,
)
from childasr.training.pretraining import (
    Pretraining,
    Schedule,
    build_model,
    endless_batches,
)


def make_utterances(count):
    generator = np.random.default_rng(1)
    return [
        Utterance(
            generator.integers(-999, 999, 8000 + 800 * i).astype(np.int16),
            "가 나",
            ((0.1, "k"), (0.2, "a"), (0.3, "n"), (0.4, "a")),
        )
        for i in range(count)
    ]


def make_pretraining(folder, steps):
    schedule = Schedule(
        steps=steps,
        warmup_steps=1,
        learning_rate=1e-3,
        batch_seconds=2.5,
        snapshot_steps=2,
        precision="fp32",
        seed=1,
    )
    return Pretraining(
        schedule, folder / "encoder", folder / "saved.pt", ["a", "k", "n"]
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pretraining")
    pretraining = make_pretraining(folder, steps=2)
    pretraining.fit(make_utterances(4), {"unseen": make_utterances(2)})
    return folder, pretraining


@pytest.mark.parametrize("text", ["각 가", "나는 학교에 갔다", "뷁 뛟"])
def test_what_is_encoded_is_decoded(text):
    blanks_between = [i for unit in encode(text) for i in (unit, 0)]
    assert decode(blanks_between) == text


def test_every_utterance_is_normalised_over_its_own_samples():
    extractor = Wav2Vec2FeatureExtractor(return_attention_mask=True)
    utterances = make_utterances(3)
    ours, mask = collate(utterances)
    theirs = extractor(
        [u.samples.astype(np.float32) for u in utterances],
        sampling_rate=16000,
        padding=True,
        return_tensors="pt",
    )
    torch.testing.assert_close(ours, theirs["input_values"], atol=1e-4, rtol=0)
    assert torch.equal(mask, theirs["attention_mask"].long())


def test_an_epoch_has_every_utterance_once_in_batches_of_the_asked_size():
    utterances = make_utterances(9)
    batches = endless_batches(utterances, 2.0, random.Random(1))
    seen = []
    while len(seen) < len(utterances):
        batch = next(batches)
        padded = max(len(u.samples) for u in batch) * len(batch)
        assert len(batch) == 1 or padded <= 2.0 * 16000
        seen += [len(u.samples) for u in batch]
    assert sorted(seen) == [len(u.samples) for u in utterances]


def test_the_fast_model_computes_what_transformers_does():
    model = build_model().eval()
    plain = Wav2Vec2ForCTC(model.config).eval()
    plain.load_state_dict(model.state_dict())
    with torch.inference_mode():
        outputs = [
            forward(m, make_utterances(2), "fp32")[0] for m in (model, plain)
        ]
    torch.testing.assert_close(*outputs, atol=1e-4, rtol=1e-4)


def test_the_export_is_the_encoder_alone_in_fp16_and_small(trained):
    folder, pretraining = trained
    file = folder / "encoder" / "model.safetensors"
    assert file.stat().st_size < 8e6
    with safe_open(file, "pt") as tensors:
        assert not [name for name in tensors.keys() if "lm_head" in name]  # noqa: SIM118
        name = "masked_spec_embed"
        assert tensors.get_tensor(name).dtype == torch.float16
    encoder = Wav2Vec2Model.from_pretrained(
        folder / "encoder", dtype=torch.float32
    )
    expected = pretraining.model.wav2vec2.state_dict()
    for name, tensor in encoder.state_dict().items():
        torch.testing.assert_close(tensor, expected[name], atol=2e-3, rtol=1e-3)


def test_the_log_has_the_error_on_what_was_not_trained_on(trained):
    log = (trained[0] / "encoder" / "pretraining_log.json").read_text()
    [entry] = json.loads(log)
    assert entry["step"] == 2
    assert entry["unseen"]["utterances"] == 2
    assert entry["unseen"]["cer"] > 0


def test_it_goes_on_from_its_checkpoint(trained, tmp_path):
    folder, first = trained
    folder = shutil.copytree(folder, tmp_path / "copy")
    again = make_pretraining(folder, steps=4)
    again.load()
    assert again.step == 2
    for one, other in zip(
        first.modules.parameters(), again.modules.parameters(), strict=True
    ):
        assert torch.equal(one, other)
    again.fit(make_utterances(4), {})
    assert [entry["step"] for entry in again.history] == [2, 4]


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_no_more_steps_than_were_done_leave_the_encoder_as_it_is(
    trained, tmp_path, steps
):
    folder = shutil.copytree(trained[0], tmp_path / "copy")
    encoder = {p.name: p.read_bytes() for p in (folder / "encoder").iterdir()}
    again = make_pretraining(folder, steps)
    with pytest.raises(InputError, match=f"step 2 of {steps}: give more"):
        again.fit(make_utterances(4), {})
    assert encoder == {
        p.name: p.read_bytes() for p in (folder / "encoder").iterdir()
    }
