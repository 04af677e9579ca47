"""Time and memory of a Brain's steps, measured on real batches."""

import itertools
import resource
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import speechbrain as sb
import torch

from childasr.audio import SAMPLE_RATE
from childasr.errors import RunError
from childasr.training.dataset import batch_loader
from childasr.training.worst_batch import noise, worst_shapes

# A GPU works behind the program; waiting for it after every step would slow
# both down.
STEPS_A_BLOCK = {"cpu": 1, "cuda": 8}
LEAST_BLOCKS = 4
# More than any measurement takes; a loader stops when nobody asks.
BATCHES = 4096
GOLDEN = (5**0.5 - 1) / 2
SPLITS = (1, 2, 4, 8)  # into how many parts a batch is cut


class Meter:
    """Measures training and validation steps of a Brain, which it spoils.

    Arguments
    ---------
    brain : CTCBrain
        As `brain_of` gives it.
    """

    def __init__(self, brain):
        self.brain = brain
        self.kind = "cpu" if str(brain.device) == "cpu" else "cuda"
        self.block = STEPS_A_BLOCK[self.kind]
        self.peaks = []  # (padded seconds, bytes)

    def train(self, seconds):
        """Time training steps.

        Batches are cut into parts, which one of several GPUs would get, and
        on a slow machine are all that there is time for.

        Arguments
        ---------
        seconds : float
            To take; some more where steps are slow.

        Returns
        -------
        blocks : list of tuple
            (steps, padded seconds, seconds).
        smallest : int
            Into how many parts the largest batches were cut; 1 for none.
        """
        start = time.perf_counter()
        batches, speeds = self.brain.train_sampler.batches(1)
        durations = self.brain.train_sampler.durations * 100 / speeds
        batches = spread(batches, [durations[rows].max() for rows in batches])
        items = [
            list(zip(rows.tolist(), speeds[rows].tolist(), strict=True))
            for rows in batches
        ]
        self.brain.modules.train()
        smallest = self._grow(items[0], seconds)
        left = seconds - (time.perf_counter() - start)
        parts = cut(items, smallest, self.block)
        blocks = self._time(
            self._loader(self.brain.train_loader, parts),
            self.brain.fit_batch,
            left,
        )
        return blocks, smallest

    def validate(self, seconds, smallest):
        """Time the steps of a validation pass, decoding included."""
        brain = self.brain
        brain.on_stage_start(sb.Stage.VALID, 1)
        brain.modules.eval()
        durations = brain.valid_loader.dataset.manifest.durations
        batches = [batch for batch in brain.valid_loader.batch_sampler if batch]
        longest = [max(durations[row] for row, _ in b) for b in batches]
        parts = cut(spread(batches, longest), smallest, self.block)
        with torch.no_grad():
            return self._time(
                self._loader(brain.valid_loader, parts),
                lambda batch: brain.evaluate_batch(batch, sb.Stage.VALID),
                seconds,
            )

    def try_worst(self, has_time):
        """Take the steps that need most memory, where there is time.

        Arguments
        ---------
        has_time : callable
            Whether for a step on so many seconds of padded audio.

        Returns
        -------
        tried : str
            `fits`, `out of memory` or `no time`.
        """
        sampler = self.brain.train_sampler
        for count, length in worst_shapes(sampler, sampler.batch_size):
            if not has_time(count * length):
                return "no time"
            try:
                self._probe(noise(count, length))
            except RunError:
                return "out of memory"
        return "fits"

    def _grow(self, items, seconds):
        """Warm up with larger and larger parts of a batch, noting memory."""
        loader, size = self.brain.train_loader, 1
        reset_peak(self.kind)
        idle = (0.0, peak_memory(self.kind))
        while True:
            dataset = loader.dataset
            part = [dataset[item] for item in items[:size]]
            batch = loader.collate_fn(part)
            self._probe(batch)  # the first of a size is not like the others
            took = self._probe(batch)
            if size == len(items):
                return 1
            if 2 * took * 3 * LEAST_BLOCKS * self.block > seconds:
                if size == 1:  # one size gives no line
                    self.peaks.append(idle)
                return -(-len(items) // size)
            size = min(2 * size, len(items))

    def _probe(self, batch):
        reset_peak(self.kind)
        start = time.perf_counter()
        self.brain.fit_batch(batch)
        self._wait()
        self.peaks.append((padded_seconds(batch), peak_memory(self.kind)))
        return time.perf_counter() - start

    def _loader(self, like, parts):
        workers = like.num_workers
        return batch_loader(like.dataset, parts, workers, like.pin_memory)

    def _time(self, loader, take, seconds):
        blocks, batches = [], iter(loader)
        for batch in itertools.islice(batches, self.block):
            take(batch)
        self._wait()
        start = now = time.perf_counter()
        while now - start < seconds or len(blocks) < LEAST_BLOCKS:
            taken = []
            for batch in itertools.islice(batches, self.block):
                take(batch)
                taken.append(padded_seconds(batch))
            if not taken:
                break
            self._wait()
            before, now = now, time.perf_counter()
            blocks.append((len(taken), sum(taken), now - before))
        return blocks

    def _wait(self):
        if self.kind == "cuda":
            torch.cuda.synchronize()


def spread(batches, longest):
    """Batches in an order whose every beginning has all lengths.

    Arguments
    ---------
    batches : list
    longest : sequence of float
        Of each, the longest utterance.

    Returns
    -------
    batches : list
        `BATCHES` of them, with repetition.

    Example
    -------
    >>> spread("abcdefgh", range(8))[:4]
    ['a', 'e', 'b', 'g']
    """
    order = np.argsort(longest, kind="stable")
    places = (np.arange(BATCHES) * GOLDEN % 1 * len(order)).astype(int)
    return [batches[row] for row in order[places]]


def cut(batches, smallest, block):
    """Parts of batches: most as large as there is time for, some smaller.

    Arguments
    ---------
    batches : list of list
    smallest : int
        Into how many parts even the largest are cut.
    block : int
        How many in a row are cut alike.

    Returns
    -------
    parts : list of list
        One of each batch; every second block is of the largest.

    Example
    -------
    >>> cut([[1, 2, 3, 4]] * 4, smallest=1, block=1)
    [[1, 2, 3, 4], [1, 3], [1, 2, 3, 4], [1]]
    """
    steps = itertools.cycle(
        smallest * split for small in SPLITS[1:] for split in (1, small)
    )
    cuts = itertools.chain.from_iterable([k] * block for k in steps)
    return [batch[::k] for batch, k in zip(batches, cuts, strict=False)]


def padded_seconds(batch):
    """Audio that the model computes, padding included."""
    count, samples = batch.sig.data.shape
    return count * samples / SAMPLE_RATE


def reset_peak(kind):
    """Forget how much memory was used before, where the system can."""
    if kind == "cuda":
        torch.cuda.reset_peak_memory_stats()
    else:
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")


def peak_memory(kind):
    """Bytes: of the GPU's what torch took, or of the whole process."""
    if kind == "cuda":
        return torch.cuda.max_memory_allocated()
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
