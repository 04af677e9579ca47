"""Promises of the checkpoints when writing fails, or what is there is bad."""

import os
import shutil
from pathlib import Path

import pytest
import torch

from childasr.errors import InputError, RunError
from childasr.training import recoverables
from childasr.training.checkpointer import AtomicCheckpointer
from childasr.training.recoverables import Configuration, TrainedParameters

WRITES = {
    "makedirs": os, "fsync": os, "replace": os, "rmtree": shutil,
    "save": torch, "save_file": recoverables, "write_text": Path,
}  # fmt: skip


def make(folder, width=1):
    """A checkpointer of one layer, and the layer."""
    layer = torch.nn.Linear(width, 1)
    parts = {
        "trained": TrainedParameters({"head": layer}),
        "optimizer": torch.optim.AdamW(layer.parameters()),
    }
    return AtomicCheckpointer(folder, parts), layer


def save(checkpointer, layer, value, **options):
    layer.weight.data.fill_(value)
    meta = {"unixtime": value, "wer": options.pop("wer", 1 / value)}
    return checkpointer.save_checkpoint(meta=meta, name=f"{value}", **options)


def loaded(folder, width=1):
    """The value that a new run would go on from."""
    checkpointer, layer = make(folder, width)
    checkpointer.recover_if_possible()
    return layer.weight[0, 0].item()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


class FailingCall(OSError):
    pass


def fail_at(monkeypatch, at):
    """Let the call number `at` of all writing functions fail."""
    calls = []

    def failing(name, function):
        def call(*args, **kwargs):
            calls.append(name)
            if len(calls) == at:
                if name == "rmtree":  # which fails when it is half done
                    next(iter(sorted(args[0].iterdir()))).unlink()
                raise FailingCall(name)
            return function(*args, **kwargs)

        return call

    for name, owner in WRITES.items():
        function = getattr(owner, name)
        monkeypatch.setattr(owner, name, failing(name, function))


@pytest.mark.parametrize("end_of_epoch", [True, False])
def test_save_that_fails_at_any_write_leaves_a_whole_checkpoint(
    tmp_path, end_of_epoch
):
    at, failed = 0, True
    while failed:  # until a save has fewer writes
        at += 1
        folder = tmp_path / str(at)
        checkpointer, layer = make(folder)
        save(checkpointer, layer, 1, end_of_epoch=end_of_epoch)
        with pytest.MonkeyPatch.context() as monkeypatch:
            fail_at(monkeypatch, at)
            try:
                save(checkpointer, layer, 2, end_of_epoch=end_of_epoch)
                failed = False
            except FailingCall:
                failed = True
        assert loaded(folder) in (1, 2)
        assert not [name for name in names(folder) if "damaged" in name]
        assert end_of_epoch or len(names(folder)) == 1
        checkpointer, layer = make(folder)
        save(checkpointer, layer, 3, end_of_epoch=end_of_epoch)
        assert loaded(folder) == 3
    assert at > 10


def test_checkpoint_within_an_epoch_is_replaced_by_the_next(tmp_path):
    checkpointer, layer = make(tmp_path)
    save(checkpointer, layer, 1)
    for value in (2, 3):
        save(checkpointer, layer, value, end_of_epoch=False)
        assert names(tmp_path) == ["CKPT+1", f"CKPT+{value}"]
    save(checkpointer, layer, 4)
    assert names(tmp_path) == ["CKPT+1", "CKPT+4"]


