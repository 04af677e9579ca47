"""What steps cost: a constant for each, and a part that grows with audio."""

import numpy as np
from scipy.optimize import nnls

DRAWS = 200
RANGE = (5, 95)  # percent of the draws that lie below its ends


def fit_costs(blocks):
    """Fit a line through measured blocks, and through draws from them.

    A small model is mostly constants (kernels, the optimiser, Python), a
    large one mostly audio; both parts are at least 0.

    Arguments
    ---------
    blocks : list of tuple
        (steps, seconds of padded audio, seconds), one or more.

    Returns
    -------
    costs : numpy.ndarray
        [1 + DRAWS, 2], seconds a step and seconds a second of padded audio:
        of all blocks, then of as many drawn from them with repetition.

    Example
    -------
    >>> costs = fit_costs([(1, 10, 3.0), (1, 20, 5.0), (2, 30, 8.0)])
    >>> costs[0].round(6).tolist()
    [1.0, 0.2]
    """
    blocks = np.array(blocks, dtype=np.float64)
    count = len(blocks)
    rows = np.random.default_rng(0).integers(count, size=(DRAWS, count))
    drawn = [np.arange(count), *rows]
    return np.array([nnls(blocks[r, :2], blocks[r, 2])[0] for r in drawn])


def seconds_for(costs, steps, padded):
    """Seconds for so many steps on so much padded audio, [1 + DRAWS].

    Arguments
    ---------
    costs : numpy.ndarray
        From `fit_costs`.
    steps : float
    padded : float
        Seconds, of all steps together.
    """
    return costs @ [steps, padded]


def with_range(values):
    """A figure and the ends of its range.

    Arguments
    ---------
    values : numpy.ndarray
        [1 + DRAWS]; the first is the figure.

    Returns
    -------
    figures : list of float
        [figure, low, high], where low <= figure <= high.

    Example
    -------
    >>> with_range(np.array([2.0, 1.0, 3.0])).__len__()
    3
    """
    low, high = np.percentile(values[1:], RANGE)
    figure = values[0]
    return [float(v) for v in (figure, min(low, figure), max(high, figure))]


def fit_memory(peaks):
    """A line through measured peaks that none of them lies above.

    Arguments
    ---------
    peaks : list of tuple
        (seconds of padded audio in the batch, bytes).

    Returns
    -------
    line : tuple of float
        Bytes without a batch, and bytes for each second.

    Example
    -------
    >>> base, slope = fit_memory([(10, 30e9), (20, 50e9)])
    >>> round(base / 1e9, 6), round(slope / 1e9, 6)
    (10.0, 2.0)
    """
    padded, peak = np.array(peaks, dtype=np.float64).T
    scale = peak.max()  # bytes and seconds are far apart for the solver
    rows = np.stack([np.ones_like(padded), padded], axis=1)
    base, slope = nnls(rows, peak / scale)[0] * scale
    return float(base + (peak - base - slope * padded).max()), float(slope)
