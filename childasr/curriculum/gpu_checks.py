"""Whether the GPUs and the disk are enough, and torch can drive the GPUs."""

from childasr.curriculum.check import Check
from childasr.curriculum.packages import VOLTA, install_command


def check_gpu_driven(machine):
    """The installed torch has kernels for every GPU.

    Without a GPU this is a warning: a small run is possible on a CPU.

    Arguments
    ---------
    machine : Machine

    Returns
    -------
    check : Check

    Example
    -------
    >>> from childasr.curriculum.machine import Gpu, Machine
    >>> v100 = Gpu("Tesla V100", 15.8, (7, 0))
    >>> check = check_gpu_driven(Machine((v100,), ("sm_75",), "2.11.0"))
    >>> check.fails, "requirements-volta.txt" in check.reason
    (True, True)
    """
    name, torch = "torch drives the GPU", f"torch {machine.torch_version}"
    if machine.hidden_gpu:
        reason = (
            f"{torch} cannot use the NVIDIA GPU of this machine: update its "
            f"driver or `{install_command(VOLTA)}`; to train on the CPU, "
            "set CUDA_VISIBLE_DEVICES to nothing"
        )
        return Check(name, False, reason)
    if not machine.gpus:
        reason = "no GPU, training runs on the CPU: enough for the demo only"
        return Check(name, False, reason, required=False)
    for gpu in machine.gpus:
        if not drives(machine.architectures, gpu.capability):
            return Check(name, False, _not_driven(torch, machine, gpu))
    names = ", ".join(sorted({gpu.name for gpu in machine.gpus}))
    return Check(name, True, f"{torch} on {names}")


def check_gpu_memory(machine, least_gib, processes=1):
    """There is a GPU with enough memory for each process.

    Example
    -------
    >>> from childasr.curriculum.machine import Gpu, Machine
    >>> v100 = Gpu("Tesla V100", 15.8, (7, 0))
    >>> check_gpu_memory(Machine((v100,), ("sm_70",), "2.7.1"), 15).ok
    True
    """
    name = "GPU memory"
    if not machine.gpus:
        return Check(name, False, "no GPU", required=False)
    if len(machine.gpus) < processes:
        reason = (
            f"{len(machine.gpus)} GPUs for {processes} processes: lower "
            "--nproc_per_node"
        )
        return Check(name, False, reason)
    # Process i trains on GPU i.
    least = min(machine.gpus[:processes], key=lambda gpu: gpu.memory_gib)
    ok = least.memory_gib >= least_gib
    reason = (
        f"{least.name} has {least.memory_gib:.2f} GiB of {least_gib} needed"
    )
    if not ok:
        reason += ": use a larger GPU, or less with --min_gpu_memory_gib"
    return Check(name, ok, reason)


def check_disk(available_gb, least_gb, required):
    """Enough disk for every epoch's checkpoint.

    Example
    -------
    >>> print(check_disk(20.0, 100, required=True))
    FAILED   disk: 20.00 GB for the run, 100 GB needed: free some, or ...
    """
    ok = available_gb >= least_gb
    reason = f"{available_gb:.2f} GB for the run, {least_gb} GB needed"
    if not ok:
        reason += ": free some, or give another --output_folder"
    return Check("disk", ok, reason, required=required)


def drives(architectures, capability):
    """Say whether code built for these architectures runs on a GPU.

    Binary code (`sm_XY`) runs on the same major version from its minor on;
    PTX (`compute_XY`) is compiled for any later GPU; a final `a` binds to
    exactly that version and `f` to its major version (CUDA programming guide,
    "Compute capabilities").

    Example
    -------
    >>> drives(["sm_75", "sm_80"], (8, 6)), drives(["sm_75"], (7, 0))
    (True, False)
    """
    for architecture in architectures:
        kind, _, version = architecture.partition("_")
        digits = version.rstrip("af")
        if kind not in ("sm", "compute") or not digits.isdigit():
            continue
        built = int(digits[:-1]), int(digits[-1])
        if version.endswith("a"):
            runs = built == capability
        elif kind == "sm" or version.endswith("f"):
            runs = built[0] == capability[0] and built <= capability
        else:
            runs = built <= capability
        if runs:
            return True
    return False


def _not_driven(torch, machine, gpu):
    version = "".join(map(str, gpu.capability))
    remedy = (
        install_command(VOLTA)
        if gpu.capability < (7, 5)
        else "install a torch that is built for it"
    )
    return (
        f"{torch} has no code for {gpu.name} (sm_{version}; it has "
        f"{', '.join(machine.architectures)}): {remedy}"
    )
