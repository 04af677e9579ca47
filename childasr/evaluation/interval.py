"""A confidence interval for an error rate, clustered by speaker."""

import math
from collections import defaultdict

import numpy as np
from scipy.special import stdtrit

LEVEL = 0.95
METHOD = "speakers as clusters, linearised ratio estimator, Student t"


def rate_interval(errors, tokens, speakers):
    """The 95 % interval of `sum(errors) / sum(tokens)`.

    Utterances of one speaker are alike, so the speakers are the sample. With
    k speakers, their error totals E and token totals N, and the rate R, the
    variance is `k / (k - 1) * sum((E - R N)^2) / sum(N)^2`, and the interval
    is R plus and minus Student's t with k - 1 degrees of freedom times its
    root (Cochran, Sampling Techniques, 3rd ed., 1977, chapters 6 and 9A,
    without the finite population correction). A rate is never negative, so
    neither is the lower end.

    Arguments
    ---------
    errors, tokens : list of int
        Of each utterance.
    speakers : list of str
        Who spoke it.

    Returns
    -------
    interval : list or None
        Lower and upper end as fractions; None with fewer than two speakers
        or without a token.

    Example
    -------
    >>> low, high = rate_interval([1, 1, 4], [10, 10, 20], ["a", "a", "b"])
    >>> print(f"{low:.3f} {high:.3f}")
    0.000 0.785
    >>> rate_interval([1], [10], ["a"]) is None
    True
    """
    totals = defaultdict(lambda: np.zeros(2))
    for speaker, *pair in zip(speakers, errors, tokens, strict=True):
        totals[speaker] += pair
    count = len(totals)
    if count < 2 or not sum(tokens):
        return None
    errors, tokens = np.array(list(totals.values())).T
    rate = errors.sum() / tokens.sum()
    residual = np.square(errors - rate * tokens).sum() * count / (count - 1)
    half = stdtrit(count - 1, (1 + LEVEL) / 2) * math.sqrt(residual)
    half /= tokens.sum()
    return [float(max(rate - half, 0.0)), float(rate + half)]
