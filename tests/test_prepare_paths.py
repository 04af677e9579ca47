"""A recording is found however its path is written or unpacked."""

import unicodedata
from pathlib import Path

import corpora
import other_corpora
import pytest

from data_prep.prepare import prepare


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_decomposed_folder_names_change_nothing(form, root, tmp_path):
    clips = corpora.write_corpus(root)
    rows = [{**clip.row(), "text": ""} for clip in clips]
    for row in rows:
        row["wav_path"] = unicodedata.normalize(form, row["wav_path"])
    corpora.write_metadata(root, rows)
    prepare(root, tmp_path / "composed")
    for folder in root.glob("*/*"):
        folder.rename(
            folder.with_name(unicodedata.normalize("NFD", folder.name))
        )
    prepare(root, tmp_path / "decomposed")
    before = corpora.read_rows(tmp_path / "composed/train.csv")
    after = corpora.read_rows(tmp_path / "decomposed/train.csv")
    assert [row["ID"] for row in before] == [row["ID"] for row in after]
    for row in after:
        assert Path(row["wav"].replace("$data_root", str(root))).exists()


@pytest.mark.parametrize(
    "cell",
    [
        lambda root, clip: clip.path(),
        lambda root, clip: str(root / clip.path()),
        lambda root, clip: f"child_subset_100h/{clip.path()}",
        lambda root, clip: f"./{clip.path()}",
        lambda root, clip: clip.path().replace("/", "\\"),
        lambda root, clip: clip.path("라벨링데이터", ".json"),
        lambda root, clip: f"{clip.stem}.wav",
        lambda root, clip: clip.stem,
    ],
    ids=[
        *("relative", "absolute", "with_root", "dotted", "windows"),
        *("label", "file_name", "stem"),
    ],
)
def test_a_recording_is_found_however_its_path_is_written(
    cell, root, clips, tmp_path
):
    rows = [{**clip.row(), "wav_path": cell(root, clip)} for clip in clips]
    corpora.write_metadata(root, rows)
    prepare(root, tmp_path / "M")
    wavs = {row["wav"] for row in corpora.read_rows(tmp_path / "M/test.csv")}
    test = [clip for clip in clips if clip.split == "test"]
    assert wavs == {f"$data_root/{clip.path()}" for clip in test}


def test_a_folder_named_as_the_root_is_no_part_of_the_roots_path(tmp_path):
    root = tmp_path / "clips"
    clips = corpora.make_clips()
    rows = other_corpora.write_table(root, clips)
    # Two recordings have the paths `clips/PATH` and `PATH` below the root.
    (root / rows[1]["wav_path"]).unlink()
    rows[1]["wav_path"] = f"clips/{rows[0]['wav_path']}"
    corpora.write_sound(root / rows[1]["wav_path"], clips[1])
    corpora.write_rows(root / "recordings.csv", rows)
    utterances, rejects = other_corpora.read(root)
    assert (len(utterances), rejects) == (len(clips), [])
    for row in rows:
        assert utterances[row["wav_path"]].fields["text"] == row["text"]
    # Where that one cannot be used, the other does not take its place.
    nested = root / rows[1]["wav_path"]
    nested.unlink()
    nested.symlink_to(tmp_path / "elsewhere.wav")
    utterances, rejects = other_corpora.read(root)
    assert len(utterances) == len(clips) - 1
    assert rejects == [("0", "path_outside_root")]
