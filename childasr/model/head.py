"""The CTC head: exactly what Wav2Vec2ForCTC has."""

import torch

INITIALIZER_RANGE = 0.02  # transformers' Wav2Vec2Config.initializer_range


class CTCHead(torch.nn.Linear):
    """A linear layer that starts as transformers starts its own.

    torch's default start is larger and has a random bias, so that some unit
    is preferred in every frame before anything is learnt. CTC then settles on
    that unit in place of the blank, and can stay there for a whole phase.

    Arguments
    ---------
    in_features, out_features : int
        Width of the encoder; number of units, blank included.

    Example
    -------
    >>> head = CTCHead(16, 70)
    >>> head(torch.rand(2, 9, 16)).shape
    torch.Size([2, 9, 70])
    >>> head.bias.abs().max().item()
    0.0
    """

    def reset_parameters(self):
        """Small weights, no bias."""
        torch.nn.init.normal_(self.weight, std=INITIALIZER_RANGE)
        torch.nn.init.zeros_(self.bias)
