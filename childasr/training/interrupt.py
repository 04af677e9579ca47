"""SIGINT and SIGTERM, acted on where the work can stop."""

import os
import signal
import threading

from childasr.command import Terminated
from childasr.curriculum.child import end_with_parent

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupt:
    """A `with` block in which the two signals are noted and raise nothing.

    The block reads `signum` where it can stop, and calls `stop`. What is noted
    when it ends is raised then, so that no signal is lost.

    Example
    -------
    >>> with Interrupt():
    ...     signal.raise_signal(signal.SIGTERM)
    ...     print("saved")
    Traceback (most recent call last):
    childasr.command.Terminated
    """

    def __enter__(self):
        self.signum = None
        self.handlers = {n: signal.signal(n, self._note) for n in SIGNALS}
        return self

    def __exit__(self, error_type, error, traceback):
        for number, handler in self.handlers.items():
            signal.signal(number, handler)
        if error is None and self.signum is not None:
            self.stop()

    def _note(self, signum, frame):
        self.signum = signum

    def stop(self):
        """Raise what stops a command; without a signal, as for SIGTERM."""
        if self.signum == signal.SIGINT:
            raise KeyboardInterrupt
        raise Terminated


def obey_parent_alone(worker):
    """Leave it to the main process to stop; for a loader's workers.

    A signal to a whole process group, as torchrun and Ctrl-C send it, would
    otherwise end the workers before the step that the checkpoint waits for.
    Where the main process is killed, they end with it.

    Arguments
    ---------
    worker : int
        Not used; loaders give it.
    """
    end_with_parent(signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "sigwaitinfo"):  # macOS does not tell who sends
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        threading.Thread(target=_exit_when_parent_asks, daemon=True).start()


def _exit_when_parent_asks():
    while signal.sigwaitinfo([signal.SIGTERM]).si_pid != os.getppid():
        pass
    os._exit(0)
