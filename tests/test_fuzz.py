"""Any bytes are parsed or refused: what `make fuzz` tries for longer."""

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parent / "fuzz"))

from targets import TARGETS

CHANGES = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 8), st.binary(max_size=8)),
    max_size=4,
)


@pytest.mark.parametrize("name", TARGETS)
@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_bytes_are_parsed_or_refused(name, data):
    target = TARGETS[name]
    seed = bytearray(data.draw(st.sampled_from([b"", *target.seeds])))
    for place, removed, added in data.draw(CHANGES):
        at = int(place * len(seed))
        seed[at : at + removed] = added
    target.run(bytes(seed))


@pytest.mark.parametrize("name", TARGETS)
def test_every_seed_is_parsed_or_refused(name):
    for seed in TARGETS[name].seeds:
        TARGETS[name].run(seed)
