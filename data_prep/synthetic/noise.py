"""Background noise at a known signal-to-noise ratio."""

import numpy as np

KINDS = ("white", "pink", "hum", "babble")
# Bands in dB with the share of utterances that fall into each.
DEMO_SNR = (
    ((5, 10), 0.02),
    ((10, 20), 0.08),
    ((20, 30), 0.45),
    ((30, 40), 0.45),
)
PRETRAINING_SNR = (
    ((5, 10), 0.03),
    ((10, 20), 0.17),
    ((20, 30), 0.45),
    ((30, 40), 0.35),
)


def draw_snr(rng, bands):
    """Draw a signal-to-noise ratio in dB.

    Arguments
    ---------
    rng : random.Random
        The source of the choice.
    bands : tuple
        As `DEMO_SNR`: ((low, high), share) for each band.

    Returns
    -------
    snr : float
        With one decimal.

    Example
    -------
    >>> import random
    >>> 5 <= draw_snr(random.Random(1), DEMO_SNR) < 40
    True
    """
    ranges, shares = zip(*bands, strict=True)
    low, high = rng.choices(ranges, shares)[0]
    # Rounding must not lift the label out of its band.
    return min(round(rng.uniform(low, high), 1), high - 0.1)


def make_noise(kind, length, sample_rate, babble, generator):
    """Make noise of one kind, at any level.

    Arguments
    ---------
    kind : str
        A member of `KINDS`.
    length : int
        In samples.
    sample_rate : int
        In Hz.
    babble : numpy.ndarray
        Voices speaking at once; repeated from a random point when needed.
    generator : numpy.random.Generator
        The source of randomness.

    Returns
    -------
    noise : numpy.ndarray
        float64, `length` samples.

    Example
    -------
    >>> generator = np.random.default_rng(1)
    >>> make_noise("pink", 800, 16000, np.zeros(1), generator).shape
    (800,)
    """
    if kind == "babble":
        start = generator.integers(len(babble))
        return np.resize(np.roll(babble, -start), length).astype(np.float64)
    white = generator.standard_normal(length)
    if kind == "white":
        return white
    spectrum = np.fft.rfft(white)
    frequencies = np.fft.rfftfreq(length, 1 / sample_rate)
    # 1/f power from 40 Hz up, as a room's background.
    spectrum /= np.sqrt(np.maximum(frequencies, 40))
    pink = np.fft.irfft(spectrum, length)
    if kind == "pink":
        return pink
    # Mains hum: 60 Hz in Korea, with harmonics over a faint hiss.
    times = np.arange(length) / sample_rate
    hum = sum(
        np.sin(2 * np.pi * 60 * h * times + generator.uniform(0, 2 * np.pi)) / h
        for h in range(1, 8)
    )
    return hum / hum.std() + 0.5 * pink / pink.std()


def scale_noise(noise, speech, snr):
    """Scale noise to `snr` dB below the power of the speech.

    Example
    -------
    >>> scale_noise(np.array([1.0, -1.0]), np.array([10.0, -10.0]), 40.0)
    array([ 0.1, -0.1])
    """
    wanted = np.mean(np.square(speech)) / 10 ** (snr / 10)
    return noise * np.sqrt(wanted / np.mean(np.square(noise)))
