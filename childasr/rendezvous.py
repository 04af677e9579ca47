"""Where the processes that torchrun started find each other."""

import math
import time
import uuid

import torch
from torch.distributed import PrefixStore

from childasr.errors import RunError

POLL = 0.1  # seconds between two looks at what others have said
# torchrun starts all at once; they differ by what their imports take.
PATIENCE = 600  # seconds


def meet():
    """The store that the processes of this attempt share, and no others.

    torch keeps one key-value store for all attempts of `--max-restarts`, and
    what an earlier one left there would be taken for news (pytorch issue
    135712). TORCHELASTIC_RESTART_COUNT does not tell attempts apart where
    there are several machines: only the one with the failure counts it.

    Returns
    -------
    store : torch.distributed.Store
    rank : int
    world_size : int

    Raises
    ------
    RunError
        The others have not come within `PATIENCE`.
    """
    store, rank, world_size = next(torch.distributed.rendezvous("env://"))
    attempt = _agree_on_name(store, rank, world_size)
    return PrefixStore(attempt, store), rank, world_size


def _agree_on_name(store, rank, world_size):
    """The first process's own name, told to those that ask it now."""
    own = uuid.uuid4().hex
    deadline = time.monotonic() + PATIENCE
    if rank > 0:
        store.set(f"asks {rank}", own)
        name = hear(store, f"answer to {own}", deadline)
        store.set(f"{rank} knows {name}", "")
        return name
    others = set(range(1, world_size))
    while others:
        for other in others:
            # It may be of an earlier attempt, and another will follow.
            if store.check([f"asks {other}"]):
                asker = store.get(f"asks {other}").decode()
                store.set(f"answer to {asker}", own)
        others = {n for n in others if not store.check([f"{n} knows {own}"])}
        _wait(deadline)
    return own


def hear(store, key, deadline=math.inf):
    """The text under a key, when it is there.

    Arguments
    ---------
    store : torch.distributed.Store
    key : str
    deadline : float
        On the clock of `time.monotonic`.

    Returns
    -------
    str

    Example
    -------
    >>> store = torch.distributed.HashStore()
    >>> store.set("answer", "yes")
    >>> hear(store, "answer")
    'yes'
    """
    # Store.wait would keep signals waiting too.
    while not store.check([key]):
        _wait(deadline)
    return store.get(key).decode()


def _wait(deadline):
    if time.monotonic() > deadline:
        raise RunError(
            f"not all processes have come within {PATIENCE} s: see what the "
            "others print, and whether the machines reach each other"
        )
    time.sleep(POLL)
