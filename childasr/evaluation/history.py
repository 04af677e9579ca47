"""What the folders of a model's phases say of how it came to be."""

import contextlib
import itertools
from pathlib import Path

from childasr.curriculum.phase_folder import (
    content_hashes,
    read_gate,
    read_log,
)
from childasr.errors import InputError
from childasr.evaluation.page.curves import CURVES

VERDICTS = ("target", "acceptable", "failed")
BOUNDS = ("wer", "target", "acceptable")
# Of an epoch, where it has them.
DRAWN = tuple(itertools.chain(*CURVES.values()))


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

    Raises
    ------
    InputError
        What lies there is no gate.

    Example
    -------
    >>> gate_of(getfixture("tmp_path") / "best_model")
    """
    folder = Path(model_folder)
    # The gate is about the best epoch, whatever else lies in the folder.
    gate = read_gate(folder.parent) if folder.name == "best_model" else None
    if gate is not None and not _is_gate(gate):
        raise _foreign(folder.parent / "gate.json")
    return gate


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
        without one. It begins with the first phase whose log does not say
        what it started from.

    Raises
    ------
    InputError
        A `training_log.json` on the way is of no training.
    """
    phases, seen = [], set()
    folder = Path(model_folder).absolute().parent
    while folder not in seen and (log := read_log(folder)) is not None:
        if not _is_log(log):
            raise _foreign(folder / "training_log.json")
        seen.add(folder)
        phases.append({"phase": log["phase"], "epochs": log["epochs"]})
        folder = _phase_before(folder, log.get("config"))
    return phases[::-1]


def _phase_before(folder, config):
    """Where the model lies that a phase started from; itself for none."""
    config = config if isinstance(config, dict) else {}
    start, weights = config.get("start_from"), config.get("start_model_sha256")
    if not isinstance(start, str) or not weights:
        return folder
    start = Path(start).absolute()
    for model in (folder.parent / start.parent.name / start.name, start):
        # What cannot be read is no model that is known.
        with contextlib.suppress(OSError):
            found = content_hashes({"start_from": model})
            if found["start_model_sha256"] == weights:
                return model.parent
    return folder


def _is_gate(gate):
    return (
        isinstance(gate, dict)
        and isinstance(gate.get("phase"), str)
        and all(_is_number(gate.get(name)) for name in BOUNDS)
        and gate.get("verdict") in VERDICTS
    )


def _is_log(log):
    return (
        isinstance(log, dict)
        and isinstance(log.get("phase"), str)
        and isinstance(log.get("epochs"), list)
        and all(map(_is_epoch, log["epochs"]))
    )


def _is_epoch(entry):
    return (
        isinstance(entry, dict)
        and type(entry.get("epoch")) is int
        and all(
            entry.get(name) is None or _is_number(entry[name]) for name in DRAWN
        )
    )


def _is_number(value):
    """Whether a value can be drawn, on a logarithmic axis too."""
    return type(value) in (int, float) and (
        value == 0 or 1e-99 < abs(value) < 1e99
    )


def _foreign(path):
    return InputError(
        f"{path} is not what a training writes: move it away, and the report "
        "is made without it"
    )
