"""AI Hub 540 as it is unpacked, as archives, and with each defect."""

import os
import shutil
import sqlite3
import unicodedata
from pathlib import Path

import corpora
import other_corpora
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from childasr.errors import InputError
from childasr.text.files import open_file
from data_prep.readers import open_corpus
from data_prep.records import Reject, stem


@pytest.fixture
def root(tmp_path):
    return tmp_path / "011.한국어 아동 음성 데이터/01.데이터"


@pytest.fixture
def clips():
    return corpora.make_clips(utterances=2)


def by_id(root, **options):
    """id -> (fields, fields of the label), and the rejects."""
    connection = sqlite3.connect(":memory:")
    reader = open_corpus(root, connection, progress=False, **options)
    found, rejects = {}, []
    for item in reader:
        if isinstance(item, Reject):
            rejects.append((item.id, item.reason))
            continue
        with open_file(Path(reader.label_root, item.label.address)) as file:
            label = reader.parse_label(file.read())
        name = stem(item.recording.path)
        assert name not in found
        found[name] = (item.fields, label)
        assert os.path.exists(
            Path(reader.root, item.recording.address.split(".tar:")[0])
        ) or open_file(Path(reader.root, item.recording.address))
    return found, sorted(rejects)


def expected(clips):
    return {
        clip.stem: (
            {
                "split": clip.split,
                "style": {"free": "free", "formatted": "read"}[clip.style],
                "speaker:file": clip.speaker,
                "speaker:folder": clip.speaker[-4:],
            },
            clip.text,
        )
        for clip in clips
    }


LAYOUTS = {
    "unpacked": lambda root, clips: other_corpora.write_aihub(root, clips),
    "archive_folders": lambda root, clips: other_corpora.write_aihub(
        root, clips, archive_folders=True
    ),
    "tars": lambda root, clips: other_corpora.write_tars(
        root, clips, nested=False
    ),
    "nested_tars": lambda root, clips: other_corpora.write_tars(root, clips),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_nesting_gives_the_same_utterances(layout, root, clips):
    LAYOUTS[layout](root, clips)
    found, rejects = by_id(root)
    assert rejects == []
    assert expected(clips) == {
        name: (fields, label["text"]) for name, (fields, label) in found.items()
    }


@pytest.mark.parametrize("layout", LAYOUTS)
def test_decomposed_folder_names_change_nothing(layout, root, clips):
    LAYOUTS[layout](root, clips)
    before = by_id(root)
    for folder in sorted(root.rglob("*데이터"), reverse=True):
        name = unicodedata.normalize("NFD", folder.name)
        folder.rename(folder.with_name(name))
    assert by_id(root) == before


def test_recordings_and_labels_may_have_roots_of_their_own(tmp_path, clips):
    sounds, labels = tmp_path / "아동_원천", tmp_path / "아동_라벨링"
    other_corpora.write_aihub(sounds, clips, label_root=labels)
    found, rejects = by_id(sounds, label_dir=labels)
    assert (set(found), rejects) == ({clip.stem for clip in clips}, [])


def test_split_of_a_root_that_is_one_split_is_its_name(root, clips):
    other_corpora.write_aihub(root, clips)
    found, _ = by_id(root / "2.Validation")
    assert {fields["split"] for fields, _ in found.values()} == {"valid"}
    found, _ = by_id(
        root / "3.Test/원천데이터", label_dir=root / "3.Test/라벨링데이터"
    )
    assert {fields["split"] for fields, _ in found.values()} == {"test"}


def test_real_names_give_split_style_and_speaker(tmp_path):
    names = {
        "1.Training/*/kor_formatted/2021-10-24/9032/"
        "K08509032-AFG22-L1N2D1-I-K0KK-01380410": (
            *("train", "read", "08509032", "9032"),
        ),
        "2.Validation/*/kor_free/2022-01-04/4522/"
        "K00014522-BMG23-L1N2D4-E-K0KK-02089153": (
            *("valid", "free", "00014522", "4522"),
        ),
        "3.Test/*/A013/K0001A013-BMG20-L1N2D1-E-K0KK-04705616": (
            *("test", "", "0001A013", "A013"),
        ),
    }
    for name in names:
        for tree, suffix in other_corpora.TREES.values():
            path = tmp_path / (name.replace("*", tree) + suffix)
            path.parent.mkdir(parents=True)
            path.write_text("{}")
    found, rejects = by_id(tmp_path)
    assert rejects == []
    fields = ("split", "style", "speaker:file", "speaker:folder")
    for name, values in names.items():
        read = found[name.split("/")[-1]][0]
        assert tuple(read[field] for field in fields) == values


def test_label_of_another_name_is_found_by_what_it_says(root, clips):
    other_corpora.write_aihub(root, clips)
    label = root / other_corpora.aihub_path(clips[0], "label")
    label.rename(label.with_name("label-000017.json"))
    found, rejects = by_id(root)
    assert (len(found), rejects) == (len(clips), [])
    assert found[clips[0].stem][1]["text"] == clips[0].text


def move_label(root, clip, folder):
    """Copy a clip's label into other folders; give the copy."""
    label = root / other_corpora.aihub_path(clip, "label")
    copy = root / folder / label.name
    copy.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(label, copy))


