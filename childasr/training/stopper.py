"""Epochs that end early when the validation WER stops falling."""

import json
from pathlib import Path

from speechbrain.utils.checkpoints import (
    mark_as_loader,
    mark_as_saver,
    register_checkpoint_hooks,
)
from speechbrain.utils.epoch_loop import EpochCounterWithStopper

STATE = ("current", "best_limit", "best_score", "should_stop")


@register_checkpoint_hooks
class EpochCounterWithMinDelta(EpochCounterWithStopper):
    """EpochCounterWithStopper with an absolute improvement that counts.

    SpeechBrain's has a fixed, relative min_delta of 1e-6, and its hooks are
    not registered: a checkpoint keeps the epoch's number but neither the best
    score nor the patience used up. The metric is minimised.

    Arguments
    ---------
    limit : int
        Epochs at most.
    limit_to_stop : int
        Patience: epochs in a row without improvement.
    min_delta : float
        A score must be lower than the best, by at least this.

    Example
    -------
    >>> counter = EpochCounterWithMinDelta(10, 2, min_delta=0.01)
    >>> scores = iter([0.5, 0.495, 0.491, 0.3])
    >>> for epoch in counter:
    ...     counter.update_metric(next(scores))
    >>> counter.current, counter.best_score
    (3, 0.5)
    """

    def __init__(self, limit, limit_to_stop, min_delta):
        super().__init__(limit, limit_to_stop, limit_warmup=0, direction="min")
        self.min_delta = min_delta

    def update_metric(self, current_metric):
        """Judge the current epoch; call once after its validation.

        Arguments
        ---------
        current_metric : float
        """
        gain = self.best_score - current_metric
        # Rates are quotients of counts: 1e-12 absorbs rounding alone.
        if gain > 0 and gain >= self.min_delta - 1e-12:
            self.best_limit = self.current
            self.best_score = current_metric
        waited = self.current - self.best_limit
        self.should_stop = waited >= self.limit_to_stop

    @mark_as_saver
    def _save(self, path):
        state = {name: getattr(self, name) for name in STATE}
        Path(path).write_text(json.dumps(state), encoding="utf-8")

    @mark_as_loader
    def _recover(self, path, end_of_epoch):
        state = json.loads(Path(path).read_text(encoding="utf-8"))
        for name in STATE:
            setattr(self, name, state[name])
        if not end_of_epoch:
            self.current -= 1
