"""What the folders of a model's phases say of how it came to be."""

from pathlib import Path

from childasr.curriculum.phase_folder import read_gate, read_log


def gate_of(model_folder):
    """The gate that a model was judged by, on the validation split.

    Arguments
    ---------
    model_folder : str or Path
        A `best_model`; the gate lies beside it.

    Returns
    -------
    gate : dict or None
        The content of `gate.json`; None of a model that no gate judged.

    Example
    -------
    >>> gate_of(getfixture("tmp_path") / "best_model")
    """
    folder = Path(model_folder)
    # The gate is about the best epoch, whatever else lies in the folder.
    return read_gate(folder.parent) if folder.name == "best_model" else None


def training_of(model_folder):
    """The epochs of every phase that led to a model, the earliest first.

    Arguments
    ---------
    model_folder : str or Path
        Inside a phase folder. The phase before is beside this one, as the
        folders may have been moved, or where `start_from` says.

    Returns
    -------
    training : list of dict
        `phase` and `epochs`, as in `training_log.json`; empty for a model
        without one.
    """
    phases, seen = [], set()
    folder = Path(model_folder).absolute().parent
    while folder not in seen and (log := read_log(folder)):
        seen.add(folder)
        phases.append({"phase": log["phase"], "epochs": log["epochs"]})
        start = log["config"].get("start_from")
        if not start:
            break
        before = Path(start).absolute().parent
        beside = folder.parent / before.name
        is_beside = beside not in seen and read_log(beside)
        folder = beside if is_beside else before
    return phases[::-1]
