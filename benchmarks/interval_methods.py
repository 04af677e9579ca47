"""Ways to an interval for a rate, to compare with the one in use.

Each takes the errors and the tokens of the speakers, float, [speakers], and
gives the lower and the upper end of the 95 % interval.
"""

import functools

import numpy as np
import scipy.stats
from scipy.special import expit, logit, stdtrit

from childasr.evaluation.interval import rate_interval

RESAMPLES = 999


def ours(errors, tokens):
    return rate_interval(errors, tokens, range(len(errors)))


def linearised(errors, tokens, low=None, high=None):
    """Student's t with the linearised variance of a ratio, or given ends."""
    count, rate = len(errors), errors.sum() / tokens.sum()
    if high is None:
        high = stdtrit(count - 1, 0.975)
        low = -high
    deviation = linearised_deviation(errors, tokens)
    return max(rate + low * deviation, 0), rate + high * deviation


def linearised_deviation(errors, tokens):
    """Along the last axis, which is the speakers."""
    count, all_tokens = errors.shape[-1], tokens.sum(-1)
    rate = (errors.sum(-1) / all_tokens)[..., np.newaxis]
    residual = np.square(errors - rate * tokens).sum(-1)
    return np.sqrt(residual * count / (count - 1)) / all_tokens


def jackknife(errors, tokens, scale=lambda x: x, back=lambda x: max(x, 0)):
    """Student's t with as many degrees of freedom as speakers less one."""
    count = len(errors)
    without = (errors.sum() - errors) / (tokens.sum() - tokens)
    deviation = np.sqrt((count - 1) * scale(without).var())
    half = stdtrit(count - 1, 0.975) * deviation
    centre = scale(errors.sum() / tokens.sum())
    return back(centre - half), back(centre + half)


def bell_mccaffrey(errors, tokens):
    """CR2 variance with its own degrees of freedom (Bell, McCaffrey 2002)."""
    share = tokens / tokens.sum()
    rate = errors.sum() / tokens.sum()
    leverage = 1 - 2 * share + np.square(share).sum()
    weights = np.square(share) / leverage
    variance = (weights * np.square(errors / tokens - rate)).sum()
    hat = np.eye(len(share)) - share[:, np.newaxis] - share
    hat += np.square(share).sum()
    freedom = np.square(share).sum() ** 2 / (weights @ hat**2 @ weights)
    half = stdtrit(freedom, 0.975) * np.sqrt(variance)
    return max(rate - half, 0), rate + half


def bootstrap(errors, tokens, method):
    """Of whole speakers, by scipy: `percentile` or `BCa`."""
    return scipy.stats.bootstrap(
        (errors, tokens),
        lambda errors, tokens, axis: errors.sum(axis) / tokens.sum(axis),
        paired=True,
        n_resamples=RESAMPLES,
        method=method,
        rng=np.random.default_rng(1),
    ).confidence_interval


def bootstrap_t(errors, tokens):
    generator = np.random.default_rng(1)
    drawn = generator.integers(len(errors), size=(RESAMPLES, len(errors)))
    deviations = linearised_deviation(errors[drawn], tokens[drawn])
    rates = errors[drawn].sum(1) / tokens[drawn].sum(1)
    differences = rates - errors.sum() / tokens.sum()
    # One speaker drawn each time leaves no deviation.
    kept = deviations > 0
    low, high = np.quantile(
        differences[kept] / deviations[kept], (0.025, 0.975)
    )
    return linearised(errors, tokens, -high, -low)


METHODS = {
    "ours": ours,
    "linearised t": linearised,
    "jackknife t": jackknife,
    "jackknife t, square root": functools.partial(
        jackknife, scale=np.sqrt, back=lambda x: max(x, 0) ** 2
    ),
    "jackknife t, log": functools.partial(jackknife, scale=np.log, back=np.exp),
    "jackknife t, logit": functools.partial(jackknife, scale=logit, back=expit),
    "Bell-McCaffrey t": bell_mccaffrey,
    "bootstrap percentile": functools.partial(bootstrap, method="percentile"),
    "bootstrap BCa": functools.partial(bootstrap, method="BCa"),
    "bootstrap t": bootstrap_t,
}
