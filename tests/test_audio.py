"""Reading recordings for the model, from files and from archives."""

import tarfile

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from childasr.audio import LONGEST, durations, read_audio
from childasr.errors import InputError
from childasr.text.files import member_of, open_file, read_file

RATE = 16_000


@pytest.fixture
def archive(tmp_path):
    """An archive of some recordings: its name and name -> address."""
    generator = np.random.default_rng(0)
    path = tmp_path / "a.b:c.tar"
    with tarfile.open(path, "w") as tar:
        for name in ("a.wav", "나.flac", "c.ogg"):
            samples = 0.1 * generator.standard_normal((8000, 2))
            soundfile.write(tmp_path / name, samples, 2 * RATE)
            tar.add(tmp_path / name, name)
    with tarfile.open(path) as tar:
        return path, {
            member.name: f"{path}:{member.offset_data}:{member.size}"
            for member in tar
        }


def test_a_member_sounds_as_the_file_that_was_packed(archive, tmp_path):
    for name, address in archive[1].items():
        file = tmp_path / name
        assert np.array_equal(read_audio(address), read_audio(file))
        assert durations([address, file, str(file)]) == [0.25] * 3
        with open_file(address) as member, open_file(str(file)) as whole:
            assert member.read() == whole.read() == file.read_bytes()
        assert read_file(address) == read_file(file) == file.read_bytes()


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_channels_are_averaged_and_rates_brought_to_the_models(tmp_path, rate):
    time = np.arange(rate) / rate
    tone = 0.5 * np.sin(2 * np.pi * 440 * time)
    file = tmp_path / "a.wav"
    soundfile.write(file, np.stack([tone, 0 * tone], 1), rate)
    waveform = read_audio(file)
    expected = 0.25 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    assert waveform.shape == (RATE,)
    assert waveform.dtype == np.float32
    middle = slice(1000, -1000)
    assert np.abs(waveform - expected)[middle].max() < 1e-3


@pytest.mark.parametrize("offset, size", [(0, 10**9), (10**12, 4), (0, 2**40)])
def test_a_member_outside_its_archive_is_refused(archive, offset, size):
    address = f"{archive[0]}:{offset}:{size}"
    with pytest.raises(OSError, match="the archive ends before"):
        open_file(address)
    with pytest.raises(OSError, match="the archive ends before"):
        read_file(address)
    with pytest.raises(InputError, match=r"cannot read .*a.b:c.tar"):
        read_audio(address)


def test_what_cannot_be_read_is_named_and_counted(archive, tmp_path):
    (tmp_path / "no.wav").write_text("RIFF")
    sound = next(iter(archive[1].values()))
    gone = tmp_path / "gone.tar:0:5"
    with pytest.raises(InputError, match=r"no.wav \(and 1 more\).*no audio"):
        durations([sound, tmp_path / "no.wav", gone])
    with pytest.raises(InputError, match="No such file"):
        read_audio(gone)


def test_what_is_no_file_is_told_from_what_is_none(tmp_path):
    loop = tmp_path / "loop.wav"
    loop.symlink_to(loop)
    for path, reason in ((tmp_path, "it is no file"), (loop, "symbolic links")):
        for read in (read_audio, lambda path: durations([path])):
            with pytest.raises(InputError, match=reason):
                read(path)


def test_a_recording_that_is_too_long_to_recognise_is_refused(tmp_path):
    path = tmp_path / "long.wav"
    soundfile.write(path, np.zeros(8000 * LONGEST + 80, np.int16), 8000)
    with pytest.raises(InputError, match=rf"long.wav is {LONGEST}.01 s long"):
        durations([path])


@given(st.text(), st.integers(0, 10**15), st.integers(0, 10**15))
def test_addresses_say_what_they_were_made_of(name, offset, size):
    address = f"x{name}.tar:{offset}:{size}"
    assert member_of(address) == (f"x{name}.tar", offset, size)


@pytest.mark.parametrize(
    "path",
    ["a.wav", "a.tar", "a.tar/b.wav", "a.tar:5", "a.tar:1:-2", "b.wav:1:2"],
)
def test_other_paths_are_files(path):
    assert member_of(path) is None
