"""Error rates as people read them."""


def percent(rate):
    """Show a fraction as a percentage with two decimals.

    Two decimals, because one word in the plan's validation split of 2,715
    utterances moves the rate by a few thousandths of a point.

    Example
    -------
    >>> percent(0.1523)
    '15.23 %'
    """
    return f"{100 * rate:.2f} %"
