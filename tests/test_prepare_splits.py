"""Splits by speaker, and those of a pilot kept in the whole corpus."""

from pathlib import Path

import corpora
import other_corpora
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_manifests import write_manifest
from stores import stored

from childasr.errors import InputError
from childasr.manifest_splits import check_disjoint
from data_prep.prepare import prepare
from data_prep.records import SPLITS, Reject
from data_prep.report import report
from data_prep.splits import Earlier, deal_out, find_earlier, read_splits
from data_prep.subset import make_subset

SHARES = (0.2, 0.2)


def clips(speakers=16):
    return corpora.make_clips(speakers={"train": speakers})


def write_pilot(folder, **splits):
    folder.mkdir()
    for split in SPLITS:
        write_manifest(folder / f"{split}.csv", splits.get(split, [split]))
    return folder


def test_a_pilot_is_trained_on_and_then_the_whole_corpus(tmp_path):
    root, pilot, full = (tmp_path / name for name in ("corpus", "M", "full"))
    other_corpora.write_aihub(root, clips())
    make_subset(
        *(root, tmp_path / "S", 0.01),
        **{"valid_share": 0.2, "test_share": 0.2, "progress": False},
    )
    prepare(tmp_path / "S", pilot, progress=False)
    before = read_splits(pilot)
    summary = prepare(
        *(root, full),
        **{"split_shares": SHARES, "keep_splits": pilot, "progress": False},
    )
    after = read_splits(full)
    assert len(after) == 16 > len(before)
    assert {who: after[who] for who in before} == before
    assert summary["kept_splits"] == [
        {
            "option": "--keep_splits",
            "folder": str(pilot),
            "speakers": len(before),
            "found": len(before),
        }
    ]
    phase = {"train_manifest": full / "train.csv", "units_from": pilot}
    check_disjoint(full, [phase])
    # Without, children change sides, and no training of it starts.
    other = tmp_path / "other"
    prepare(root, other, split_shares=SHARES, seed=2, progress=False)
    moved = read_splits(other)
    assert any(moved[who] != before[who] for who in before)
    phase["train_manifest"] = other / "train.csv"
    with pytest.raises(InputError, match="--keep_splits"):
        check_disjoint(other, [phase])
    # Nor can one folder keep both.
    with pytest.raises(InputError, match=r"is in \w+ by .*M and in \w+ by"):
        find_earlier(other, pilot)


@pytest.mark.parametrize("option", ["--keep_splits", "--output_dir"])
def test_manifests_can_be_made_anew_in_place_with_more_children(
    option, tmp_path
):
    for name, speakers in (("few", 8), ("more", 12)):
        other_corpora.write_kaldi(tmp_path / name, clips(speakers), False)
    folder = tmp_path / "M"
    prepare(tmp_path / "few", folder, split_shares=SHARES, progress=False)
    before = read_splits(folder)
    keep = folder if option == "--keep_splits" else None
    summary = prepare(
        *(tmp_path / "more", folder),
        **{"split_shares": SHARES, "keep_splits": keep, "progress": False},
        seed=2,
    )
    after = read_splits(folder)
    assert after.items() > before.items()
    assert summary["kept_splits"] == [
        {"option": option, "folder": str(folder), "speakers": 8, "found": 8}
    ]
    assert "8 of the 8 speakers of" in report(summary)
    # Without its manifests the folder keeps nothing.
    for split in SPLITS:
        (folder / f"{split}.csv").unlink()
    prepare(
        *(tmp_path / "more", folder),
        **{"split_shares": SHARES, "seed": 2, "progress": False},
    )
    assert not read_splits(folder).items() >= before.items()


@pytest.mark.parametrize("lost", [["train"], ["valid"], ["train", "test"]])
def test_where_some_earlier_manifests_are_lost_nobody_is_dealt_anew(
    lost, tmp_path
):
    other_corpora.write_kaldi(tmp_path / "corpus", clips(8), False)
    folder = tmp_path / "M"
    prepare(tmp_path / "corpus", folder, split_shares=SHARES, progress=False)
    for split in lost:
        (folder / f"{split}.csv").unlink()
    left = contents(folder)
    names = " and ".join(f"{split}.csv" for split in lost)
    with pytest.raises(InputError, match=f"no {names} in .*M.* put back what"):
        prepare(tmp_path / "corpus", folder, split_shares=SHARES, seed=2)
    assert contents(folder) == left


