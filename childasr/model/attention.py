"""Attention for CPUs, by utterance.

On a GPU torch's own kernels do it in one pass. On a CPU torch's kernel turns
a mask into floats in every layer, and with dropout on the weights torch has
single operations only, over the scores of the whole batch.
"""

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from childasr.model.dropout import apply_kept, draw_kept

ATTENTION = "sdpa_by_utterance"


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
    """transformers' SDPA, on a CPU one utterance after the other.

    Arguments
    ---------
    module : torch.nn.Module
    query, key, value : torch.Tensor
        [batch, heads, frames, width]
    attention_mask : torch.Tensor, optional
        bool, [batch, 1, frames, frames], True where attended to: the same
        frames from all of an utterance's, and the first ones.
    dropout, scaling : float
    **kwargs
        As in transformers.

    Returns
    -------
    torch.Tensor
        [batch, frames, heads, width]; what the frames of the padding get is
        not that of SDPA.
    None
    """
    if query.device.type == "cpu" and dropout > 0:
        heard = _Attention.apply(
            query, key, value, attention_mask, dropout, scaling
        )
        return heard, None
    if query.device.type == "cpu" and attention_mask is not None:
        return _attend(query, key, value, attention_mask, scaling), None
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


def _attend(query, key, value, mask, scaling):
    """Attention without dropout, and without the frames of the padding."""
    heard = torch.zeros_like(query)
    for i, frames in enumerate(mask[:, 0, 0].sum(dim=-1).tolist()):
        heard[i, :, :frames] = scaled_dot_product_attention(
            *(part[i : i + 1, :, :frames] for part in (query, key, value)),
            scale=scaling,
        )[0]
    return heard.transpose(1, 2)


AttentionInterface.register(ATTENTION, attention_forward)
AttentionMaskInterface.register(ATTENTION, sdpa_mask)


def use_lean_attention(model):
    """Give a model this module's attention, in place.

    In all of the process it takes cuDNN's attention out of torch's choice.

    Arguments
    ---------
    model : transformers.PreTrainedModel
    """
    model.set_attn_implementation(ATTENTION)
    # torch asks it first on an H100, H200 or B200 (sdp_utils.cpp,
    # check_prefer_cudnn_attention), and it builds a plan for each new number
    # of utterances or frames (MHA.cpp, MHAParams): on a B200, with torch 2.11,
    # 1 s for a step of 0.1 s (told to modelscope/FunASR in September 2026).
    # Few of our batches have a shape that was there before.
    torch.backends.cuda.enable_cudnn_sdp(False)
