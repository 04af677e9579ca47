#!/usr/bin/env python3
"""LoRA beside trained layers, each with settings that a sweep found.

> python benchmarks/studies.py

From the root, on the demo's corpus, which `make demo` leaves in demo/data: two
sweeps of phase 1 side by side, one with LoRA and one of the upper layers
themselves; then the best of each beside the plan's settings, with several
seeds. On two cores that is some half an hour. What is done is kept: the same
command goes on where it was stopped. The figures go to benchmarks/results/.
"""

import argparse
import json
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

sys.path.append(str(Path(__file__).parent / "speed"))
sys.path.append(str(Path(__file__).parent / "ways"))

from commands import run
from machine import write_results
from table import make_table, markdown

from childasr.curriculum.options import write_options
from childasr.studies.screen import arms_rows, sweep_rows

RESULTS = Path(__file__).resolve().parent / "results"
RATES = {"low": 1e-4, "high": 1e-2, "log": True}
SEARCHES = {
    "lora_searched": {
        "lr": RATES,
        "size": {
            "choices": [
                {"lora_rank": rank, "lora_alpha": 2 * rank}
                for rank in (8, 16, 32)
            ]
        },
    },
    "upper_searched": {"lr": RATES, "size": {"choices": [{"lora_rank": 0}]}},
}
TITLES = {
    "lora_searched": "A sweep of LoRA on the demo's corpus, which is synthetic",
    "upper_searched": "A sweep of the upper layers themselves on the same",
    "arms": "The best of both beside the plan's settings",
}


def demo_options(epochs):
    """Settings of the demo's phase 1, as `--key value`."""
    demo = yaml.safe_load(Path("hparams/demo.yaml").read_text("utf-8"))
    settings = demo["overrides"] | demo["phase_overrides"]["phase1"]
    return write_options(settings | {"number_of_epochs": epochs})


def sweep_arguments(name, work, options):
    """The arguments of `sweep.py` for one of `SEARCHES`."""
    own = {
        "search": SEARCHES[name],
        "trials": options.trials,
        "startup_trials": options.startup_trials,
        "output_folder": str(work / name),
    }
    return [
        "hparams/sweep.yaml",
        *write_options(own),
        *demo_options(options.epochs),
    ]


def arms_arguments(work, options):
    """The arguments of `compare_arms.py`, where the sweeps have ended."""
    found = [str(work / name / f"{name}.yaml") for name in SEARCHES]
    own = {
        "arms": ["hparams/arms/plan.yaml", *found],
        "seeds": options.seeds,
        "output_folder": str(work / "arms"),
    }
    return [
        "hparams/arms.yaml",
        *write_options(own),
        *demo_options(options.epochs),
    ]


def search(name, work, options):
    """Run a sweep; its best settings become an arm of its name."""
    arguments = sweep_arguments(name, work, options)
    run("sweep", *arguments, log=work / f"{name}.log")
    folder = work / name
    shutil.copyfile(folder / "best.yaml", folder / f"{name}.yaml")
    return json.loads((folder / "sweep.json").read_text("utf-8"))


def compare(work, options):
    """Compare the plan's settings with those of the sweeps."""
    run("compare_arms", *arms_arguments(work, options), log=work / "arms.log")
    return json.loads((work / "arms" / "arms.json").read_text("utf-8"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=8, help="of a sweep")
    parser.add_argument("--startup_trials", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--work", type=Path, default=Path("build/studies"))
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    work = options.work
    with ThreadPoolExecutor() as pool:
        found = pool.map(lambda name: search(name, work, options), SEARCHES)
        results = dict(zip(SEARCHES, found, strict=True))
    rows = {name: sweep_rows(result) for name, result in results.items()}
    results["arms"] = compare(work, options)
    rows["arms"] = arms_rows(results["arms"])
    for name, (heading, *cells) in rows.items():
        table = make_table(heading, cells)
        print(f"{TITLES[name]}\n\n{markdown(table)}\n")
        content = {"title": TITLES[name], "table": table}
        path = options.out / f"studies_{name}.json"
        write_results(path, content | {"found": results[name]})


if __name__ == "__main__":
    main()
