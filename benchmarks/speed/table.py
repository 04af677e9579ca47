"""Tables of figures, the same in JSON, on the screen and in the README."""

import statistics


def make_table(header, rows):
    """A table as JSON holds it: every cell a string."""
    return {
        "header": list(header),
        "rows": [[str(cell) for cell in row] for row in rows],
    }


def markdown(table):
    """Lines of Markdown, the first column to the left, the others right.

    Example
    -------
    >>> print(markdown(make_table(["", "s"], [["ours", 1]])))
    |  | s |
    |---|--:|
    | ours | 1 |
    """
    rule = ["---"] + ["--:"] * (len(table["header"]) - 1)
    lines = [table["header"], *table["rows"]]
    lines = [f"| {' | '.join(cells)} |" for cells in lines]
    return "\n".join([lines[0], f"|{'|'.join(rule)}|", *lines[1:]])


def spread(values, form=".3g"):
    """The median of some rounds, and their range where they differ.

    Example
    -------
    >>> spread([3.0, 1.0, 2.0])
    '2 [1 to 3]'
    >>> spread([1.0])
    '1'
    """
    low, middle, high = (
        format(f(values), form) for f in (min, statistics.median, max)
    )
    return middle if low == high else f"{middle} [{low} to {high}]"
