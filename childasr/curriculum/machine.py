"""What this machine offers, as plain values."""

import dataclasses
import json
import os
import shutil
from pathlib import Path

from childasr.curriculum.ask import ask
from childasr.curriculum.child import ChildFailedError
from childasr.errors import InputError


@dataclasses.dataclass(frozen=True)
class Gpu:
    """One GPU as torch sees it.

    Arguments
    ---------
    name : str
    memory_gib : float
        Total memory that it reports.
    capability : tuple of int
        Compute capability, (7, 0) for a V100.
    """

    name: str
    memory_gib: float
    capability: tuple


@dataclasses.dataclass(frozen=True)
class Machine:
    """What the checks before a run need to know.

    Arguments
    ---------
    gpus : tuple of Gpu
        Those that torch can see.
    architectures : tuple of str
        What the installed torch was built for, such as `sm_80`.
    torch_version : str
    hidden_gpu : bool
        Whether the system has an NVIDIA GPU that torch cannot see, though
        nobody hid it.
    """

    gpus: tuple
    architectures: tuple
    torch_version: str
    hidden_gpu: bool = False


def this_machine():
    """Describe the machine and the torch that is installed.

    Example
    -------
    >>> this_machine().torch_version[0]
    '2'
    """
    try:
        facts = ask("childasr.curriculum.machine")
    except ChildFailedError as error:
        raise InputError(
            f"torch does not start ({error}): install it again"
        ) from error
    gpus = tuple(
        Gpu(gpu["name"], gpu["memory_gib"], tuple(gpu["capability"]))
        for gpu in facts.pop("gpus")
    )
    return Machine(gpus, tuple(facts.pop("architectures")), **facts)


def disk_for(folder, phases=()):
    """Measure the disk that a run may fill, in GB (1e9 bytes).

    What the run has already written counts as free, so that a restart asks
    for no more than the start did.

    Arguments
    ---------
    folder : str or Path
        The run's `output_folder`; it may be missing.
    phases : iterable of Path
        The folders of its phases.

    Returns
    -------
    gigabytes : float

    Example
    -------
    >>> disk_for(getfixture("tmp_path") / "checkpoints") > 0
    True
    """
    folder = Path(folder).absolute()
    existing = next(p for p in (folder, *folder.parents) if p.exists())
    written = sum(
        path.lstat().st_size
        for phase in phases
        for path in Path(phase).rglob("*")
        if path.is_file()
    )
    return (shutil.disk_usage(existing).free + written) / 1e9


def look():
    """As `this_machine`, of this very process and its torch."""
    import torch

    gpus = []
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        memory = properties.total_memory / 2**30
        capability = (properties.major, properties.minor)
        gpus.append(Gpu(properties.name, memory, capability))
    # Not /proc/driver/nvidia, which shows the host's GPUs in a container too.
    on_board = any(Path("/dev").glob("nvidia[0-9]*"))
    asked_for_none = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    return Machine(
        gpus=tuple(gpus),
        architectures=tuple(torch.cuda.get_arch_list()),
        torch_version=torch.__version__,
        hidden_gpu=on_board and not gpus and not asked_for_none,
    )


if __name__ == "__main__":
    print(json.dumps(dataclasses.asdict(look())))
