"""A batch of the recordings that can be read, and who is left out of it."""

from typing import NamedTuple

import torch
from speechbrain.dataio.batch import PaddedBatch

SILENCE = 16_000  # samples, enough for every encoder to give some frames


class Unreadable(NamedTuple):
    """What stands in a dataset for a recording that cannot be read.

    Arguments
    ---------
    id : str
        Of the utterance.
    reason : str
    """

    id: str
    reason: str


class ReadableBatch(PaddedBatch):
    """PaddedBatch that leaves unreadable recordings out.

    Where none is left, and where a process has no share of a batch, it holds
    one second of silence: the process still has to run the model, as the
    others wait for its gradients. Such a batch `is_empty`, and what is
    computed from it must count for nothing.

    Arguments
    ---------
    items : list of dict and Unreadable
        As `UtteranceDataset` gives them.

    Attributes
    ----------
    is_empty : bool
    unreadable : list of Unreadable

    Example
    -------
    >>> batch = ReadableBatch([Unreadable("u1", "it is not there")])
    >>> batch.is_empty, batch.sig.data.shape
    (True, torch.Size([1, 16000]))
    """

    def __init__(self, items):
        self.unreadable = [i for i in items if isinstance(i, Unreadable)]
        readable = [i for i in items if not isinstance(i, Unreadable)]
        self.is_empty = not readable
        super().__init__(readable or [_silence()])

    @property
    def ids(self):
        """Those of the utterances that count; none where it is empty."""
        return [] if self.is_empty else self.id


def _silence():
    return {
        "id": "",
        "sig": torch.zeros(SILENCE),
        "tokens": torch.ones(1, dtype=torch.long),
        "text": "",
        "age": None,
        "snr": None,
    }
