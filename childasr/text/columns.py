"""Rows of text laid out in columns, for the screen."""


def columns(rows):
    """Lay rows of cells out, the first to the left and the others to the right.

    Arguments
    ---------
    rows : list of sequence of str
        As many cells in each; a heading is a row like the others.

    Returns
    -------
    lines : list of str

    Example
    -------
    >>> print(*columns([("phase", "hours"), ("phase1", "27.2")]), sep="\\n")
    phase   hours
    phase1   27.2
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [
                first.ljust(widths[0]),
                *(c.rjust(w) for c, w in zip(rest, widths[1:], strict=True)),
            ]
        ).rstrip()
        for first, *rest in rows
    ]
