"""Signs that a training goes bad, said while it can still be stopped."""

import math

import torch
from speechbrain.utils.checkpoints import (
    mark_as_loader,
    mark_as_saver,
    register_checkpoint_hooks,
)
from speechbrain.utils.logger import get_logger

from childasr.curriculum.after_phase import GRADIENT_GROWTH

logger = get_logger(__name__)

# Optimiser steps that are judged together: at batch size 16, 3,200
# utterances, so that a mean over them says more than its noise.
WINDOW = 200
# CTC gives blanks alone at first; after warm-up a model that learns has left
# that, but for a silent recording now and then.
BLANK_SHARE = 0.99
# Nats for each target. Guessing jamo by their frequency costs about 3; at 1
# most are known, and slow progress is the usual end of a training.
POOR_LOSS = 1.0
# A loss that fell by less than 1 % in 5 windows, 1,000 steps, has stopped.
LEAST_FALL, PATIENCE = 0.01, 5

CAUSES = {
    "blank": (
        "nearly every output of the last {window} steps was blank. Usual "
        "causes: texts that are not those of the recordings, silent "
        "recordings, an lr that is too high. Listen to some utterances, or "
        "lower lr"
    ),
    "loss": (
        "the loss has not fallen for {patience} steps and is still {loss:.2f} "
        "for each target. Usual causes: texts that are not those of the "
        "recordings, an lr that is too high or too low. Compare some texts "
        "with their recordings, or try another lr"
    ),
    "norm": (
        "the gradient norm rose from {lowest:.3g} to {norm:.3g}. Usual "
        "causes: an lr that is too high, a warm-up that is too short, texts "
        "that are not those of the recordings. Lower lr"
    ),
}


def blank_only(log_probs, frames, blank):
    """Which utterances have a blank as the best of each frame.

    Arguments
    ---------
    log_probs : torch.Tensor
        [batch, frames, units]
    frames : torch.Tensor
        [batch], how many of them are the utterance's own.
    blank : int

    Returns
    -------
    torch.Tensor
        bool, [batch].

    Example
    -------
    >>> log_probs = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]]).repeat(2, 1, 1)
    >>> blank_only(log_probs, torch.tensor([1, 2]), blank=0)
    tensor([ True, False])
    """
    places = torch.arange(log_probs.shape[1], device=log_probs.device)
    frames = frames.to(places.device, non_blocking=True)
    padding = places >= frames[:, None]
    return ((log_probs.argmax(dim=-1) == blank) | padding).all(dim=1)


@register_checkpoint_hooks
class Health:
    """Warns once each of blank outputs, a loss that stays, exploding norms.

    What it judges are means over `window` optimiser steps after warm-up, of
    the first process's utterances. It is part of each checkpoint, so that a
    training that goes on is judged as one that never stopped.

    Arguments
    ---------
    warmup_steps : int
    max_norm : float
        What gradients are clipped to.
    device : str
    window : int

    Example
    -------
    >>> health = Health(warmup_steps=0, max_norm=1.0, device="cpu", window=1)
    >>> health.add_batch(torch.tensor([3.0]), torch.tensor([True]))
    >>> health.add_step(torch.tensor(1.0))
    >>> health.warned
    ['blank']
    """

    _STATE = ("steps", "best_loss", "lowest_norm", "stale", "warned")

    def __init__(self, warmup_steps, max_norm, device, window=WINDOW):
        self.warmup_steps = warmup_steps
        self.max_norm = max_norm
        self.device = device
        self.window = window
        self.steps = 0
        self.best_loss = self.lowest_norm = math.inf
        self.stale = 0  # windows since the loss fell
        self.warned = []
        self.sums = self._zeros()

    def _zeros(self):
        """Losses, their number, blank outputs, theirs, and norms."""
        return torch.zeros(5, dtype=torch.float64, device=self.device)

    def add_batch(self, losses, blanks):
        """Add the utterances of a batch.

        Arguments
        ---------
        losses : torch.Tensor
            [batch]; those that are not finite are left out.
        blanks : torch.Tensor
            [batch], from `blank_only`.
        """
        finite = torch.isfinite(losses)
        self.sums[0] += torch.where(finite, losses, 0).sum()
        self.sums[1] += finite.sum()
        self.sums[2] += blanks.sum()
        self.sums[3] += len(blanks)

    def add_step(self, norm):
        """Add an applied step, and judge when the window is full.

        Arguments
        ---------
        norm : torch.Tensor
            Of its gradient, before clipping; a scalar.
        """
        self.sums[4] += norm
        self.steps += 1
        if self.steps % self.window == 0:
            self._judge(self.sums.tolist())
            self.sums = self._zeros()

    def _judge(self, sums):
        losses, count, blanks, outputs, norms = sums
        loss = losses / count if count else math.inf
        norm = norms / self.window
        if loss < (1 - LEAST_FALL) * self.best_loss:
            self.best_loss, self.stale = loss, 0
        else:
            self.stale += 1
        if self.steps < self.warmup_steps + self.window:
            return
        if blanks >= BLANK_SHARE * max(outputs, 1):
            self._warn("blank", window=self.window)
        if self.stale >= PATIENCE and loss > POOR_LOSS:
            self._warn("loss", patience=PATIENCE * self.window, loss=loss)
        # A model that leaves the blanks has a rising norm too, so it must also
        # be as far above what clipping lets through.
        if norm > GRADIENT_GROWTH * max(self.lowest_norm, self.max_norm):
            self._warn("norm", lowest=self.lowest_norm, norm=norm)
        self.lowest_norm = min(self.lowest_norm, norm)

    def _warn(self, sign, **values):
        if sign not in self.warned:
            self.warned.append(sign)
            what = CAUSES[sign].format(**values)
            logger.warning(f"Step {self.steps} of the phase: {what}")

    @mark_as_saver
    def _save(self, path):
        state = {key: getattr(self, key) for key in self._STATE}
        torch.save(state | {"sums": self.sums.cpu()}, path)

    @mark_as_loader
    def _load(self, path, end_of_epoch):
        for key, value in torch.load(path, weights_only=True).items():
            setattr(self, key, value)
        self.sums = self.sums.to(self.device)
