"""The forecast of a curriculum and of the ways to the full corpus."""

import platform
from pathlib import Path

import torch

from childasr.errors import InputError
from childasr.forecast.jobs import make_job, part_of, read_way
from childasr.forecast.kinds import measure_kinds
from childasr.forecast.predict import EXCHANGE, VALUE_BYTES, Prediction

ACTIVE = "active learning"


def forecast(plan, ways, rounds, gpus, seconds, device=None):
    """Measure, and predict.

    Arguments
    ---------
    plan : Plan
        The pilot's curriculum.
    ways : list of str
        Phase and curriculum files of the full corpus.
    rounds : list of float
        Hours of the rounds of active learning, which train as the first way
        does; none without.
    gpus : list of int
        Numbers of GPUs.
    seconds : float
        To measure for.
    device : str
        As for `train.py`.

    Returns
    -------
    content : dict
        What `plan.json` holds.

    Raises
    ------
    InputError
        Also where two ways have one name.
    """
    pilot = [make_job(phase) for phase in plan.phases]
    full = plan.full_finetune
    if full and plan.settings["phase4"] != "never":
        optional = plan.settings["phase4"] == "auto"
        pilot.append(make_job(full, optional))
    last = plan.phases[-1]
    planned = {
        name: read_way(file, last) for name, file in _by_name(ways).items()
    }
    largest = next(iter(planned.values()))[-1] if ways and rounds else None
    if largest:
        planned[ACTIVE] = _rounds(largest, rounds)
    jobs = [*pilot, *(job for way in planned.values() for job in way)]
    measured = measure_kinds(jobs, seconds, device)
    decoding = next(iter(measured.values()))

    def figures(way):
        entries = [Prediction(j, measured[j.kind]).entry(gpus) for j in way]
        report = _decoding(way[-1].test, decoding)
        return {"phases": entries, "test_report_seconds": report}

    content = {
        "machine": _machine(decoding),
        "gpus": gpus,
        "output_folder": plan.settings["output_folder"],
        **figures(pilot),
        "ways": {name: figures(way) for name, way in planned.items()},
        "measured": [
            {"phases": [j.phase.name for j in jobs if j.kind == kind], **found}
            for kind, found in measured.items()
        ],
        "exchange": {
            "assumed_bytes_a_second": EXCHANGE,
            "bytes_a_step": VALUE_BYTES * decoding["trained_parameters"],
        },
    }
    if largest:
        audio = largest.train.sum()
        content["ways"][ACTIVE]["decoding_seconds"] = [
            _decoding(audio / count, decoding) for count in gpus
        ]
    content["totals"] = _totals(content)
    return content


def _by_name(files):
    """Each way under the name that it has in the forecast."""
    named = {}
    for file in files:
        name = Path(file).stem
        if name in ("curriculum", ACTIVE, *named):
            raise InputError(
                f"--ways: {file} would be shown as {name}, as another is: "
                "give the file another name"
            )
        named[name] = file
    return named


def _rounds(largest, rounds):
    return [
        part_of(largest, f"round {hours:g} h", hours)
        for hours in sorted(rounds)
    ]


def _decoding(audio, found):
    decoded = found["decoding"]
    rate = decoded["audio_seconds"] / decoded["seconds"]
    return found["startup_seconds"] + decoded["loading_seconds"] + audio / rate


def _totals(content):
    """Seconds of what is sure to run, on each number of GPUs."""
    totals = {"curriculum": _sum(content)}
    for name, way in content["ways"].items():
        extra = way.get("decoding_seconds")
        totals[name] = _sum(way)
        if extra:
            pairs = zip(totals[name], extra, strict=True)
            totals[name] = [total + more for total, more in pairs]
    return totals


def _sum(way):
    sure = [e["on"] for e in way["phases"] if not e["optional"]]
    return [
        sum(cell["seconds"][0] for cell in cells) + way["test_report_seconds"]
        for cells in zip(*sure, strict=True)
    ]


def _machine(found):
    on_gpu = found["device"].startswith("cuda")
    return {
        "system": platform.platform(),
        "device": found["device"],
        "gpu": torch.cuda.get_device_name(found["device"]) if on_gpu else None,
        "precision": found["precision"],
        "threads": found["threads"],
        "torch": torch.__version__,
    }
