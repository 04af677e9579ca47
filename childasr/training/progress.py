"""What the training part of an epoch adds up to, batch by batch."""

import functools
import hashlib
import time

import torch
from speechbrain.utils.checkpoints import (
    mark_as_loader,
    mark_as_saver,
    register_checkpoint_hooks,
)
from speechbrain.utils.distributed import if_main_process

from childasr.model.keyed_random import hash_ids
from childasr.training.processes import gather, rank


@functools.partial(register_checkpoint_hooks, save_on_main_only=False)
class EpochProgress:
    """Loss, gradient norm, batches and time of an epoch, so far.

    Part of each checkpoint: an epoch that was interrupted ends with the log
    entry of one that was not. Means are kept as sums, [sum, count], which are
    the same in both, and on the device, where adding waits for nothing.

    The batches are proved by a hash: the order of the batches and the
    utterances of each, for any number of processes.

    Arguments
    ---------
    device : str

    Example
    -------
    >>> progress = EpochProgress("cpu")
    >>> progress.open(epoch=1, batches=2)
    >>> progress.add_batch(0, ["a", "b"])
    >>> progress.add_losses(torch.tensor([1.0, 2.0, float("inf")]))
    >>> progress.entry()["train/loss"]
    1.5
    """

    def __init__(self, device):
        self.device = device
        self.epoch = None

    def open(self, epoch, batches):
        """Begin an epoch, unless a checkpoint was made within it.

        Arguments
        ---------
        epoch : int
        batches : int
            In the whole epoch.
        """
        self.since = time.perf_counter()
        if self.epoch == epoch:
            return
        self.epoch = epoch
        self.seconds = 0.0
        self.nonfinite = 0
        self.norms = self._zeros()
        self.losses = self._zeros()  # of this process
        self.blanks = self._zeros()  # of this process
        self.batch_hashes = torch.zeros(batches, dtype=torch.int64)

    def _zeros(self):
        return torch.zeros(2, dtype=torch.float64, device=self.device)

    def add_batch(self, place, ids):
        """Note which utterances this process trains.

        Arguments
        ---------
        place : int
            Of their batch in the epoch, from 0.
        ids : list of str
        """
        # Sums wrap around and commute, so that parts of a batch add up.
        hashes = torch.from_numpy(hash_ids(ids).view("int64"))
        self.batch_hashes[place] += hashes.sum()

    def add_losses(self, losses):
        """Add the losses of utterances, [batch], but for the infinite ones."""
        finite = torch.isfinite(losses)
        total = torch.where(finite, losses, 0).sum(dtype=torch.float64)
        self.losses += torch.stack([total, finite.sum()])

    def mean_loss(self):
        """Of the utterances of this process, so far; NaN of none."""
        total, count = self.losses
        return (total / count).item()

    def add_blanks(self, blanks):
        """Add which utterances gave nothing but blanks, bool, [batch]."""
        count = torch.full_like(blanks.sum(), len(blanks))
        self.blanks += torch.stack([blanks.sum(), count])

    def add_norm(self, norm):
        """Add the gradient norm of an applied step, a scalar tensor."""
        self.norms += torch.stack([norm, torch.ones_like(norm)])

    def entry(self):
        """What the log says of the training; every process must ask.

        Returns
        -------
        dict
            A mean over nothing is NaN.
        """
        losses, blanks, hashes = _add_up(gather(self._of_this_process()))
        digest = hashlib.sha256(hashes.numpy().astype("<i8").tobytes())
        return {
            "train/loss": (losses[0] / losses[1]).item(),
            "train/blank_share": (blanks[0] / blanks[1]).item(),
            "grad_norm": (self.norms[0] / self.norms[1]).item(),
            "nonfinite_steps": self.nonfinite,
            "train/batches_sha256": digest.hexdigest(),
            "seconds": self._elapsed(),
        }

    def _of_this_process(self):
        return self.losses.cpu(), self.blanks.cpu(), self.batch_hashes

    def _elapsed(self):
        return self.seconds + time.perf_counter() - self.since

    @mark_as_saver
    def _save(self, path):
        state = {
            "epoch": self.epoch,
            "seconds": self._elapsed(),
            "nonfinite": self.nonfinite,
            "norms": self.norms.cpu(),
            "processes": gather(self._of_this_process()),
        }
        if if_main_process():
            torch.save(state, path)

    @mark_as_loader
    def _load(self, path, end_of_epoch):
        state = torch.load(path, weights_only=True)
        self.epoch = state["epoch"]
        self.seconds = state["seconds"]
        self.nonfinite = state["nonfinite"]
        self.norms = state["norms"].to(self.device)
        parts = state["processes"]
        if len(parts) != len(gather(None)):
            # Other processes than before: the first takes over all of it.
            whole = _add_up(parts)
            parts = [whole] + [[torch.zeros_like(t) for t in whole]] * rank()
        losses, blanks, self.batch_hashes = parts[rank()]
        self.losses = losses.to(self.device)
        self.blanks = blanks.to(self.device)


def _add_up(parts):
    return [sum(values) for values in zip(*parts, strict=True)]
