"""The groups that utterances are counted and scored by."""

import itertools
import math
import re

UNKNOWN = "unknown"
SNR_EDGES = (10, 20, 30)  # dB
DURATION_EDGES = (3, 6, 10)  # seconds


def age_group(age):
    """The label of an age, by year.

    Arguments
    ---------
    age : int, float, str or None
        None, NaN and the empty string are unknown.

    Example
    -------
    >>> age_group("7"), age_group(7.0), age_group("")
    ('7', '7', 'unknown')
    """
    age = _number(age)
    return UNKNOWN if age is None else str(math.floor(age))


def snr_group(snr):
    """The label of a signal-to-noise ratio in dB; lower ends are inclusive.

    Example
    -------
    >>> snr_group(9.99), snr_group("10"), snr_group(30.0), snr_group(None)
    ('<10', '10-20', '>=30', 'unknown')
    """
    return _band(snr, SNR_EDGES)


def duration_group(duration):
    """The label of a duration in seconds; lower ends are inclusive.

    Example
    -------
    >>> duration_group(2.9), duration_group(3), duration_group("10")
    ('<3', '3-6', '>=10')
    """
    return _band(duration, DURATION_EDGES)


def named_group(name):
    """The label of a value that is its own label, such as gender or style.

    Example
    -------
    >>> named_group("read"), named_group("")
    ('read', 'unknown')
    """
    return name or UNKNOWN


def reading_order(label):
    """Sort key of a label: by its lower end, `unknown` last.

    Example
    -------
    >>> sorted([">=10", "unknown", "3-6", "<3", "6-10"], key=reading_order)
    ['<3', '3-6', '6-10', '>=10', 'unknown']
    """
    number = re.search(r"\d+", label)
    return (
        label == UNKNOWN,
        int(number[0]) if number else 0,
        not label.startswith("<"),
        label,
    )


def distance(some, whole):
    """Total variation distance: the share of utterances that would have to
    change group for `some` to be spread as `whole` is.

    Arguments
    ---------
    some, whole : dict
        Group label -> utterances.

    Returns
    -------
    distance : float
        0 (the same) to 1 (nothing in common).

    Example
    -------
    >>> distance({"F": 3, "M": 1}, {"F": 50, "M": 50})
    0.25
    """
    total, total_whole = sum(some.values()), sum(whole.values())
    return 0.5 * sum(
        abs(some.get(label, 0) / total - whole.get(label, 0) / total_whole)
        for label in some.keys() | whole.keys()
    )


def _number(value):
    number = None if value in (None, "") else float(value)
    return None if number is None or math.isnan(number) else number


def _band(value, edges):
    value = _number(value)
    if value is None:
        return UNKNOWN
    if value < edges[0]:
        return f"<{edges[0]}"
    for low, high in itertools.pairwise(edges):
        if value < high:
            return f"{low}-{high}"
    return f">={edges[-1]}"
