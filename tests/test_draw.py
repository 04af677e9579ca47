"""Subsets and splits of whole speakers."""

import itertools
import random
import sqlite3

import drawn_corpora
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from childasr.errors import InputError
from childasr.text.group_labels import distance
from data_prep.cells import Cell, hours, read_cells, shares
from data_prep.draw import draw_speakers, split_speakers
from data_prep.records import SPLITS

SECOND = 1_000_000

cells_of_corpora = st.lists(
    st.builds(
        Cell,
        speaker=st.sampled_from("ABCDEFGHIJKL"),
        age=st.sampled_from([None, 5, 9, 12]),
        snr=st.sampled_from(["<10", "10-20", ">=30", "unknown"]),
        duration=st.sampled_from(["<3", "6-10", ">=10"]),
        utterances=st.integers(1, 40),
        microseconds=st.integers(SECOND, 1000 * SECOND),
    ),
    min_size=1,
    max_size=30,
)


def of(speakers, cells):
    return [cell for cell in cells if cell.speaker in speakers]


def cost(speakers, cells, wanted, target):
    """What a draw makes small, in the plainest way."""
    drawn = of(speakers, cells)
    spread = shares(drawn)
    off = sum(distance(spread[name], target[name]) for name in target)
    return off + abs(hours(drawn) - wanted) / wanted


def lengths(cells):
    return [
        hours(of({speaker}, cells))
        for speaker in {cell.speaker for cell in cells}
    ]


@settings(deadline=None, max_examples=60)
@given(cells_of_corpora, st.floats(0.01, 1), st.integers(0, 9))
def test_hours_are_within_half_a_speaker_of_what_was_asked(cells, share, seed):
    wanted = share * hours(cells)
    drawn = draw_speakers(cells, wanted, shares(cells), seed, least=0)
    missed = abs(hours(of(drawn, cells)) - wanted)
    assert missed <= max(lengths(cells)) / 2 + 1e-9


@settings(deadline=None, max_examples=40)
@given(cells_of_corpora, st.floats(0.01, 1), st.randoms())
def test_order_of_the_corpus_does_not_choose(cells, share, shuffler):
    shuffled = list(cells)
    shuffler.shuffle(shuffled)
    wanted = share * hours(cells)
    drawn, again = (
        draw_speakers(some, wanted, shares(some, 0.25), seed=7)
        for some in (cells, shuffled)
    )
    assert drawn == again == sorted(set(drawn))


@settings(deadline=None, max_examples=40)
@given(cells_of_corpora, st.floats(0.1, 0.9), st.integers(0, 9))
def test_no_single_exchange_would_come_nearer(cells, share, seed):
    target, wanted = shares(cells, 0.25), share * hours(cells)
    drawn = set(draw_speakers(cells, wanted, target, seed))
    everyone = {cell.speaker for cell in cells}
    far = max(lengths(cells)) / 2
    reached = cost(drawn, cells, wanted, target)
    for out, into in itertools.product(
        [set(), *({name} for name in drawn)],
        [set(), *({name} for name in everyone - drawn)],
    ):
        other = drawn - out | into
        if other and abs(hours(of(other, cells)) - wanted) < far:
            assert reached <= cost(other, cells, wanted, target) + 1e-8


@pytest.mark.parametrize("seed", range(3))
def test_draw_is_the_best_of_all_where_all_can_be_tried(seed):
    cells = drawn_corpora.speakers(10, utterances=50, seed=seed)
    target, wanted = shares(cells, 0.25), 0.4 * hours(cells)
    drawn = draw_speakers(cells, wanted, target, seed=1)
    everyone = sorted({cell.speaker for cell in cells})
    best = min(
        cost(set(some), cells, wanted, target)
        for size in range(1, 11)
        for some in itertools.combinations(everyone, size)
    )
    assert cost(drawn, cells, wanted, target) == pytest.approx(best)


def test_large_corpus_is_matched_in_hours_spread_and_hard_share():
    cells = drawn_corpora.speakers(500, utterances=60)
    wanted, target = 0.1 * hours(cells), shares(cells, 0.25)
    drawn = of(draw_speakers(cells, wanted, target, seed=1986), cells)
    assert hours(drawn) == pytest.approx(wanted, rel=0.002)
    spread = shares(drawn)
    assert spread["difficulty"]["hard"] == pytest.approx(0.25, abs=0.003)
    assert shares(cells)["difficulty"]["hard"] < 0.22
    for dimension in target:
        assert distance(spread[dimension], target[dimension]) < 0.015


def test_seed_chooses_among_equals():
    cells = drawn_corpora.speakers(60, utterances=40)
    target = shares(cells)
    draws = [
        tuple(draw_speakers(cells, 0.3 * hours(cells), target, seed))
        for seed in (1, 1, 2)
    ]
    assert draws[0] == draws[1] != draws[2]


def test_draw_is_the_same_on_every_machine():
    names = [f"K{number:02d}" for number in range(20)]
    cells = [
        Cell(
            *(name, 5 + number % 8, ("<10", "20-30")[number % 3 > 0]),
            *(("3-6", ">=10")[number % 5 > 3], 10 + number),
            (60 + 7 * number) * SECOND,
        )
        for number, name in enumerate(names)
    ]
    drawn = draw_speakers(cells, 0.2, shares(cells, 0.5), seed=1986)
    assert " ".join(drawn) == "K02 K03 K04 K05 K06 K07 K08 K09"


