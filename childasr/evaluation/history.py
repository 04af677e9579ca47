"""What the folders of a model's phases say of how it came to be."""

from pathlib import Path

from childasr.curriculum.phase_folder import (
    content_hashes,
    read_gate,
    read_log,
)


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
        folders may have been moved, or where `start_from` says: where the
        very weights are that this one started from.

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
        folder = _phase_before(folder, log["config"])
    return phases[::-1]


def _phase_before(folder, config):
    """Where the model lies that a phase started from; itself for none."""
    start = config.get("start_from")
    if not start:
        return folder
    start = Path(start).absolute()
    for model in (folder.parent / start.parent.name / start.name, start):
        found = content_hashes({"start_from": model})["start_model_sha256"]
        if found and found == config["start_model_sha256"]:
            return model.parent
    return folder
