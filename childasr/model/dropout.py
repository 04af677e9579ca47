"""Dropout and attention with dropout, for CPUs.

On a GPU torch's own kernels do both in one pass. On a CPU torch draws each
dropout decision by itself, on one core unless it is Intel's, keeps it as a
float, and leaves its attention kernel for single operations as soon as
attention has dropout: together a quarter of a training step.
"""

import torch
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

ATTENTION = "sdpa_lean_dropout"
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


class _Attention(torch.autograd.Function):
    """Scaled dot-product attention with dropout on its weights.

    One utterance after the other, so that its scores stay in the caches.
    Keeps the weights and a byte for each decision; torch's operations would
    keep the weights twice and the decisions as floats.
    """

    @staticmethod
    def forward(ctx, query, key, value, mask, p, scaling):
        batch, heads, frames, width = query.shape
        heard = query.new_empty(batch, frames, heads, width)
        weights, kept = [], []
        for i in range(batch):
            scores = torch.matmul(query[i] * scaling, key[i].transpose(1, 2))
            if mask is not None:
                scores += torch.where(mask[i], 0.0, -torch.inf)
            weights.append(scores.softmax(dim=-1))
            decisions, ctx.scale = draw_kept(scores.shape, p)
            kept.append(decisions)
            dropped = apply_kept(weights[i], decisions, ctx.scale)
            heard[i] = torch.matmul(dropped, value[i]).transpose(0, 1)
        ctx.scaling = scaling
        ctx.save_for_backward(query, key, value, *weights, *kept)
        return heard

    @staticmethod
    def backward(ctx, gradient):
        query, key, value, *rest = ctx.saved_tensors
        weights, kept = rest[: len(query)], rest[len(query) :]
        grads = [torch.empty_like(part) for part in (query, key, value)]
        for i, upper in enumerate(gradient.transpose(1, 2)):
            dropped = apply_kept(weights[i], kept[i], ctx.scale)
            grads[2][i] = torch.matmul(dropped.transpose(1, 2), upper)
            by_weight = torch.matmul(upper, value[i].transpose(1, 2))
            by_weight = apply_kept(by_weight, kept[i], ctx.scale)
            by_score = torch._softmax_backward_data(
                by_weight, weights[i], -1, by_weight.dtype
            )
            grads[0][i] = torch.matmul(by_score, key[i]) * ctx.scaling
            grads[1][i] = (
                torch.matmul(by_score.transpose(1, 2), query[i]) * ctx.scaling
            )
        return *grads, None, None, None


def attention_forward(
    module,
    query,
    key,
    value,
    attention_mask,
    dropout=0.0,
    scaling=None,
    **kwargs,
):
    """transformers' SDPA, but for dropout on a CPU.

    Arguments
    ---------
    module : torch.nn.Module
    query, key, value : torch.Tensor
        [batch, heads, frames, width]
    attention_mask : torch.Tensor, optional
        bool, [batch, 1, frames, frames], True where attended to.
    dropout, scaling : float
    **kwargs
        As in transformers.

    Returns
    -------
    torch.Tensor
        [batch, frames, heads, width]
    None
    """
    if dropout == 0 or query.device.type != "cpu":
        return sdpa_attention_forward(
            module,
            query,
            key,
            value,
            attention_mask,
            dropout=dropout,
            scaling=scaling,
            **kwargs,
        )
    heard = _Attention.apply(
        query, key, value, attention_mask, dropout, scaling
    )
    return heard, None


AttentionInterface.register(ATTENTION, attention_forward)
AttentionMaskInterface.register(ATTENTION, sdpa_mask)


def use_lean_dropout(model):
    """Give a model this module's dropout and attention, in place.

    Arguments
    ---------
    model : transformers.PreTrainedModel
    """
    for module in list(model.modules()):
        for name, child in module.named_children():
            if type(child) is torch.nn.Dropout:
                setattr(module, name, Dropout(child.p))
    model.set_attn_implementation(ATTENTION)