def damage_each_file(folder):
    """Copies of a checkpoint folder with one file damaged in each."""
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        for damaged in (b"", data[: len(data) // 2], data[:-1] + b"?", None):
            if damaged is None:
                path.unlink()
            else:
                path.write_bytes(damaged)
            yield path.name
            path.write_bytes(data)


@pytest.mark.parametrize("other", [1, 3], ids=["older", "newer"])
def test_damage_to_any_file_is_seen_and_the_whole_one_is_loaded(
    tmp_path, other
):
    good = tmp_path / "good"
    checkpointer, layer = make(good)
    for value in sorted((2, other)):
        save(checkpointer, layer, value)
    newest = max(2, other)
    for name in damage_each_file(good / f"CKPT+{newest}"):
        folder = tmp_path / "copy"
        shutil.copytree(good, folder)
        assert loaded(folder) == min(2, other), name
        assert f"damaged+CKPT+{newest}" in names(folder)
        shutil.rmtree(folder)


def test_damaged_checkpoint_older_than_a_whole_one_stops_nothing(tmp_path):
    checkpointer, layer = make(tmp_path)
    for value in (1, 2):
        save(checkpointer, layer, value)
    (tmp_path / "CKPT+1" / "CKPT.yaml").write_bytes(b"")
    assert loaded(tmp_path) == 2
    save(*make(tmp_path), 3)
    assert loaded(tmp_path) == 3


def test_checkpoint_damaged_again_replaces_what_was_set_aside(tmp_path):
    for _ in range(2):
        checkpointer, layer = make(tmp_path)
        for value in (1, 2):
            save(checkpointer, layer, value)
        (tmp_path / "CKPT+2" / "trained.ckpt").write_bytes(b"")
        assert loaded(tmp_path) == 1


@pytest.mark.parametrize(
    ("settings", "origin", "named"),
    [
        ({"units": "bpe"}, {}, "units was jamo, now bpe"),
        ({"lora_rank": 8}, {}, "lora_rank was 16, now 8"),
        ({"freeze_layers": 12}, {}, "freeze_layers was 8, now 12"),
        ({"encoder": "other"}, {}, "encoder was xlsr, now other"),
        ({}, {"encoder_sha256": "b"}, "its encoder_sha256 is a"),
    ],
)
def test_checkpoint_of_another_configuration_is_refused_by_the_difference(
    tmp_path, settings, origin, named
):
    ours = {
        "units": "jamo", "lora_rank": 16, "freeze_layers": 8,
        "encoder": "xlsr",
    }  # fmt: skip
    facts = {"encoder_sha256": "a"}

    def checkpointer(settings, origin):
        parts = {"configuration": Configuration(settings, origin, "fp32")}
        return AtomicCheckpointer(tmp_path, parts)

    checkpointer(ours, facts).save_checkpoint(name="a")
    checkpointer(ours, facts).recover_if_possible()
    with pytest.raises(InputError, match=named):
        checkpointer(ours | settings, facts | origin).recover_if_possible()


def test_training_that_goes_on_in_another_precision_says_so(tmp_path, caplog):
    for precision in ("bf16", "bf16", "fp16"):
        assert "goes on in" not in caplog.text
        parts = {"configuration": Configuration({}, {}, precision)}
        checkpointer = AtomicCheckpointer(tmp_path, parts)
        checkpointer.recover_if_possible()
        checkpointer.save_checkpoint(name="a")
    assert "training in bf16 goes on in fp16" in caplog.text


def test_folder_is_made_with_the_first_look_at_it(tmp_path):
    checkpointer, _ = make(tmp_path / "phase" / "save")
    assert not names(tmp_path)
    assert checkpointer.recover_if_possible() is None
    assert names(tmp_path / "phase") == ["save"]


def test_a_clock_that_runs_behind_loses_no_checkpoint(tmp_path):
    checkpointer, layer = make(tmp_path)
    ahead = 4e9  # seconds since 1970, in 2096
    save(checkpointer, layer, ahead, end_of_epoch=False)
    for value in (1.0, 2.0):
        layer.weight.data.fill_(value)
        checkpointer.save_checkpoint(name=f"{value}", end_of_epoch=False)
        assert names(tmp_path) == [f"CKPT+{value}"]
        assert loaded(tmp_path) == value


WIDTH = 500_000  # values of a layer: 2 MB, as long as AdamW has no state


def test_full_disk_keeps_the_newest_and_the_best_checkpoint(small_disk):
    checkpointer, layer = make(small_disk, WIDTH)
    (small_disk / "other").write_bytes(bytes(6_000_000))
    wers = [0.5, 0.3, 0.4, 0.45, 0.35]
    for value, wer in enumerate(wers, start=1):
        save(checkpointer, layer, value, wer=wer)
        assert loaded(small_disk, WIDTH) == value
    assert names(small_disk) == ["CKPT+2", "CKPT+4", "CKPT+5", "other"]


@pytest.mark.parametrize("late", [False, True])
def test_full_disk_is_one_line_and_the_last_checkpoint_stays(
    small_disk, late, monkeypatch
):
    checkpointer, layer = make(small_disk, WIDTH)
    save(checkpointer, layer, 1)

    def fill(*_):
        (small_disk / "other").write_bytes(bytes(13_000_000))
        return True

    if late:  # another program fills the disk after the look at it
        monkeypatch.setattr(checkpointer, "_make_room", lambda needed: None)
        monkeypatch.setattr(checkpointer, "_needed", lambda: fill() and 0)
    else:
        fill()
    message = r"no space for a checkpoint in .*: it needs about . MB, . MB are"
    with pytest.raises(RunError, match=message):
        save(checkpointer, layer, 2)
    assert names(small_disk) == ["CKPT+1", "other"]
    assert loaded(small_disk, WIDTH) == 1
