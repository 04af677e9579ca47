"""torchrun, but for its exit status: that of the process which failed.

torchrun itself ends with 1, whatever happened. To be run as
`python -m childasr.curriculum.launch`, with torchrun's own arguments.
"""

import functools
import signal
import sys

from torch.distributed import run as torchrun
from torch.distributed.elastic.multiprocessing.api import (
    PContext,
    SignalException,
)
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

from childasr.command import WRONG_INPUT, run_command
from childasr.curriculum.child import GO_ON, explain

# Seconds from SIGTERM to SIGKILL: torchrun's, and after a signal to all, as a
# checkpoint of every parameter takes longer on a slow disk.
TO_STOP, TO_SAVE = 30, 100
_torchs_close = PContext.close


def _close(context, death_sig=None):
    """Leave time to save where a signal ends the processes.

    There is none where one of them has failed: the others wait for it in vain
    and save nothing.
    """
    if death_sig is None:
        _torchs_close(context, timeout=TO_STOP)
    else:
        _torchs_close(context, death_sig, TO_SAVE)


PContext.close = _close


def cause(failures):
    """Which process failed by itself.

    torchrun stops the others, in the end with SIGKILL, but they may fail before
    that, since the connection to the first is lost.

    Arguments
    ---------
    failures : dict
        Rank to torch's ProcessFailure.

    Returns
    -------
    rank, status : int
        A negative status is the signal's.

    Example
    -------
    >>> from types import SimpleNamespace
    >>> lost = SimpleNamespace(exitcode=1, timestamp=7)
    >>> killed = SimpleNamespace(exitcode=-9, timestamp=7)
    >>> cause({0: lost, 1: killed})
    (1, -9)
    >>> killed_by_torchrun = SimpleNamespace(exitcode=-9, timestamp=37)
    >>> cause({0: killed_by_torchrun, 1: lost})
    (1, 1)
    """
    first = min(failure.timestamp for failure in failures.values())

    def order(rank):
        status, timestamp = failures[rank].exitcode, failures[rank].timestamp
        stopped = status in (-signal.SIGTERM, 128 + signal.SIGTERM)
        is_first = timestamp < first + TO_STOP
        killed = status < 0 and not stopped and is_first
        return status != WRONG_INPUT, not killed, stopped, timestamp

    rank = min(failures, key=order)
    return rank, failures[rank].exitcode


def main(arguments):
    """Run torchrun.

    Returns
    -------
    status : int
        2 for a mistake in the input, 128 + n for a stop by signal n, 1 where
        a process was killed; otherwise as the process itself.
    """
    try:
        torchrun.main(arguments)
    except ChildFailedError as error:
        rank, status = cause(error.failures)
        message, status = explain(f"process {rank}", status, GO_ON)
        print(f"error: {message}", file=sys.stderr)
        return status
    except SignalException as error:
        return 128 + error.sigval
    return 0


if __name__ == "__main__":
    run_command(functools.partial(main, sys.argv[1:]))
