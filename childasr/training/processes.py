"""What the processes of a distributed run tell each other."""

import torch


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
