"""Recordings that a corpus has twice, and the children who share them."""

import collections
import csv
import shutil

import corpora
import other_corpora
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stores import stored

from childasr.errors import InputError
from childasr.manifest_splits import check_disjoint
from data_prep.prepare import prepare
from data_prep.records import SPLITS
from data_prep.splits import Earlier, deal_out, read_splits
from data_prep.twins import (
    MOST_NAMES,
    as_one,
    count_overlap,
    describe_twins,
    find_twin_speakers,
    reject_twins,
)

SHARES = (0.2, 0.2)


def write_table(root, speakers, shared):
    """Write a corpus in which pairs of speakers share a recording.

    Arguments
    ---------
    root : Path
    speakers : int
    shared : list of tuple
        Pairs of numbers of speakers.

    Returns
    -------
    names : list of str
        The speakers.
    """
    clips = corpora.make_clips(speakers={"train": speakers}, utterances=3)
    rows = other_corpora.write_table(root, clips)
    for row in rows:
        del row["split"]
    names = list(dict.fromkeys(row["speaker_id"] for row in rows))
    for one, other in shared:
        (source, *_), (*_, target) = (
            [row for row in rows if row["speaker_id"] == names[number]]
            for number in (one, other)
        )
        shutil.copy(root / source["wav_path"], root / target["wav_path"])
        target["duration"] = source["duration"]
    corpora.write_rows(root / "recordings.csv", rows)
    return names


def prepared(root, folder, **options):
    options = {"split_shares": SHARES, "max_reject_share": 0.2} | options
    return prepare(root, folder, progress=False, **options)


def keep_together(splits, names, pairs):
    return all(splits[names[a]] == splits[names[b]] for a, b in pairs)


@pytest.mark.parametrize("seed", range(4))
def test_speakers_who_share_a_recording_are_dealt_out_as_one(seed, tmp_path):
    pairs = [(0, 9), (9, 4), (2, 7)]
    names = write_table(tmp_path / "corpus", 12, pairs)
    summary = prepared(tmp_path / "corpus", tmp_path / "M", seed=seed)
    assert summary["reject_reasons"] == {"duplicate_content": 3}
    assert keep_together(read_splits(tmp_path / "M"), names, pairs)
    # The second sound of speaker 9 is its last, the first another's.
    assert sorted(twin["speakers"] for twin in summary["twin_speakers"]) == [
        [names[0], names[9]],
        [names[2], names[7]],
        [names[4], names[9]],
    ]
    for twin in summary["twin_speakers"]:
        assert len({*twin["splits"]}) == twin["recordings"] == 1


@pytest.mark.parametrize(("names", "pairs"), [("ABC", 2), ("ABCD", 0)])
def test_a_recording_that_many_speakers_share_links_nobody(
    names, pairs, tmp_path
):
    utterances = [
        {"place": f"{name}.wav", "speaker": name, "content": "a beep"}
        for name in names
    ]
    with stored(tmp_path, utterances) as store:
        assert len(find_twin_speakers(store)) == pairs


def test_a_new_name_of_a_child_of_the_pilot_follows_it(tmp_path):
    names = write_table(tmp_path / "corpus", 12, [(0, 9)])
    prepared(tmp_path / "corpus", tmp_path / "one")
    for split in SPLITS:
        pilot = tmp_path / split
        write_pilot(pilot, {split: names[:1]})
        folder = tmp_path / f"full_{split}"
        prepared(tmp_path / "corpus", folder, keep_splits=pilot)
        assert read_splits(folder)[names[9]] == split


