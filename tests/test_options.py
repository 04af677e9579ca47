"""Options of a command line are read as they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from childasr.curriculum.options import read_options, write_options
from childasr.errors import InputError


@pytest.mark.parametrize(
    "arguments", [["lr", "1"], ["--lr"], ["--lr", "1", "2"], ["--lr", "[1"]]
)
def test_what_is_no_key_and_value_is_refused(arguments):
    with pytest.raises(InputError):
        read_options(arguments)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(min_codepoint=32, max_codepoint=126)),
    st.text("한국어 :'\"#!"),
)


@given(SCALARS)
def test_options_are_read_back_as_they_were_written(value):
    assert read_options(write_options({"key": value})) == {"key": value}
