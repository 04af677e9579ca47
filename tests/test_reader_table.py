"""A CSV file as a corpus, and child_subset_100h as one of them."""

import os
import shutil
import sqlite3

import corpora
import other_corpora
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from childasr.errors import InputError
from data_prep.readers import open_corpus
from data_prep.values import known

METADATA = "subset_metadata_with_test.csv"


@pytest.fixture
def root(tmp_path):
    (tmp_path / "corpus").mkdir()
    return tmp_path / "corpus"


def rewrite(root, rows, name="recordings.csv"):
    corpora.write_rows(root / name, rows)


def test_rows_of_a_table_are_utterances_with_ids_of_their_own(root):
    rows = other_corpora.write_table(root)
    utterances, rejects = other_corpora.read(root)
    assert rejects == []
    for row in rows:
        utterance = utterances[row["wav_path"]]
        assert utterance.label is None
        assert utterance.fields == {
            "id": row["id"],
            "split": row["split"],
            "speaker:column": row["speaker_id"],
            "speaker:file": "",
            **{k: row[k] for k in ("text", "age", "gender", "snr", "style")},
        }


def test_id_that_is_a_file_name_loses_its_suffix(root):
    rows = other_corpora.write_table(root)
    rewrite(root, [row | {"id": f"u.{i}.wav"} for i, row in enumerate(rows)])
    utterances, _ = other_corpora.read(root)
    assert utterances[rows[3]["wav_path"]].fields["id"] == "u.3"
    # That of a part of an archive, or of an utterance.
    rewrite(root, [row | {"id": f"u{i}.a01"} for i, row in enumerate(rows)])
    utterances, _ = other_corpora.read(root)
    assert utterances[rows[3]["wav_path"]].fields["id"] == "u3.a01"


def test_ids_alone_find_the_recordings_of_any_suffix(root):
    rows = other_corpora.write_table(root)
    for row in rows:
        os.rename(root / row["wav_path"], root / f"{row['id']}.flac")
    kept = ("id", "speaker_id", "text")
    rewrite(root, [{key: row[key] for key in kept} for row in rows])
    utterances, rejects = other_corpora.read(root)
    assert (len(utterances), rejects) == (len(rows), [])


def test_label_beside_the_recording_has_the_text(root):
    clips = corpora.make_clips()
    rows = other_corpora.write_table(root, clips)
    for row, clip in zip(rows, clips, strict=True):
        label = root / row["wav_path"].replace(".wav", ".json")
        corpora.write_label(label, clip)
        row["text"] = ""
    (root / "sounds/0.json").unlink()
    rewrite(root, rows)
    utterances, rejects = other_corpora.read(root)
    assert rejects == [("0", "label_missing")]
    assert utterances["sounds/1.wav"].label.path == "sounds/1.json"


def test_split_and_speaker_that_are_unknown_count_as_empty(root):
    rows = other_corpora.write_table(root)
    rewrite(root, [row | {"split": "?", "speaker_id": "N/A"} for row in rows])
    utterances, rejects = other_corpora.read(root)
    assert rejects == []
    for utterance in utterances.values():
        assert utterance.fields["split"] == ""
        assert known(utterance.fields["speaker:column"]) == ""


def test_table_may_be_elsewhere(root, tmp_path):
    other_corpora.write_table(root)
    shutil.move(root / "recordings.csv", tmp_path / "list.csv")
    utterances, rejects = other_corpora.read(
        root, metadata=tmp_path / "list.csv"
    )
    assert len(utterances) == 28 and rejects == []


def test_a_member_of_an_archive_can_be_named(root):
    rows = other_corpora.write_table(root)
    other_corpora.pack(root / "sounds.tar", root / "sounds")
    shutil.rmtree(root / "sounds")
    rewrite(
        root,
        [
            row | {"wav_path": row["wav_path"].replace("sounds", "sounds.tar")}
            for row in rows
        ],
    )
    utterances, rejects = other_corpora.read(root)
    assert (len(utterances), rejects) == (len(rows), [])


def test_bare_name_that_two_recordings_have_is_refused(root):
    rows = other_corpora.write_table(root)
    (root / "copy").mkdir()
    shutil.copy(root / "sounds/0.wav", root / "copy")
    rewrite(root, [rows[0] | {"wav_path": "0"}, *rows[1:]])
    _, rejects = other_corpora.read(root)
    reasons = [reason for _, reason in rejects]
    assert sorted(reasons) == [UNLISTED, UNLISTED, "path_ambiguous"]


# What is planted in child_subset_100h -> the reasons, of the clip and of its
# recording, if no row names that any more.
def write_cell(**cells):
    return lambda root, row: row | cells


def lose(root, row):
    (root / row["wav_path"]).unlink()
    return row


def replace_by_link(root, row):
    path = root / row["wav_path"]
    path.rename(root.parent / path.name)
    path.symlink_to(root.parent / path.name)
    return row


def label_link(root, row):
    path = root / row["json_path"]
    path.rename(root.parent / path.name)
    path.symlink_to(root.parent / path.name)
    return row | {"text": ""}


def lose_label(root, row):
    (root / row["json_path"]).unlink()
    return row | {"text": ""}


