"""Batches of like lengths."""


def plan_batches(seconds, batch_seconds):
    """Put items of like length together.

    Arguments
    ---------
    seconds : list of float
    batch_seconds : float
        Most seconds in a batch, each item counted as long as the longest.

    Returns
    -------
    batches : list of list of int
        Indices into `seconds`, longest batch first, so that a lack of memory
        shows at once. An item beyond the limit is alone.

    Example
    -------
    >>> plan_batches([1, 5, 2, 1, 9], batch_seconds=6)
    [[4], [1], [2, 0, 3]]
    """
    batches = []
    for item in sorted(range(len(seconds)), key=lambda item: -seconds[item]):
        if batches:
            padded = seconds[batches[-1][0]] * (len(batches[-1]) + 1)
        if not batches or padded > batch_seconds:
            batches.append([])
        batches[-1].append(item)
    return batches
