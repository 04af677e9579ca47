"""One corpus in every layout: the same manifests, the same rejects."""

import gzip
import os

import corpora
import other_corpora
import pytest

from childasr.audio import read_audio
from childasr.errors import InputError
from data_prep.prepare import prepare

SPLITS = ("train", "valid", "test")
# What every layout can say; Kaldi's has neither SNR nor style.
COMMON = ("content", "duration", "spk_id", "age", "gender", "text")


def write_in_two_roots(root, clips):
    labels = root.parent / "labels"
    other_corpora.write_aihub(root, clips, label_root=labels)
    return {"label_dir": labels}


WRITERS = {
    "child_subset": corpora.write_corpus,
    "aihub540": other_corpora.write_aihub,
    "two_roots": write_in_two_roots,
    "tars": other_corpora.write_tars,
    "kaldi": other_corpora.write_kaldi,
    "csv": other_corpora.write_table,
}


def write(layout, root, clips):
    """Write a corpus; give the options that it is read with."""
    root.mkdir()
    options = WRITERS[layout](root, clips)
    return (
        options if isinstance(options, dict) and "label_dir" in options else {}
    )


def manifests(folder):
    return {
        split: corpora.read_rows(folder / f"{split}.csv") for split in SPLITS
    }


@pytest.mark.parametrize("layout", WRITERS)
def test_every_layout_gives_the_same_manifests(layout, tmp_path):
    clips = corpora.make_clips()
    corpora.write_corpus(tmp_path / "reference", clips)
    prepare(tmp_path / "reference", tmp_path / "expected")
    options = write(layout, tmp_path / "corpus", clips)
    summary = prepare(tmp_path / "corpus", tmp_path / "M", layout=options)
    assert summary["found"] == summary["accepted"] == len(clips)
    expected, found = (
        manifests(tmp_path / "expected"),
        manifests(tmp_path / "M"),
    )
    for split in SPLITS:
        columns = [
            sorted(tuple(row[name] for name in COMMON) for row in rows)
            for rows in (expected[split], found[split])
        ]
        assert columns[0] == columns[1]


@pytest.mark.parametrize("layout", ["aihub540", "tars", "kaldi"])
def test_recordings_are_read_from_where_the_manifest_says(layout, tmp_path):
    clips = corpora.make_clips()
    write(layout, tmp_path / "corpus", clips)
    prepare(tmp_path / "corpus", tmp_path / "M")
    for row in corpora.read_rows(tmp_path / "M/test.csv"):
        wav = row["wav"].replace("$data_root", str(tmp_path / "corpus"))
        assert len(read_audio(wav)) == round(16_000 * float(row["duration"]))


def test_split_by_speakers_serves_a_corpus_without_splits(tmp_path):
    clips = corpora.make_clips({"train": 9})
    other_corpora.write_kaldi(tmp_path / "corpus", clips, by_split=False)
    with pytest.raises(InputError, match="--split speakers makes splits"):
        prepare(tmp_path / "corpus", tmp_path / "M")
    summary = prepare(
        tmp_path / "corpus", tmp_path / "M", split_shares=(0.2, 0.2)
    )
    speakers = [
        {row["spk_id"] for row in rows}
        for rows in manifests(tmp_path / "M").values()
    ]
    assert sorted(map(len, speakers)) == [2, 2, 5]
    assert len(set().union(*speakers)) == 9
    assert summary["accepted"] == len(clips)
    assert summary["split_by"] == "speakers"


def test_the_same_seed_splits_the_same_wherever_the_corpus_is(tmp_path):
    clips = corpora.make_clips({"train": 9})
    rows = []
    for place, order in (("a", clips), ("b", clips[::-1])):
        other_corpora.write_table(tmp_path / place, order)
        prepare(
            tmp_path / place,
            tmp_path / f"M{place}",
            split_shares=(0.2, 0.2),
            progress=False,
        )
        rows.append(manifests(tmp_path / f"M{place}"))
    assert rows[0] == rows[1]


def test_labels_that_contradict_the_file_names_stop_the_split(tmp_path):
    clips = corpora.make_clips()
    root = tmp_path / "corpus"
    other_corpora.write_aihub(root, clips)
    mixed_up = root / other_corpora.aihub_path(clips[0], "label")
    text = mixed_up.read_text("utf-8")
    number = f'"NumberOfSpeaker": "{clips[0].speaker}"'
    assert number in text
    other = f'"NumberOfSpeaker": "{clips[-1].speaker}"'
    mixed_up.write_text(text.replace(number, other), "utf-8")
    with pytest.raises(InputError) as error:
        prepare(root, tmp_path / "M")
    assert "speaker keys file and number disagree" in str(error.value)
    assert clips[0].speaker in str(error.value)
    assert not (tmp_path / "M/summary.json").exists()
    trusted = {"speaker_keys": ("file",)}
    assert prepare(root, tmp_path / "M", checks=trusted)["rejected"] == 0


def compress(archive):
    archive.write_bytes(gzip.compress(archive.read_bytes()))


def cut_off(archive):
    os.truncate(archive, archive.stat().st_size // 2)


def link_elsewhere(archive):
    """Its folder, which holds nothing else, is on another disk."""
    folder = archive.parent.rename(archive.parents[4] / archive.stem)
    archive.parent.symlink_to(folder)


@pytest.mark.parametrize("lose", [compress, cut_off, link_elsewhere])
def test_parts_lost_with_their_labels_stop_the_preparation(lose, tmp_path):
    root, output = tmp_path / "corpus", tmp_path / "M"
    clips = corpora.make_clips({"train": 3, "valid": 20, "test": 20})
    archives = other_corpora.write_tars(root, clips)
    of_train = [archive for archive in archives if "1.Training" in str(archive)]
    lost = [archive for archive in of_train if "free" in archive.name]
    assert len(lost) == 2, "labels and recordings"
    for archive in lost:
        lose(archive)
    with pytest.raises(InputError, match="cannot be read, and nobody") as error:
        prepare(root, output, progress=False)
    assert all(archive.name in str(error.value) for archive in lost)
    assert not (output / "summary.json").exists()
    summary = prepare(root, output, max_reject_share=1, progress=False)
    assert summary["accepted"] < len(clips)


def test_what_no_row_names_is_no_lost_part(tmp_path):
    clips = corpora.write_corpus(tmp_path / "corpus")
    (tmp_path / "corpus" / "notes.zip").write_bytes(b"PK")
    summary = prepare(tmp_path / "corpus", tmp_path / "M", progress=False)
    assert summary["accepted"] == len(clips)
    assert summary["reject_reasons"] == {"archive_compressed": 1}
