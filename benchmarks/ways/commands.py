"""The recipe's commands, run with what they print in a file."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RECIPE = ROOT / "recipes" / "ChildASR"
# One thread: the same sums in every run, and a core left for other work.
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}


def run(script, *arguments, log):
    """Run a command to its end.

    Arguments
    ---------
    script : str
        Its file name without `.py`.
    *arguments : str or Path
    log : Path
        Gets what it prints.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, RECIPE / f"{script}.py", *map(str, arguments)]
    with open(log, "w", encoding="utf-8") as file:
        done = subprocess.run(
            command,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=ENVIRONMENT,
            check=False,
        )
    if done.returncode:
        raise SystemExit(f"{script}.py ended with {done.returncode}: see {log}")
