"""What a recording holds, and each defect under its own reason."""

import os
import subprocess
import sys
import tarfile

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from data_prep.header import Header
from data_prep.samples import _clipped, _decode, inspect_recording

RATE = 16_000
VOICE = (np.random.default_rng(1).standard_normal(8000) * 3000).astype(np.int16)


def write(path, samples=VOICE, subtype="PCM_16", rate=RATE, **more):
    soundfile.write(path, np.asarray(samples), rate, subtype, **more)
    return str(path)


def cut(path, share):
    size = os.path.getsize(path)
    os.truncate(path, int(size * share))
    return str(path)


def write_bytes(path, data):
    path.write_bytes(data)
    return str(path)


def with_nan(value):
    return np.where(np.arange(8000) == 7000, value, 0.1).astype("float32")


DEFECTS = {
    "missing": ("audio_missing", str),
    "folder": ("audio_unreadable", lambda p: p.mkdir() or str(p)),
    "no audio": ("audio_unreadable", lambda p: write_bytes(p, b"RIFF" * 99)),
    "no bytes": ("audio_empty", lambda p: write_bytes(p, b"")),
    "no samples": ("audio_empty", lambda p: write(p, [])),
    "short": ("audio_short", lambda p: write(p, VOICE[:399])),
    "long": ("audio_long", lambda p: write(p, np.zeros(RATE * 121), "PCM_U8")),
    "rate": ("audio_rate", lambda p: write(p, rate=15_999)),
    "channels": ("audio_channels", lambda p: write(p, np.zeros((800, 9)))),
    "cut wav": ("audio_truncated", lambda p: cut(write(p), 0.5)),
    "cut flac": (
        "audio_truncated",
        lambda p: cut(write(p, format="FLAC"), 0.7),
    ),
    "cut mp3": (
        "audio_truncated",
        lambda p: cut(write(p, np.tile(VOICE, 9), None, format="MP3"), 0.5),
    ),
    "nan": ("audio_nonfinite", lambda p: write(p, with_nan(np.nan), "FLOAT")),
    "infinite": (
        "audio_nonfinite",
        lambda p: write(p, with_nan(-np.inf), "DOUBLE"),
    ),
    "integers as floats": (
        "audio_absurd",
        lambda p: write(p, VOICE.astype("float32"), "FLOAT"),
    ),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_each_defect_has_its_reason(tmp_path, defect):
    reason, plant = DEFECTS[defect]
    facts = inspect_recording(plant(tmp_path / "a.wav"), snr=True)
    assert facts.keys() - {"unread"} == {"reason", "detail"}
    assert ("unread" in facts) == (defect in ("missing", "folder"))
    assert facts["reason"] == reason
    assert facts["detail"]
    assert "\n" not in facts["detail"]


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100, 48_000])
@pytest.mark.parametrize(
    ("format", "subtype"),
    [
        *(("WAV", "PCM_16"), ("WAVEX", "PCM_24"), ("FLAC", "PCM_S8")),
        *(("OGG", "VORBIS"), ("MP3", None), ("WAV", "ULAW")),
        ("AIFF", "FLOAT"),
    ],
)
@pytest.mark.parametrize("channels", [1, 2])
def test_sound_recordings_of_any_form_pass(
    tmp_path, rate, format, subtype, channels
):
    samples = np.repeat(VOICE[:, None] / 32768, channels, 1)
    file = write(tmp_path / "a", samples, subtype, rate, format=format)
    facts = inspect_recording(file, snr=True)
    info = soundfile.info(file)
    assert (facts["rate"], facts["channels"]) == (rate, channels)
    assert facts["frames"] == info.frames
    assert facts["clipped"] == 0
    assert 0.2 < facts["peak"] < 0.6
    bits = {"PCM_16": 16, "PCM_24": 24, "PCM_S8": 8, "FLOAT": 32}
    assert facts["bits"] == bits.get(subtype, 0)


def test_the_same_sound_has_the_same_content_in_any_container(tmp_path):
    forms = [
        ("WAV", "PCM_16", RATE),
        ("FLAC", "PCM_16", RATE),
        ("AIFF", "PCM_16", RATE),
        ("WAV", "PCM_24", RATE),
        ("FLAC", "PCM_24", RATE),
        ("WAV", "PCM_32", RATE),
        ("WAV", "FLOAT", RATE),
        ("WAV", "DOUBLE", RATE),
        ("WAVEX", "PCM_16", 48_000),
    ]
    contents = set()
    for format, subtype, rate in forms:
        samples = VOICE / 32768 if subtype in ("FLOAT", "DOUBLE") else VOICE
        path = tmp_path / f"{format}{subtype}"
        file = write(path, samples, subtype, rate, format=format)
        contents.add(inspect_recording(file)["content"])
    assert len(contents) == 1
    assert len(bytes.fromhex(contents.pop())) == 16