UNLISTED = "not_in_metadata"
DEFECTS = {
    "no_path": (
        write_cell(wav_path="", json_path=""),
        ["path_missing", UNLISTED],
    ),
    "outside": (
        write_cell(wav_path="../x.wav"),
        ["path_outside_root", UNLISTED],
    ),
    "absolute": (
        write_cell(wav_path="/x.wav"),
        ["path_outside_root", UNLISTED],
    ),
    "backup": (
        write_cell(wav_path="2.Validation/x.wav"),
        ["backup_folder", UNLISTED],
    ),
    "missing": (lose, ["audio_missing"]),
    "link": (replace_by_link, ["path_outside_root"]),
    "label_link": (label_link, ["path_outside_root"]),
    "no_label": (lose_label, ["label_missing"]),
    "split": (write_cell(split="valid"), ["split_conflict"]),
}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([None, *DEFECTS]), max_size=6))
def test_every_row_and_recording_is_accounted_for(tmp_path_factory, planted):
    root = tmp_path_factory.mktemp("made") / "child_subset_100h"
    clips = corpora.make_clips(utterances=2, seconds=(0.1, 0.2))
    corpora.write_corpus(root, clips)
    rows, expected = [clip.row() for clip in clips], []
    for at, defect in enumerate(planted):
        if defect:
            plant, reasons = DEFECTS[defect]
            rows[at] = plant(root, rows[at])
            expected += reasons
    corpora.write_metadata(root, rows)
    utterances, rejects = other_corpora.read(root)
    assert sorted(reason for _, reason in rejects) == sorted(expected)
    lost = sum(map(bool, planted))
    assert len(utterances) == len(clips) - lost
    assert len(rejects) == lost + expected.count(UNLISTED)


@pytest.mark.parametrize("defect", DEFECTS)
def test_defect_is_found_under_its_own_reason(defect, tmp_path):
    root = tmp_path / "child_subset_100h"
    clips = corpora.write_corpus(root, corpora.make_clips(utterances=2))
    rows = [clip.row() for clip in clips]
    plant, reasons = DEFECTS[defect]
    rows[0] = plant(root, rows[0])
    corpora.write_metadata(root, rows)
    _, rejects = other_corpora.read(root)
    assert sorted(reason for _, reason in rejects) == sorted(reasons)


def test_bad_label_that_is_not_needed_is_counted_beside_its_utterance(tmp_path):
    root = tmp_path / "child_subset_100h"
    clips = corpora.write_corpus(root, corpora.make_clips(utterances=2))
    os.truncate(root / clips[0].path("라벨링데이터", ".json"), 2**20 + 1)
    utterances, rejects = other_corpora.read(root)
    assert rejects == [(clips[0].stem, "file_too_large")]
    assert len(utterances) == len(clips)
    assert utterances[clips[0].path()].label is None


def test_subset_has_its_labels_and_the_backup_is_not_read(tmp_path):
    root = tmp_path / "child_subset_100h"
    clips = corpora.write_corpus(root)
    shutil.copytree(root / "2.Validation_split", root / "2.Validation")
    utterances, rejects = other_corpora.read(root)
    assert (len(utterances), rejects) == (len(clips), [])
    for clip in clips:
        utterance = utterances[clip.path()]
        assert utterance.label.path == clip.path("라벨링데이터", ".json")
        assert utterance.fields["split"] == clip.split
        assert utterance.fields["speaker:file"] == clip.speaker


def test_rejects_carry_the_split_that_their_row_or_folder_names(tmp_path):
    root = tmp_path / "child_subset_100h"
    clips = corpora.write_corpus(root)
    (root / clips[-1].path()).unlink()
    rows = [clip.row() for clip in clips[1:]]
    corpora.write_metadata(root, rows)
    connection = sqlite3.connect(":memory:")
    reader = open_corpus(root, connection, progress=False)
    splits = {i.reason: i.split for i in reader if hasattr(i, "reason")}
    assert splits == {"audio_missing": "test", "not_in_metadata": "train"}


def test_reading_twice_gives_the_same_and_follows_the_disk(root):
    rows = other_corpora.write_table(root)
    connection = sqlite3.connect(":memory:")
    before = other_corpora.read(root, connection)
    assert other_corpora.read(root, connection) == before
    (root / rows[0]["wav_path"]).unlink()
    _, rejects = other_corpora.read(root, connection)
    assert [reason for _, reason in rejects] == ["audio_missing"]


def test_csv_is_read_row_by_row_in_both_encodings(root):
    rows = other_corpora.write_table(root)
    corpora.write_rows(root / "recordings.csv", rows, "cp949")
    utterances, rejects = other_corpora.read(root)
    assert (len(utterances), rejects) == (len(rows), [])


def test_metadata_that_is_not_there_is_named(root):
    other_corpora.write_table(root)
    with pytest.raises(InputError, match=r"no file gone.csv"):
        other_corpora.read(root, metadata="gone.csv")


@pytest.mark.parametrize("name", ["subset_metadata.csv", METADATA])
def test_metadata_is_that_of_the_root_wherever_the_reader_is_started(
    name, tmp_path, monkeypatch
):
    old, new = tmp_path / "old", tmp_path / "new"
    clips = corpora.write_corpus(old, corpora.make_clips(utterances=2))
    shutil.copytree(old, new)
    for root, text in ((old, "틀린 말"), (new, "맞는 말")):
        for table in ("subset_metadata.csv", METADATA):
            (root / table).unlink()
        rewrite(root, [clip.row() | {"text": text} for clip in clips], name)
    monkeypatch.chdir(old)
    utterances, rejects = other_corpora.read(new)
    assert (len(utterances), rejects) == (len(clips), [])
    texts = {utterance.fields["text"] for utterance in utterances.values()}
    assert texts == {"맞는 말"}
