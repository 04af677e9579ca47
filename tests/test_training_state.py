"""Promises of the average, the stopper, the log and the checkpoints."""

import json

import pytest
import torch

from childasr.errors import InputError
from childasr.training.checkpointer import AtomicCheckpointer
from childasr.training.ema import ExponentialMovingAverage, ema_decay
from childasr.training.log import TrainingLog
from childasr.training.recoverables import RandomState, TrainedParameters
from childasr.training.stopper import EpochCounterWithMinDelta


def test_average_follows_its_formula():
    weight = torch.nn.Parameter(torch.zeros(3))
    ema = ExponentialMovingAverage([weight])
    expected = None
    for n in range(50):
        weight.data = torch.randn(3)
        ema.update()
        decay = 0.0 if n == 0 else ema_decay(n, 0.999)
        kept = weight.data if expected is None else expected
        expected = decay * kept + (1 - decay) * weight.data
    ema.swap()
    torch.testing.assert_close(weight.data, expected)


def test_average_goes_on_from_its_saved_state():
    weight = torch.nn.Parameter(torch.zeros(2))
    ema = ExponentialMovingAverage([weight])
    for value in (1.0, 2.0, 3.0):
        weight.data.fill_(value)
        ema.update()
    again = ExponentialMovingAverage([weight])
    again.load_state_dict(ema.state_dict())
    weight.data.fill_(9.0)
    ema.update()
    again.update()
    for one, other in zip(ema.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)
    assert int(again.n_averaged) == 4


def run_stopper(scores, patience, min_delta, start=None):
    counter = EpochCounterWithMinDelta(len(scores), patience, min_delta)
    if start is not None:
        counter.update_metric(start)
    seen = 0
    for epoch in counter:
        counter.update_metric(scores[epoch - 1])
        seen = epoch
    return seen


@pytest.mark.parametrize(
    ("scores", "patience", "epochs"),
    [
        ([0.50, 0.49, 0.48, 0.47], 1, 4),  # each gains exactly min_delta
        ([0.50, 0.495, 0.491, 0.48], 2, 3),  # two epochs gain too little
        ([0.50, 0.495, 0.489, 0.489], 2, 4),  # counted from the best
        ([0.50, 0.60, 0.55, 0.40], 4, 4),
    ],
)
def test_stopper_counts_absolute_improvements(scores, patience, epochs):
    assert run_stopper(scores, patience, 0.01) == epochs


def test_the_same_score_again_is_no_improvement_whatever_min_delta():
    assert run_stopper([0.50, 0.40, 0.40, 0.40, 0.40], 2, 0) == 4


def test_stopper_compares_with_what_the_phase_started_from():
    assert run_stopper([0.30, 0.30], 1, 0.002, start=0.14) == 1


def test_stopper_state_survives_a_checkpoint(tmp_path):
    counter = EpochCounterWithMinDelta(9, 3, 0.01)
    for score in (0.5, 0.499):
        next(counter)
        counter.update_metric(score)
    AtomicCheckpointer(tmp_path, {"counter": counter}).save_checkpoint(name="a")
    again = EpochCounterWithMinDelta(9, 3, 0.01)
    AtomicCheckpointer(tmp_path, {"counter": again}).recover_if_possible()
    for score in (0.498, 0.497):
        next(again)
        again.update_metric(score)
    assert again.should_stop


def make_checkpoints(folder, values=(1.0, 2.0)):
    linear = torch.nn.Linear(1, 1)
    recoverables = {"trained": TrainedParameters({"head": linear})}
    checkpointer = AtomicCheckpointer(folder, recoverables)
    for i, value in enumerate(values):
        linear.weight.data.fill_(value)
        checkpointer.save_checkpoint(meta={"unixtime": i}, name=f"epoch_{i}")
    return checkpointer, linear


def test_newest_whole_checkpoint_wins_over_damaged_and_partial_ones(tmp_path):
    checkpointer, linear = make_checkpoints(tmp_path)
    with open(tmp_path / "CKPT+epoch_1" / "trained.ckpt", "r+b") as file:
        file.truncate(40)
    (tmp_path / "partial+CKPT+epoch_2").mkdir()
    linear.weight.data.zero_()
    checkpointer.recover_if_possible()
    assert linear.weight.item() == 1.0
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["CKPT+epoch_0", "damaged+CKPT+epoch_1"]


def test_only_damaged_checkpoints_is_an_error_and_never_a_fresh_start(tmp_path):
    checkpointer, _ = make_checkpoints(tmp_path, values=(1.0,))
    (tmp_path / "CKPT+epoch_0" / "trained.ckpt").unlink()
    for _ in range(2):
        with pytest.raises(InputError, match="only damaged checkpoints"):
            checkpointer.recover_if_possible()


def test_interrupted_save_leaves_no_checkpoint(tmp_path):
    class FullDisk(torch.nn.Module):
        def state_dict(self, *args, **kwargs):
            raise OSError("no space left on device")

    checkpointer = AtomicCheckpointer(tmp_path, {"a": FullDisk()})
    with pytest.raises(OSError, match="no space"):
        checkpointer.save_checkpoint(name="epoch_1")
    assert checkpointer.list_checkpoints() == []


def test_checkpoint_of_other_parameters_is_refused_by_name(tmp_path):
    make_checkpoints(tmp_path)
    other = TrainedParameters({"tail": torch.nn.Linear(1, 1)})
    checkpointer = AtomicCheckpointer(tmp_path, {"trained": other})
    with pytest.raises(InputError, match=r"tail\.bias is missing"):
        checkpointer.recover_if_possible()


def test_random_state_goes_on_after_a_checkpoint(tmp_path):
    checkpointer = AtomicCheckpointer(tmp_path, {"random": RandomState()})
    checkpointer.save_checkpoint(name="a")
    expected = torch.rand(3)
    checkpointer.recover_if_possible()
    assert torch.equal(torch.rand(3), expected)


def test_log_forgets_what_came_after_the_resumed_epoch(tmp_path):
    log = TrainingLog(tmp_path, "phase1", {"lr": 1.0})
    for epoch in (0, 1, 2, 3):
        log.add({"epoch": epoch, "val/wer": 1 / (1 + epoch)})
        if epoch == 2:
            AtomicCheckpointer(tmp_path, {"log": log}).save_checkpoint(name="a")
    again = TrainingLog(tmp_path, "phase1", {"lr": 1.0})
    AtomicCheckpointer(tmp_path, {"log": again}).recover_if_possible()
    assert again.best_wer() == pytest.approx(1 / 3)
    again.add({"epoch": 3, "val/wer": 0.9, "val/loss": float("nan")})
    written = json.loads(again.path.read_text(encoding="utf-8"))
    assert [entry["epoch"] for entry in written["epochs"]] == [0, 1, 2, 3]
    assert written["epochs"][3] == {
        "epoch": 3,
        "val/wer": 0.9,
        "val/loss": None,
    }
