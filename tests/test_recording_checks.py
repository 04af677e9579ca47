"""A recording is held against its label, wherever the label is understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_prep.recording_checks import (
    LABEL_CHECKS,
    check_clipped,
    check_recording,
)
from data_prep.records import Rejected
from data_prep.values import ValueReader

FACTS = {
    "rate": 16_000,
    "channels": 1,
    "bits": 16,
    "frames": 104_320,
    "content": "00",
    "peak": 0.5,
    "clipped": 0.0,
    "snr": None,
}
RIGHT = {"rate": "16000", "channels": "1", "bits": "16", "duration": "6.52"}


def reason(facts, fields, ignored=frozenset()):
    try:
        check_recording(facts, fields, ValueReader(), ignored)
    except Rejected as error:
        return error.reason
    return None


@pytest.mark.parametrize(
    "fields",
    [
        RIGHT,
        {},
        {"rate": "16kHz", "channels": "Mono", "bits": "+16 bit"},
        {"rate": "16.0 kHz", "channels": "1ch", "bits": "16bits"},
        {"rate": "16K", "channels": "1 채널", "bits": "16-bit"},
        {"duration": "6.5"},
        {"duration": "6.52초"},
        {"duration": "6520 ms"},
        dict.fromkeys(RIGHT, "N/A"),
        dict.fromkeys(RIGHT, "?"),
        dict.fromkeys(RIGHT, ""),
    ],
)
def test_a_label_that_fits_or_says_nothing_passes(fields):
    check_recording(FACTS, fields, ValueReader())


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("rate", "48000"),
        ("rate", "8 kHz"),
        ("channels", "2"),
        ("channels", "스테레오"),
        ("bits", "24"),
        ("duration", "6.40"),
        ("duration", "13.04"),
        ("duration", "0"),
    ],
)
def test_a_label_that_does_not_fit_is_named_unless_ignored(field, text):
    fields = RIGHT | {field: text}
    assert reason(FACTS, fields) == f"label_{field}"
    assert reason(FACTS, fields, {f"label_{field}"}) is None
    others = set(LABEL_CHECKS) - {f"label_{field}"}
    assert reason(FACTS, fields, others) == f"label_{field}"


@given(st.integers(400, 10**6), st.integers(1, 2))
def test_lengths_with_fewer_decimals_pass_rounded_or_cut_off(frames, decimals):
    seconds = frames / 16_000
    facts = FACTS | {"frames": frames}
    step = 10**decimals
    for written in (round(seconds, decimals), int(seconds * step) / step):
        check_recording(
            facts, {"duration": f"{written:.{decimals}f}"}, ValueReader()
        )


def test_what_a_label_says_and_nobody_understands_is_counted():
    values = ValueReader()
    check_recording(FACTS, {"rate": "CD quality", "bits": "?"}, values)
    assert values.not_understood == {("rate", "CD quality"): 1}


def test_lossy_codings_have_no_bits_to_compare():
    assert reason(FACTS | {"bits": 0}, RIGHT) is None


def test_a_defect_of_the_recording_comes_first():
    facts = {"reason": "audio_empty", "detail": "no bytes"}
    assert reason(facts, {"rate": "1"}) == "audio_empty"


def test_silence_is_refused_and_whispering_is_not():
    assert reason(FACTS | {"peak": 0.0}, RIGHT) == "audio_silent"
    assert reason(FACTS | {"peak": 0.0009}, RIGHT) == "audio_silent"
    assert reason(FACTS | {"peak": 0.002}, RIGHT) is None


def test_headers_alone_can_be_checked():
    header = {name: FACTS[name] for name in RIGHT if name != "duration"}
    check_recording(header | {"frames": FACTS["frames"]}, RIGHT, ValueReader())
    check_clipped(header)


def test_heavy_clipping_is_refused_and_a_shout_is_not():
    check_clipped(FACTS | {"clipped": 0.02})
    with pytest.raises(Rejected, match="audio_clipped"):
        check_clipped(FACTS | {"clipped": 0.08})
    check_recording(FACTS | {"clipped": 0.08}, RIGHT, ValueReader())
