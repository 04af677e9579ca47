"""What the machine does to a run, said in one line."""

import contextlib
import functools
import multiprocessing

import torch

from childasr.errors import RunError
from childasr.training.dataset import LOADER_TIMEOUT

AGAIN = "start the same command again to go on from the last checkpoint"
# Readers pass batches on in it; of a full one they may say nothing.
SHARED = "/dev/shm has room (docker run --shm-size=8g)"


def is_out_of_memory(error):
    """Whether torch found no memory, on a GPU or for a CPU's tensor.

    Example
    -------
    >>> try:
    ...     torch.empty(2**60)
    ... except RuntimeError as error:
    ...     print(is_out_of_memory(error))
    True
    """
    return isinstance(error, torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and "CPUAllocator" in str(error)
    )


def names_the_batch(method):
    """For a Brain's method on a batch: say which one had no memory.

    Raises
    ------
    RunError
        It names the size of the batch, and what to do.
    """

    @functools.wraps(method)
    def wrapped(brain, batch, *args, **kwargs):
        try:
            return method(brain, batch, *args, **kwargs)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            count, samples = batch.sig.data.shape
            size = brain.hparams.batch_size
            raise RunError(
                f"out of memory at batch {brain.step}: {count} utterances of "
                f"up to {samples / 16_000:.1f} s: give a --batch_size below "
                f"{size} and another --output_folder; preflight.py measures "
                "which one fits"
            ) from error

    return wrapped


@contextlib.contextmanager
def loader_failures_named():
    """Turn what torch says of a loader whose workers fail into one line.

    Raises
    ------
    RunError
        A worker was killed, found no shared memory, or gave nothing for
        `LOADER_TIMEOUT` seconds.

    Example
    -------
    >>> with loader_failures_named():
    ...     raise RuntimeError("DataLoader worker (pid 7) is killed by ...")
    Traceback (most recent call last):
    childasr.errors.RunError: a process that reads recordings was ...
    """
    try:
        yield
    except RuntimeError as error:
        # Where a worker was killed, the cause says by what.
        text = f"{error} {error.__cause__}"
        if "DataLoader timed out" in text:
            # At its end Python would wait for those that do not answer.
            for reader in multiprocessing.active_children():
                reader.kill()
            raise RunError(
                f"no recording was read for {LOADER_TIMEOUT} s: see whether "
                f"the disk or network answers and {SHARED}, then {AGAIN}"
            ) from error
        if "DataLoader worker" in text and "shared memory" in text:
            raise RunError(
                "a process that reads recordings found no shared memory: see "
                f"that {SHARED}, or lower --num_workers, then {AGAIN}"
            ) from error
        if "DataLoader worker (pid" in text:
            raise RunError(
                "a process that reads recordings was killed, perhaps for "
                f"want of memory: lower --num_workers, then {AGAIN}"
            ) from error
        raise
