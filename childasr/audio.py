"""Recordings of any rate and number of channels, as the model wants them."""

import contextlib
import math
import os
import stat

import numpy as np
import soundfile
import torch
import torchaudio

from childasr.errors import InputError
from childasr.text.files import member_of, open_file

SAMPLE_RATE = 16_000  # Hz, what wav2vec 2.0 was pretrained on
# A header of some bytes can claim any length, and memory for all of it would
# be taken before the first sample is read.
LARGEST = 2**28  # samples of all channels, before or after resampling: 1 GiB
# Values of the kernel that resamples: 70,560 from 44.1 kHz, 256 million from
# 15,999 Hz, which has no common factor with 16 kHz.
LARGEST_KERNEL = 2**24
# Seconds. On a CPU each core hears a recording of its own, and a minute takes
# 0.75 GiB of memory with XLS-R 300M in fp32.
LONGEST = 600


def read_audio(address):
    """Read a recording as 16 kHz mono.

    Channels are averaged, other rates resampled.

    Arguments
    ---------
    address : str or Path
        A file, or an archive's member (`childasr.text.files.member_of`):
        WAV, FLAC, OGG or MP3, whatever libsndfile reads.

    Returns
    -------
    waveform : numpy.ndarray
        `[time]`, float32.

    Raises
    ------
    InputError
        Where the file cannot be read, claims to be too long to be held in
        memory, or holds samples that are no numbers.
    """
    try:
        with _opened(address) as sound:
            _check_size(address, sound)
            samples = sound.read(dtype="float32", always_2d=True)
            rate = sound.samplerate
    except UNREADABLE as error:
        raise _unreadable(address) from error
    if not np.isfinite(samples).all():
        raise InputError(
            f"{address} holds NaN or infinite samples: leave it out"
        )
    waveform = torch.from_numpy(samples.mean(axis=1))
    if rate != SAMPLE_RATE and len(waveform):
        waveform = torchaudio.functional.resample(waveform, rate, SAMPLE_RATE)
    return waveform.numpy()


def durations(addresses):
    """Read the headers of recordings that are to be recognised.

    Arguments
    ---------
    addresses : list of str or Path
        As for `read_audio`.

    Returns
    -------
    seconds : list of float

    Raises
    ------
    InputError
        That names the first file that cannot be read and counts the others;
        also for one that `read_audio` would not read, or that is longer than
        `LONGEST`.
    """
    seconds, unreadable = [], []
    for address in addresses:
        try:
            with _opened(address) as sound:
                _check_size(address, sound)
                seconds.append(sound.frames / sound.samplerate)
        except UNREADABLE:
            unreadable.append(address)
        else:
            _check_length(address, seconds[-1])
    if unreadable:
        raise _unreadable(unreadable[0], len(unreadable) - 1)
    return seconds


def with_durations(utterances):
    """Utterances, with the length of the recording where none is known.

    Arguments
    ---------
    utterances : list of Utterance
        Only the recordings of those without a duration are opened.

    Returns
    -------
    utterances : list of Utterance

    Raises
    ------
    InputError
        As of `durations`.
    """
    unknown = [item.wav for item in utterances if math.isnan(item.duration)]
    seconds = iter(durations(unknown))
    return [
        item._replace(duration=next(seconds))
        if math.isnan(item.duration)
        else item
        for item in utterances
    ]


UNREADABLE = (
    OSError,
    soundfile.SoundFileError,
    TypeError,  # of a name that ends in .raw
)


@contextlib.contextmanager
def _opened(address):
    """The recording as a soundfile.SoundFile."""
    if member_of(address):
        with open_file(address) as file, soundfile.SoundFile(file) as sound:
            yield sound
    elif not os.path.isfile(address):  # a pipe would never end
        raise FileNotFoundError(address)
    else:  # libsndfile opens files itself, which is faster
        with soundfile.SoundFile(address) as sound:
            yield sound


def _check_size(address, sound):
    frames, rate = sound.frames, sound.samplerate
    common = math.gcd(rate, SAMPLE_RATE)
    kernel = (rate // common) * (SAMPLE_RATE // common)
    largest = max(frames * sound.channels, frames * SAMPLE_RATE // rate)
    if largest > LARGEST or kernel > LARGEST_KERNEL:
        raise InputError(
            f"{address} says that it has {frames} samples of "
            f"{sound.channels} channels at {rate} Hz, too much to hold in "
            "memory: cut it up, or resample it to 16000 Hz"
        )


def _check_length(address, seconds):
    if seconds > LONGEST:
        raise InputError(
            f"{address} is {seconds:.2f} s long, and at most {LONGEST} s are "
            "recognised at once: cut it up"
        )


def _unreadable(address, others=0):
    more = f" (and {others} more)" if others else ""
    return InputError(
        f"cannot read {address}{more}: {_why(address)}; "
        "check the path, or convert it to WAV or FLAC"
    )


def _why(address):
    path = (member_of(address) or [address])[0]
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return "it is no file"
        open_file(address).close()
    except OSError as error:
        return error.strerror
    except ValueError as error:  # of a name with a null byte
        return str(error)
    return "it is no audio file"