def lose_label(root, clip):
    (root / other_corpora.aihub_path(clip, "label")).unlink()


def lose_recording(root, clip):
    (root / other_corpora.aihub_path(clip, "audio")).unlink()


def enlarge_label(root, clip):
    os.truncate(root / other_corpora.aihub_path(clip, "label"), 2**20 + 1)


def link_recording_out(root, clip):
    wav = root / other_corpora.aihub_path(clip, "audio")
    outside = root.parent / wav.name
    wav.rename(outside)
    wav.symlink_to(outside)


def two_labels(root, clip):
    for folder in ("1.Training/라벨링데이터/a", "1.Training/라벨링데이터/b"):
        copy = move_label(root, clip, folder)
    copy.write_text(copy.read_text("utf-8") + " ", "utf-8")
    lose_label(root, clip)


def label_of_another_split(root, clip):
    other = "3.Test" if clip.split != "test" else "1.Training"
    move_label(root, clip, f"{other}/라벨링데이터")
    lose_label(root, clip)


DEFECTS = {
    "label_missing": lose_label,
    "audio_missing": lose_recording,
    "file_too_large": enlarge_label,
    "path_outside_root": link_recording_out,
    "label_ambiguous": two_labels,
    "split_conflict": label_of_another_split,
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_defect_is_found_under_its_own_reason(defect, root, clips):
    other_corpora.write_aihub(root, clips)
    DEFECTS[defect](root, clips[0])
    found, rejects = by_id(root)
    assert rejects == [(clips[0].stem, defect)]
    assert set(found) == {clip.stem for clip in clips[1:]}


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from([None, *DEFECTS]), max_size=13))
def test_every_input_is_accounted_for(tmp_path_factory, planted):
    root = tmp_path_factory.mktemp("corpus")
    clips = corpora.make_clips(utterances=2, seconds=(0.1, 0.2))
    other_corpora.write_aihub(root, clips)
    expected = []
    for clip, defect in zip(clips, planted, strict=False):
        if defect:
            DEFECTS[defect](root, clip)
            expected.append((clip.stem, defect))
    found, rejects = by_id(root)
    assert rejects == sorted(expected)
    assert len(found) + len(rejects) == len(clips)


def test_namesakes_are_told_apart_by_their_sub_path(root, clips):
    other_corpora.write_aihub(root, clips, archive_folders=True)
    clip = clips[0]
    for kind in ("audio", "label"):
        path = root / other_corpora.aihub_path(clip, kind, True)
        copy = Path(str(path).replace(clip.date, "2022-12-31"))
        copy.parent.mkdir(parents=True)
        shutil.copy(path, copy)
    utterances, rejects = other_corpora.read(root)
    assert rejects == []
    pairs = [
        utterance for path, utterance in utterances.items() if clip.stem in path
    ]
    assert len(pairs) == 2
    for date in (clip.date, "2022-12-31"):
        (pair,) = (u for u in pairs if date in u.recording.path)
        assert date in pair.label.path


def test_what_is_unpacked_beside_its_archive_is_read_twice(root, clips):
    other_corpora.write_tars(root, clips)
    other_corpora.write_aihub(root, clips, archive_folders=True)
    utterances, rejects = other_corpora.read(root)
    # By id and by content all but one of each are refused later on.
    assert (len(utterances), rejects) == (2 * len(clips), [])


@pytest.mark.parametrize("differs", [False, True])
def test_labels_of_one_place_are_one_where_they_say_the_same(
    differs, root, clips
):
    other_corpora.write_aihub(root, clips)
    unpacked = Path(other_corpora.aihub_path(clips[0], "label", True)).parent
    copy = move_label(root, clips[0], unpacked)
    text = copy.read_text("utf-8")
    if differs:
        text = text.replace(clips[0].text, clips[0].text[::-1])
    copy.write_text(text, "utf-8")
    found, rejects = by_id(root)
    assert rejects == [(clips[0].stem, "label_ambiguous")] * differs
    assert (clips[0].stem in found) != differs


def test_label_left_over_by_its_namesakes_is_counted(root, clips):
    other_corpora.write_aihub(root, clips)
    move_label(root, clips[0], "1.Training/라벨링데이터/elsewhere")
    found, rejects = by_id(root)
    assert rejects == [(clips[0].stem, "audio_missing")]
    assert len(found) == len(clips)


def test_compressed_archive_is_named_where_there_is_nothing_else(tmp_path):
    (tmp_path / "TS_kor_free_01.tar.gz").write_bytes(b"x")
    with pytest.raises(InputError, match=r"no corpus in .*TS_kor_free_01"):
        by_id(tmp_path)
