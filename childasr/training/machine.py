"""What a training asks of the machine that it runs on."""

import ctypes
import sys

# malloc.h of glibc
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
NEVER = 2**31 - 1
TOP_PAD = 2**28  # bytes that are asked for at once


def keep_freed_memory():
    """Let the C library keep what is freed, instead of handing it back.

    A step on a CPU frees and asks for gigabytes, and the system would have to
    clear each page of them anew: a tenth of the step. Other C libraries than
    glibc are left as they are.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if sys.platform != "linux" or mallopt is None:
        return
    mallopt(M_MMAP_MAX, 0)
    mallopt(M_TRIM_THRESHOLD, NEVER)
    mallopt(M_TOP_PAD, TOP_PAD)
