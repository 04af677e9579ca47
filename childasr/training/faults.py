"""What a training leaves out: recordings it cannot read, steps it skips."""

import collections
import csv
import functools
import json
import os
from pathlib import Path

import torch
from speechbrain.utils.checkpoints import (
    mark_as_loader,
    mark_as_saver,
    register_checkpoint_hooks,
)
from speechbrain.utils.distributed import ddp_all_reduce, if_main_process
from speechbrain.utils.logger import get_logger

from childasr.errors import InputError
from childasr.text.files import write_atomically, write_json
from childasr.text.spreadsheet import guard
from childasr.training.processes import gather, world_size

logger = get_logger(__name__)

COLUMNS = {
    "unreadable": ("epoch", "split", "ID", "reason"),
    "nonfinite": ("epoch", "batch", "ID", "loss"),
}


@functools.partial(register_checkpoint_hooks, save_on_main_only=False)
class Faults:
    """The utterances that were left out, and their caps.

    Logs say how many there are. Who they are stands in `unreadable.csv` and
    `nonfinite.csv` of the phase folder, which only their owner may read, and
    in each checkpoint, so that an epoch that goes on counts on.

    Arguments
    ---------
    folder : str or Path
        The phase folder.
    utterances : int
        Of an epoch, over all processes.
    max_unreadable_share : float
        Share of them that may be unreadable in an epoch.
    nonfinite_patience : int
        Steps of an epoch that may be skipped.

    Example
    -------
    >>> from childasr.training.batch import Unreadable
    >>> faults = Faults(getfixture("tmp_path"), 100, 0.01, 10)
    >>> faults.add_unreadable(1, "train", [Unreadable("u1", "not there")])
    >>> faults.check_unreadable(1, "train", "cpu")
    >>> faults.add_unreadable(1, "train", [Unreadable("u2", "not there")])
    >>> faults.check_unreadable(1, "train", "cpu")
    Traceback (most recent call last):
    childasr.errors.InputError: 2 recordings of train cannot be read ...
    """

    def __init__(
        self, folder, utterances, max_unreadable_share, nonfinite_patience
    ):
        self.folder = Path(folder)
        self.utterances = utterances
        self.max_unreadable_share = max_unreadable_share
        self.nonfinite_patience = nonfinite_patience
        # Rows of this process, in the order of COLUMNS.
        self.rows = {name: [] for name in COLUMNS}
        self.unreadable = collections.Counter()  # by (epoch, split)

    def path(self, name):
        """The file with the utterances, "unreadable" or "nonfinite"."""
        return self.folder / f"{name}.csv"

    def add_unreadable(self, epoch, split, unreadable):
        """Note recordings that are left out of a batch.

        Arguments
        ---------
        epoch : int
        split : str
            "train" or "valid".
        unreadable : list of Unreadable
        """
        self.rows["unreadable"] += [[epoch, split, *row] for row in unreadable]
        self.unreadable[epoch, split] += len(unreadable)

    def count_unreadable(self, epoch, split, device):
        """Those of an epoch, over all processes; every one must ask.

        Arguments
        ---------
        epoch : int
        split : str
        device : str
            Where the processes add up.
        """
        own = self.unreadable[epoch, split]
        if world_size() == 1:
            return own
        count = torch.tensor(own, device=device)
        return ddp_all_reduce(count, torch.distributed.ReduceOp.SUM).item()

    def check_unreadable(self, epoch, split, device):
        """Stop on every process where too many are unreadable.

        None may be in validation: WERs of other utterances than before would
        be compared.

        Raises
        ------
        InputError
            It names the file with the list, which is written.
        """
        count = self.count_unreadable(epoch, split, device)
        if split == "train":
            most = self.max_unreadable_share * self.utterances
            limit = f"max_unreadable_share {self.max_unreadable_share}"
            limit = f"more than {limit} of {self.utterances:,}"
        else:
            most, limit = 0, "and a WER without them compares with no other"
        if count > most:
            self.write()
            raise InputError(
                f"{count:,} recordings of {split} cannot be read in epoch "
                f"{epoch}, {limit}: restore those in "
                f"{self.path('unreadable')}, or prepare the corpus again"
            )

    def add_nonfinite(self, epoch, batch, losses, count):
        """Note a step that was skipped; every process must call it.

        Arguments
        ---------
        epoch, batch : int
            Where in the training.
        losses : list of tuple
            IDs and losses, [batch], of the step's batches in this process.
        count : int
            Such steps in this epoch.

        Raises
        ------
        InputError
            More than `nonfinite_patience`.
        """
        self.rows["nonfinite"] += [
            [epoch, batch, ID, str(loss)]
            for IDs, of_batch in losses
            for ID, loss in zip(IDs, of_batch.tolist(), strict=True)
        ]
        self.write()
        logger.warning(
            f"Step skipped, loss or gradient not finite (number {count} in "
            f"this epoch): its utterances are in {self.path('nonfinite')}"
        )
        if count > self.nonfinite_patience:
            raise InputError(
                f"{count} steps of epoch {epoch} were not finite: inspect "
                f"the utterances in {self.path('nonfinite')}, or lower lr"
            )

    def write(self):
        """Bring both files up to date; every process must call it."""
        rows = self._of_all()
        if not if_main_process():
            return
        for name, columns in COLUMNS.items():
            if rows[name]:
                with write_atomically(self.path(name)) as file:
                    os.fchmod(file.fileno(), 0o600)
                    writer = csv.writer(file)
                    writer.writerow(columns)
                    for row in rows[name]:
                        writer.writerow([guard(str(cell)) for cell in row])

    def _of_all(self):
        """Rows of all processes, in an order that is that of one."""
        parts = gather(self.rows)
        return {
            name: sorted(row for part in parts for row in part[name])
            for name in COLUMNS
        }

    @mark_as_saver
    def _save(self, path):
        rows = self._of_all()
        if if_main_process():
            write_json(path, rows)

    @mark_as_loader
    def _load(self, path, end_of_epoch):
        if if_main_process():  # the others count from none: it is a sum
            self.rows = json.loads(Path(path).read_text(encoding="utf-8"))
            self.unreadable = collections.Counter(
                (epoch, split) for epoch, split, *_ in self.rows["unreadable"]
            )
