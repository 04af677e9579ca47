"""A command, run with its speed and its memory written down.

> python measured.py RESULT.json train.py hparams/phase1.yaml ...

From outside, so that a training is the same whether it is measured or not.
"""

import os
import resource
import runpy
import statistics
import sys
import time
from itertools import pairwise

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

from childasr.text.files import write_json


def measurements(times):
    """What the steps of an optimiser say, and the memory of this process.

    Arguments
    ---------
    times : list of float
        When each step ended, in seconds.

    Returns
    -------
    found : dict
        `steps`; `seconds_per_step`, the median, which no validation or
        checkpoint between two steps moves; `peak_gib`, of the GPU's memory
        where there is one, else of the machine's.

    Example
    -------
    >>> found = measurements([1.0, 1.5, 2.0, 9.0, 9.5])
    >>> found["steps"], found["seconds_per_step"], found["peak_gib"] > 0
    (5, 0.5, True)
    """
    between = [after - before for before, after in pairwise(times)]
    if torch.cuda.is_available():
        peak = torch.cuda.max_memory_reserved()
    else:  # in KiB, but for macOS, where it is in bytes
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        peak *= 1 if sys.platform == "darwin" else 1024
    return {
        "steps": len(times),
        "seconds_per_step": statistics.median(between),
        "peak_gib": peak / 2**30,
    }


def _write(result, times):
    """Say so where it fails: a training is what it is, measured or not."""
    try:
        write_json(result, measurements(times))
    except OSError as error:
        print(f"{result} is not written: {error.strerror}", file=sys.stderr)


def main():
    result, script, *arguments = sys.argv[1:]
    times = []
    register_optimizer_step_post_hook(
        lambda *_: times.append(time.perf_counter())
    )
    sys.argv = [script, *arguments]
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        # A run that goes on to its very end only has no steps to measure.
        if len(times) > 1 and os.environ.get("RANK", "0") == "0":
            _write(result, times)


if __name__ == "__main__":
    main()