@pytest.mark.parametrize("wanted", [0, -1, 1.01, float("nan")])
def test_hours_that_are_not_there_are_refused(wanted):
    cells = [Cell("A", 9, "<10", "<3", 9, 3600 * SECOND)]
    with pytest.raises(InputError, match=r"asked for where 1\.00 h were"):
        draw_speakers(cells, wanted, shares(cells), seed=1)


def test_corpus_without_utterances_is_refused():
    with pytest.raises(InputError, match=r"where 0\.00 h were accepted"):
        draw_speakers([], 1.0, shares([], 0.25), seed=1)


@settings(deadline=None, max_examples=40)
@given(cells_of_corpora, st.floats(0.01, 0.45), st.floats(0.01, 0.45))
def test_every_split_has_speakers_and_each_speaker_one_split(
    cells, valid_share, test_share
):
    everyone = {cell.speaker for cell in cells}
    if len(everyone) < 3:
        with pytest.raises(InputError, match="3 or more are needed"):
            split_speakers(cells, valid_share, test_share, seed=1)
        return
    splits = split_speakers(cells, valid_share, test_share, seed=1)
    assert list(splits) == sorted(everyone)
    least = 2 if len(everyone) >= 6 else 1
    for name in ("train", "valid", "test"):
        assert list(splits.values()).count(name) >= least


def test_splits_have_the_hours_asked_for_and_spread_as_the_whole():
    cells = drawn_corpora.speakers(400, utterances=40)
    splits = split_speakers(cells, 0.1, 0.05, seed=1986)
    assert_split(cells, splits, {"train": 0.85, "valid": 0.1, "test": 0.05})


@settings(deadline=None, max_examples=60)
@given(
    cells_of_corpora,
    st.dictionaries(st.sampled_from("ABCDEFXYZ"), st.sampled_from(SPLITS)),
    st.floats(0.01, 0.45),
    st.floats(0.01, 0.45),
)
def test_who_is_kept_stays_and_every_split_has_speakers(
    cells, kept, valid_share, test_share
):
    everyone = {cell.speaker for cell in cells}
    there = {who: kept[who] for who in kept.keys() & everyone}
    needed = len({*SPLITS} - {*there.values()})
    if len(everyone) - len(there) < needed:
        with pytest.raises(InputError, match=f"{needed} or more are needed"):
            split_speakers(cells, valid_share, test_share, 1, kept)
        return
    splits = split_speakers(cells, valid_share, test_share, 1, kept)
    assert list(splits) == sorted(everyone)
    assert {who: splits[who] for who in there} == there
    assert {*splits.values()} == {*SPLITS}


def test_shares_and_spread_hold_over_the_whole_in_spite_of_who_is_kept():
    cells = drawn_corpora.speakers(400, utterances=40)
    # A pilot that is unlike the whole, and all but two of it trained on.
    pilot = sorted({cell.speaker for cell in cells if cell.age == 9})[:20]
    kept = dict.fromkeys(pilot, "train") | {pilot[0]: "valid", pilot[1]: "test"}
    splits = split_speakers(cells, 0.1, 0.05, seed=1986, kept=kept)
    assert {who: splits[who] for who in kept} == kept
    assert_split(cells, splits, {"train": 0.85, "valid": 0.1, "test": 0.05})


def test_who_is_kept_can_exceed_a_share_and_then_nobody_is_added():
    cells = drawn_corpora.speakers(20, utterances=40)
    everyone = sorted({cell.speaker for cell in cells})
    kept = dict.fromkeys(everyone[:10], "test")
    splits = split_speakers(cells, 0.1, 0.05, seed=1, kept=kept)
    assert [who for who in splits if splits[who] == "test"] == everyone[:10]


def assert_split(cells, splits, expected):
    whole = shares(cells)
    for name, share in expected.items():
        part = of({who for who in splits if splits[who] == name}, cells)
        assert hours(part) / hours(cells) == pytest.approx(share, rel=0.01)
        for dimension, groups in shares(part).items():
            assert distance(groups, whole[dimension]) < 0.03


@pytest.mark.parametrize("given_shares", [(0, 0.1), (0.1, 0), (0.5, 0.5)])
def test_shares_that_leave_a_split_empty_are_refused(given_shares):
    cells = drawn_corpora.speakers(10, utterances=5)
    with pytest.raises(InputError, match="both must be above 0"):
        split_speakers(cells, *given_shares, seed=1)


def test_cells_are_the_same_in_any_order_of_rows():
    rows = [
        ("AB"[n % 2], (None, 9)[n % 3 > 0], "<10", "3-6", n / 22_050)
        for n in range(48_000, 48_400)
    ]
    tables = []
    for order in (rows, random.Random(1).sample(rows, len(rows))):
        connection = sqlite3.connect(":memory:")
        connection.execute(
            "CREATE TABLE utterance (speaker TEXT, age INT, snr_group TEXT, "
            "duration_group TEXT, duration REAL)"
        )
        connection.executemany(
            "INSERT INTO utterance VALUES (?, ?, ?, ?, ?)", order
        )
        tables.append(read_cells(connection))
    assert tables[0] == tables[1]
    assert sum(cell.utterances for cell in tables[0]) == 400
    seconds = sum(row[-1] for row in rows)
    assert hours(tables[0]) * 3600 == pytest.approx(seconds, abs=1e-4)
