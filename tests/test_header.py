"""WAV headers, read without libsndfile, say what it would say."""

import io
import struct

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from data_prep.header import HEAD, Header, check_header, parse_wav
from data_prep.records import Rejected

SUBTYPES = ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")


def wav_bytes(frames=500, rate=16_000, channels=1, subtype="PCM_16", **more):
    file = io.BytesIO()
    samples = np.zeros((frames, channels))
    more.setdefault("format", "WAV")
    soundfile.write(file, samples, rate, subtype, **more)
    return file.getvalue()


def with_chunk(data, name, content, place):
    """A chunk before the format, before the samples, or after them."""
    chunk = struct.pack("<4sI", name, len(content)) + content
    chunk += b"\0" * (len(content) % 2)
    at = {"first": 12, "middle": data.index(b"data"), "last": len(data)}[place]
    return data[:at] + chunk + data[at:]


def with_valid_bits(bits):
    data = bytearray(wav_bytes(subtype="PCM_24", format="WAVEX"))
    struct.pack_into("<H", data, data.index(b"fmt ") + 26, bits)
    return bytes(data)


def said_by_libsndfile(data):
    info = soundfile.info(io.BytesIO(data))
    return info.samplerate, info.channels, info.frames, info.subtype


def said(header):
    return header.rate, header.channels, header.frames, header.coding


@given(
    frames=st.integers(0, 100),
    rate=st.sampled_from(
        [8000, 16_000, 22_050, 44_100, 48_000, 96_000, 15_999]
    ),
    channels=st.integers(1, 9),
    subtype=st.sampled_from(SUBTYPES),
    format=st.sampled_from(["WAV", "WAVEX"]),
    chunk=st.binary(max_size=50),
    name=st.sampled_from([b"LIST", b"bext", b"junk"]),
    place=st.sampled_from(["first", "middle", "last"]),
)
def test_every_valid_wav_is_read_as_libsndfile_reads_it(
    frames, rate, channels, subtype, format, chunk, name, place
):
    data = wav_bytes(frames, rate, channels, subtype, format=format)
    data = with_chunk(data, name, chunk, place)
    header = parse_wav(data[:HEAD], len(data))
    assert said(header) == said_by_libsndfile(data)
    samples = data[header.start :]
    expected = frames * channels * header.bits // 8
    assert len(samples) >= expected
    silence = b"\x80" if subtype == "PCM_U8" else b"\0"
    assert samples[:expected] == silence * expected


@pytest.mark.parametrize(
    "data",
    [
        wav_bytes(subtype="ULAW"),
        wav_bytes(subtype="IMA_ADPCM"),
        wav_bytes(format="RF64"),
        wav_bytes(format="FLAC"),
        wav_bytes(format="WAV", endian="BIG"),
        with_valid_bits(20),
        with_chunk(wav_bytes(), b"LIST", bytes(HEAD), "middle"),
        wav_bytes()[:40] + b"\xff\xff\xff\xff" + bytes(1000),
        b"RIFF but no WAV at all, and longer than a header is",
        b"",
    ],
    ids=[
        "law",
        "adpcm",
        "rf64",
        "flac",
        "rifx",
        "fewer bits than stored",
        "samples past the head",
        "streamed",
        "no wav",
        "nothing",
    ],
)
def test_what_is_uncommon_is_left_to_libsndfile(data):
    assert parse_wav(data[:HEAD], len(data)) is None


@given(st.integers(0, 999), st.sampled_from(["first", "middle"]))
def test_samples_cut_off_are_truncation(kept, place):
    data = with_chunk(wav_bytes(500), b"LIST", b"abc", place)[: kept - 1000]
    with pytest.raises(Rejected, match=f"{kept // 2} of 500 samples"):
        parse_wav(data, len(data))


@given(st.binary(max_size=60), st.binary(max_size=4), st.integers(0, 100))
def test_any_bytes_are_a_header_or_none(garbage, patch, at):
    damaged = bytearray(wav_bytes(10))
    damaged[at : at + len(patch)] = patch
    for data in (garbage, bytes(damaged)):
        try:
            header = parse_wav(data, len(data))
        except Rejected as error:
            assert error.reason == "audio_truncated"
        else:
            assert header is None or header.frames <= len(data)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (Header(16_000, 1, 16, 0, "PCM_16"), "audio_empty"),
        (Header(16_000, 1, 16, 399, "PCM_16"), "audio_short"),
        (Header(48_000, 1, 16, 1199, "PCM_16"), "audio_short"),
        (Header(16_000, 1, 16, 1_920_001, "PCM_16"), "audio_long"),
        (Header(16_000, 9, 16, 16_000, "PCM_16"), "audio_channels"),
        (Header(15_999, 1, 16, 16_000, "PCM_16"), "audio_rate"),
        (Header(4000, 1, 16, 16_000, "PCM_16"), "audio_rate"),
        (Header(192_000, 1, 16, 192_000, "PCM_16"), "audio_rate"),
    ],
)
def test_what_cannot_be_trained_on_is_refused(header, reason):
    with pytest.raises(Rejected) as error:
        check_header(header)
    assert error.value.reason == reason


@pytest.mark.parametrize(
    "rate",
    [
        *(8000, 11_025, 12_000, 16_000, 20_000, 22_050, 24_000, 32_000),
        *(37_800, 44_100, 48_000, 88_200, 96_000),
    ],
)
def test_usual_recordings_pass(rate):
    check_header(Header(rate, 8, 24, rate * 120, "PCM_24"))
    check_header(Header(rate, 1, 16, -(-rate * 400 // 16_000), "PCM_16"))
