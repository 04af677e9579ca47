"""An exported model: batching, short clips, and folders that are none."""

import itertools
import threading

import corpora
import numpy as np
import pytest
import soundfile
import tiny_models
import torch
from evaluation_data import write_model
from hypothesis import given
from hypothesis import strategies as st

from childasr.audio import durations, read_audio
from childasr.errors import InputError, RunError
from childasr.evaluation.batches import plan_batches
from childasr.evaluation.recogniser import Recogniser, Transcript


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def waveforms():
    return [corpora.waveform(clip) for clip in corpora.make_clips()]


@pytest.fixture
def two_threads():
    """As a machine with two cores has them."""
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(1)


def texts_of(transcripts):
    return [transcript.text for transcript in transcripts]


def test_the_text_of_an_utterance_does_not_depend_on_its_batch(
    folder, waveforms
):
    alone = Recogniser(folder, batch_seconds=0).transcribe(waveforms)
    together = Recogniser(folder, batch_seconds=1000).transcribe(waveforms)
    assert all(text for text, _ in alone)
    assert texts_of(together) == texts_of(alone)


def test_the_confidence_of_an_utterance_does_not_depend_on_its_batch(
    folder, waveforms
):
    alone = Recogniser(folder, batch_seconds=0).transcribe(waveforms)
    together = Recogniser(folder, batch_seconds=1000).transcribe(waveforms)
    expected = [transcript.confidence for transcript in alone]
    assert all(0 < value < 1 for value in expected)
    assert len(set(expected)) > 1
    assert [t.confidence for t in together] == pytest.approx(expected, abs=1e-5)


def test_the_confidence_is_that_of_the_frames_that_spoke(folder, waveforms):
    recogniser = Recogniser(folder)
    blank = recogniser.tokenizer.pad_token_id
    inputs = recogniser.extractor(
        waveforms[0], sampling_rate=16000, return_tensors="pt"
    )
    with torch.inference_mode():
        logits = recogniser.model(**inputs).logits[0]
        # A blank that is the best unit of about half of the frames.
        behind = (logits.amax(-1) - logits[:, blank]).median() + 1e-3
        recogniser.model.lm_head.bias[blank] += behind
        logits[:, blank] += behind
    ((_, confidence),) = recogniser.transcribe(waveforms[:1])
    frames = logits.softmax(-1)
    spoke = frames[frames.argmax(-1) != blank]
    assert 0 < len(spoke) < len(frames)
    assert confidence == pytest.approx(float(spoke.amax(-1).mean()), abs=1e-6)
    assert confidence != pytest.approx(float(frames.amax(-1).mean()), abs=1e-6)


def test_nothing_heard_has_the_confidence_of_the_blanks(folder, waveforms):
    recogniser = Recogniser(folder)
    with torch.no_grad():
        recogniser.model.lm_head.bias[recogniser.tokenizer.pad_token_id] = 99
    ((text, confidence),) = recogniser.transcribe(waveforms[:1])
    assert text == ""
    assert confidence == pytest.approx(1)


def test_the_order_given_is_the_order_returned(folder, waveforms):
    recogniser = Recogniser(folder, batch_seconds=4)
    texts = texts_of(recogniser.transcribe(waveforms))
    assert len(set(texts)) == len(texts)
    assert texts_of(recogniser.transcribe(waveforms[::-1])) == texts[::-1]


def test_a_padded_batch_has_the_logits_of_each_utterance_alone(
    folder, waveforms
):
    recogniser = Recogniser(folder)
    short, long = sorted(waveforms, key=len)[:: len(waveforms) - 1]

    def logits(*batch):
        inputs = recogniser.extractor(
            list(batch),
            sampling_rate=16000,
            padding=True,
            return_attention_mask=True,
            return_tensors="pt",
        )
        with torch.inference_mode():
            return recogniser.model(**inputs).logits

    frames = recogniser._frames(len(short))
    torch.testing.assert_close(
        logits(short, long)[0, :frames], logits(short)[0], atol=1e-5, rtol=1e-4
    )


