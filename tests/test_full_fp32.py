"""What is heard and exported does not depend on who allowed TF32 before."""

import pytest
import torch
from corpora import TEXTS
from tiny_models import tiny_encoder, tiny_recogniser

from childasr.evaluation.recogniser import Recogniser
from childasr.model.adapter import lora_layers, merged_state_dict
from childasr.model.full_fp32 import full_fp32
from childasr.text.units import TextUnits

PLACES = (torch.backends.cuda.matmul, torch.backends.cudnn)


def allowed():
    return [place.allow_tf32 for place in PLACES]


@pytest.fixture(autouse=True)
def tf32():
    """Allowed, as where SpeechBrain was imported."""
    before = allowed()
    for place in PLACES:
        place.allow_tf32 = True
    yield
    for place, value in zip(PLACES, before, strict=True):
        place.allow_tf32 = value


def test_it_is_as_before_after_an_error():
    with pytest.raises(KeyError), full_fp32():
        assert allowed() == [False, False]
        raise KeyError
    assert allowed() == [True, True]


def test_recordings_are_heard_without_it(tmp_path):
    units = TextUnits.train("jamo", TEXTS, tmp_path / "jamo.model")
    folder = tiny_recogniser(tmp_path / "best_model", units)
    recogniser = Recogniser(folder, "cpu")
    seen = []
    recogniser.model.register_forward_pre_hook(
        lambda *_: seen.append(allowed())
    )
    recogniser.transcribe([torch.randn(16_000).numpy()])
    assert seen == [[False, False]]
    assert allowed() == [True, True]


def test_lora_is_folded_in_without_it(tmp_path, monkeypatch):
    from peft import LoraConfig

    from childasr.model.encoder import Wav2Vec2Encoder

    lora = LoraConfig(r=2, target_modules=["q_proj"])
    encoder = Wav2Vec2Encoder(str(tiny_encoder(tmp_path)), lora, 1)
    [(_, layer)] = lora_layers(encoder.model)
    fold, seen = layer.get_delta_weight, []

    def watched(*arguments):
        seen.append(allowed())
        return fold(*arguments)

    monkeypatch.setattr(layer, "get_delta_weight", watched)
    merged_state_dict(encoder.model)
    assert seen == [[False, False]]
