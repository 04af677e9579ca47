"""Phases: nested, of the size planned, and spread as they say."""

import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stores import made, stored

from childasr.errors import InputError
from childasr.evaluation.groups import GROUPINGS
from childasr.text.group_labels import distance
from data_prep.ctc import frames_at_fastest, is_feasible
from data_prep.distributions import Spread
from data_prep.phases import ORDERS, check_ratios, in_phase, make_phases

utterances = st.lists(
    st.fixed_dictionaries(
        {
            "place": st.text("abcgz가나하/", min_size=1, max_size=6),
            "speaker": st.sampled_from("123"),
            "age": st.none() | st.integers(5, 12),
            "gender": st.sampled_from(["", "F", "M"]),
            "snr": st.none() | st.floats(-10, 50),
            "style": st.sampled_from(["", "read", "free"]),
            "duration": st.floats(0.1, 20),
        }
    ),
    min_size=10,
    max_size=60,
    unique_by=lambda utterance: utterance["place"],
)
ratios = st.lists(st.floats(0.1, 1), min_size=3, max_size=3).map(sorted)
PLAN = (0.2, 0.6, 1.0)


def phase_places(train, ratios, order):
    """Places of each phase's utterances, in the phase's order."""
    with (
        tempfile.TemporaryDirectory() as folder,
        stored(folder, train) as store,
    ):
        sizes = make_phases(store, ratios, order)
        rows = store.query(
            "SELECT place FROM train_order JOIN utterance "
            "ON utterance.rowid = train_order.utterance ORDER BY position"
        )
        places = [place for (place,) in rows]
    return {name: places[:size] for name, size in sizes.items()}


@settings(max_examples=25, deadline=None)
@given(utterances, ratios, st.sampled_from(list(ORDERS)), st.randoms())
def test_phases_nest_and_have_the_size_asked(train, ratios, order, shuffler):
    phases = phase_places(train, ratios, order)
    for phase, ratio in zip(phases.values(), ratios, strict=True):
        assert len(phase) == round(ratio * len(train))
    assert set(phases["phase1"]) <= set(phases["phase2"])
    assert set(phases["phase2"]) <= set(phases["phase3"])
    assert set(phases["phase3"]) <= {u["place"] for u in train}
    shuffled = list(train)
    shuffler.shuffle(shuffled)
    assert phase_places(shuffled, ratios, order) == phases


def test_plans_shares_give_the_plans_counts(tmp_path):
    with stored(tmp_path, made(57_746)) as store:
        phases = make_phases(store, PLAN, "path")
    assert list(phases.values()) == [11_549, 34_648, 57_746]


def distances(folder, order):
    with stored(folder, made(6000)) as store:
        whole = Spread(store, "split = 'train'")
        sizes = make_phases(store, PLAN, order)
        return {
            name: Spread(store, in_phase(size)).describe(whole)["distance"]
            for name, size in sizes.items()
        }


def test_stratified_phases_are_spread_as_the_whole_is(tmp_path):
    assert distances(tmp_path / "a", "path")["phase1"]["style"] == 0.5
    stratified = distances(tmp_path / "b", "stratified")
    for name in ("phase1", "phase2"):
        assert max(stratified[name].values()) < 0.02
    assert set(stratified["phase3"].values()) == {0}


def test_file_order_is_by_code_point_of_composed_paths():
    names = ["나.wav", "가.wav", "a/1.wav", "Z/1.wav", "a.wav", "개.wav"]
    ordered = phase_places([{"place": n} for n in names], (1, 1, 1), "path")
    assert ordered["phase1"] == [
        *("Z/1.wav", "a.wav", "a/1.wav", "가.wav", "개.wav", "나.wav")
    ]


@pytest.mark.parametrize(
    "ratios", [(0.6, 0.2, 1), (0, 0.5, 1), (0.2, 0.6, 1.1), (float("nan"),) * 3]
)
def test_ratios_that_do_not_nest_are_refused(ratios):
    with pytest.raises(InputError, match="phase ratios"):
        check_ratios(ratios)


def test_phase_without_an_utterance_is_refused():
    with pytest.raises(InputError, match="phase1 would be empty"):
        phase_places(made(4), (0.1, 0.6, 1.0), "path")


counts = st.dictionaries(st.text(max_size=2), st.integers(1, 99), min_size=1)


@given(counts, counts)
def test_distance_is_a_share_the_same_both_ways_and_nothing_to_itself(a, b):
    assert 0 <= distance(a, b) <= 1 + 1e-9
    assert distance(a, b) == pytest.approx(distance(b, a))
    assert distance(a, a) == 0


@settings(max_examples=25, deadline=None)
@given(st.none() | st.floats(-20, 60), st.none() | st.integers(1, 30))
def test_groups_are_those_of_the_error_report(snr, age):
    utterance = {"place": "a", "snr": snr, "age": age, "duration": age or 0.5}
    with (
        tempfile.TemporaryDirectory() as folder,
        stored(folder, [utterance]) as store,
    ):
        counts = Spread(store).counts
    for dimension, value in (
        ("snr", snr),
        ("age", age),
        ("duration", utterance["duration"]),
        ("gender", "F"),
        ("style", "read"),
    ):
        assert list(counts[dimension]) == [GROUPINGS[dimension](value)]


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
