"""The one exception that means: the user can mend this."""


class InputError(ValueError):
    """A mistake in what the user gave: data, options or folders.

    The message is one line that says what is wrong, where, and what to do.
    Commands print it without a traceback and exit with status 2.

    Example
    -------
    >>> raise InputError("no manifest data/a.csv: run prepare_phase_data.py")
    Traceback (most recent call last):
    childasr.errors.InputError: no manifest data/a.csv: run ...
    """
