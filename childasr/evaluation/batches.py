"""Batches of like lengths, and work on them while the model runs."""

from collections import deque

AHEAD = 2  # batches that are read, and as many that are written, meanwhile


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


def map_ahead(pool, function, items):
    """`map` in the threads of a pool, up to AHEAD items before they are needed.

    Arguments
    ---------
    pool : concurrent.futures.Executor
    function : callable
    items : iterable
        Read in the thread that asks for the results.

    Yields
    ------
    object
        What `function` gives, in the order of the items.

    Example
    -------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as pool:
    ...     list(map_ahead(pool, abs, [-1, 2, -3, 4, -5]))
    [1, 2, 3, 4, 5]
    """
    waiting = deque()
    for item in items:
        waiting.append(pool.submit(function, item))
        if len(waiting) > AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
