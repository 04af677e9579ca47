"""The ledger of looks at a held-out manifest."""

import errno
import fcntl
import json
import multiprocessing

import pytest

from childasr.errors import InputError
from childasr.evaluation.ledger import (
    check_writable,
    is_held_out,
    record_look,
)
from childasr.text.files import file_sha256


def entry(model="a", manifest="t", day=1):
    return {
        "date": f"2026-03-{day:02d}T12:00:00+00:00",
        "model": "best_model",
        "model_sha256": model * 64,
        "manifest": "test.csv",
        "manifest_sha256": manifest * 64,
        "utterances": 12,
        "wer": 0.25,
    }


def record_many(manifest, model):
    for day in range(1, 11):
        record_look(manifest, entry(model, day=day))


@pytest.mark.parametrize(
    "name, held_out",
    [
        ("test.csv", True),
        ("other_children.csv", True),
        ("phase_2.csv", True),
        ("train.csv", False),
        ("valid.csv", False),
        ("phase1.csv", False),
        ("phase12.csv", False),
    ],
)
def test_only_what_training_reads_is_not_held_out(tmp_path, name, held_out):
    assert is_held_out(tmp_path / name) is held_out


def test_every_look_is_counted_and_each_model_once(tmp_path):
    manifest = tmp_path / "test.csv"
    first = record_look(manifest, entry("a", day=3))
    assert first == {
        "looks": 1,
        "models": 1,
        "first": entry(day=3)["date"],
        "last": entry(day=3)["date"],
    }
    record_look(manifest, entry("a", day=4))
    assert record_look(manifest, entry("b", day=7)) == {
        "looks": 3,
        "models": 2,
        "first": entry(day=3)["date"],
        "last": entry(day=7)["date"],
    }
    stored = json.loads((tmp_path / "test_ledger.json").read_text("utf-8"))
    assert stored == [entry("a", day=3), entry("a", day=4), entry("b", day=7)]


def test_a_manifest_with_another_content_is_counted_apart(tmp_path):
    manifest = tmp_path / "test.csv"
    record_look(manifest, entry(manifest="t"))
    assert record_look(manifest, entry(manifest="u"))["looks"] == 1
    assert record_look(manifest, entry(manifest="t"))["looks"] == 2


def test_an_undefined_rate_is_a_look_too(tmp_path):
    manifest = tmp_path / "test.csv"
    record_look(manifest, entry() | {"wer": None})
    assert record_look(manifest, entry())["looks"] == 2


def test_evaluations_at_once_lose_no_look(tmp_path):
    manifest = tmp_path / "test.csv"
    context = multiprocessing.get_context("fork")
    others = [
        context.Process(target=record_many, args=(manifest, model))
        for model in "abc"
    ]
    for process in others:
        process.start()
    for process in others:
        process.join()
    assert [process.exitcode for process in others] == [0, 0, 0]
    looks = record_look(manifest, entry("d"))
    assert (looks["looks"], looks["models"]) == (31, 4)


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "[{",
        "{}",
        "[1]",
        json.dumps([{**entry(), "date": 5}]),
        json.dumps([{"date": "2026-03-01T12:00:00+00:00"}]),
    ],
)
def test_a_damaged_ledger_is_refused_and_left_as_it_is(tmp_path, damage):
    ledger = tmp_path / "test_ledger.json"
    ledger.write_text(damage)
    with pytest.raises(InputError, match=r"test_ledger\.json is damaged"):
        check_writable(tmp_path / "test.csv")
    with pytest.raises(InputError, match=r"test_ledger\.json is damaged"):
        record_look(tmp_path / "test.csv", entry())
    assert ledger.read_text() == damage


def test_a_folder_that_cannot_be_written_is_known_before_the_work(tmp_path):
    with pytest.raises(InputError, match="copy the manifest"):
        check_writable(tmp_path / "none" / "test.csv")


def test_a_disk_without_locks_loses_no_look(tmp_path, monkeypatch):
    def no_locks(file, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    assert record_look(tmp_path / "test.csv", entry())["looks"] == 1


def test_to_check_is_no_look(tmp_path):
    check_writable(tmp_path / "test.csv")
    assert record_look(tmp_path / "test.csv", entry())["looks"] == 1


def test_models_are_told_apart_by_their_weights(tmp_path):
    for name, content in (("a", b"1"), ("b", b"1"), ("c", b"2" * 3_000_000)):
        (tmp_path / name).write_bytes(content)
    assert file_sha256(tmp_path / "a") == file_sha256(tmp_path / "b")
    assert file_sha256(tmp_path / "a") != file_sha256(tmp_path / "c")
