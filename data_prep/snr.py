"""The signal-to-noise ratio of a recording whose corpus gives none."""

import math

import numpy as np

FRAME = 0.01  # seconds: shorter than the gaps between words
# Children's recordings are speech for the most part, but a frame in twenty
# falls into a pause even where the recording starts and ends with a word.
QUIET = 0.05
MIN_FRAMES = 20  # fewer have no twentieth
# The quietest frames lie below the mean of the noise. By how much was measured
# with benchmarks/snr_error.py: steady noise less, voices more.
QUIET_BELOW_NOISE = 1.5  # dB
ROUNDING = 2.0**-30 / 12  # power of what rounding to 16 bits adds
SPOKEN = 2  # times the noise's power


def estimate_snr(samples, rate):
    """Estimate speech power over noise power.

    The noise is what is heard in pauses: the power that the quietest 5 % of
    frames stay under. The speech is all from the first to the last frame that
    stands out, less the noise. benchmarks/snr_error.py shows the error: it is
    small with a pause of 0.2 s or more, and the ratio comes out too low in
    recordings of good quality that have none.

    Arguments
    ---------
    samples : numpy.ndarray
        `[time]`, float32 mono.
    rate : int
        Hz.

    Returns
    -------
    snr : float
        dB, with one decimal. None where it cannot be told: in less than
        0.2 s, or where nothing stands out.

    Example
    -------
    >>> generator = np.random.default_rng(1)
    >>> samples = generator.standard_normal(32_000).astype("float32")
    >>> samples[8_000:24_000] *= 10
    >>> abs(estimate_snr(samples, 16_000) - 20) < 2
    True
    >>> estimate_snr(samples[:8_000], 16_000) is None
    True
    """
    frames = _heard_frames(samples, round(rate * FRAME))
    if len(frames) < MIN_FRAMES:
        return None
    powers = _powers(frames)
    rank = int(QUIET * len(powers))
    quiet = float(np.partition(powers, rank)[rank])
    noise = quiet * 10 ** (QUIET_BELOW_NOISE / 10)
    spoken = np.flatnonzero(powers > SPOKEN * noise)
    if not len(spoken):
        return None
    heard = float(powers[spoken[0] : spoken[-1] + 1].mean())
    # Pauses inside the speech can outweigh it in loud noise.
    speech = max(heard - noise, 0.1 * noise)
    return round(10 * math.log10(speech / noise), 1)


def _heard_frames(samples, length):
    """Cut into frames, without those of digital silence, which editors add
    and no microphone gives."""
    frames = samples[: len(samples) // length * length].reshape(-1, length)
    return frames[frames.any(axis=1)]


def _powers(frames):
    """Mean power of each frame around the offset of the recording."""
    means = frames.mean(axis=1)
    powers = np.einsum("ij,ij->i", frames, frames) / frames.shape[1]
    # Voices are lopsided: the microphone's offset is what pauses have.
    quiet = np.argsort(powers - means**2)[: int(QUIET * len(powers)) + 1]
    offset = means[quiet].mean()
    return np.maximum(powers - 2 * offset * means + offset**2, ROUNDING)
