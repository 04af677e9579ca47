"""SpecAugment on wav2vec2's projected features, drawn by utterance."""

import numpy as np
import torch
from speechbrain.augment.freq_domain import SpectrogramDrop

from childasr.model.keyed_random import uniform

# The widest mask as a share of the axis: the bound p of the SpecAugment paper,
# section 2, which keeps short clips intelligible.
MAX_SHARE = 0.25


class KeyedSpectrogramDrop(SpectrogramDrop):
    """SpectrogramDrop whose masks belong to the utterance, not to the batch.

    SpeechBrain 1.1's `SpectrogramDrop` draws one count for a whole batch,
    places time masks over the padding, never reaches `drop_length_high`, and
    writes into its input. Here each utterance has its own draws, masks lie
    inside its own frames, the upper end is included, and the input is kept.

    Arguments
    ---------
    drop_length_low, drop_length_high : int
        Bounds of a mask's width, both included, in units of `1 / resolution`
        of the axis, or in frames where `resolution` is None.
    drop_count : int
        Masks in an utterance. They may overlap, as in SpecAugment.
    resolution : int, optional
        Number of bands that the axis stands for: a width of 15 at resolution
        80 covers 15/80 of the features.

    Example
    -------
    >>> drop = KeyedSpectrogramDrop(0, 30, drop_count=2)
    >>> mask = drop.mask(
    ...     sizes=np.array([100, 3]), length=100, keys=np.array([1, 2])
    ... )
    >>> mask.shape
    torch.Size([2, 100])
    >>> int(mask[1].sum())
    0
    """

    def __init__(
        self, drop_length_low, drop_length_high, drop_count, resolution=None
    ):
        super().__init__(
            drop_length_low=drop_length_low,
            drop_length_high=drop_length_high,
            drop_count_low=drop_count,
            drop_count_high=drop_count,
        )
        self.resolution = resolution

    def mask(self, sizes, length, keys):
        """Where an utterance is masked along one axis.

        Arguments
        ---------
        sizes : numpy.ndarray
            Valid positions of each utterance on the axis, shape [batch].
        length : int
            Length of the axis, padding included.
        keys : numpy.ndarray
            uint64, shape [batch].

        Returns
        -------
        torch.Tensor
            bool, shape [batch, length].
        """
        count = self.drop_count_high
        draws = uniform(keys, 2 * count)
        span = self.drop_length_high - self.drop_length_low + 1
        widths = self.drop_length_low + np.floor(draws[:, :count] * span)
        if self.resolution is not None:
            widths = np.rint(widths * length / self.resolution)
        sizes = np.asarray(sizes)[:, None]
        widths = np.minimum(widths, np.floor(sizes * MAX_SHARE))
        starts = np.floor(draws[:, count:] * (sizes - widths + 1))
        axis = np.arange(length)[None, None, :]
        inside = (axis >= starts[..., None]) & (
            axis < (starts + widths)[..., None]
        )
        return torch.from_numpy(inside.any(axis=1))


class SpecAugment(torch.nn.Module):
    """Time masks with the model's own mask embedding, frequency masks with 0.

    Source: Park et al., "SpecAugment", Interspeech 2019; the mask embedding is
    wav2vec 2.0's, which the frozen layers know from pretraining.

    Arguments
    ---------
    time_drop, frequency_drop : KeyedSpectrogramDrop
    probability : float
        The share of utterances that is masked at all.

    Example
    -------
    >>> augment = SpecAugment(
    ...     KeyedSpectrogramDrop(0, 30, drop_count=2),
    ...     KeyedSpectrogramDrop(0, 15, drop_count=2, resolution=80),
    ...     probability=1.0,
    ... )
    >>> features = torch.ones(2, 200, 80)
    >>> keys = np.array([3, 4], dtype=np.uint64)
    >>> out = augment(features, [200, 150], keys, torch.zeros(80))
    >>> out.shape
    torch.Size([2, 200, 80])
    """

    def __init__(self, time_drop, frequency_drop, probability):
        super().__init__()
        self.time_drop = time_drop
        self.frequency_drop = frequency_drop
        self.probability = probability

    def forward(self, features, frames, keys, mask_embedding):
        """Mask a batch.

        Arguments
        ---------
        features : torch.Tensor
            [batch, time, features].
        frames : sequence of int
            Valid frames of each utterance, [batch].
        keys : numpy.ndarray
            uint64, [batch]; one key an utterance, epoch and seed.
        mask_embedding : torch.Tensor
            [features].

        Returns
        -------
        torch.Tensor
            [batch, time, features].
        """
        keys = np.asarray(keys, dtype=np.uint64)
        batch, time, width = features.shape
        chosen = uniform(keys)[:, 0] < self.probability
        # Distinct constants keep the two axes' draws apart.
        in_time = self.time_drop.mask(frames, time, keys ^ np.uint64(1))
        in_band = self.frequency_drop.mask(
            np.full(batch, width), width, keys ^ np.uint64(2)
        )
        chosen = torch.from_numpy(chosen)[:, None]
        in_time, in_band = (
            (mask & chosen).to(features.device, non_blocking=True)
            for mask in (in_time, in_band)
        )
        features = features.masked_fill(in_band[:, None, :], 0.0)
        return torch.where(
            in_time[:, :, None], mask_embedding.to(features.dtype), features
        )
