#!/usr/bin/env python3
"""A forecast of plan.py beside what the runs then took.

> python recipes/ChildASR/plan.py hparams/demo.yaml --gpus 1 && make demo
> python benchmarks/plan_error.py plan/plan.json

The demo must have run in one go. With --training, the forecast is of the
model of the training benchmark, and is compared with its steps:
> python benchmarks/plan_error.py plan/plan.json \
    --training benchmarks/results/training_cpu.json
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "speed"))

from machine import write_results
from table import make_table, markdown

from childasr.forecast.cost import fit_costs, seconds_for
from childasr.forecast.screen import how_long

HEADER = ["", "foretold", "took", "error"]


def read(path):
    return json.loads(Path(path).read_text("utf-8"))


def phase_rows(forecast):
    """Each phase that has run: its epochs, and the whole of it.

    Arguments
    ---------
    forecast : dict
        The content of `plan.json`.

    Returns
    -------
    rows : list of tuple
        (name, seconds foretold, seconds taken)
    """
    epochs, wholes = [], []
    # From the start of the run to a gate, and from gate to gate.
    before = _changed(Path(forecast["output_folder"]) / ".lock")
    for entry in forecast["phases"]:
        folder = Path(entry["folder"])
        if not (folder / "gate.json").is_file():
            continue
        log = read(folder / "training_log.json")["epochs"]
        foretold = _for_epochs(entry, log)
        took = sum(epoch["epoch_time"] for epoch in log)
        epochs.append((f"{entry['phase']}, its epochs", foretold, took))
        whole = foretold + entry["on"][0]["other_seconds"]
        ended = _changed(folder / "gate.json")
        wholes.append((f"{entry['phase']}, all of it", whole, ended - before))
        before = ended
    if not epochs:
        raise SystemExit("no phase of this forecast has run: run it first")
    return [
        *epochs,
        _together("all epochs", epochs),
        *wholes,
        _together("all phases", wholes),
    ]


def _for_epochs(entry, log):
    """Seconds foretold for the epochs that a phase had before it stopped."""
    parts = entry["on"][0]
    trained = sum(epoch["epoch"] > 0 for epoch in log) / entry["epochs"]
    passes = len(log) / entry["passes"]
    return (
        trained * (parts["training_seconds"] + parts["checkpoint_seconds"])
        + passes * parts["validation_seconds"]
    )


def _changed(path):
    return path.stat().st_mtime


def _together(name, rows):
    return (name, sum(r[1] for r in rows), sum(r[2] for r in rows))


def benchmark_rows(forecast, results):
    """The steps of each round of the training benchmark's own side."""
    found = next(m for m in forecast["measured"] if "phase2" in m["phases"])
    costs = fit_costs(found["training"])[0]
    runs = [run for run in results["runs"] if run["side"] == "ours"]
    rows = [
        (
            f"{run['steps']} steps, {run['padded_seconds']:.0f} s of audio",
            float(seconds_for(costs, run["steps"], run["padded_seconds"])),
            run["seconds"],
        )
        for run in runs
    ]
    return [*rows, _together("together", rows)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plan", help="such as plan/plan.json")
    parser.add_argument("--training", help="results of speed/training.py")
    parser.add_argument("--out", help="a JSON file, for tables.py")
    arguments = parser.parse_args()
    forecast = read(arguments.plan)
    if arguments.training:
        rows = benchmark_rows(forecast, read(arguments.training))
        title = "The planner's forecast of the training benchmark"
    else:
        rows = phase_rows(forecast)
        title = "The planner's forecast, and what the curriculum took"
    table = make_table(
        HEADER,
        [
            (name, how_long(foretold), how_long(took), f"{error:+.0%}")
            for name, foretold, took in rows
            for error in [foretold / took - 1]
        ],
    )
    print(markdown(table))
    if arguments.out:
        content = {
            "title": title,
            "device": forecast["machine"]["device"],
            "foretold_by": forecast["machine"],
            "table": table,
            "seconds": rows,
        }
        write_results(arguments.out, content)


if __name__ == "__main__":
    main()
