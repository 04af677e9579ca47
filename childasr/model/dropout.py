"""Dropout for CPUs.

On a GPU torch's own kernel does it in one pass. On a CPU torch draws each
decision by itself, on one core unless it is Intel's, and keeps it as a float.
"""

import torch

LEVELS = 2**16  # of a 16-bit draw: p is rounded to 1/65536


def draw_kept(shape, p):
    """What dropout keeps, four decisions from each 64 random bits.

    Arguments
    ---------
    shape : torch.Size
    p : float
        Probability of not being kept.

    Returns
    -------
    kept : torch.Tensor
        bool
    scale : float
        What the kept are multiplied by, so that the mean stays.

    Example
    -------
    >>> kept, scale = draw_kept(torch.Size([1000, 100]), 0.2)
    >>> round(kept.float().mean().item(), 1), round(scale, 3)
    (0.8, 1.25)
    """
    count = shape.numel()
    words = torch.empty(-(-count // 4), dtype=torch.int64)
    draws = words.random_(-(2**63), None).view(torch.int16)[:count]
    dropped = round(p * LEVELS)
    kept = (draws >= dropped - LEVELS // 2).view(shape)
    return kept, LEVELS / (LEVELS - dropped)


def apply_kept(values, kept, scale):
    """`values * scale` where kept, else 0."""
    # A byte becomes a float sooner than a bool, and `where` is slower still.
    return kept.view(torch.uint8).to(values.dtype).mul_(values).mul_(scale)


class _Dropout(torch.autograd.Function):
    @staticmethod
    def forward(ctx, values, p):
        kept, ctx.scale = draw_kept(values.shape, p)
        ctx.save_for_backward(kept)
        return apply_kept(values, kept, ctx.scale)

    @staticmethod
    def backward(ctx, gradient):
        (kept,) = ctx.saved_tensors
        return apply_kept(gradient, kept, ctx.scale), None


class Dropout(torch.nn.Dropout):
    """torch's Dropout, with other draws of the same odds on a CPU.

    Example
    -------
    >>> Dropout(0.5)(torch.ones(8)).unique().tolist()
    [0.0, 2.0]
    """

    def forward(self, values):
        """Drop where in training, anywhere in a tensor."""
        if self.training and 0 < self.p < 1 and values.device.type == "cpu":
            return _Dropout.apply(values, self.p)
        return super().forward(values)


def use_lean_dropout(model):
    """Give a model this module's dropout, in place.

    Arguments
    ---------
    model : torch.nn.Module
    """
    for module in list(model.modules()):
        for name, child in module.named_children():
            if type(child) is torch.nn.Dropout:
                setattr(module, name, Dropout(child.p))
