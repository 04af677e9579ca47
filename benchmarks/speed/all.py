#!/usr/bin/env python3
"""Run every speed benchmark, one after the other, and print the tables.

> python benchmarks/speed/all.py
> python benchmarks/speed/all.py --device cuda

Some 80 minutes on two cores, where XLS-R needs seconds for a second of audio;
on a GPU it is planned for 8 minutes, once all is installed, and has not run
yet. Nothing is downloaded. The figures go to benchmarks/results/. A script that
fails is named at the end; the others run.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from childasr.training.precision import best_precision

ROOT = Path(__file__).resolve().parents[2]
# From the root, so that results tell commands that work elsewhere.
SPEED, RESULTS = "benchmarks/speed", "benchmarks/results"
LARGE = "--model=xls-r-300m"
# Name of the results -> script and arguments. A GPU is left out of what does
# not use it.
RUNS = {
    "cpu": {
        "training_cpu": f"training {LARGE} --rounds=3 --skip=1 --steps=4 "
        "--batch_size=4 --workers=2 "
        "--sides=ours,default,default_nodropout,careful,speechbrain",
        "levers_cpu": f"levers {LARGE} --rounds=3",
        "transcription_cpu": f"transcription {LARGE} --utterances=16 --part=8 "
        "--rounds=1",
        "transcription_demo_cpu": "transcription --utterances=1000 --rounds=2",
        "validation_cpu": f"validation {LARGE} --batch_size=4 --batches=4 "
        "--steps=2 --rounds=2",
        "sampler": "sampler --rounds=3",
        "scaling": "scaling --rounds=3",
    },
    "cuda": {
        "training_cuda": f"training {LARGE} --rounds=2 --steps=60 "
        "--sides=ours,default,default_nodropout,careful,speechbrain",
        "levers_cuda": f"levers {LARGE} --batch_size=16 --rounds=10",
        "transcription_cuda": f"transcription {LARGE} --utterances=300 "
        "--rounds=2",
        "validation_cuda": f"validation {LARGE} --steps=20 --batches=44 "
        "--rounds=2 --workers=4",
    },
}


def gpu_precision(script):
    """bf16, or what the script has on a V100, which has no bf16."""
    best = best_precision("cuda")
    return "fp32" if (script, best) == ("transcription", "fp16") else best


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=RUNS, default="cpu")
    parser.add_argument("--work", default="build/speed", help="from the root")
    options = parser.parse_args()
    os.chdir(ROOT)
    failed = []
    for name, run in RUNS[options.device].items():
        script, *arguments = run.split()
        arguments += ["--out", f"{RESULTS}/{name}.json"]
        if script != "sampler":
            arguments += ["--work", options.work]
        if options.device == "cuda":
            arguments += ["--device=cuda", "--precision", gpu_precision(script)]
        print(f"{name}: {run}", flush=True)
        command = [sys.executable, f"{SPEED}/{script}.py", *arguments]
        if subprocess.run(command).returncode:
            failed.append(name)
    subprocess.run([sys.executable, "benchmarks/tables.py"], check=True)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
