#!/usr/bin/env python3
"""Prepare an epoch of batches, with SpeechBrain's sampler and with ours.

> python benchmarks/speed/sampler.py --rows 1770000

Each figure is of a fresh process; the sides take turns. SpeechBrain's
`DynamicBatchSampler` is given what its recipes give it, and as much audio for
a batch as ours has on average. Its speed perturbation comes after batching
and is the same for a whole batch; ours is drawn before and is on.

"Told" and "not told" of the epoch: with one process SpeechBrain never calls
`set_epoch` on a batch sampler that is in a loader already.
"""

import argparse
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from corpus import draw_durations
from speechbrain.dataio.sampler import DynamicBatchSampler
from table import make_table, markdown, spread

from childasr.training.batching import DurationBatchSampler
from childasr.training.speed import KeyedSpeedPerturb

BATCH_SIZE = 16
BUCKETS = 200  # of SpeechBrain's LibriSpeech recipes
SIDES = {"ours": "ours", "speechbrain": "SpeechBrain"}


def measure_ours(durations, seed):
    """Seconds and properties of the second epoch."""
    hashes = np.random.default_rng(seed).integers(
        2**64, size=len(durations), dtype=np.uint64
    )
    perturb = KeyedSpeedPerturb(16_000, [90, 100, 110], 0.5)
    sampler = DurationBatchSampler(hashes, durations, BATCH_SIZE, seed, perturb)
    start = time.perf_counter()
    sampler.set_epoch(2)
    batches = iter(sampler)
    next(batches)
    ready = time.perf_counter()
    for _ in batches:
        pass
    end = time.perf_counter()
    compositions = [
        {frozenset(rows.tolist()) for rows in sampler.batches(epoch)[0]}
        for epoch in (1, 2)
    ]
    return {
        "ready": ready - start,
        "handed_out": end - start,
        "batches": len(sampler),
        "padding": float(sampler.padding_share(2)),
        "again": {"told": _share_again(*compositions)},
    }


def measure_speechbrain(durations, seed):
    """As `measure_ours`."""
    sampler = DynamicBatchSampler(
        range(len(durations)),
        max_batch_length=BATCH_SIZE * durations.mean(),
        num_buckets=BUCKETS,
        lengths_list=durations.tolist(),
        seed=seed,
    )
    compositions = [_composition(sampler)]
    for _ in sampler:  # an epoch, to its end
        pass
    compositions.append(_composition(sampler))
    start = time.perf_counter()
    sampler.set_epoch(2)
    ready = time.perf_counter()
    for _, _ in zip(range(len(sampler)), sampler, strict=False):
        pass  # not beyond the last batch, where it prepares anew
    end = time.perf_counter()
    compositions.append(_composition(sampler))
    batches = [np.array(batch) for batch in sampler]
    padded = sum(durations[b].max() * len(b) for b in batches)
    return {
        "ready": ready - start,
        "handed_out": end - start,
        "batches": len(sampler),
        "padding": float(1 - durations.sum() / padded),
        "again": {
            "not told": _share_again(*compositions[:2]),
            "told": _share_again(*compositions[1:]),
        },
    }


def _composition(sampler):
    batches = zip(range(len(sampler)), sampler, strict=False)
    return {frozenset(batch) for _, batch in batches}


def _share_again(one, other):
    return len(one & other) / len(one)


WAYS = {"ours": measure_ours, "speechbrain": measure_speechbrain}


def measure(side, rows, seed):
    durations = draw_durations(rows, np.random.default_rng(seed))
    return WAYS[side](durations, seed)


def tabulate(rows, rounds):
    """The table of what `measure` gave, by side."""
    lines = []
    for side, results in rounds.items():
        again = results[0]["again"].items()
        lines.append(
            [
                SIDES[side],
                spread([r["ready"] for r in results]),
                spread([r["handed_out"] for r in results]),
                f"{rows / results[0]['batches']:.1f}",
                spread([100 * r["padding"] for r in results], ".2f") + " %",
                ", ".join(f"{share:.1%} {told}" for told, share in again),
            ]
        )
    pairs = list(zip(rounds["speechbrain"], rounds["ours"], strict=True))
    gains = [
        spread([them[key] / us[key] for them, us in pairs]) + " x"
        for key in ("ready", "handed_out")
    ]
    header = (
        *("", "ready, s", "and handed out, s", "utterances a batch"),
        *("padding", "batches that come again in the next epoch"),
    )
    return make_table(header, [*lines, ["ours is faster by", *gains, *"---"]])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_770_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", help="a JSON file for the figures")
    options = parser.parse_args()
    rounds = {side: [] for side in SIDES}
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, fresh, max_tasks_per_child=1) as pool:
        for seed in range(options.rounds):
            for side, results in rounds.items():
                job = pool.submit(measure, side, options.rows, seed)
                results.append(job.result())
                print(f"round {seed + 1}, {side}: {results[-1]}", flush=True)
    table = tabulate(options.rows, rounds)
    print(markdown(table))
    if options.out:
        # Not above: the processes that measure would load torch's models too.
        from machine import write_results

        write_results(
            options.out,
            {
                "title": f"Batches of an epoch of {options.rows:,} rows",
                "table": table,
                "rounds": rounds,
            },
        )


if __name__ == "__main__":
    main()
