"""Measuring each kind of phase once, each in a process of its own."""

import json
import tempfile
import time
from pathlib import Path

from childasr.command import WRONG_INPUT
from childasr.curriculum.ask import ask
from childasr.curriculum.child import ChildFailedError
from childasr.curriculum.options import write_options
from childasr.errors import InputError, RunError
from childasr.forecast.corpus import write_noise

MEASURED_BATCHES = 8  # of noise, where nothing is prepared
# What must not be written, said or read of the user's.
QUIET = {"start_from": None, "wandb": False, "log_examples": 0}


def measure_kinds(jobs, seconds, device):
    """Measure what the steps of jobs cost on this machine.

    What is measured, and how long it will take yet, is printed.

    Arguments
    ---------
    jobs : list of Job
    seconds : float
        To take in all, as far as start-up leaves it.
    device : str or None
        As for `train.py`; None for a GPU where there is one.

    Returns
    -------
    measured : dict
        Kind to what `measure` found. The first has `decoding`.

    Raises
    ------
    InputError, RunError
        Where a phase cannot be trained here; it is named.
    """
    kinds = {}
    for job in jobs:
        kinds.setdefault(job.kind, []).append(job)
    # Real recordings, if not the kind's own, then another's.
    prepared = [job for job in jobs if job.prepared]
    end, measured = time.time() + seconds, {}
    with tempfile.TemporaryDirectory() as folder:
        if not prepared:
            _write_likely(jobs[0], Path(folder))
        for number, (kind, alike) in enumerate(kinds.items()):
            left = max(0.0, end - time.time())
            names = ", ".join(job.phase.name for job in alike)
            print(
                f"measuring {number + 1} of {len(kinds)}, about {left:.0f} s "
                f"left: {names}"
            )
            data = [job for job in alike if job.prepared] or prepared
            measured[kind] = _measure(
                alike[0].phase,
                data[0].phase.config if data else _noise_config(folder),
                left / (len(kinds) - number),
                device,
                decode=number == 0,
            )
    return measured


def _write_likely(job, folder):
    batch = job.phase.config["batch_size"]
    write_noise(
        folder,
        {
            "train": _sample(job.train, MEASURED_BATCHES * batch),
            "valid": _sample(job.valid, MEASURED_BATCHES * batch // 2),
        },
    )


def _sample(durations, count):
    """So many of them, evenly from the shortest to the longest."""
    step = max(1, len(durations) // count)
    return sorted(durations.tolist())[step // 2 :: step]


def _noise_config(folder):
    return {
        "manifest_folder": folder,
        "train_manifest": f"{folder}/train.csv",
        "valid_manifest": f"{folder}/valid.csv",
        "data_root": None,
    }


def _measure(phase, data, seconds, device, decode):
    started = time.time()
    keys = ("manifest_folder", "train_manifest", "valid_manifest", "data_root")
    with tempfile.TemporaryDirectory() as folder:
        settings = phase.overrides | {key: data[key] for key in keys} | QUIET
        settings["output_folder"] = folder
        if "units_from" in phase.config:
            settings["units_from"] = data.get(
                "units_from", data["manifest_folder"]
            )
        arguments = [str(phase.file), *write_options(settings)]
        arguments += ["--device", device] if device else []
        request = {
            "arguments": arguments,
            "started": started,
            "seconds": seconds,
            "decode": decode,
        }
        try:
            return ask("childasr.forecast.measure", json.dumps(request))
        except ChildFailedError as error:
            wrong = error.status == WRONG_INPUT
            kind = InputError if wrong else RunError
            reason = f"{phase.name} cannot be measured: {error}"
            raise kind(reason) from error
