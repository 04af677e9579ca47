"""Speed perturbation, one keyed draw an utterance and epoch."""

import numpy as np
from speechbrain.augment.time_domain import SpeedPerturb

from childasr.model.keyed_random import uniform


class KeyedSpeedPerturb(SpeedPerturb):
    """SpeedPerturb whose speed belongs to the utterance, not to the batch.

    SpeechBrain draws one speed for a batch that is already made, which undoes
    the grouping by duration. Here speeds are drawn first, from keys, and the
    batches are made from the durations that result. SpeechBrain's resamplers
    do the resampling.

    Arguments
    ---------
    orig_freq : int
        Hz.
    speeds : list of int
        Percent; 110 is faster and shorter.
    probability : float
        Share of utterances that draw a speed; the rest stay at 100.

    Example
    -------
    >>> perturb = KeyedSpeedPerturb(16000, [90, 100, 110], probability=0.5)
    >>> perturb.draw(np.arange(4, dtype=np.uint64)).shape
    (4,)
    >>> import torch
    >>> perturb.resample(torch.zeros(11000), 110).shape
    torch.Size([10000])
    """

    def __init__(self, orig_freq, speeds, probability):
        super().__init__(orig_freq, speeds)
        self.probability = probability

    def draw(self, keys):
        """Speeds in percent, [n], for uint64 keys, [n]."""
        draws = uniform(keys, 2)
        speeds = np.asarray(self.speeds)
        picked = speeds[np.floor(draws[:, 1] * len(speeds)).astype(int)]
        return np.where(draws[:, 0] < self.probability, picked, 100)

    def resample(self, waveform, speed):
        """Play a waveform, [samples], at a speed in percent."""
        if speed == 100:
            return waveform
        resampler = self.resamplers[self.speeds.index(speed)]
        return resampler(waveform[None])[0]
