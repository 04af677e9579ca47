"""What training refuses, and that its batches are those of the CSV file."""

import numpy as np
import pytest
import torch
from corpora import TEXTS, make_clips, read_rows, write_rows
from evaluation_data import write_manifest as write_spoken_manifest
from small_manifests import write_manifest, write_manifests
from speechbrain.dataio.dataset import DynamicItemDataset

from childasr.audio import read_audio
from childasr.errors import InputError
from childasr.manifest_splits import check_disjoint, open_for_training
from childasr.model.keyed_random import hash_ids
from childasr.text.units import UNIT_KINDS, TextUnits
from childasr.training.batching import DurationBatchSampler, batch_ends
from childasr.training.dataset import (
    batch_loader,
    utterance_dataset,
    validation_loader,
)
from childasr.training.speed import KeyedSpeedPerturb


@pytest.fixture
def folder(tmp_path):
    return write_manifests(tmp_path)


def test_disjoint_manifests_pass_and_it_says_which(folder):
    said = check_disjoint(folder, [{"train_manifest": folder / "phase1.csv"}])
    assert said == (
        "no speaker, ID or recording is in two splits "
        "(train.csv, phase1.csv, valid.csv, test.csv)"
    )


@pytest.mark.parametrize(
    ("pilots", "now"),
    [
        ("train", "valid"),
        ("train", "test"),
        ("valid", "train"),
        ("valid", "test"),
        ("test", "train"),
        ("test", "valid"),
        ("test", "round1"),
    ],
)
def test_a_child_of_the_pilot_is_in_no_other_split_of_a_larger_corpus(
    pilots, now, folder, tmp_path
):
    full = tmp_path / "full"
    full.mkdir()
    for name in ("train", "valid", "test", "round1"):
        write_manifest(full / f"{name}.csv", [name], [name])
    phase = {"train_manifest": full / "round1.csv"}
    write_manifest(folder / f"{pilots}.csv", ["child"], ["p"])
    write_manifest(full / f"{now}.csv", ["child"], ["f"])
    check_disjoint(full, [phase])
    check_disjoint(full, [phase | {"units_from": None}])
    with pytest.raises(InputError, match="1 speakers are in both") as caught:
        check_disjoint(full, [phase | {"units_from": folder}])
    assert f"{folder}/{pilots}.csv" in str(caught.value)
    assert f"{full}/{now}.csv" in str(caught.value)
    assert "--keep_splits" in str(caught.value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("train", "valid"),
        ("train", "test"),
        ("valid", "test"),
        ("phase1", "valid"),
        ("phase1", "test"),
        ("train", "valid2"),
        ("phase1", "valid2"),
        ("valid2", "test"),
    ],
)
@pytest.mark.parametrize(
    ("column", "names"),
    [
        ("spk_id", "1 speakers are in both"),
        ("ID", "1 IDs are in both"),
        ("content", "1 recordings are in both"),
    ],
)
def test_what_two_splits_share_stops_training(
    folder, one, other, column, names
):
    write_manifest(folder / "valid2.csv", ["V"], ["v"])
    rows = read_rows(folder / f"{one}.csv")
    rows[0][column] = "shared"
    write_rows(folder / f"{one}.csv", rows)
    rows = read_rows(folder / f"{other}.csv")
    rows[-1][column] = "shared"
    write_rows(folder / f"{other}.csv", rows)
    phase = {
        "train_manifest": folder / "phase1.csv",
        "valid_manifest": folder / "valid2.csv",
    }
    with pytest.raises(InputError, match=names) as caught:
        check_disjoint(folder, [phase])
    said = str(caught.value)
    assert f"{folder}/{one}.csv and {folder}/{other}.csv" in said
    row = rows[-1]["ID"]
    assert f"is {row})" in said if column == "content" else "(shared)" in said


def test_recordings_of_unknown_content_are_no_copies_and_it_is_said(folder):
    write_manifest(folder / "train.csv", ["A", "B"])
    write_manifest(folder / "valid.csv", ["C", "C"], ["", "c"])
    said = check_disjoint(folder)
    assert "no speaker or ID is in two splits" in said
    assert said.endswith("2 rows of train.csv, 1 rows of valid.csv")


def test_rows_without_a_speaker_cannot_be_held_apart(folder):
    write_manifest(folder / "test.csv", ["D", ""])
    with pytest.raises(InputError, match=r"test\.csv: 1 of 2 .* no spk_id"):
        check_disjoint(folder)


def test_an_utterance_without_a_duration_cannot_be_trained(folder):
    rows = read_rows(folder / "train.csv")
    rows[1]["duration"] = ""
    write_rows(folder / "train.csv", rows)
    with pytest.raises(InputError, match=r"1 utterances .* such as train-1"):
        open_for_training(folder / "train.csv", None)


