"""Another command, run so that it ends with this one."""

import contextlib
import ctypes
import signal
import subprocess
import sys

from childasr.command import FAILED, Terminated
from childasr.errors import RunError

PR_SET_PDEATHSIG = 1  # linux/prctl.h
GO_ON = ": start the same command again to go on from its last checkpoint"
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class ChildFailedError(RunError):
    """A child ended badly and has said why; `status` is for the caller's exit.

    Arguments
    ---------
    message : str
        One line on what failed.
    status : int
    """

    def __init__(self, message, status):
        super().__init__(message)
        self.status = status


def run_child(command, name, lock, watch=None):
    """Run a command to its end, or until it is seen to be of no use.

    SIGINT and SIGTERM are passed on, and this process stops in the same way
    once the child has saved and stopped. The child has its own session, so
    that Ctrl-C reaches it once, from here, and not a second time from the
    terminal while it saves.

    Arguments
    ---------
    command : list of str
        The program and its arguments.
    name : str
        What to call it in messages.
    lock : io.IOBase
        From `childasr.locks.only_run`; kept open by the child too.
    watch : callable, optional
        Asked every second; once it says True, the child is sent SIGTERM.

    Returns
    -------
    stopped : bool
        Whether `watch` ended it.

    Raises
    ------
    ChildFailedError
        If it ends by itself, and not with status 0.

    Example
    -------
    >>> from childasr.locks import only_run
    >>> with only_run(getfixture("tmp_path")) as lock:
    ...     run_child([sys.executable, "-c", "raise SystemExit(2)"], "x", lock)
    Traceback (most recent call last):
    childasr.curriculum.child.ChildFailedError: x ended with status 2
    """
    sys.stdout.flush()
    child, received = None, []

    def pass_on(signum, frame):
        received.append(signum)
        if child:
            child.send_signal(signum)

    with _handlers(pass_on):
        child = subprocess.Popen(
            command,
            start_new_session=True,
            preexec_fn=end_with_parent,
            pass_fds=[lock.fileno()],
        )
        for signum in received:  # came while the child was being started
            child.send_signal(signum)
        stopped = watch is not None and _stop_when(watch, child)
        status = child.wait()
    if signal.SIGTERM in received:
        raise Terminated
    if received:
        raise KeyboardInterrupt
    if status and not stopped:
        raise ChildFailedError(*explain(name, status, GO_ON))
    return stopped


def _stop_when(watch, child):
    """Wait for a child, and stop it where `watch` says so before it ends."""
    while True:
        try:
            child.wait(timeout=1)
        except subprocess.TimeoutExpired:
            if watch():
                child.terminate()
                return True
        else:
            return False


def end_with_parent(signum=signal.SIGTERM):
    """Ask for a signal when the parent is killed: no orphan trains on."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signum)


@contextlib.contextmanager
def _handlers(handler):
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, handler) for number in signals]
    try:
        yield
    finally:
        for number, old in zip(signals, before, strict=True):
            signal.signal(number, old)


def explain(name, status, advice=""):
    """Say how a process ended badly.

    Arguments
    ---------
    name : str
    status : int
        As `subprocess` gives it: negative for a signal.
    advice : str
        What to do where it was killed.

    Returns
    -------
    message : str
    status : int
        For the caller's exit.

    Example
    -------
    >>> explain("phase1", -15)
    ('phase1 was stopped by SIGTERM', 143)
    """
    if status > 0:
        return f"{name} ended with status {status}", status
    number = signal.Signals(-status)
    message = f"{name} was stopped by {number.name}"
    if number in (signal.SIGINT, signal.SIGTERM):
        return message, 128 + number
    hint = ", perhaps out of memory" if number == signal.SIGKILL else ""
    return f"{message}{hint}{advice}", FAILED
