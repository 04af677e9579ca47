"""The device that a model runs on."""

import contextlib
import dataclasses

import torch

from childasr.curriculum.gpu_checks import check_gpu_driven
from childasr.curriculum.machine import look
from childasr.errors import InputError, RunError


def find_device(name=None):
    """A device by its name.

    Arguments
    ---------
    name : str, optional
        Such as "cuda:1". Default: "cuda" where there is one, else "cpu".

    Returns
    -------
    torch.device

    Raises
    ------
    InputError
        Where it is not there, or a GPU that the installed torch has no code
        for.

    Example
    -------
    >>> find_device("cpu")
    device(type='cpu')
    """
    name = name or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        with memory_named("other jobs hold it: wait, or give another --device"):
            if device.type == "cuda":
                _refuse_undriven(device.index or 0)
            torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        what = str(error).partition("\n")[0]
        raise InputError(
            f"no device {name!r} here ({what}): try cpu"
        ) from error
    return device


def _refuse_undriven(index):
    """Other GPUs of the machine do not matter."""
    machine = look()
    gpus = machine.gpus[index : index + 1]
    check = check_gpu_driven(dataclasses.replace(machine, gpus=gpus))
    if check.fails:
        raise InputError(check.reason)


def has_bf16(device):
    """Whether a device computes in bf16 itself.

    A V100 emulates it, and is slower so than in fp32.

    Arguments
    ---------
    device : str or torch.device
        One that is there.

    Example
    -------
    >>> has_bf16("cpu")
    True
    """
    if torch.device(device).type != "cuda":
        return True
    with torch.cuda.device(device):
        return torch.cuda.is_bf16_supported(including_emulation=False)


@contextlib.contextmanager
def memory_named(advice):
    """Say in one line that a GPU has no memory left.

    Raises
    ------
    RunError

    Example
    -------
    >>> with memory_named("give a smaller --batch_seconds"):
    ...     raise torch.OutOfMemoryError
    Traceback (most recent call last):
    childasr.errors.RunError: out of GPU memory: give a smaller ...
    """
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise RunError(f"out of GPU memory: {advice}") from error
