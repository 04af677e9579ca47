#!/usr/bin/env python3
"""Compare the ways to a full corpus, at the same number of training steps.

> python benchmarks/ways/compare.py

A synthetic corpus, four times the demo's, with wrong labels in 5 % of the
training utterances; a pilot model; from it each arm with each seed, by the
recipe's own commands. On one core that is some half an hour. What is done is
kept: the same command goes on where it was stopped. The figures go to
benchmarks/results/ways.json, ways_pairs.json and ways_labels.json.
"""

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "speed"))

from arms import (
    MANIFESTS,
    ROUND_SHARE,
    evaluate,
    parts_of,
    select,
    train_arm,
    train_pilot,
)
from figures import (
    arm_figures,
    arms_table,
    label_figures,
    labels_table,
    pair_figures,
    pairs_table,
)
from machine import write_results
from planted_corpus import make_corpus, read_rows
from steps import trained
from table import markdown

from childasr.studies.figures import errors_of, wer_of

RESULTS = Path(__file__).resolve().parents[1] / "results"
# Four times the demo's training split, of three times its speakers.
SIZES = {"train": (2880, 144), "valid": (120, 10), "test": (260, 20)}


class Experiment:
    """The runs of an experiment, and their figures."""

    def __init__(self, work, options):
        self.options = options
        self.manifests = make_corpus(work, SIZES, options.seed)
        self.pilot = train_pilot(self.manifests, work / "pilot")
        test = work / "pilot_report"
        self.pilot_figures = wer_of([self._errors(self.pilot, test)])
        self.rows = read_rows(self.manifests / "train.csv")[1]
        planted = (self.manifests / "planted.json").read_text("utf-8")
        self.planted = json.loads(planted)
        seconds = sum(float(row["duration"]) for row in self.rows)
        self.hours = round(ROUND_SHARE * seconds / 3600, 4)
        self.work = work
        self.runs = work / f"arms_{options.steps}_steps"

    def select(self, seed):
        """The folder of the active and random rounds of a seed."""
        return select(
            self.manifests,
            self.pilot,
            self.work / "selection",
            seed,
            self.hours,
        )

    def run(self, arm, seed):
        """Train and test an arm.

        Returns
        -------
        figures : dict
            `errors` on the test split, and what was `heard` in training.
        """
        folder = self.runs / f"{arm}_seed{seed}"
        parts = [
            part._replace(manifest=self._path(part.manifest, seed))
            for part in parts_of(arm, self.options.steps)
        ]
        size = self.options.batch_size
        model = train_arm(parts, self.manifests, self.pilot, folder, size, seed)
        heard = [
            trained(part.manifest, folder / part.phase, size, seed, part.steps)
            for part in parts
        ]
        ids = [ID for part in heard for ID in part["ids"]]
        return {
            "errors": self._errors(model, folder / "report"),
            "heard": {
                "steps": sum(part["steps"] for part in heard),
                "hours": sum(part["hours"] for part in heard),
                "utterances": len(set(ids)),
                "wrong_share": sum(ID in self.planted for ID in ids) / len(ids),
            },
        }

    def labels(self, seeds):
        """What the search for label errors finds, and what is left."""
        figures = label_figures(
            self.manifests / "train.csv",
            self.planted,
            self.select(seeds[0]) / "set_aside.csv",
        )
        paths = {"the whole corpus": [self.manifests / "train.csv"]}
        for arm in ("active", "random"):
            paths[f"the {arm} round"] = [
                self._path(MANIFESTS[arm], seed) for seed in seeds
            ]
        return figures, {
            name: self._wrong_share(of_name) for name, of_name in paths.items()
        }

    def _wrong_share(self, paths):
        ids = [row["ID"] for path in paths for row in read_rows(path)[1]]
        return sum(ID in self.planted for ID in ids) / len(ids)

    def _path(self, manifest, seed):
        selected = manifest.startswith("round")
        folder = self.select(seed) if selected else self.manifests
        return folder / f"{manifest}.csv"

    def _errors(self, model, folder):
        """On the test split, by speaker."""
        return errors_of(evaluate(model, self.manifests / "test.csv", folder))


def run_all(experiment, seeds):
    """Every arm with every seed; seeds first, so that arms can be compared.

    Returns
    -------
    runs : dict
        Arm to a list over seeds.
    """
    runs = {arm: [] for arm in MANIFESTS}
    total, start = len(runs) * len(seeds), time.monotonic()
    for seed in seeds:
        for arm, of_arm in runs.items():
            of_arm.append(experiment.run(arm, seed))
            done = sum(map(len, runs.values()))
            spent = time.monotonic() - start
            left = spent / done * (total - done)
            wer = wer_of([of_arm[-1]["errors"]])["wer"]
            print(
                f"{done} of {total}: {arm}, seed {seed}, WER {wer:.1%}; "
                f"{spent / done:.0f} s a run, {left / 60:.0f} min left",
                flush=True,
            )
    return runs


def mean_heard(runs):
    """What was heard, on average over the seeds."""
    heard = [run["heard"] for run in runs]
    return {
        name: sum(item[name] for item in heard) / len(heard)
        for name in heard[0]
    } | {"steps": same(item["steps"] for item in heard)}


def same(values):
    """The one value that all are.

    Example
    -------
    >>> same([90, 90])
    90
    """
    (value,) = set(values)
    return value


def write(folder, experiment, runs, seeds):
    """Write the three results files, and print their tables."""
    same(run["heard"]["steps"] for of_arm in runs.values() for run in of_arm)
    errors = {
        arm: [run["errors"] for run in of_arm] for arm, of_arm in runs.items()
    }
    arms = {
        arm: arm_figures(errors[arm]) | {"heard": mean_heard(runs[arm])}
        for arm in runs
    }
    pairs = pair_figures(errors)
    labels, left = experiment.labels(seeds)
    pilot = experiment.pilot_figures
    options = {
        name: getattr(experiment.options, name)
        for name in ("steps", "batch_size", "seeds", "seed")
    }
    results = {
        "ways": (
            "Test WER in %, with 95 % intervals over speakers",
            arms_table(arms, pilot, seeds),
            {"pilot": pilot, "arms": arms, "options": options},
        ),
        "ways_pairs": (
            "Differences of test WER, with 95 % intervals over speakers",
            pairs_table(pairs, seeds),
            {"pairs": pairs},
        ),
        "ways_labels": (
            "Wrong labels that the pilot finds",
            labels_table(labels, left),
            {"labels": labels, "left": left},
        ),
    }
    for name, (title, table, figures) in results.items():
        print(f"{title}\n\n{markdown(table)}\n")
        content = {"title": title, "table": table} | figures
        write_results(folder / f"{name}.json", content)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--batch_size", type=int, default=8)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--seed", type=int, default=7, help="of the corpus")
    parser.add_argument("--work", type=Path, default="build/ways")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    experiment = Experiment(options.work.resolve(), options)
    runs = run_all(experiment, options.seeds)
    write(options.out, experiment, runs, options.seeds)


if __name__ == "__main__":
    main()
