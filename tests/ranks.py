"""Runs of train.py in several processes, and what each of them does there.

The processes are forks, as in `kills`: torchrun's own start takes ten seconds
of imports.
"""

import contextlib
import json
import os
import socket
import sys
from pathlib import Path

import torch
from kills import train

from childasr.training.brain import CTCBrain
from childasr.training.curves import Curves

LAUNCH = [sys.executable, "-m", "childasr.curriculum.launch", "--standalone"]
GLOO = ["--distributed_backend", "gloo"]


def free_port(among=(0,)):
    """One of some ports that nobody listens on; 0 stands for any."""
    for port in among:
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return probe.getsockname()[1]
    raise AssertionError(f"no free port among {among}")


def fork_team(work, processes):
    """Call a function in forks that find each other as torchrun's would.

    Arguments
    ---------
    work : callable
        Gets the rank, returns an exit status.
    processes : int
        1: without torch.distributed.

    Returns
    -------
    statuses : list of int
    """
    port = free_port()
    children = []
    for rank in range(processes):
        children.append(os.fork())
        if children[-1] == 0:
            if processes > 1:
                os.environ |= {
                    "RANK": str(rank),
                    "LOCAL_RANK": str(rank),
                    "WORLD_SIZE": str(processes),
                    "MASTER_ADDR": "127.0.0.1",
                    "MASTER_PORT": str(port),
                }
            status = 1
            try:
                status = work(rank)
            finally:
                os._exit(status)
    return [
        os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children
    ]


def train_together(arguments, processes, prepare=lambda: None, last=()):
    """Run train.py in forks that find each other as torchrun's would.

    Arguments
    ---------
    arguments : list of str
    processes : int
        1: without torch.distributed.
    prepare : callable
        Is called in each before it begins.
    last : list of str
        Further arguments, of the last process alone.

    Returns
    -------
    list of int
        The exit status of each.
    """

    def work(rank):
        own = GLOO if processes > 1 else []
        if rank == processes - 1:
            own = [*own, *last]
        prepare()
        return train([*arguments, *own])[0]

    return fork_team(work, processes)


def record(folder):
    """Write the gradients of every step and the examples to a new folder.

    Of the first process: under DDP the gradients are those of all.
    """
    if int(os.environ.get("RANK", 0)) > 0:
        return
    folder.mkdir()
    step, add = CTCBrain.optimizers_step, Curves.add

    def recorded_step(brain):
        gradients = [p.grad for p in brain.trained.parameters.values()]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        torch.save(flat, folder / f"{brain.optimizer_step:03d}.pt")
        step(brain)

    def recorded_add(curves, log, transcripts):
        epoch = log["epochs"][-1]["epoch"]
        text = json.dumps(list(transcripts.items()))
        (folder / f"examples_{epoch}.json").write_text(text)
        add(curves, log, transcripts)

    CTCBrain.optimizers_step, Curves.add = recorded_step, recorded_add


def forbid_writing_on_others(folder):
    """Let any process but the first fail at writing a file in a folder."""
    if os.environ["RANK"] == "0":
        return
    writing = os.O_WRONLY | os.O_RDWR

    def hook(event, arguments):
        writes = event in ("os.rename", "os.remove", "os.rmdir")
        writes |= event == "open" and bool((arguments[2] or 0) & writing)
        path = arguments[0] if writes else None
        if isinstance(path, str | os.PathLike) and folder in Path(path).parents:
            raise AssertionError(f"{event} {path}")

    sys.addaudithook(hook)
