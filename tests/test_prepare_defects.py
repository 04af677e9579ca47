"""Each planted defect is found under its own reason, and nothing else is."""

import collections
import os
import shutil
import unicodedata

import corpora
import pytest

from childasr.errors import InputError
from data_prep.prepare import prepare

DECOMPOSED_UNKNOWN = unicodedata.normalize("NFD", "미상")


def rejected(root, output):
    """Sorted (ID, reason) of the rejects; the accounts must balance."""
    summary = prepare(root, output, max_reject_share=1)
    rejects = corpora.read_rows(output / "rejects.csv")
    assert summary["rejected"] == len(rejects)
    assert summary["found"] == summary["accepted"] + summary["rejected"]
    return sorted((row["ID"], row["reason"]) for row in rejects)


@pytest.mark.parametrize("defect", corpora.AUDIO_DEFECTS)
def test_defect_of_a_recording(defect, root, clips, tmp_path):
    corpora.damage(root, clips[0], defect)
    assert rejected(root, tmp_path / "M") == [(clips[0].stem, defect)]


def test_recording_without_a_byte(root, clips, tmp_path):
    (root / clips[0].path()).write_bytes(b"")
    assert rejected(root, tmp_path / "M") == [(clips[0].stem, "audio_empty")]


def test_recording_that_stops_before_its_header_says(root, clips, tmp_path):
    wav = root / clips[0].path()
    wav.write_bytes(wav.read_bytes()[:-1000])
    assert rejected(root, tmp_path / "M") == [
        (clips[0].stem, "audio_truncated")
    ]


@pytest.mark.parametrize(
    ("reason", "cells"),
    [
        ("speaker_missing", {"speaker_id": " "}),
        ("speaker_missing", {"speaker_id": DECOMPOSED_UNKNOWN}),
        ("split_conflict", {"split": "test"}),
        ("text_digits", {"text": "사과 3개"}),
        ("text_latin", {"text": "TV 봐요"}),
        ("text_anonymised", {"text": "@이름1 안녕"}),
        ("text_empty", {"text": "..."}),
        ("ctc_infeasible", {"text": "나는 " * 40}),
    ],
)
def test_defect_of_a_row(reason, cells, root, clips, tmp_path):
    corpora.write_metadata(
        root, [clips[0].row() | cells, *(clip.row() for clip in clips[1:])]
    )
    assert rejected(root, tmp_path / "M") == [(clips[0].stem, reason)]


@pytest.mark.parametrize(
    ("reason", "path"),
    [
        ("path_missing", ""),
        ("path_outside_root", "../elsewhere/x.wav"),
        ("path_outside_root", "1.Training/../../x.wav"),
        ("path_outside_root", "/elsewhere/x.wav"),
        ("path_outside_root", "..\\elsewhere\\x.wav"),
        ("path_outside_root", "D:\\elsewhere\\x.wav"),
        ("backup_folder", "2.Validation/원천데이터/x.wav"),
        ("audio_missing", "1.Training/x.wav"),
        ("audio_missing", "x"),
    ],
)
def test_row_that_names_no_recording(reason, path, root, clips, tmp_path):
    rows = [clip.row() for clip in clips]
    rows[0] |= {"wav_path": path, "json_path": ""}
    corpora.write_metadata(root, rows)
    name = "x" if path else ""
    # The recording that the row should have named is accounted for as well.
    unlisted = (clips[0].stem, "not_in_metadata")
    assert rejected(root, tmp_path / "M") == sorted([(name, reason), unlisted])


def test_label_that_has_the_text_is_missing_broken_or_outside(
    root, clips, tmp_path
):
    labels = [clip.path("라벨링데이터", ".json") for clip in clips[:4]]
    os.remove(root / labels[0])
    (root / labels[1]).write_text("{", "utf-8")
    (root / labels[2]).write_text("[]", "utf-8")
    shutil.move(root / labels[3], tmp_path / "label.json")
    (root / labels[3]).symlink_to(tmp_path / "label.json")
    corpora.write_metadata(root, [{**c.row(), "text": ""} for c in clips])
    reasons = [
        *("label_missing", "label_unreadable"),
        *("label_unreadable", "path_outside_root"),
    ]
    assert rejected(root, tmp_path / "M") == [
        (clip.stem, reason)
        for clip, reason in zip(clips[:4], reasons, strict=True)
    ]


def test_row_with_an_unquoted_comma(root, clips, tmp_path):
    path = root / "subset_metadata_with_test.csv"
    text = path.read_text("utf-8")
    path.write_text(text.replace("나는 밥을", "나는, 밥을", 1), "utf-8")
    assert rejected(root, tmp_path / "M") == [
        (clips[0].stem, "not_in_metadata"),
        (clips[0].stem, "row_malformed"),
    ]


def test_row_with_too_many_cells_and_no_path(root, clips, tmp_path):
    rows = [clip.row() for clip in clips]
    for row in rows:
        del row["json_path"]
    path = root / "subset_metadata_with_test.csv"
    corpora.write_rows(path, rows)
    with open(path, "a", encoding="utf-8") as file:
        file.write("," * 20 + "x\n")
    assert rejected(root, tmp_path / "M") == [("", "row_malformed")]


