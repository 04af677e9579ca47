"""The checks before a run, and what they say."""

from childasr.curriculum.gpu_checks import (
    check_disk,
    check_gpu_driven,
    check_gpu_memory,
)
from childasr.curriculum.packages import REQUIREMENTS, check_packages


def prepare_run(curriculum_file, arguments):
    """Read a plan, check what it needs, and print each check.

    Arguments
    ---------
    curriculum_file : str
    arguments : list of str
        `--key value` overrides.

    Returns
    -------
    plan : Plan or None
        None if a required check fails.
    machine : Machine or None
        What it is to run on.
    """
    packages = check_packages(REQUIREMENTS)
    if not _passes([packages]):
        return None, None
    # Late, as these import packages that may have been missing.
    from childasr.curriculum.machine import disk_for, this_machine
    from childasr.curriculum.options import read_options
    from childasr.curriculum.plan import read_plan

    plan = read_plan(curriculum_file, read_options(arguments))
    disk_gb = disk_for(
        plan.settings["output_folder"],
        [phase.folder for phase in plan.may_run],
    )
    machine = this_machine()
    ready = _passes(check_plan(plan, machine, disk_gb))
    return (plan if ready else None), machine


def batches_fit(plan, machine):
    """Try the largest batch of each phase on the GPU, and print each check.

    To be last, as each phase's model is loaded for it, and while no other run
    is at work.

    Arguments
    ---------
    plan : Plan
    machine : Machine

    Returns
    -------
    fit : bool
    """
    # Late, as it imports packages that may have been missing.
    from childasr.curriculum.memory_check import check_batches

    return _passes(check_batches(plan, machine))


def check_plan(plan, machine, disk_gb):
    """Check data, GPU and disk for a plan.

    Without a GPU, what is said about GPU and disk size warns only: such a
    run is a small one.

    Arguments
    ---------
    plan : Plan
    machine : Machine
        From `this_machine()`.
    disk_gb : float
        From `disk_for()`.

    Returns
    -------
    checks : list of Check
    """
    # Late, as it imports packages that may have been missing.
    from childasr.curriculum.manifest_checks import check_manifests

    settings = plan.settings
    on_gpu = bool(machine.gpus) or machine.hidden_gpu
    return [
        *check_manifests(
            [phase.config for phase in plan.may_run],
            settings["nproc_per_node"],
        ),
        check_gpu_driven(machine),
        check_gpu_memory(
            machine,
            settings["min_gpu_memory_gib"],
            settings["nproc_per_node"],
        ),
        check_disk(disk_gb, settings["min_free_disk_gb"], required=on_gpu),
    ]


def _passes(checks):
    for check in checks:
        print(check, flush=True)
    return not any(check.fails for check in checks)
