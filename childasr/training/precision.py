"""The precision that a device does well."""

from childasr.curriculum.device import has_bf16
from childasr.errors import InputError
from childasr.training.processes import any_process


def best_precision(device):
    """bf16 where the device has it, fp16 on older GPUs, else fp32.

    Arguments
    ---------
    device : str
        As SpeechBrain names it: "cpu", "cuda" or "cuda:0".

    Returns
    -------
    str
        For SpeechBrain's `precision`.

    Example
    -------
    >>> best_precision("cpu")
    'fp32'
    """
    if not device.startswith("cuda"):
        return "fp32"
    return "bf16" if has_bf16(device) else "fp16"


def resolve_precision(name, device):
    """SpeechBrain's run options for training and validation precision.

    On GPUs that have TF32, fp32 trains and validates in it, as SpeechBrain
    sets it: such a GPU has bf16 too, which keeps fewer bits and is faster.
    Texts and exported weights are made without it (`full_fp32`).

    Arguments
    ---------
    name : str
        bf16, fp16, fp32 or auto.
    device : str

    Returns
    -------
    dict

    Example
    -------
    >>> resolve_precision("auto", "cpu")
    {'precision': 'fp32', 'eval_precision': 'fp32'}
    """
    if name == "auto":
        name = best_precision(device)
    if name not in ("bf16", "fp16", "fp32"):
        raise InputError(f"precision {name}: give auto, bf16, fp16 or fp32")
    if name == "fp16" and device == "cpu":
        raise InputError("precision fp16: a CPU has none: give fp32 or bf16")
    if name == "bf16" and not has_bf16(device):
        raise InputError(
            f"precision bf16: {device} only emulates it: give auto, fp16 or "
            "fp32"
        )
    return {"precision": name, "eval_precision": name}


def is_overflow(scaler, losses_finite):
    """Whether gradients that are not finite are the fp16 scaler's doing.

    With losses that are not scaled up they are not. Every process must ask: a
    loss that is not finite may be another's.

    Arguments
    ---------
    scaler : torch.amp.GradScaler
    losses_finite : torch.Tensor
        bool, scalar: whether this process's losses were.

    Example
    -------
    >>> import torch
    >>> is_overflow(torch.amp.GradScaler(enabled=False), torch.tensor(True))
    False
    """
    if not scaler.is_enabled() or scaler.get_scale() < 1:
        return False
    lost = any_process(not losses_finite, device=losses_finite.device)
    return not lost[0]