def test_recording_listed_twice_and_recording_listed_never(
    root, clips, tmp_path
):
    rows = [clip.row() for clip in clips]
    corpora.write_metadata(root, [*rows[1:], rows[1]])
    assert rejected(root, tmp_path / "M") == [
        (clips[0].stem, "not_in_metadata"),
        (clips[1].stem, "duplicate_id"),
    ]


def test_same_name_in_two_folders_keeps_the_first_in_file_order(
    root, clips, tmp_path
):
    row = clips[0].row()
    row["wav_path"] = row["wav_path"].replace("2021-10-01", "2022-01-01")
    (root / row["wav_path"]).parent.mkdir(parents=True)
    shutil.copy(root / clips[0].path(), root / row["wav_path"])
    corpora.write_metadata(root, [row, *(clip.row() for clip in clips)])
    assert rejected(root, tmp_path / "M") == [(clips[0].stem, "duplicate_id")]
    rejects = corpora.read_rows(tmp_path / "M/rejects.csv")
    assert rejects[0]["wav"] == row["wav_path"]


def test_validation_and_test_keep_what_ctc_cannot_align(root, tmp_path):
    clips = corpora.make_clips()
    for clip in clips:
        if clip.split == "test":
            clip.text = "나는 밥을 먹었다 " * 10
    corpora.write_corpus(root, clips)
    summary = prepare(root, tmp_path / "M")
    kept = summary["kept_in_valid_and_test"]
    assert kept["ctc_infeasible"] == {"valid": 0, "test": 8}
    assert summary["splits"]["test"]["utterances"] == 8


def test_cells_that_are_not_understood_are_counted(root, clips, tmp_path):
    rows = [clip.row() for clip in clips]
    rows[0] |= {"age": "nine", "snr": "good", "gender": "1"}
    rows[1] |= {"age": "N/A", "snr": "", "gender": "?"}
    corpora.write_metadata(root, rows)
    summary = prepare(root, tmp_path / "M")
    assert summary["rejected"] == 0
    assert summary["values_not_understood"] == {
        "age": {"nine": 1},
        "gender": {"1": 1},
        "snr": {"good": 1},
    }


def test_spellings_beyond_the_first_ones_of_a_field_are_counted_together(
    root, clips, tmp_path, monkeypatch
):
    monkeypatch.setattr("data_prep.values.SPELLINGS", 3)
    rows = [clip.row() for clip in clips]
    for number, row in enumerate(rows):
        row["age"] = f"{number % 5} or so"
    rows[0]["gender"] = "1"
    corpora.write_metadata(root, rows)
    found = prepare(root, tmp_path / "M")["values_not_understood"]
    *kept, others = found["age"]
    assert (len(kept), others) == (3, "(other spellings)")
    written = collections.Counter(row["age"] for row in rows)
    assert all(found["age"][spelling] == written[spelling] for spelling in kept)
    assert sum(found["age"].values()) == len(rows)
    assert found["gender"] == {"1": 1}


def test_cap_counts_the_top_reasons_and_can_be_raised(root, clips, tmp_path):
    for clip in clips[:2]:
        corpora.damage(root, clip, "audio_missing")
    with pytest.raises(InputError) as error:
        prepare(root, tmp_path / "M")
    assert "2 of 28 utterances rejected (7.1%" in str(error.value)
    assert "audio_missing 2; mend what" in str(error.value)
    assert clips[0].stem not in str(error.value)
    refused = corpora.read_rows(tmp_path / "M/refused.csv")
    assert [row["ID"] for row in refused] == [clip.stem for clip in clips[:2]]
    assert not (tmp_path / "M/summary.json").exists()
    assert prepare(root, tmp_path / "M", max_reject_share=0.08)["rejected"] == 2
    assert not (tmp_path / "M/refused.csv").exists()


def test_recordings_outside_the_metadata_do_not_count_for_the_cap(
    root, clips, tmp_path
):
    few = [clip for clip in clips if clip.number % 2]
    corpora.write_metadata(root, [clip.row() for clip in few])
    summary = prepare(root, tmp_path / "M")
    assert summary["reject_reasons"] == {"not_in_metadata": 14}


def test_speaker_in_two_splits_is_refused_by_name(root, tmp_path):
    clips = corpora.make_clips()
    test = [clip for clip in clips if clip.split == "test"]
    test[0].speaker = clips[0].speaker
    corpora.write_corpus(root, clips)
    # Its recording need not be good for the split to be wrong.
    corpora.damage(root, test[0], "audio_unreadable")
    with pytest.raises(InputError, match=f"test and train: {clips[0].speaker}"):
        prepare(root, tmp_path / "M")


@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_empty_split_is_refused_by_name(split, root, tmp_path):
    clips = corpora.make_clips()
    corpora.write_corpus(root, [c for c in clips if c.split != split])
    with pytest.raises(
        InputError,
        match=f"no accepted utterance in {split} by .* --keep_splits PILOT",
    ):
        prepare(root, tmp_path / "M")
