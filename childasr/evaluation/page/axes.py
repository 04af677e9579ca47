"""Round numbers along an axis."""

import math

MOST = 5  # steps along an axis; more would run into each other on a phone


def ticks(top):
    """Round numbers from 0 to no more than `top`, evenly apart.

    Arguments
    ---------
    top : float
        Above 0.

    Returns
    -------
    numbers : list of float

    Example
    -------
    >>> ticks(0.37), ticks(1.0)
    ([0.0, 0.1, 0.2, 0.3], [0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    """
    power = 10.0 ** math.floor(math.log10(top / MOST))
    step = next(n * power for n in (1, 2, 5, 10) if n * power * MOST >= top)
    count = math.floor(top / step + 1e-9)
    return [float(f"{step * n:.6g}") for n in range(count + 1)]


def decades(low, high):
    """Round numbers from `low` to `high` on a logarithmic axis.

    Powers of ten; their doubles and fivefolds too within three decades.

    Arguments
    ---------
    low, high : float
        Above 0.

    Returns
    -------
    numbers : list of float

    Example
    -------
    >>> decades(0.08, 1.5), decades(0.001, 20)
    ([0.1, 0.2, 0.5, 1.0], [0.001, 0.01, 0.1, 1.0, 10.0])
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    multiples = (1, 2, 5) if high < 1000 * low else (1,)
    numbers = [float(f"{n}e{power}") for power in powers for n in multiples]
    return [number for number in numbers if low <= number <= high]