def write_pilot(folder, speakers):
    """Write manifests of a pilot: ids are those of the corpus's rows."""
    folder.mkdir()
    for split in SPLITS:
        with open(folder / f"{split}.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("ID", "spk_id", "content"))
            for name in speakers.get(split, [f"other {split}"]):
                writer.writerow((f"of {name}", name, ""))


def test_what_a_pilot_learnt_from_stays_in_training(tmp_path):
    root = tmp_path / "corpus"
    names = write_table(root, 12, [(0, 9)])
    rows = corpora.read_rows(root / "recordings.csv")
    for row in rows:
        apart = {names[0]: "train", names[9]: "test"}
        row["split"] = (
            apart.get(row["speaker_id"])
            or SPLITS[names.index(row["speaker_id"]) % 3]
        )
    corpora.write_rows(root / "recordings.csv", rows)
    twin = [row for row in rows if row["speaker_id"] == names[9]][-1]
    pilot, full = tmp_path / "pilot", tmp_path / "full"
    # The copy of the test child has a text that the pilot refused.
    text, twin["text"] = twin["text"], "3"
    corpora.write_rows(root / "recordings.csv", rows)
    prepared(root, pilot, split_shares=None)
    twin["text"] = text
    corpora.write_rows(root / "recordings.csv", rows)
    summary = prepared(root, full, keep_splits=pilot)
    assert read_splits(full).items() >= read_splits(pilot).items()
    assert [twin["splits"] for twin in summary["twin_speakers"]] == [
        ["train", "test"]
    ]
    phase = {"train_manifest": full / "train.csv", "units_from": pilot}
    check_disjoint(full, [phase])
    # The corpus's own splits move it to where it measures.
    shutil.rmtree(full)
    prepared(root, full, split_shares=None)
    with pytest.raises(InputError, match="1 recordings are in both"):
        check_disjoint(full, [phase])


def test_twins_in_splits_of_the_corpus_are_named_and_counted(tmp_path):
    root = tmp_path / "corpus"
    clips = corpora.write_corpus(root)
    first = {clip.speaker: clip for clip in reversed(clips)}
    train, other, *_, test = sorted(
        first.values(), key=lambda clip: (SPLITS.index(clip.split), clip.number)
    )
    for clip in (train, other):
        shutil.copy(root / test.path(), root / clip.path())
        clip.seconds = test.seconds
        corpora.write_label(root / clip.path("라벨링데이터", ".json"), clip)
    corpora.write_metadata(root, [clip.row() for clip in clips])
    summary = prepare(root, tmp_path / "M", max_reject_share=1)
    assert summary["reject_reasons"] == {"duplicate_content": 2}
    assert summary["twin_speakers"] == [
        {
            "speakers": [train.speaker, test.speaker],
            "splits": ["train", "test"],
            "recordings": 1,
        },
        {
            "speakers": [train.speaker, other.speaker],
            "splits": ["train", "train"],
            "recordings": 1,
        },
    ]
    assert summary["content_overlap"] == summary["speaker_overlap"] == 0


def test_too_few_children_for_their_names_are_refused(tmp_path):
    write_table(tmp_path / "corpus", 4, [(0, 1), (1, 2)])
    with pytest.raises(InputError, match=r"2 speakers .* they count as one"):
        prepared(tmp_path / "corpus", tmp_path / "M", max_reject_share=1)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("ABCDEFGH"), st.integers(0, 40)),
        min_size=12,
        max_size=40,
        unique=True,
    ),
    st.dictionaries(st.sampled_from("ABCDEFGH"), st.sampled_from(SPLITS)),
)
def test_a_recording_is_kept_once_and_its_speakers_are_together(
    tmp_path_factory, recordings, kept
):
    utterances = [
        {"place": f"{n}.wav", "speaker": speaker, "content": f"sound {content}"}
        for n, (speaker, content) in enumerate(recordings)
    ]
    speakers = {speaker for speaker, _ in recordings}
    earlier = [Earlier("--keep_splits", tmp_path_factory.getbasetemp(), kept)]
    earlier *= bool(kept.keys() & speakers)
    with stored(tmp_path_factory.mktemp("M"), utterances) as store:
        twins = find_twin_speakers(store)
        one = as_one(twins)
        reject_twins(store)
        try:
            deal_out(store, SHARES, 1, earlier, twins)
        except InputError:
            return
        assert count_overlap(store) == 0
        contents = store.query("SELECT content FROM utterance").fetchall()
        assert len(contents) == len({content for _, content in recordings})
        splits = dict(
            store.query(
                "SELECT speaker, split FROM utterance "
                "UNION SELECT speaker, split FROM reject"
            )
        )
        assert splits.keys() == speakers
        described = describe_twins(store, twins)
    assert len(described) == len(twins)
    names = collections.Counter(content for _, content in recordings)
    for speaker, content in recordings:
        for other, same in recordings:
            if content == same and names[content] <= MOST_NAMES:
                assert one.get(speaker, speaker) == one.get(other, other)
                free = speaker not in kept and other not in kept
                if free or not earlier:
                    assert splits[speaker] == splits[other]
