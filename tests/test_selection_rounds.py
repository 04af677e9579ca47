"""Rounds of a selection are nested and keep speakers and ages covered."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from childasr.selection.pick import MICROSECONDS, Coverage, pick_rounds

SECOND = 1_000_000


@settings(deadline=None)
@given(
    size=st.integers(1, 300),
    seed=st.integers(0, 99),
    shares=st.lists(st.floats(0.01, 1.2), min_size=1, max_size=3, unique=True),
    coverage=st.builds(Coverage, st.floats(0, 1), st.floats(0, 1)),
    lean=st.sampled_from([-1, 0, 1]),
)
def test_rounds_are_nested_and_hold_their_quotas(
    size, seed, shares, coverage, lean
):
    draw = np.random.default_rng(seed)
    lengths = draw.integers(SECOND // 2, 4 * SECOND, size)
    speakers = draw.integers(0, 6, size)
    ages = speakers // 2  # an age has two speakers
    # Where it leans, an age comes before the others.
    order = np.argsort(lean * ages + draw.random(size))
    whole, longest = lengths.sum(), lengths.max()
    wanted = [share * whole for share in sorted(shares)]
    hours = [time / MICROSECONDS for time in wanted]
    rounds = pick_rounds(order, lengths, speakers, ages, hours, coverage)
    before = np.zeros(size, dtype=bool)
    for number, time in enumerate(wanted, start=1):
        picked = (rounds > 0) & (rounds <= number)
        assert (picked | ~before).all()
        before = picked
        total = lengths[picked].sum()
        assert total >= min(time, whole) - 1
        assert total <= time + 6 * longest + 3 * longest
        for groups, least in (
            (speakers, coverage.speaker_share),
            (ages, 1 - coverage.age_tolerance),
        ):
            for group in set(groups.tolist()):
                there = lengths[groups == group].sum()
                has = lengths[picked & (groups == group)].sum()
                quota = least * time * there / whole
                assert has >= min(quota, there) - 1
        for age in set(ages.tolist()):
            there = lengths[ages == age].sum()
            has = lengths[picked & (ages == age)].sum()
            most = (1 + coverage.age_tolerance) * time * there / whole
            assert has <= most + 2 * longest + 1


def test_highest_ranks_come_first_within_the_quotas():
    lengths = np.full(100, SECOND)
    same = np.zeros(100, dtype=int)
    order = np.random.default_rng(0).permutation(100)
    hours = [30 / 3600]
    rounds = pick_rounds(order, lengths, same, same, hours, Coverage())
    assert sorted(np.flatnonzero(rounds)) == sorted(order[:30])
