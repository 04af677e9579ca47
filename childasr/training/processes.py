"""What the processes of a distributed run tell each other."""

import datetime
import signal

import torch
from speechbrain.utils.distributed import ddp_all_reduce, get_local_rank

from childasr.curriculum.child import end_with_parent
from childasr.curriculum.device import find_device
from childasr.errors import InputError
from childasr.rendezvous import meet

# What one process does alone, such as comparing manifests, takes less.
TIMEOUT = datetime.timedelta(hours=2)


def join_processes(run_opts):
    """Become one of the processes that torchrun started, where it did.

    SpeechBrain's `ddp_init_group` does the same, but with `--max-restarts`
    its processes look for each other where those before them were.

    Arguments
    ---------
    run_opts : speechbrain.utils.run_opts.RunOptions
        Its `distributed_backend` is used.

    Raises
    ------
    InputError
        A backend or device that does not fit, fewer GPUs than processes, or
        one that cannot be used.
    """
    local_rank = get_local_rank()
    if local_rank is None:
        return
    device = run_opts["device"] or ""
    if device.startswith("cuda"):
        raise InputError(
            f"--device {device}: all processes would take one GPU: leave it "
            "out, and each has its own"
        )
    backend = run_opts["distributed_backend"]
    if backend == "nccl":
        _take_gpu(local_rank, device)
    elif backend != "gloo":
        raise InputError(f"--distributed_backend {backend}: give nccl or gloo")
    # torchrun gives each a session of its own: if it is killed, they would
    # go on writing, beside a run that is started again.
    end_with_parent(signal.SIGKILL)
    store, place, count = meet()
    torch.distributed.init_process_group(
        backend, store=store, rank=place, world_size=count, timeout=TIMEOUT
    )


def _take_gpu(place, device):
    """Take the GPU of a place, before NCCL fails on what is wrong with it."""
    if device:
        raise InputError(
            f"--device {device}: NCCL is for GPUs alone: give "
            "--distributed_backend gloo too"
        )
    gpus = torch.cuda.device_count()
    if place >= gpus:
        raise InputError(
            f"process {place} has no GPU, there are {gpus}: lower "
            "--nproc_per_node, or give --distributed_backend gloo with "
            "--device cpu"
        )
    torch.cuda.set_device(place)
    find_device(f"cuda:{place}")


def leave_processes():
    """Take leave of the others, or a thread can abort the process's exit."""
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def gather(value):
    """Bring together a value of every process.

    Every process must call it.

    Arguments
    ---------
    value : object
        Of this process; tensors on the CPU.

    Returns
    -------
    values : list
        In the order of the ranks; `[value]` where there is one process.

    Example
    -------
    >>> gather(3)
    [3]
    """
    if not torch.distributed.is_initialized():
        return [value]
    values = [None] * torch.distributed.get_world_size()
    torch.distributed.all_gather_object(values, value)
    return values


def rank():
    """This process's place among all; 0 where there is one."""
    if not torch.distributed.is_initialized():
        return 0
    return torch.distributed.get_rank()


def world_size():
    """How many processes there are."""
    if not torch.distributed.is_initialized():
        return 1
    return torch.distributed.get_world_size()


def any_process(*wishes, device):
    """What one process wants, all do; every process must ask.

    Arguments
    ---------
    *wishes : bool
        Of this process.
    device : str
        Where the processes meet.

    Returns
    -------
    list of bool

    Example
    -------
    >>> any_process(True, False, device="cpu")
    [True, False]
    """
    if world_size() == 1:  # a GPU would be waited for
        return [bool(wish) for wish in wishes]
    found = torch.tensor(wishes, dtype=torch.int, device=device)
    ddp_all_reduce(found, torch.distributed.ReduceOp.MAX)
    return [bool(wish) for wish in found.tolist()]
