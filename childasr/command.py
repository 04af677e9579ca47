"""How every command of the recipe ends: exit statuses and one-line errors."""

import logging
import signal
import sys

from childasr.errors import InputError, RunError
from childasr.output import outlive_readers
from childasr.text.files import NO_SPACE

DONE, FAILED, WRONG_INPUT, GATE_NOT_MET = 0, 1, 2, 3


class Terminated(BaseException):
    """SIGTERM, raised so that `finally` blocks run before the exit."""


def run_command(main):
    """Run a command's `main` and exit with the contract's status.

    Arguments
    ---------
    main : callable
        Takes no arguments; returns an exit status (None counts as 0).

    Example
    -------
    >>> def main():
    ...     raise InputError("no folder corpus/: give --input_dir")
    >>> run_command(main)
    Traceback (most recent call last):
    SystemExit: 2
    """

    def on_sigterm(signum, frame):
        raise Terminated

    # A full disk is told by what matters: a log line that is lost, is lost.
    logging.raiseExceptions = False
    signal.signal(signal.SIGTERM, on_sigterm)
    outlive_readers()
    try:
        status = main() or DONE
    except InputError as error:
        print(f"error: {_one_line(error)}", file=sys.stderr)
        status = WRONG_INPUT
    except RunError as error:
        print(f"error: {_one_line(error)}", file=sys.stderr)
        status = error.status
    except OSError as error:
        if error.errno not in NO_SPACE:
            raise
        print(f"error: {_one_line(error)}: make room", file=sys.stderr)
        status = FAILED
    except KeyboardInterrupt:
        print("stopped by Ctrl-C", file=sys.stderr)
        status = 128 + signal.SIGINT
    except Terminated:
        print("stopped by SIGTERM", file=sys.stderr)
        status = 128 + signal.SIGTERM
    sys.exit(status)


def _one_line(error):
    """A message without the line ends and escape codes that a name can hold."""
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1]
        for character in str(error)
    )
