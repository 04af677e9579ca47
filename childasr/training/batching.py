"""Batches of like durations, the same for any number of processes."""

import numpy as np
from torch.utils.data import Sampler

from childasr.model.keyed_random import uniform, utterance_keys

# Durations are jittered by up to this share before sorting, so that an
# utterance meets other neighbours in each epoch; it costs 1 % of padding.
JITTER = 0.02


def batch_ends(durations, batch_size, fixed=False):
    """Where batches of sorted utterances end.

    Arguments
    ---------
    durations : numpy.ndarray
        Seconds, sorted, [n].
    batch_size : int
        Utterances in the average batch.
    fixed : bool
        Whether every batch has `batch_size` utterances; otherwise each has
        the same audio, so that batches of short clips hold more of them.

    Returns
    -------
    numpy.ndarray
        [batches], each the place after a batch's last utterance.

    Example
    -------
    >>> durations = np.array([1.0, 1.0, 1.0, 1.0, 2.0, 2.0])
    >>> batch_ends(durations, 3), batch_ends(durations, 3, fixed=True)
    (array([4, 6]), array([3, 6]))
    """
    total = len(durations)
    count = -(-total // batch_size)
    if fixed:
        return np.minimum(np.arange(1, count + 1) * batch_size, total)
    audio = np.cumsum(durations)
    shares = np.arange(1, count + 1) / count
    ends = np.searchsorted(audio, shares * audio[-1], side="left") + 1
    return np.unique(np.minimum(ends, total))


def count_cuts(durations, batch_size, fixed=False):
    """How many ends `batch_ends` gives of utterances in whatever order.

    Two batches can only end at the same utterance, and be one, where an
    utterance lasts longer than a batch's share of the audio: only then the
    order matters.

    Arguments
    ---------
    durations : numpy.ndarray
        Seconds, in any order, [n].
    batch_size, fixed
        As for `batch_ends`.

    Returns
    -------
    int or None
        None where it depends on the order.

    Example
    -------
    >>> count_cuts(np.array([2.0, 1.0, 1.0, 1.0, 2.0, 1.0]), 3)
    2
    >>> count_cuts(np.array([0.99, 1.0, 1.01]), 1) is None
    True
    """
    count = -(-len(durations) // batch_size)
    share = durations.sum() / count
    # Clear of what a sum's order changes by rounding.
    if fixed or durations.max() < 0.99 * share:
        return count
    return None


def argsort_stably(values):
    """`numpy.argsort(values, kind="stable")`, faster where none are equal.

    Example
    -------
    >>> argsort_stably(np.array([2.0, 1.0, 3.0, 1.0]))
    array([1, 3, 0, 2])
    """
    order = np.argsort(values)
    ordered = values[order]
    if (ordered[1:] == ordered[:-1]).any():
        return np.argsort(values, kind="stable")
    return order


class DurationBatchSampler(Sampler):
    """Batches of (row, speed), redrawn each epoch from keys alone.

    SpeechBrain's `DynamicBatchSampler` fixes its durations when it is built,
    so speed perturbation cannot reach it, and repeats the composition of its
    batches in each epoch.

    Arguments
    ---------
    id_hashes : numpy.ndarray
        Of the utterances' ids in manifest order, from `hash_ids`.
    durations : sequence of float
        Seconds, in the same order.
    batch_size : int
        Average utterances in a batch, over all processes.
    seed : int
    speed_perturb : KeyedSpeedPerturb, optional
    fixed : bool
        See `batch_ends`.
    rank, world_size : int
        This process and their number: each batch is dealt out to all.

    Attributes
    ----------
    start : int
        Batches of the epoch that `__iter__` leaves out, as they are trained.

    Example
    -------
    >>> from childasr.model.keyed_random import hash_ids
    >>> hashes = hash_ids("abcd")
    >>> sampler = DurationBatchSampler(hashes, [1, 1, 2, 2], 2, seed=1)
    >>> sampler.set_epoch(1)
    >>> sorted(row for batch in sampler for row, speed in batch)
    [0, 1, 2, 3]
    """

    def __init__(
        self,
        id_hashes,
        durations,
        batch_size,
        seed,
        speed_perturb=None,
        fixed=False,
        rank=0,
        world_size=1,
    ):
        self.id_hashes = id_hashes
        self.durations = np.asarray(durations, dtype=np.float64)
        self.batch_size = batch_size
        self.seed = seed
        self.speed_perturb = speed_perturb
        self.fixed = fixed
        self.rank = rank
        self.world_size = world_size
        self.epoch = 1
        self.start = 0

    def set_epoch(self, epoch):
        """Choose the epoch whose batches `__iter__` gives."""
        self.epoch = epoch

    def speeds(self, epoch):
        """Percent, [n], in manifest order."""
        if self.speed_perturb is None:
            return np.full(len(self.durations), 100)
        keys = utterance_keys(self.id_hashes, self.seed, epoch, "speed")
        return self.speed_perturb.draw(keys)

    def batches(self, epoch):
        """Rows of each batch, over all processes, and every row's speed.

        Returns
        -------
        batches : list of numpy.ndarray
            Rows, in the order in which they are trained.
        speeds : numpy.ndarray
            Percent, [n].
        """
        speeds = self.speeds(epoch)
        order, ends = self._cut(epoch, self.durations * 100 / speeds)
        starts = np.concatenate([[0], ends[:-1]])
        shuffled = np.random.default_rng([self.seed, epoch]).permutation(
            len(ends)
        )
        bounds = zip(
            starts[shuffled].tolist(), ends[shuffled].tolist(), strict=True
        )
        return [order[start:end] for start, end in bounds], speeds

    def _cut(self, epoch, durations):
        """Rows by jittered duration, and where batches of them end."""
        keys = utterance_keys(self.id_hashes, self.seed, epoch, "order")
        jitter = 1 + JITTER * (2 * uniform(keys)[:, 0] - 1)
        order = argsort_stably(durations * jitter)
        return order, batch_ends(durations[order], self.batch_size, self.fixed)

    def count_batches(self, epoch):
        """As `len(batches(epoch)[0])`, mostly in a fraction of its time."""
        durations = self.durations * 100 / self.speeds(epoch)
        count = count_cuts(durations, self.batch_size, self.fixed)
        if count is None:
            _, ends = self._cut(epoch, durations)
            count = len(ends)
        return count

    def padding_share(self, epoch):
        """Padding as a share of what the model computes in an epoch."""
        batches, speeds = self.batches(epoch)
        durations = self.durations * 100 / speeds
        padded = sum(durations[rows].max() * len(rows) for rows in batches)
        return 1 - durations.sum() / padded

    def __iter__(self):
        batches, speeds = self.batches(self.epoch)
        for rows in batches[self.start :]:
            mine = rows[self.rank :: self.world_size]
            yield list(zip(mine.tolist(), speeds[mine].tolist(), strict=True))

    def __len__(self):
        return self.count_batches(self.epoch)