@pytest.mark.parametrize("name", ["train", "valid"])
@pytest.mark.parametrize("text", ["3개", "안녕.", "ok", ""])
def test_a_text_that_is_not_normalised_cannot_be_trained(folder, name, text):
    rows = read_rows(folder / f"{name}.csv")
    rows[-1]["text"] = text
    write_rows(folder / f"{name}.csv", rows)
    said = f"1 of {len(rows)} texts .* such as that of {rows[-1]['ID']}:"
    with pytest.raises(InputError, match=said):
        open_for_training(folder / f"{name}.csv", None)


@pytest.mark.parametrize("kind", UNIT_KINDS)
def test_letters_that_no_unit_has_are_not_trained_as_unknown(folder, kind):
    rows = read_rows(folder / "train.csv")
    rows[1]["text"] = "TV 봐"
    write_rows(folder / "train.csv", rows)
    manifest = open_for_training(folder / "train.csv", None)
    texts = [*manifest.texts()]
    model = folder / f"{kind}.model"
    # One letter brings all.
    manifest.check_letters(TextUnits.train(kind, [texts[0], "Q"], model).pieces)
    units = TextUnits.train(kind, texts[:1], model)
    with pytest.raises(InputError, match=r"1 of 2 texts .* of train-1:"):
        manifest.check_letters(units.pieces)


def test_training_asks_for_an_unknown_data_root(folder):
    (folder / "summary.json").unlink()
    with pytest.raises(InputError, match="give --data_root"):
        open_for_training(folder / "train.csv", None)


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """A manifest with recordings, its rows as SpeechBrain has them, units."""
    folder = tmp_path_factory.mktemp("spoken")
    path = write_spoken_manifest(folder, make_clips(utterances=3))
    root = folder / "corpus"
    rows = DynamicItemDataset.from_csv(path, {"data_root": str(root)}).data
    units = TextUnits.train("jamo", TEXTS, folder / "jamo.model")
    return open_for_training(path, None), rows, units


def expected_batch(rows, units, perturb, items):
    """What the items of a batch are, from the rows of the CSV file."""
    ids = [*rows]
    batch = []
    for row, speed in items:
        name = ids[row]
        sound = torch.from_numpy(read_audio(rows[name]["wav"]))
        batch.append(
            {
                "id": name,
                "sig": perturb.resample(sound, speed),
                "tokens": torch.tensor(units.encode(rows[name]["text"])),
                **{key: rows[name][key] for key in ("text", "age", "snr")},
            }
        )
    return batch


def assert_batches_equal(loader, expected):
    count = 0
    for batch, items in zip(loader, expected, strict=True):
        assert batch.id == [item["id"] for item in items]
        for key in ("text", "age", "snr"):
            assert getattr(batch, key) == [item[key] for item in items]
        for key in ("sig", "tokens"):
            values = getattr(batch, key)
            longest = max(len(item[key]) for item in items)
            assert values.data.shape == (len(items), longest)
            for value, item in zip(values.data, items, strict=True):
                length = len(item[key])
                assert torch.equal(value[:length], item[key])
        count += len(items)
    assert count > 0


@pytest.mark.parametrize("workers", [0, 2])
def test_training_batches_are_those_of_the_rows_of_the_csv_file(
    spoken, workers
):
    manifest, rows, units = spoken
    perturb = KeyedSpeedPerturb(16000, [90, 100, 110], 0.5)
    durations = [float(row["duration"]) for row in rows.values()]
    reference = DurationBatchSampler(hash_ids(rows), durations, 4, 7, perturb)
    sampler = DurationBatchSampler(
        manifest.id_hashes, manifest.durations, 4, 7, perturb
    )
    loader = batch_loader(
        utterance_dataset(manifest, units, perturb), sampler, workers, False
    )
    for epoch in (1, 2):
        reference.set_epoch(epoch)
        sampler.set_epoch(epoch)
        expected = [
            expected_batch(rows, units, perturb, items) for items in reference
        ]
        assert_batches_equal(loader, expected)


def test_validation_batches_are_in_order_of_duration_and_then_of_rows(spoken):
    manifest, rows, units = spoken
    durations = [float(row["duration"]) for row in rows.values()]
    order = sorted(range(len(durations)), key=durations.__getitem__)
    ends = batch_ends(np.array(durations)[order], 4)
    perturb = KeyedSpeedPerturb(16000, [100], 0.0)
    expected = [
        expected_batch(rows, units, perturb, [(row, 100) for row in part])
        for part in np.split(order, ends[:-1])
    ]
    loader = validation_loader(utterance_dataset(manifest, units), 4, 0, False)
    assert_batches_equal(loader, expected)
