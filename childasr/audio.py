"""Recordings of any rate and number of channels, as the model wants them."""

import contextlib
import os

import numpy as np
import soundfile
import torch
import torchaudio

from childasr.errors import InputError
from childasr.text.files import is_member, member_of, open_file

SAMPLE_RATE = 16_000  # Hz, what wav2vec 2.0 was pretrained on


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
        Where the file cannot be read, or holds samples that are no numbers.
    """
    try:
        with _opened(address) as file:
            samples, rate = soundfile.read(
                file, dtype="float32", always_2d=True
            )
    except (OSError, soundfile.SoundFileError) as error:
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
    """Read the headers of recordings.

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
        That names the first file that cannot be read and counts the others.
    """
    seconds, unreadable = [], []
    for address in addresses:
        try:
            with _opened(address) as file:
                seconds.append(soundfile.info(file).duration)
        except (OSError, soundfile.SoundFileError):
            unreadable.append(address)
    if unreadable:
        raise _unreadable(unreadable[0], len(unreadable) - 1)
    return seconds


def _opened(address):
    """What libsndfile reads: it opens files itself, which is faster."""
    if is_member(address):
        return open_file(address)
    return contextlib.nullcontext(address)


def _unreadable(address, others=0):
    member = member_of(address)
    is_there = os.path.isfile(member[0] if member else address)
    what = "is no audio file" if is_there else "is not there"
    more = f" (and {others} more)" if others else ""
    return InputError(
        f"cannot read {address}{more}: it {what}; "
        "check the path, or convert it to WAV or FLAC"
    )
