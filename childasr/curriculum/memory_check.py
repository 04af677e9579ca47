"""Whether each phase's largest batch fits into memory."""

import tempfile

from childasr.curriculum.ask import ask
from childasr.curriculum.check import Check
from childasr.curriculum.child import ChildFailedError
from childasr.curriculum.options import write_options
from childasr.curriculum.phase_folder import read_gate


def check_batches(plan, machine):
    """Train on the worst batch of each phase that is not done.

    Arguments
    ---------
    plan : Plan
    machine : Machine

    Returns
    -------
    checks : list of Check
        Empty without a GPU, where a run is a small one, and before there are
        manifests.
    """
    prepared = (plan.manifest_folder / "summary.json").is_file()
    if not machine.gpus or not prepared:
        return []
    return [
        check_worst_batch(phase, plan.settings["nproc_per_node"])
        for phase in plan.may_run
        if not read_gate(phase.folder)
    ]


def check_worst_batch(phase, processes=1, device="cuda"):
    """One step on the batch that needs most memory, on the real device.

    Arguments
    ---------
    phase : Phase
    processes : int
        That deal out each batch.
    device : str

    Returns
    -------
    check : Check
        Where the batch does not fit, it proposes a batch size that does.
    """
    name = f"worst batch of {phase.name}"
    with tempfile.TemporaryDirectory() as folder:
        # The weights that the phase will start from need the same memory.
        settings = phase.overrides | {
            "output_folder": folder,
            "start_from": None,
            "wandb": False,
        }
        arguments = [str(phase.file), *write_options(settings)]
        arguments += ["--device", device]
        try:
            found = ask(
                "childasr.training.worst_batch", str(processes), *arguments
            )
        except ChildFailedError as error:
            return Check(name, False, f"it could not be tried: {error}")
    return judge_worst_batch(name, found)


def judge_worst_batch(name, found):
    """What the trial of a worst batch means.

    Example
    -------
    >>> found = {"batch_size": 16, "fits": 8, "utterances": 9, "seconds": 17.1}
    >>> print(judge_worst_batch("worst batch", found))
    FAILED   worst batch: out of memory ... 17.1 s: give --batch_size 8
    """
    size = f"{found['utterances']} utterances of {found['seconds']:.1f} s"
    if found["fits"] == found["batch_size"]:
        peak = found.get("peak_gib")
        memory = f" in {peak:.1f} GiB" if peak else ""
        return Check(name, True, f"{size} fit{memory}")
    remedy = f"give --batch_size {found['fits']}"
    if not found["fits"]:
        remedy = "use a larger GPU, or leave the longest recordings out"
    return Check(name, False, f"out of memory with {size}: {remedy}")
