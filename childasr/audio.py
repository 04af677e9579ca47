"""Recordings of any rate and number of channels, as the model wants them."""

from pathlib import Path

import numpy as np
import soundfile
import torch
import torchaudio

from childasr.errors import InputError

SAMPLE_RATE = 16_000  # Hz, what wav2vec 2.0 was pretrained on


def read_audio(path):
    """Read a recording as 16 kHz mono.

    Channels are averaged, other rates resampled.

    Arguments
    ---------
    path : str or Path
        WAV, FLAC, OGG or MP3: whatever libsndfile reads.

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
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise _unreadable(path) from error
    if not np.isfinite(samples).all():
        raise InputError(f"{path} holds NaN or infinite samples: leave it out")
    waveform = torch.from_numpy(samples.mean(axis=1))
    if rate != SAMPLE_RATE and len(waveform):
        waveform = torchaudio.functional.resample(waveform, rate, SAMPLE_RATE)
    return waveform.numpy()


def durations(paths):
    """Read the headers of recordings.

    Arguments
    ---------
    paths : list of str or Path

    Returns
    -------
    seconds : list of float

    Raises
    ------
    InputError
        That names the first file that cannot be read and counts the others.
    """
    seconds, unreadable = [], []
    for path in paths:
        try:
            seconds.append(soundfile.info(path).duration)
        except (OSError, soundfile.SoundFileError):
            unreadable.append(path)
    if unreadable:
        raise _unreadable(unreadable[0], len(unreadable) - 1)
    return seconds


def _unreadable(path, others=0):
    what = "is no audio file" if Path(path).is_file() else "is not there"
    more = f" (and {others} more)" if others else ""
    return InputError(
        f"cannot read {path}{more}: it {what}; "
        "check the path, or convert it to WAV or FLAC"
    )
