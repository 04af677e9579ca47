#!/usr/bin/env python3
"""Train on more data, and with more processes.

> python benchmarks/speed/scaling.py --rows 250000

*Data*: some steps on manifests of once, twice and four times the rows, each
in a process of its own, through the recipe's own loader and Brain; the first
time, which makes the vocabulary, is not counted. The rows
share a few recordings, so that only their number grows. Memory is that of the
training process and of one loader worker, in all and without files that are
mapped, which the system takes back when it needs to.

*Processes*: `train.py` for an epoch with its validation, as one process with
two threads and, started by torchrun, as two with one each. Rates are of the
epoch's audio by the `epoch_time` of training_log.json.
"""

import argparse
import csv
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from corpus import make_corpus
from machine import write_results
from models import NAMES, frozen_layers, make_model
from table import make_table, markdown, spread

from childasr.manifest import Manifest
from childasr.text.files import write_json

SIDES = Path(__file__).parent / "sides"
ROOT = Path(__file__).parents[2]
# Processes, and threads of each.
WAYS = {"1 process, 2 threads": (1, 2), "2 processes, 1 thread each": (2, 1)}


def repeat_rows(corpus, rows, folder):
    """Write a corpus of so many rows, over the recordings of another."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(corpus / "train.csv", encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file)
    with open(folder / "train.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for number in range(rows):
            ID, *rest = lines[number % len(lines)]
            writer.writerow([f"{ID}-{number // len(lines)}", *rest])
    (folder / "valid.csv").write_bytes((corpus / "valid.csv").read_bytes())
    write_json(
        folder / "summary.json",
        json.loads((corpus / "summary.json").read_text()),
    )
    return folder


def memory_of(pid):
    """MB held: in all, and what is in no file."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return [int(fields[k].split()[0]) / 1024 for k in ("VmRSS", "RssAnon")]


def train_some(options):
    """Rate, memory and time to begin of some steps, in this process."""
    sys.path.insert(0, str(SIDES))
    from ours import build
    from validation import Audio, train_steps

    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        brain = build(options, folder)
        brain.init_optimizers()
        audio, batches = Audio(brain.encoder), iter(brain.train_loader)
        train_steps(brain, [next(batches)])
        ready = time.perf_counter()
        audio.take()
        train_steps(brain, [next(batches) for _ in range(options.steps)])
        seconds = time.perf_counter() - ready
        (worker,) = multiprocessing.active_children()
        own, _ = audio.take()
        return {
            "begin_seconds": ready - start,
            "rate": own / seconds,
            "main_mb": memory_of(os.getpid()),
            "worker_mb": memory_of(worker.pid),
        }


def measure_data(corpus, options):
    """Figures of each round, by the number of rows."""
    rounds = {options.rows * times: [] for times in options.times}
    for rows in rounds:
        repeat_rows(corpus, rows, options.work / f"rows{rows}")
    for number in range(options.rounds + 1):
        for rows, results in rounds.items():
            settings = {
                "--worker": "",
                "--model": options.model,
                "--work": options.work,
                "--rows": rows,
                "--steps": options.steps,
                "--batch_size": options.batch_size,
            }
            found = subprocess.run(
                [sys.executable, __file__, *_arguments(settings)],
                check=True,
                stdout=subprocess.PIPE,
            ).stdout
            if number > 0:
                results.append(json.loads(found.splitlines()[-1]))
                print(f"round {number}, {rows}: {results[-1]}", flush=True)
    return rounds


def _arguments(settings):
    return [str(x) for pair in settings.items() for x in pair if x != ""]


def train_epoch(way, corpus, options):
    """Audio-seconds/s of one epoch of the real command."""
    processes, threads = WAYS[way]
    command = [sys.executable]
    if processes > 1:
        command += ["-m", "torch.distributed.run", "--standalone"]
        command.append(f"--nproc_per_node={processes}")
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "--manifest_folder": corpus,
            "--train_manifest": corpus / "train.csv",
            "--output_folder": folder,
            "--encoder": make_model(options.model, options.work / "models"),
            "--freeze_layers": options.freeze_layers,
            "--batch_size": options.batch_size,
            "--number_of_epochs": 1,
            "--num_workers": 1,
            "--device": "cpu",
            "--noprogressbar": "",
        }
        if processes > 1:
            settings["--distributed_backend"] = "gloo"
        subprocess.run(
            [
                *command,
                str(ROOT / "train.py"),
                str(ROOT / "hparams/phase1.yaml"),
                *_arguments(settings),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"OMP_NUM_THREADS": str(threads)},
        )
        log = json.loads(Path(folder, "training_log.json").read_text())
    audio = sum(
        float(Manifest(corpus / f"{split}.csv").durations.sum())
        for split in ("train", "valid")
    )
    return audio / log["epochs"][-1]["epoch_time"]


def measure_processes(corpus, options):
    """Rates of each round, by the way."""
    rates = {way: [] for way in WAYS}
    for number in range(options.rounds):
        for way, found in rates.items():
            found.append(train_epoch(way, corpus, options))
            print(f"round {number + 1}, {way}: {found[-1]:.2f}", flush=True)
    return rates


def tabulate(data, processes):
    lines = []
    for rows, rounds in data.items():
        cells = [f"{rows:,} rows", spread([r["rate"] for r in rounds])]
        for process in ("main_mb", "worker_mb"):
            for place in (0, 1):
                memory = [r[process][place] for r in rounds]
                cells.append(spread(memory, ".0f"))
        cells.append(spread([r["begin_seconds"] for r in rounds]))
        lines.append(cells)
    for way, rates in processes.items():
        lines.append([way, spread(rates), *[""] * 5])
    header = (
        *("", "audio-s/s", "main process, MB", "of that in no file"),
        *("loader worker, MB", "of that in no file", "to the first step, s"),
    )
    return make_table(header, lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=NAMES, default="demo")
    parser.add_argument("--rows", type=int, default=250_000)
    parser.add_argument("--times", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--utterances", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--batch_size", type=int, default=8)
    parser.add_argument("--work", type=Path, default=Path("build/speed"))
    parser.add_argument("--out", help="a JSON file for the figures")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    model = make_model(options.model, options.work / "models")
    options.freeze_layers = frozen_layers(model)
    if options.worker:
        more = {
            "model": model,
            "corpus": options.work / f"rows{options.rows}",
            "workers": 1,
            "seed": 0,
            "device": "cpu",
            "precision": "fp32",
        }
        vars(options).update(more)
        print(json.dumps(train_some(options)))
        return
    corpus = make_corpus(
        options.work / f"scaled{options.utterances}",
        options.utterances,
        valid=8,
    )
    data = measure_data(corpus, options)
    processes = measure_processes(corpus, options)
    table = tabulate(data, processes)
    print(markdown(table))
    if options.out:
        title = f"Scaling, {options.model}, batches of {options.batch_size}"
        content = {"title": title, "table": table}
        write_results(
            options.out, content | {"data": data, "processes": processes}
        )


if __name__ == "__main__":
    main()
