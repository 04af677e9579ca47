"""A training that goes bad says so early, once, with what to do."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from projects import Project
from test_brain import batch_of, make_brain

from childasr.training import health as signs
from childasr.training.checkpointer import AtomicCheckpointer
from childasr.training.health import Health, blank_only

WARMUP, WINDOW = 10, 5
NO, YES = torch.zeros(4, dtype=bool), torch.ones(4, dtype=bool)


def watch(steps, health=None):
    """A Health that has seen steps of (loss, blanks, norm)."""
    health = health or Health(WARMUP, 1.0, "cpu", WINDOW)
    for loss, blanks, norm in steps:
        health.add_batch(torch.full((4,), loss), blanks)
        health.add_step(torch.tensor(norm))
    return health


def falling(count, start=8.0):
    return [(start * 0.97**i, NO, 3.0) for i in range(count)]


def test_training_that_learns_gives_no_warning(caplog):
    assert watch(falling(400)).warned == []
    assert caplog.text == ""


def test_blank_outputs_are_expected_in_warm_up_and_said_after_it(caplog):
    blank = [(loss, YES, norm) for loss, _, norm in falling(40)]
    assert watch(blank[: WARMUP + WINDOW - 1]).warned == []
    health = watch(blank)
    assert health.warned == ["blank"]
    assert caplog.text.count("nearly every output of the last 5 steps") == 1
    assert "lower lr" in caplog.text


def test_one_utterance_with_letters_is_no_sign_of_blank_outputs():
    few = YES.clone()
    few[0] = False
    assert watch([(1.0, few, 1.0)] * 15).warned == []


@pytest.mark.parametrize("loss", [3.0, math.nan, math.inf])
def test_loss_that_does_not_fall_is_said_after_five_windows(loss, caplog):
    patience = WINDOW * (signs.PATIENCE + 1)
    assert watch([(loss, NO, 1.0)] * (WINDOW * signs.PATIENCE - 1)).warned == []
    assert watch([(loss, NO, 1.0)] * patience).warned == ["loss"]
    assert f"{WINDOW * signs.PATIENCE} steps" in caplog.text


def test_small_loss_that_stays_is_the_end_of_a_training():
    assert watch([(0.3, NO, 1.0)] * 200).warned == []


def test_norm_that_explodes_is_said_once(caplog):
    steps = falling(30) + [(0.5, NO, 31.0)] * 20
    assert watch(steps).warned == ["norm"]
    assert caplog.text.count("norm rose from 3 to 31") == 1


def test_norm_that_rises_when_letters_come_is_no_explosion():
    steps = falling(30) + [(0.5, NO, 9.0)] * 20
    small = [(loss, blanks, norm / 100) for loss, blanks, norm in steps]
    assert watch(small).warned == []


steps_of_any_kind = st.lists(
    st.tuples(
        st.sampled_from([0.2, 3.0, 30.0, math.inf, math.nan]),
        st.sampled_from([NO, YES]),
        st.sampled_from([0.01, 1.0, 500.0]),
    ),
    max_size=60,
)


@settings(max_examples=40, deadline=None)
@given(steps=steps_of_any_kind, stop=st.integers(0, 60))
def test_training_that_goes_on_is_judged_as_one_that_never_stopped(
    tmp_path_factory, steps, stop
):
    folder = tmp_path_factory.mktemp("save")
    whole = watch(steps)
    first = watch(steps[:stop])
    AtomicCheckpointer(folder, {"health": first}).save_checkpoint(name="a")
    again = Health(WARMUP, 1.0, "cpu", WINDOW)
    AtomicCheckpointer(folder, {"health": again}).recover_if_possible()
    watch(steps[stop:], again)
    assert vars(again) | {"sums": again.sums.tolist()} == (
        vars(whole) | {"sums": whole.sums.tolist()}
    )


@given(
    best=st.lists(
        st.lists(st.integers(0, 2), min_size=6, max_size=6),
        min_size=1,
        max_size=5,
    ),
    data=st.data(),
)
def test_blank_only_is_what_the_decoder_would_leave_empty(best, data):
    frames = [data.draw(st.integers(1, 6)) for _ in best]
    log_probs = torch.nn.functional.one_hot(torch.tensor(best), 3).float()
    found = blank_only(log_probs, torch.tensor(frames), blank=0)
    expected = [not any(row[:n]) for row, n in zip(best, frames, strict=True)]
    assert found.tolist() == expected


def test_brain_watches_its_steps_and_logs_the_share_of_blanks(tmp_path, caplog):
    brain = make_brain(Project(tmp_path), tmp_path / "out", warmup_steps=0)
    brain.health.window = 2
    brain.head.bias.data[brain.units.blank_id] = 100.0
    brain.modules.train()
    for rows in ([0, 1], [2, 3]):
        brain.fit_batch(batch_of(brain, rows))
    assert brain.health.warned == ["blank"]
    assert brain.progress.entry()["train/blank_share"] == 1.0
    brain.head.bias.data[brain.units.blank_id] = -100.0
    brain.fit_batch(batch_of(brain, [0, 1]))
    assert brain.progress.entry()["train/blank_share"] == pytest.approx(4 / 6)
    assert "was blank" in caplog.text