@pytest.mark.parametrize("lost", [["valid"], ["train", "valid"], ["train"]])
def test_a_first_preparation_that_was_killed_goes_on(lost, tmp_path):
    other_corpora.write_kaldi(tmp_path / "corpus", clips(8), False)
    folder = tmp_path / "M"
    prepare(tmp_path / "corpus", folder, split_shares=SHARES, progress=False)
    for name in (*(f"{split}.csv" for split in lost), "summary.json"):
        (folder / name).unlink()
    if lost == ["train"]:  # no kill leaves it so: files come by name
        with pytest.raises(InputError, match=r"no train\.csv in .*M"):
            prepare(tmp_path / "corpus", folder, split_shares=SHARES)
    else:
        prepare(
            tmp_path / "corpus", folder, split_shares=SHARES, progress=False
        )
        assert len(read_splits(folder)) == 8


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_folder_of_another_corpus_is_not_prepared_into(tmp_path):
    other_corpora.write_kaldi(tmp_path / "corpus", clips(8), False)
    folder = write_pilot(tmp_path / "M")
    with pytest.raises(InputError, match=r"none of the 3 .* --output_dir .*M"):
        prepare(tmp_path / "corpus", folder, split_shares=SHARES)
    assert set(read_splits(folder)) == {*SPLITS}


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(st.sampled_from("ABCDEFXY"), st.sampled_from(SPLITS)),
    st.lists(st.sampled_from("ABCDEFGHIJ"), min_size=20, max_size=40),
    st.integers(0, 9),
)
def test_every_input_of_a_speaker_is_in_one_split_the_kept_one(
    tmp_path_factory, kept, speakers, seed
):
    utterances = [
        {"place": f"{number}.wav", "speaker": speaker}
        for number, speaker in enumerate(speakers)
    ]
    there = {who: kept[who] for who in kept if who in speakers}
    kept = kept if there else {}
    free = len({*speakers}) - len(there)
    if free < len({*SPLITS} - {*there.values()}):
        return
    with stored(tmp_path_factory.mktemp("M"), utterances) as store:
        store.add_rejects(
            Reject(f"r{who}", f"r{who}.wav", "audio_empty", "", "train", who)
            for who in sorted({*speakers})
        )
        earlier = [Earlier("--keep_splits", Path("M"), kept)] if kept else []
        found = deal_out(store, SHARES, seed, earlier)
        assert [manifests["found"] for manifests in found] == (
            [len(there)] if kept else []
        )
        rows = store.query(
            "SELECT speaker, split FROM utterance "
            "UNION SELECT speaker, split FROM reject"
        ).fetchall()
    assert len(rows) == len(dict(rows)) == len({*speakers})
    assert dict(rows).items() >= there.items()
    assert {split for _, split in rows} == {*SPLITS}


def test_a_reject_of_a_speaker_whom_nobody_dealt_out_stays(tmp_path):
    utterances = [{"place": f"{n}.wav", "speaker": str(n)} for n in range(3)]
    with stored(tmp_path / "M", utterances) as store:
        reject = Reject("r", "r.wav", "audio_empty", "", "valid", "9")
        store.add_rejects([reject])
        deal_out(store, SHARES, 1)
        assert store.query("SELECT split FROM reject").fetchall() == [
            ("valid",)
        ]


def test_a_pilot_of_other_speaker_ids_is_refused(tmp_path):
    other_corpora.write_kaldi(tmp_path / "corpus", clips(8), False)
    pilot = write_pilot(tmp_path / "pilot")
    with pytest.raises(InputError, match=r"none of the 3 .* --speaker_keys"):
        prepare(
            *(tmp_path / "corpus", tmp_path / "M"),
            **{"split_shares": SHARES, "keep_splits": pilot},
        )
    assert not (tmp_path / "M/summary.json").exists()


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        ({"valid": ["A"], "test": ["B", "A"]}, "speaker A in both valid and"),
        ({"train": []}, "train.csv has no rows"),
        (None, "no .*train.csv: give the folder of earlier manifests"),
    ],
)
def test_a_pilot_that_is_none_is_refused_before_the_corpus_is_read(
    splits, message, tmp_path
):
    if splits:
        write_pilot(tmp_path / "pilot", **splits)
    with pytest.raises(InputError, match=message):
        prepare(
            *(tmp_path, tmp_path / "M"),
            **{"split_shares": SHARES, "keep_splits": tmp_path / "pilot"},
        )
    assert not (tmp_path / "M").exists()


def test_what_is_no_manifest_keeps_no_splits(tmp_path):
    for split in SPLITS:
        (tmp_path / f"{split}.csv").write_text("ID,wav\nu1,a.wav\n")
    with pytest.raises(InputError, match="has no column spk_id"):
        read_splits(tmp_path)
