"""Products of 32-bit floats in full, whatever was imported before."""

import contextlib

import torch


@contextlib.contextmanager
def full_fp32():
    """A `with` block, or a function, in which no GPU takes fp32 for TF32.

    From Ampere on, TF32 keeps 10 of the 23 bits behind the point of each
    factor. torch allows it in convolutions, and SpeechBrain, once imported,
    in every product of the process (speechbrain/utils/quirks.py): one model
    would hear other letters in a command that imports it than in one that
    does not. Afterwards it is as before.

    Example
    -------
    >>> with full_fp32():
    ...     torch.backends.cuda.matmul.allow_tf32
    False
    """
    places = (torch.backends.cuda.matmul, torch.backends.cudnn)
    before = [place.allow_tf32 for place in places]
    for place in places:
        place.allow_tf32 = False
    try:
        yield
    finally:
        for place, allowed in zip(places, before, strict=True):
            place.allow_tf32 = allowed
