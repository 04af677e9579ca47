"""The moving average of the trained weights."""

import torch
from torch.optim.swa_utils import AveragedModel


def ema_decay(updates, max_decay):
    """Decay of an update after so many, 1 at least: short memory, then long.

    The first update of all copies the weights.

    Source: TensorFlow's ExponentialMovingAverage, `num_updates`.

    Example
    -------
    >>> ema_decay(8, 0.999), ema_decay(100_000, 0.999)
    (0.5, 0.999)
    """
    return min(max_decay, (1 + updates) / (10 + updates))


class ExponentialMovingAverage(AveragedModel):
    """torch's AveragedModel over the trained parameters alone.

    SpeechBrain has no moving average. Frozen weights need none, so that the
    copy of XLS-R with LoRA costs 7 MB and not 1.3 GB.

    Arguments
    ---------
    parameters : list of torch.nn.Parameter
        What is trained; the list and its order must not change.
    max_decay : float
        The decay that `ema_decay` rises to.

    Example
    -------
    >>> weight = torch.nn.Parameter(torch.tensor([0.0]))
    >>> ema = ExponentialMovingAverage([weight])
    >>> ema.update()
    >>> _ = weight.data.fill_(11.0)
    >>> ema.update()
    >>> ema.swap()
    >>> round(weight.item(), 4)
    9.0
    >>> ema.swap()
    >>> weight.item()
    11.0
    """

    def __init__(self, parameters, max_decay=0.999):
        source = torch.nn.ParameterList(parameters)
        super().__init__(source)
        self.max_decay = max_decay
        # Not a submodule: the state to save is the average alone.
        object.__setattr__(self, "source", source)

    @torch.no_grad()
    def update(self):
        """Move towards the weights after an optimiser step.

        `update_parameters` would send the count to the device and read it
        there, and wait for all that the device has to do.
        """
        updates = int(self.n_averaged)
        decay = ema_decay(updates, self.max_decay) if updates else 0.0
        average, weights = (
            list(part.parameters()) for part in (self.module, self.source)
        )
        torch._foreach_lerp_(average, weights, 1 - decay)
        self.n_averaged += 1

    def swap(self):
        """Exchange the average and the weights; a second call undoes it."""
        for average, weight in zip(
            self.module.parameters(), self.source.parameters(), strict=True
        ):
            kept = weight.data.clone()
            weight.data.copy_(average.data)
            average.data.copy_(kept)
