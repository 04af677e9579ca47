"""The groups of utterances that rates are reported for."""

import itertools
import math
import re
from collections import defaultdict

from childasr.evaluation.rates import add_counts, divide

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


GROUPINGS = {
    "age": age_group,
    "snr": snr_group,
    "gender": named_group,
    "style": named_group,
    "duration": duration_group,
    "speaker": named_group,
}
# The column of a manifest where it has another name.
COLUMNS = {"speaker": "spk_id"}


def group_labels(utterance):
    """The label of an utterance in each grouping.

    Arguments
    ---------
    utterance : Utterance

    Returns
    -------
    labels : dict
        Grouping to label, in the order of `GROUPINGS`.

    Example
    -------
    >>> from childasr.manifest import Utterance
    >>> list(group_labels(
    ...     Utterance("u1", 2.5, "a.wav", "s1", "7", "F", "", "read", "안녕")
    ... ).values())
    ['7', 'unknown', 'F', 'read', '<3', 's1']
    """
    return {
        grouping: label_of(getattr(utterance, COLUMNS.get(grouping, grouping)))
        for grouping, label_of in GROUPINGS.items()
    }


def split_by_label(labels, items):
    """Collect the items of each label, labels in reading order.

    Example
    -------
    >>> split_by_label(["10-20", "unknown", "<10", "10-20"], "abcd")
    {'<10': ['c'], '10-20': ['a', 'd'], 'unknown': ['b']}
    """
    groups = defaultdict(list)
    for label, item in zip(labels, items, strict=True):
        groups[label].append(item)
    return {
        label: groups[label] for label in sorted(groups, key=_reading_order)
    }


def rate_by_group(labels, counts):
    """The WER of each group.

    Arguments
    ---------
    labels : list of str
        A group label for each utterance.
    counts : list of UtteranceCounts

    Returns
    -------
    rates : dict
        Label to WER as a fraction (None in a group without words).

    Example
    -------
    >>> from childasr.evaluation.rates import count_errors
    >>> heard = ("나는", "", "나는 간다")
    >>> counts = [count_errors("나는 간다", hyp) for hyp in heard]
    >>> rate_by_group(["9", "10", "9"], counts)
    {'9': 0.25, '10': 1.0}
    """
    totals = {
        label: add_counts(members)
        for label, members in split_by_label(labels, counts).items()
    }
    return {
        label: divide(total.word_errors, total.words)
        for label, total in totals.items()
    }


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


def _reading_order(label):
    number = re.search(r"\d+", label)
    return (
        label == UNKNOWN,
        int(number.group()) if number else 0,
        not label.startswith("<"),
        label,
    )