def test_a_clip_below_one_frame_has_no_confidence_and_harms_no_other(
    folder, waveforms
):
    recogniser = Recogniser(folder)
    silent = [np.zeros(size, np.float32) for size in (0, 399)]
    heard = recogniser.transcribe([silent[0], waveforms[0], silent[1]])
    none = Transcript("", None)
    assert heard[::2] == [none, none]
    assert texts_of(heard[1:2]) == texts_of(
        recogniser.transcribe(waveforms[:1])
    )
    assert recogniser.transcribe(silent) == [none, none]
    assert recogniser.transcribe([]) == []
    ((_, confidence),) = recogniser.transcribe([np.zeros(400, np.float32)])
    assert 0 < confidence <= 1


def test_files_give_the_text_of_their_samples(
    folder, waveforms, tmp_path, two_threads
):
    paths = [tmp_path / f"{number}.wav" for number in range(3)]
    for path, waveform in zip(paths, waveforms, strict=False):
        soundfile.write(path, waveform, 16000, subtype="FLOAT")
    recogniser = Recogniser(folder)
    heard = recogniser.transcribe_files(paths, durations(paths))
    assert texts_of(heard) == texts_of(recogniser.transcribe(waveforms[:3]))


def test_a_recording_that_is_lost_leaves_torch_its_threads(
    folder, tmp_path, two_threads
):
    recogniser, before = Recogniser(folder), torch.get_num_threads()
    with pytest.raises(InputError, match=r"none\.wav"):
        recogniser.transcribe_files([tmp_path / "none.wav"], [1.0])
    found = []
    later = threading.Thread(
        target=lambda: found.append(torch.get_num_threads())
    )
    later.start()
    later.join()
    assert [torch.get_num_threads(), *found] == [before, before]


@pytest.mark.parametrize(
    ("count", "advice"),
    [
        (8, "give a --batch_seconds below 7"),
        (1, "a recording of .*: cut it up, or give --device cpu"),
    ],
)
def test_a_batch_for_which_there_is_no_memory_is_said_in_one_line(
    folder, waveforms, count, advice
):
    recogniser = Recogniser(folder, "cpu", 7)

    def refuse(module, arguments):
        raise torch.OutOfMemoryError("tried to allocate 2.00 GiB")

    recogniser.model.lm_head.register_forward_pre_hook(refuse)
    with pytest.raises(RunError, match=advice):
        recogniser.transcribe(waveforms[:count])


@given(
    st.lists(st.floats(0, 30, allow_nan=False)),
    st.floats(0, 100, allow_nan=False),
)
def test_batches_hold_every_item_once_within_the_limit(seconds, limit):
    batches = plan_batches(seconds, limit)
    assert sorted(itertools.chain(*batches)) == list(range(len(seconds)))
    for batch in batches:
        padded = len(batch) * max(seconds[item] for item in batch)
        assert len(batch) == 1 or padded <= limit


def test_batches_do_not_mix_short_and_long():
    assert plan_batches([1, 9, 1, 9], batch_seconds=18) == [[1, 3], [0, 2]]


def test_a_folder_without_a_model_is_refused_by_name(tmp_path):
    with pytest.raises(
        InputError, match=f"no trained model in {tmp_path}/none"
    ):
        Recogniser(tmp_path / "none")
    with pytest.raises(InputError, match=r"has no config\.json"):
        Recogniser(tmp_path)


def test_an_encoder_without_a_trained_head_is_refused(folder, tmp_path):
    encoder = tiny_models.tiny_encoder(tmp_path / "encoder")
    with pytest.raises(InputError, match="no tokenizer_config"):
        Recogniser(encoder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (encoder / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(InputError, match="no trained CTC head"):
        Recogniser(encoder)


def test_a_damaged_model_file_is_refused_in_one_line(tmp_path):
    model = write_model(tmp_path)
    weights = model / "model.safetensors"
    weights.write_bytes(bytes(weights.stat().st_size))
    with pytest.raises(InputError, match="does not load") as refusal:
        Recogniser(model)
    assert "\n" not in str(refusal.value)


def test_an_absent_device_is_refused(folder):
    with pytest.raises(InputError, match="no device 'abacus'"):
        Recogniser(folder, device="abacus")


def test_a_recording_with_samples_that_are_no_numbers_is_refused(tmp_path):
    soundfile.write(
        tmp_path / "nan.wav", np.array([np.nan] * 800), 16000, subtype="FLOAT"
    )
    with pytest.raises(InputError, match=r"nan\.wav holds NaN"):
        read_audio(tmp_path / "nan.wav")
