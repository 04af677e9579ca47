"""The processes that decode a corpus together."""

import itertools
import json
import os
import signal

import torch
from torch.distributed import HashStore

from childasr.agreement import Agreement
from childasr.curriculum.child import end_with_parent
from childasr.rendezvous import hear, meet


class Team(Agreement):
    """The processes that torchrun started, or this one alone.

    They share torch's key-value store and no process group: each takes the
    next piece of work when it is done with one, so that a slower device does
    less. Once they agree what to do, nobody waits before the end.

    Attributes
    ----------
    rank : int
        0 for the one that checks the input and writes the results.

    Example
    -------
    >>> team = Team()
    >>> list(team.share(["a", "b"]))
    ['a', 'b']
    """

    def __init__(self):
        self.rank, self._size, self._store = 0, 1, HashStore()
        self._gatherings = itertools.count()
        if "RANK" not in os.environ:
            return
        # torchrun gives each a session of its own: if it is killed, they
        # would go on, beside a run that is started again.
        end_with_parent(signal.SIGKILL)
        self._store, self.rank, self._size = meet()

    def tell(self, key, text):
        """Let all processes know a text."""
        self._store.set(key, text)

    def hear(self, key):
        """The text that a process has told, or will."""
        return hear(self._store, key)

    def gather(self, value):
        """Bring together a value of every process; every one must call it.

        Arguments
        ---------
        value : object
            As JSON has it.

        Returns
        -------
        values : list
            In the order of the ranks.

        Example
        -------
        >>> Team().gather(3)
        [3]
        """
        key = f"gathering {next(self._gatherings)} of"
        self.tell(f"{key} {self.rank}", json.dumps(value))
        ranks = range(self._size)
        values = [json.loads(self.hear(f"{key} {rank}")) for rank in ranks]
        self._wait_for_all(f"{key} all")  # if it refuses what it hears, it ends
        return values

    def add(self, key, number):
        """Add to a number that all share, from 0.

        Returns
        -------
        total : int
        """
        return self._store.add(key, number)

    def share(self, work):
        """Take pieces of work that no other process takes.

        Arguments
        ---------
        work : list
            The same in every process.

        Yields
        ------
        object
            A piece of it, when one is asked for.
        """
        while (turn := self.add("taken", 1) - 1) < len(work):
            yield work[turn]

    def finish(self):
        """Say that this process is done; the first waits for all others."""
        self._wait_for_all("finished")

    def _wait_for_all(self, key):
        """Let the first process, which may keep the store, be the last."""
        if self.add(key, 1) == self._size:
            self.tell(f"{key} by all", "yes")
        if self.rank == 0:
            self.hear(f"{key} by all")

    def device(self, asked=None):
        """The device of this process.

        Arguments
        ---------
        asked : str, optional
            `cuda`, as nothing, is this process's GPU among those of its
            machine; nothing is the CPU where there are none.

        Example
        -------
        >>> Team().device("cpu")
        'cpu'
        """
        if asked is None and not torch.cuda.is_available():
            return "cpu"
        if asked in (None, "cuda"):
            return f"cuda:{os.environ.get('LOCAL_RANK', 0)}"
        return asked
