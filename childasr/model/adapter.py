"""What a phase hands to the next: LoRA and head, or trained layers and head."""

import json
from pathlib import Path

import torch
from peft.tuners.lora import LoraLayer
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from childasr.errors import InputError
from childasr.model.full_fp32 import full_fp32

WEIGHTS = "adapter_model.safetensors"
# Where peft looks for them when it wraps a Wav2Vec2ForCTC.
ENCODER_PREFIX = "base_model.model.wav2vec2."
HEAD_PREFIX = "base_model.model.lm_head."


def lora_layers(model):
    """Name and module of every layer that LoRA wraps."""
    return [
        (name, module)
        for name, module in model.named_modules()
        if isinstance(module, LoraLayer)
    ]


def linear_names(layers):
    """The last names of the linear parts, which LoRA can wrap.

    Arguments
    ---------
    layers : torch.nn.Module

    Returns
    -------
    set of str

    Example
    -------
    >>> import torch
    >>> attention = torch.nn.ModuleDict({"q_proj": torch.nn.Linear(2, 2)})
    >>> linear_names(torch.nn.ModuleList([attention, attention]))
    {'q_proj'}
    """
    return {
        name.rpartition(".")[2]
        for name, module in layers.named_modules()
        if isinstance(module, torch.nn.Linear)
    }


def merge_lora(model):
    """Replace each LoRA layer by one linear layer of the same output.

    Arguments
    ---------
    model : torch.nn.Module
        A model with LoRA injected by peft; changed in place.
    """
    for name, layer in lora_layers(model):
        layer.merge(safe_merge=True)
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, layer.get_base_layer())


@full_fp32()
def merged_state_dict(model):
    """The weights with LoRA folded in, under the names of the plain model.

    Arguments
    ---------
    model : torch.nn.Module
        With or without LoRA; not changed.

    Returns
    -------
    dict
        Name to tensor.
    """
    state = {
        name.replace(".base_layer.", "."): tensor
        for name, tensor in model.state_dict().items()
        if ".lora_" not in name
    }
    for name, layer in lora_layers(model):
        delta = layer.get_delta_weight(layer.active_adapters[0])
        state[f"{name}.weight"] = state[f"{name}.weight"] + delta
    return state


def _adapter_names(encoder, head):
    """Name in peft's file to parameter, for all that an adapter holds."""
    named = {
        ENCODER_PREFIX + name.replace(".default.", "."): parameter
        for name, parameter in encoder.model.named_parameters()
        if ".lora_" in name
    }
    for name, parameter in head.named_parameters():
        named[HEAD_PREFIX + name] = parameter
    return named


def save_adapter(encoder, head, folder):
    """Write LoRA and the CTC head as a peft adapter of Wav2Vec2ForCTC.

    Arguments
    ---------
    encoder : Wav2Vec2Encoder
    head : torch.nn.Linear
    folder : str or Path
        Gets `adapter_config.json` and `adapter_model.safetensors`.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = encoder.lora.to_dict() | {
        "modules_to_save": ["lm_head"],
        "base_model_name_or_path": encoder.source,
        "inference_mode": True,
    }
    text = json.dumps(config, indent=2, default=sorted, sort_keys=True)
    (folder / "adapter_config.json").write_text(text, encoding="utf-8")
    tensors = {
        name: parameter.detach().cpu().contiguous()
        for name, parameter in _adapter_names(encoder, head).items()
    }
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})


def load_adapter(encoder, head, folder):
    """Read LoRA and the CTC head; every name and shape must fit.

    Arguments
    ---------
    encoder : Wav2Vec2Encoder
    head : torch.nn.Linear
    folder : str or Path
        Written by `save_adapter`.

    Raises
    ------
    InputError
        Naming what is missing, unexpected or of another shape.
    """
    weights = Path(folder) / WEIGHTS
    if not weights.is_file():
        raise InputError(
            f"no adapter {weights}: give the best_model of a phase that "
            "trained LoRA as start_from"
        )
    found = load_file(weights)
    expected = _adapter_names(encoder, head)
    copy_by_name(found, expected, weights)


def load_layers(encoder, head, folder):
    """Read the trained layers and the CTC head of a model without LoRA.

    Arguments
    ---------
    encoder : Wav2Vec2Encoder
    head : torch.nn.Linear
    folder : str or Path
        Written by `save_model`.

    Raises
    ------
    InputError
        Naming what is missing or of another shape.
    """
    path = Path(folder) / "model.safetensors"
    expected = {
        f"wav2vec2.{name}": parameter
        for name, parameter in encoder.model.named_parameters()
        if parameter.requires_grad
    }
    for name, parameter in head.named_parameters():
        expected[f"lm_head.{name}"] = parameter
    with safe_open(path, framework="pt") as file:
        names = expected.keys() & set(file.keys())
        found = {name: file.get_tensor(name) for name in names}
    copy_by_name(found, expected, path)


def copy_by_name(found, expected, where):
    """Copy tensors into parameters of the same names and shapes.

    Arguments
    ---------
    found : dict
        Name to tensor, as read.
    expected : dict
        Name to parameter, changed in place.
    where : str or Path
        For the message.

    Example
    -------
    >>> import torch
    >>> weight = torch.nn.Parameter(torch.zeros(2))
    >>> copy_by_name({"w": torch.ones(2)}, {"w": weight}, "a file")
    >>> weight.tolist()
    [1.0, 1.0]
    >>> copy_by_name({"v": torch.ones(2)}, {"w": weight}, "a file")
    Traceback (most recent call last):
    childasr.errors.InputError: a file does not fit ...
    """
    problems = [
        f"{name} is missing" for name in sorted(expected - found.keys())
    ]
    problems += [
        f"{name} is unexpected" for name in sorted(found.keys() - expected)
    ]
    problems += [
        f"{name} has shape {list(found[name].shape)}, not "
        f"{list(expected[name].shape)}"
        for name in sorted(expected.keys() & found)
        if found[name].shape != expected[name].shape
    ]
    if problems:
        raise InputError(
            f"{where} does not fit this model: {problems[0]} "
            f"({len(problems)} differences): use the encoder, units, "
            "freeze_layers and LoRA that it was trained with"
        )
    for name, parameter in expected.items():
        parameter.data.copy_(found[name])
