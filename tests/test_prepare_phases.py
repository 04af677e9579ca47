"""Phases: nested, of the size planned, and spread as they say."""

import dataclasses
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from childasr.evaluation.groups import GROUPINGS
from childasr.text import InputError
from data_prep.ctc import frames_at_fastest, is_feasible
from data_prep.distributions import count, distance
from data_prep.phases import ORDERS, check_ratios, distances, make_phases
from data_prep.records import Utterance

utterances = st.lists(
    st.builds(
        Utterance,
        wav=st.text("abcgz가나하/", min_size=1, max_size=6),
        split=st.just("train"),
        speaker=st.sampled_from("123"),
        text=st.just("가"),
        age=st.none() | st.integers(5, 12),
        gender=st.sampled_from(["", "F", "M"]),
        snr=st.none() | st.floats(-10, 50),
        style=st.sampled_from(["", "read", "free"]),
        duration=st.floats(0.1, 20),
    ),
    min_size=10,
    max_size=60,
    unique_by=lambda utterance: utterance.place,
)
ratios = st.lists(st.floats(0.1, 1), min_size=3, max_size=3).map(sorted)


def made(count, seed=0):
    """A training split as the corpus has it: read speech comes first."""
    draw = random.Random(seed)
    train = []
    for number in range(count):
        speaker = draw.randrange(60)
        style = ("read", "free")[2 * number // count]
        train.append(
            Utterance(
                wav=f"{style != 'read'}/{number:06d}.wav",
                split="train",
                speaker=str(speaker),
                text="가",
                age=5 + speaker % 8,
                gender="FM"[speaker % 2],
                snr=draw.gauss(20, 10),
                style=style,
                duration=draw.uniform(1, 15),
            )
        )
    return train


@settings(max_examples=50)
@given(utterances, ratios, st.sampled_from(list(ORDERS)), st.randoms())
def test_phases_nest_and_have_the_size_asked(train, ratios, order, shuffler):
    phases = make_phases(train, ratios, order)
    for phase, ratio in zip(phases.values(), ratios, strict=True):
        assert len(phase) == round(ratio * len(train))
    longest = phases["phase3"]
    for phase in phases.values():
        assert phase == longest[: len(phase)]
    assert set(longest) <= set(train)
    shuffled = list(train)
    shuffler.shuffle(shuffled)
    assert make_phases(shuffled, ratios, order) == phases


def test_plans_shares_give_the_plans_counts():
    phases = make_phases(made(57_746), (0.2, 0.6, 1.0), "path")
    assert [len(p) for p in phases.values()] == [11_549, 34_648, 57_746]


def test_stratified_phases_are_spread_as_the_whole_is():
    train = made(6000)
    by_path = make_phases(train, (0.2, 0.6, 1.0), "path")
    assert distances(by_path["phase1"], train)["style"] == 0.5
    stratified = make_phases(train, (0.2, 0.6, 1.0), "stratified")
    for name in ("phase1", "phase2"):
        assert max(distances(stratified[name], train).values()) < 0.02
    assert set(distances(stratified["phase3"], train).values()) == {0}


def test_file_order_is_by_code_point_of_composed_paths():
    names = ["나.wav", "가.wav", "a/1.wav", "Z/1.wav", "a.wav"]
    decomposed = "\u1100\u1162.wav"  # 개 as macOS writes it
    train = [
        dataclasses.replace(made(2)[0], wav=name)
        for name in [*names, decomposed]
    ]
    ordered = make_phases(train, (1, 1, 1), "path")["phase1"]
    assert [utterance.wav for utterance in ordered] == [
        *("Z/1.wav", "a.wav", "a/1.wav", "가.wav", decomposed, "나.wav")
    ]


@pytest.mark.parametrize(
    "ratios", [(0.6, 0.2, 1), (0, 0.5, 1), (0.2, 0.6, 1.1), (float("nan"),) * 3]
)
def test_ratios_that_do_not_nest_are_refused(ratios):
    with pytest.raises(InputError, match="phase ratios"):
        check_ratios(ratios)


def test_phase_without_an_utterance_is_refused():
    with pytest.raises(InputError, match="phase1 would be empty"):
        make_phases(made(4), (0.1, 0.6, 1.0), "path")


@settings(max_examples=30)
@given(utterances, st.integers(1, 10))
def test_distance_is_a_share_and_nothing_for_the_whole(train, size):
    for dimension in ("age", "snr", "speaker"):
        whole = count(train, dimension)
        assert 0 <= distance(count(train[:size], dimension), whole) < 1
        assert distance(whole, whole) == 0


@given(st.none() | st.floats(-20, 60), st.none() | st.integers(1, 30))
def test_groups_are_those_of_the_error_report(snr, age):
    utterance = dataclasses.replace(
        made(1)[0], snr=snr, age=age, duration=age or 0.5
    )
    for dimension, value in (
        ("snr", snr),
        ("age", age),
        ("duration", utterance.duration),
        ("gender", "F"),
        ("style", "read"),
    ):
        assert list(count([utterance], dimension)) == [
            GROUPINGS[dimension](value)
        ]


@settings(max_examples=50)
@given(st.integers(0, 50_000))
def test_frames_are_those_of_the_models_convolutions(samples):
    import torch

    sped_up = samples * 100 // 110
    signal = torch.zeros(1, 1, sped_up)
    for kernel, stride in zip(
        (10, 3, 3, 3, 3, 2, 2), (5, 2, 2, 2, 2, 2, 2), strict=True
    ):
        if signal.shape[-1] < kernel:
            assert frames_at_fastest(samples / 16_000) == 0
            return
        weight = torch.zeros(1, 1, kernel)
        signal = torch.nn.functional.conv1d(signal, weight, stride=stride)
    assert frames_at_fastest(samples / 16_000) == signal.shape[-1]


def test_equal_neighbours_need_a_blank_between_them():
    # 각가 is ㄱㅏㄱㄱㅏ in letters of one kind, but onset and coda differ: five
    # frames. 가 가 has no neighbours that are equal either.
    one_frame = 320 * 1.1 / 16_000
    shortest = 400 * 1.1 / 16_000
    assert is_feasible("각가", shortest + 4 * one_frame)
    assert not is_feasible("각가", shortest + 3 * one_frame)
