"""wav2vec 2.0's CNN as matrix products."""

import torch
from torch.nn.functional import layer_norm, linear
from transformers.activations import GELUActivation
from transformers.models.wav2vec2.modeling_wav2vec2 import (
    Wav2Vec2FeatureEncoder,
)


class MatrixFeatureEncoder(Wav2Vec2FeatureEncoder):
    """transformers' CNN of a layer-norm model, channels last.

    transformers keeps [batch, channels, time] and turns each layer round
    twice for its layer norm, which is a third of the time of this CNN on a
    CPU. Here it is [batch, time, channels] throughout, and a convolution is a
    matrix product for each tap of its kernel. Weights, their names and, to
    rounding, the output are the same. Where no gradient is wanted, an
    activation takes its input's memory.

    Arguments
    ---------
    cnn : Wav2Vec2FeatureEncoder
        Its layers are shared, not copied.

    Example
    -------
    >>> from transformers import Wav2Vec2Config
    >>> config = Wav2Vec2Config(conv_dim=[8] * 7, feat_extract_norm="layer")
    >>> cnn = Wav2Vec2FeatureEncoder(config).requires_grad_(False)
    >>> wav = torch.rand(2, 3200)
    >>> features = MatrixFeatureEncoder(cnn)(wav)
    >>> features.shape
    torch.Size([2, 8, 9])
    >>> torch.allclose(features, cnn(wav), atol=1e-5)
    True
    """

    def __init__(self, cnn):
        torch.nn.Module.__init__(self)
        self.conv_layers = cnn.conv_layers
        self.gradient_checkpointing = False
        self._requires_grad = cnn._requires_grad

    def forward(self, input_values):
        """Features [batch, channels, frames] of waveforms [batch, samples]."""
        hidden = input_values[:, :, None]
        for layer in self.conv_layers:
            norm = layer.layer_norm
            hidden = layer_norm(
                convolve(hidden, layer.conv),
                norm.normalized_shape,
                norm.weight,
                norm.bias,
                norm.eps,
            )
            hidden = activate(layer.activation, hidden)
        return hidden.transpose(1, 2)


def use_matrix_products(model):
    """Give a model this module's CNN, in place.

    Arguments
    ---------
    model : Wav2Vec2Model
        One with a group norm, which needs channels first, is left alone.
    """
    if model.config.feat_extract_norm == "layer":
        model.feature_extractor = MatrixFeatureEncoder(model.feature_extractor)


def convolve(hidden, conv):
    """A Conv1d, channels last.

    Arguments
    ---------
    hidden : torch.Tensor
        [batch, time, channels in]
    conv : torch.nn.Conv1d
        Without padding, dilation or groups.

    Returns
    -------
    torch.Tensor
        [batch, frames, channels out]
    """
    (size,), (stride,) = conv.kernel_size, conv.stride
    if hidden.shape[2] == 1:  # a product over so little pays for all taps
        windows = hidden[:, :, 0].unfold(1, size, stride)
        return linear(windows, conv.weight[:, 0], conv.bias)
    device = hidden.device.type
    dtype = hidden.dtype
    if torch.is_autocast_enabled(device):  # which leaves `baddbmm_` alone
        dtype = torch.get_autocast_dtype(device)
    hidden = hidden.to(dtype)
    weight = conv.weight.to(dtype).permute(2, 1, 0).contiguous()
    frames = (hidden.shape[1] - size) // stride + 1
    out = hidden.new_zeros(1) if conv.bias is None else conv.bias.to(dtype)
    for tap in range(size):
        taken = hidden[:, tap::stride][:, :frames]
        matrix = weight[tap].expand(len(taken), -1, -1)
        if tap == 0:
            out = torch.baddbmm(out, taken, matrix)
        else:
            out = out.baddbmm_(taken, matrix)
    return out


def activate(activation, hidden):
    """An activation, in place where it is GELU and no gradient is wanted."""
    if hidden.requires_grad or not isinstance(activation, GELUActivation):
        return activation(hidden)
    return torch.ops.aten.gelu_(hidden)