@given(st.integers(0, len(VOICE) - 1), st.sampled_from([-1, 1]))
def test_one_other_sample_is_another_content(tmp_path_factory, at, step):
    folder = tmp_path_factory.mktemp("content")
    other = VOICE.copy()
    other[at] += step
    files = write(folder / "a.wav"), write(folder / "b.wav", other)
    first, second = (inspect_recording(file)["content"] for file in files)
    assert first != second


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg"])
def test_a_member_of_an_archive_is_read_in_place(tmp_path, suffix):
    file = tmp_path / f"a.{suffix}"
    write(file, subtype=None)
    with tarfile.open(tmp_path / "b.tar", "w") as archive:
        archive.add(__file__, "first")
        archive.add(file, "a")
    with tarfile.open(tmp_path / "b.tar") as archive:
        member = archive.getmember("a")
    address = f"{tmp_path}/b.tar:{member.offset_data}:{member.size}"
    facts = inspect_recording(address, snr=True)
    assert facts == inspect_recording(str(file), snr=True)
    assert "content" in facts
    beyond = f"{tmp_path}/b.tar:{member.offset_data}:{10**9}"
    assert inspect_recording(beyond)["reason"] == "audio_truncated"


def test_without_samples_only_the_header_is_read(tmp_path):
    file = write(tmp_path / "a.flac")
    facts = inspect_recording(file, samples=False)
    assert facts == {"rate": RATE, "channels": 1, "bits": 16, "frames": 8000}
    assert inspect_recording(file, samples=False, snr=True)["content"]


@given(
    st.sampled_from(["WAV", "WAVEX", "FLAC", "OGG", "AIFF", "RF64", "W64"]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=20),
    st.floats(0, 1),
)
def test_damaged_bytes_never_raise(tmp_path_factory, format, damage, kept):
    file = tmp_path_factory.mktemp("damage") / "a"
    write(file, VOICE[:1000], None, format=format)
    data = bytearray(file.read_bytes())
    for where, byte in damage:
        # Most of what can go wrong is in the header.
        data[int(where**4 * (len(data) - 1))] = byte
    file.write_bytes(data[: int(kept * len(data)) + 1])
    facts = inspect_recording(str(file), snr=True)
    assert "content" in facts or facts.keys() == {"reason", "detail"}


def test_a_pipe_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "a.wav")
    assert "reason" in inspect_recording(str(tmp_path / "a.wav"))


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(8000, np.int16),
        np.full(8000, 9000, np.int16),
        np.stack([VOICE, -VOICE], axis=1),
    ],
    ids=["digital silence", "constant offset", "channels that cancel"],
)
def test_what_the_model_would_not_hear_has_no_peak(tmp_path, samples):
    facts = inspect_recording(write(tmp_path / "a.wav", samples), snr=True)
    assert facts["peak"] == 0
    assert facts["snr"] is None


LEVELS = st.sampled_from([-32768, -32767, -5, 0, 5, 32766, 32767])


@given(st.lists(LEVELS, min_size=1), st.integers(1, 3))
def test_clipping_is_counted_in_runs_of_one_sign_and_channel(levels, channels):
    pcm = np.array([levels] * channels, np.int16).T
    pcm[:, 1:] = pcm[::-1, 1:]
    signs = np.where(pcm >= 32767, "+", np.where(pcm <= -32767, "-", "."))
    runs = (
        run
        for column in signs.T
        for sign in "+-"
        for run in "".join(s if s == sign else " " for s in column).split()
    )
    expected = sum(len(run) for run in runs if len(run) >= 3) / pcm.size
    header = Header(RATE, channels, 16, len(pcm), "PCM_16")
    assert _clipped(pcm.reshape(-1), header) == pytest.approx(expected)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT"])
def test_clipping_is_seen_at_every_width(tmp_path, subtype):
    loud = np.clip(np.sin(np.arange(8000) / 20) * 2, -1, 1)
    facts = inspect_recording(write(tmp_path / "a.wav", loud, subtype))
    assert 0.6 < facts["clipped"] < 0.7


def test_disk_that_fails_midway_is_not_taken_for_a_short_file(
    tmp_path, monkeypatch
):
    file = write(tmp_path / "a.flac", np.tile(VOICE, 60))

    def decode_what_fails(part, *arguments):
        with open(os.devnull, "wb") as unreadable:
            os.dup2(unreadable.fileno(), part.descriptor)
        return _decode(part, *arguments)

    monkeypatch.setattr("data_prep.samples._decode", decode_what_fails)
    assert inspect_recording(file) == {
        "reason": "audio_unreadable",
        "detail": "the disk gives an error",
        "unread": True,
    }


def test_workers_start_without_torch():
    code = (
        "import sys, data_prep.samples, data_prep.recording_checks\n"
        "assert not {'torch', 'scipy', 'speechbrain'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
