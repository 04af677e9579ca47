"""Error rates as people read them."""

SYNTHETIC = "SYNTHETIC SPEECH: these rates say nothing about real children"
NONE = "–"


def percent(rate, decimals=2):
    """A fraction in percent, without the sign; a dash of nothing.

    Two decimals, because one word in the plan's validation split of 2,715
    utterances moves the rate by a few thousandths of a point: with fewer, a
    rate can look equal to the bound that it has met. Where nothing is judged,
    one does.

    Example
    -------
    >>> percent(0.1523), percent(0.1234, 1), percent(None)
    ('15.23', '12.3', '–')
    """
    return NONE if rate is None else f"{100 * rate:.{decimals}f}"


def points(difference):
    """A difference of fractions in percentage points, with its sign.

    Example
    -------
    >>> points(-0.0123), points(1e-9), points(None)
    ('-1.23', '0.00', '–')
    """
    if difference is None:
        return NONE
    text = f"{100 * difference:+.2f}"
    return text if float(text) else text[1:]
