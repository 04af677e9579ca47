"""The groups of utterances that rates are reported for."""

from collections import defaultdict

from childasr.evaluation.rates import add_counts, divide
from childasr.text.group_labels import (
    age_group,
    duration_group,
    named_group,
    reading_order,
    snr_group,
)

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
    return {label: groups[label] for label in sorted(groups, key=reading_order)}


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
