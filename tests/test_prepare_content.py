"""What is in the recordings and texts, beside what breaks them."""

import json
import shutil

import corpora
import numpy as np
import pytest
import soundfile

from data_prep.prepare import prepare


def prepared(root, **options):
    """The summary, and the reason of each reject by id."""
    folder = root.parent / "M"
    summary = prepare(root, folder, max_reject_share=1, **options)
    rows = corpora.read_rows(folder / "rejects.csv")
    assert summary["accepted"] + len(rows) == summary["found"]
    return summary, {row["ID"]: row["reason"] for row in rows}


def of_split(clips, split):
    return next(clip for clip in clips if clip.split == split)


def write(root, clip, samples):
    soundfile.write(root / clip.path(), samples, 16_000)
    clip.seconds = len(samples) / 16_000
    label = root / clip.path("라벨링데이터", ".json")
    content = json.loads(label.read_text("utf-8"))
    content["File"]["FileLength"] = f"{clip.seconds:.2f}"
    label.write_text(json.dumps(content), "utf-8")


def rewrite_metadata(root, clips):
    corpora.write_metadata(root, [clip.row() for clip in clips])


def test_the_same_sound_twice_is_kept_where_it_measures(root, clips):
    train, test = of_split(clips, "train"), of_split(clips, "test")
    shutil.copy(root / test.path(), root / train.path())
    train.seconds = test.seconds
    samples, _ = soundfile.read(root / test.path(), dtype="int16")
    write(root, train, samples)
    rewrite_metadata(root, clips)
    summary, rejected = prepared(root)
    assert rejected == {train.stem: "duplicate_content"}
    assert summary["content_overlap"] == 0


def test_silence_is_rejected_everywhere(root, clips):
    silent = [of_split(clips, split) for split in ("train", "valid", "test")]
    for number, clip in enumerate(silent):
        write(root, clip, np.zeros(16_000 + number, "int16"))
    rewrite_metadata(root, clips)
    _, rejected = prepared(root)
    assert rejected == {clip.stem: "audio_silent" for clip in silent}


def test_clipped_speech_is_no_training_data_and_stays_in_the_test(root, clips):
    generator = np.random.default_rng(0)
    loud = [of_split(clips, split) for split in ("train", "test")]
    for clip in loud:
        noise = generator.normal(0, 60_000, 16_000).clip(-32768, 32767)
        write(root, clip, noise.astype("int16"))
    rewrite_metadata(root, clips)
    summary, rejected = prepared(root)
    assert rejected == {loud[0].stem: "audio_clipped"}
    kept = summary["kept_in_valid_and_test"]["audio_clipped"]
    assert kept == {"valid": 0, "test": 1}


@pytest.mark.parametrize(
    ("check", "key", "value"),
    [
        ("label_rate", ("Wav", "SamplingRate"), "48000"),
        ("label_channels", ("Wav", "NumberOfChannel"), "2"),
        ("label_bits", ("Wav", "NumberOfBit"), "24"),
        ("label_duration", ("File", "FileLength"), "9.99"),
    ],
)
def test_recording_that_is_not_as_its_label_says(
    check, key, value, root, clips
):
    rows = [clip.row() for clip in clips]
    for row in rows:
        del row["duration"]
    corpora.write_metadata(root, rows)
    label = root / clips[0].path("라벨링데이터", ".json")
    content = json.loads(label.read_text("utf-8"))
    content[key[0]][key[1]] = value
    label.write_text(json.dumps(content), "utf-8")
    assert prepared(root)[1] == {clips[0].stem: check}
    assert prepared(root, checks={"ignored": (check,)})[1] == {}


def test_label_of_another_recording(root, clips):
    label = root / clips[0].path("라벨링데이터", ".json")
    content = json.loads(label.read_text("utf-8"))
    content["File"]["FileName"] = f"{clips[1].stem}.wav"
    label.write_text(json.dumps(content), "utf-8")
    assert prepared(root)[1] == {clips[0].stem: "label_other_recording"}


def test_texts_refused_in_validation_and_test_are_named(root, clips):
    valid, test = of_split(clips, "valid"), of_split(clips, "test")
    clips[0].text = valid.text = test.text = "사과 3개"
    rewrite_metadata(root, clips)
    summary, rejected = prepared(root)
    assert set(rejected.values()) == {"text_digits"}
    assert summary["rejected_for_text"] == {
        "valid": [valid.stem],
        "test": [test.stem],
    }


def test_sentences_of_two_splits_are_counted(root):
    clips = corpora.make_clips(texts=["가"])
    for number, clip in enumerate(clips):
        clip.text = "가나다라마바사"[number % 7] * (1 + number // 7)
    of_split(clips, "test").text = of_split(clips, "train").text
    corpora.write_corpus(root, clips)
    shared = prepared(root)[0]["shared_sentences"]
    assert shared["train-test"] == {"sentences": 1, "utterances": 1}
    assert shared["train-valid"] == {"sentences": 0, "utterances": 0}


def test_english_is_kept_when_asked(root, clips):
    clips[0].text = "티브이 tv 봐요"
    rewrite_metadata(root, clips)
    assert prepared(root)[1] == {clips[0].stem: "text_latin"}
    assert prepared(root, checks={"english": "keep"})[1] == {}
    rows = corpora.read_rows(root.parent / "M/train.csv")
    assert "티브이 TV 봐요" in [row["text"] for row in rows]


def test_second_preparation_looks_only_at_what_changed(root, clips):
    first, _ = prepared(root)
    assert first["read_anew"] == len(clips)
    before = (root.parent / "M/train.csv").read_bytes()
    again, _ = prepared(root)
    assert again["read_anew"] == 0
    assert (root.parent / "M/train.csv").read_bytes() == before
    samples, _ = soundfile.read(root / clips[0].path(), dtype="int16")
    write(root, clips[0], samples // 2)
    rewrite_metadata(root, clips)
    assert prepared(root)[0]["read_anew"] == 1
    assert (root.parent / "M/train.csv").read_bytes() != before
