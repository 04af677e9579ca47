"""The exported tokenizer: plain transformers reads what the units say."""

import unicodedata

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from korean_text import normalised
from tiny_models import tiny_recogniser
from transformers import (
    AutoFeatureExtractor,
    AutoProcessor,
    AutoTokenizer,
    Wav2Vec2ForCTC,
    pipeline,
)

from childasr.text.units import JAMO, UNIT_KINDS, TextUnits

TEXTS = [
    "도서관은 평소 보다 사람이 적어 조용했다",
    "나는 학교에 갔다가 집에 왔다",
    "집에 와서 밥을 먹었다",
]
SEEN = sorted(set("".join(TEXTS)) - {" "})
ONSETS, VOWELS, FINALS = JAMO[:19], JAMO[19:40], JAMO[40:]


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports")
    result = {}
    for kind in UNIT_KINDS:
        units = TextUnits.train(kind, TEXTS, folder / f"{kind}.model")
        model = tiny_recogniser(folder / kind, units)
        result[kind] = units, model, AutoTokenizer.from_pretrained(model)
    return result


def frames(size):
    """Frame ids with repeats and blanks, as CTC gives them."""
    runs = st.tuples(st.integers(0, size - 1), st.integers(1, 3))
    return st.lists(runs, max_size=40).map(
        lambda runs: [id for id, length in runs for _ in range(length)]
    )


@pytest.mark.parametrize("kind", UNIT_KINDS)
@given(data=st.data())
def test_frames_decode_as_in_training(exports, kind, data):
    units, _, tokenizer = exports[kind]
    ids = data.draw(frames(units.size))
    assert tokenizer.decode(ids) == units.decode_ctc(ids)


@given(letters=st.lists(st.sampled_from([*JAMO[::9], "ᆨ", "▁"]), max_size=12))
def test_ill_formed_jamo_decode_as_in_training(exports, letters):
    # Few letters, so that stray finals and doubled vowels meet often.
    units, _, tokenizer = exports["jamo"]
    ids = []
    for letter in letters:
        ids += [units.pieces.index(letter), units.blank_id]
    assert tokenizer.decode(ids) == units.decode_ctc(ids)


def test_every_syllable_is_composed(exports):
    units, _, tokenizer = exports["jamo"]
    tails = ("", *FINALS)
    for onset in ONSETS:
        letters = "".join(onset + v + t for v in VOWELS for t in tails)
        ids = [units.pieces.index(letter) for letter in letters]
        syllables = unicodedata.normalize("NFC", letters)
        assert len(syllables) == 21 * 28
        assert tokenizer.decode(ids) == syllables


@pytest.mark.parametrize("kind", UNIT_KINDS)
@pytest.mark.parametrize("pieces", [[], ["<pad>"], ["▁"], ["<unk>"]])
def test_silence_decodes_to_nothing(exports, kind, pieces):
    units, _, tokenizer = exports[kind]
    assert tokenizer.decode([units.pieces.index(p) for p in pieces]) == ""


@pytest.mark.parametrize("kind", UNIT_KINDS)
@given(text=normalised(st.sampled_from([*SEEN, "뷁"])))
def test_texts_encode_as_in_training(exports, kind, text):
    units, _, tokenizer = exports[kind]
    decomposed = unicodedata.normalize("NFD", text)
    assert tokenizer(text)["input_ids"] == units.encode(text)
    assert tokenizer(decomposed)["input_ids"] == units.encode(text)


@given(text=normalised())
def test_jamo_encode_any_text_as_in_training(exports, text):
    units, _, tokenizer = exports["jamo"]
    assert tokenizer(text)["input_ids"] == units.encode(text)


@pytest.mark.parametrize("kind", UNIT_KINDS)
def test_no_ids_beyond_the_head(exports, kind):
    units, _, tokenizer = exports[kind]
    assert len(tokenizer) == units.size
    assert tokenizer.pad_token_id == units.blank_id
    assert tokenizer.unk_token_id == units.unk_id
    assert tokenizer.bos_token is None and tokenizer.eos_token is None


@pytest.mark.parametrize("kind", UNIT_KINDS)
def test_pipeline_and_processor_give_the_units_text(exports, kind):
    units, folder, _ = exports[kind]
    wave = np.random.default_rng(0).standard_normal(32000, dtype=np.float32)
    extractor = AutoFeatureExtractor.from_pretrained(folder)
    inputs = extractor(wave, sampling_rate=16000, return_tensors="pt")
    model = Wav2Vec2ForCTC.from_pretrained(folder).eval()
    with torch.no_grad():
        ids = model(**inputs).logits.argmax(-1)
    expected = units.decode_ctc(ids[0].tolist())
    assert expected
    recognise = pipeline("automatic-speech-recognition", str(folder))
    assert recognise(wave)["text"] == expected
    assert AutoProcessor.from_pretrained(folder).batch_decode(ids) == [expected]
