"""Exceptions that commands print as one line, without a traceback."""


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


class RunError(Exception):
    """The machine ended the run, by a full disk for example.

    As `InputError`, but no mistake in the input: exit status 1, or `status`.

    Example
    -------
    >>> raise RunError("no space in checkpoints/: make room")
    Traceback (most recent call last):
    childasr.errors.RunError: no space in checkpoints/: make room
    """

    status = 1
