"""Whether CTC can align a text with a recording at all."""

from childasr.text.units import jamo_length

# wav2vec 2.0's feature extractor: (kernel, stride) of each convolution, Baevski
# et al. 2020, the same in every released size.
CONVOLUTIONS = [(10, 5), (3, 2), (3, 2), (3, 2), (3, 2), (2, 2), (2, 2)]
RECEPTIVE_FIELD = 400  # samples that make one frame
MODEL_RATE = 16_000
FASTEST_PERCENT = 110  # the largest factor of speed perturbation


def frames_at_fastest(duration):
    """Model frames of a recording played at the fastest speed.

    Arguments
    ---------
    duration : float
        Seconds at normal speed.

    Returns
    -------
    frames : int

    Example
    -------
    >>> frames_at_fastest(1.1), frames_at_fastest(0.025)
    (49, 0)
    """
    length = round(duration * MODEL_RATE) * 100 // FASTEST_PERCENT
    for kernel, stride in CONVOLUTIONS:
        length = max(0, (length - kernel) // stride + 1)
    return length


def is_feasible(text, duration):
    """Whether the text fits in the recording at the fastest speed.

    CTC needs a frame for each token and a blank between equal neighbours.
    Counted in jamo, the finest unit: what fits in them fits in every other.

    Arguments
    ---------
    text : str
        Normalised.
    duration : float
        Seconds.

    Returns
    -------
    feasible : bool

    Example
    -------
    >>> is_feasible("나는 가요", 1.0), is_feasible("나는 가요", 0.1)
    (True, False)
    """
    tokens, adjacent_repeats = jamo_length(text)
    return tokens + adjacent_repeats <= frames_at_fastest(duration)
