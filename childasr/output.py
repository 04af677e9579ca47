"""What a command prints, where nobody reads it any more."""

import errno
import os
import stat
import sys

# The program behind a pipe has ended; the terminal has been closed.
NO_READER = (errno.EPIPE, errno.EIO)


def outlive_readers():
    """Go on when whoever reads standard output or error is gone.

    Ctrl-C ends the `tee` of `train.py ... | tee log` too, and the run has yet
    to save; `transcribe.py ... | head -n 1` is no failure. What is lost is
    lost: how the work went is told by files and the exit status.

    The streams stay the same objects, since handlers of loggers hold them.
    """
    for stream in (sys.stdout, sys.stderr):
        # None: closed from the start. A command may be run twice in a test.
        if stream is not None and "write" not in vars(stream):
            stream.write = _outliving(stream.write, stream)
            stream.flush = _outliving(stream.flush, stream)


def _outliving(say, stream):
    def said(*text):
        try:
            return say(*text)
        except OSError as error:
            if error.errno not in NO_READER or _is_file(stream):
                raise
            # Later writes succeed, those of children and C++ too, and so does
            # the last flush, which would change the exit status.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)

    return said


def _is_file(stream):
    """A damaged disk is no reader that is gone."""
    return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
