#!/usr/bin/env python3
"""Open a manifest for training, with SpeechBrain's dataset and with ours.

> python benchmarks/open_manifest.py --rows 1770000

Every figure is of a fresh process, whose own share is what it holds beyond
its imports; the two take turns. SpeechBrain's is what its recipes do:
`from_csv`, sorted by duration, and `DynamicBatchSampler`.
"""

import argparse
import csv
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DATA_ROOT = "/corpus"
BATCH_SIZE = 16
SYLLABLES = "가나다라마바사아자차카타파하는을이에서도한그리고"
SHARES = {"train": 1.0, "valid": 0.037, "test": 0.037}
COLUMNS = (
    *("ID", "duration", "wav", "spk_id", "age", "gender", "snr", "style"),
    *("text", "snr_source", "content"),
)


def write_manifest(path, rows):
    """Write a manifest with cells as long as those of the real corpus."""
    rng = random.Random(path.stem)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in range(rows):
            speaker = f"{path.stem}{row * 3000 // rows:05}"
            name = f"K{speaker}_{row:08}"
            folder = f"1.Training/원천데이터/TS_kor_free/{speaker}"
            words = ("".join(rng.choices(SYLLABLES, k=3)) for _ in range(9))
            writer.writerow(
                [
                    name,
                    round(min(20, max(1, rng.lognormvariate(2.05, 0.45))), 6),
                    f"$data_root/{folder}/{name}.wav",
                    speaker,
                    5 + row % 8,
                    "FM"[row % 2],
                    f"{rng.uniform(0, 40):.1f}",
                    "free",
                    " ".join(words),
                    "label",
                    f"{rng.getrandbits(128):032x}",
                ]
            )


def open_speechbrain(path):
    from speechbrain.dataio.dataset import DynamicItemDataset
    from speechbrain.dataio.sampler import DynamicBatchSampler

    yield "imports"
    dataset = DynamicItemDataset.from_csv(
        path, {"data_root": DATA_ROOT}, output_keys=["id", "wav", "text"]
    ).filtered_sorted(sort_key="duration")
    for row in range(4):
        dataset[row]
    yield "open"
    DynamicBatchSampler(
        dataset,
        max_batch_length=BATCH_SIZE * 8.5,
        num_buckets=200,
        length_func=lambda row: row["duration"],
    )
    yield "epoch"


def open_ours(path):
    from childasr.manifest import Manifest
    from childasr.training.batching import DurationBatchSampler

    yield "imports"
    manifest = Manifest(path, DATA_ROOT)
    sampler = DurationBatchSampler(
        manifest.id_hashes, manifest.durations, BATCH_SIZE, seed=1
    )
    for row in range(4):
        manifest[row * len(manifest) // 4]
    yield "open"
    sampler.batches(1)
    yield "epoch"


def make_arrow(path):
    from childasr.manifest import Manifest

    yield "imports"
    Manifest(path)
    yield "open"


def check_splits(path):
    from childasr.manifest_splits import check_disjoint

    yield "imports"
    check_disjoint(path.parent)
    yield "open"


WAYS = {
    way.__name__: way
    for way in (open_speechbrain, open_ours, make_arrow, check_splits)
}


def peak_mb():
    """The most memory that this process has held, shared pages included."""
    status = Path("/proc/self/status").read_text()
    (line,) = (x for x in status.splitlines() if x.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def measure(way, path):
    """Seconds and peak MB of each step of a way, in this process."""
    # What training has imported in any case.
    import speechbrain  # noqa: F401

    steps = {}
    before = time.perf_counter()
    for step in WAYS[way](path):
        now = time.perf_counter()
        steps[step] = {"seconds": now - before, "mb": peak_mb()}
        before = time.perf_counter()
    return steps


def in_fresh_process(way, path):
    command = [sys.executable, __file__, "--measure", way, str(path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def print_table(rounds):
    header = ("", "seconds", "MB", "MB in all", "then an epoch's batches, s")
    print(" | ".join(header))
    for way, results in rounds.items():
        own = [r["open"]["mb"] - r["imports"]["mb"] for r in results]
        cells = [
            median(r["open"]["seconds"] for r in results),
            median(own),
            median(r["open"]["mb"] for r in results),
        ]
        if "epoch" in results[0]:
            cells += [median(r["epoch"]["seconds"] for r in results)]
        print(" | ".join([way, *cells]), flush=True)


def median(values):
    return f"{statistics.median(values):.3g}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_770_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        way, path = arguments.measure
        print(json.dumps(measure(way, Path(path))))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.csv"
        for split, share in SHARES.items():
            write_manifest(
                path.with_stem(split), max(1, int(arguments.rows * share))
            )
        size = path.stat().st_size / 2**20
        print(f"{arguments.rows:,} rows, {size:.0f} MB of CSV; medians")
        rounds = {"make_arrow": [in_fresh_process("make_arrow", path)]}
        in_fresh_process("check_splits", path)  # makes the other two
        ways = ("open_speechbrain", "open_ours", "check_splits")
        for _ in range(arguments.rounds):
            for way in ways:
                rounds.setdefault(way, []).append(in_fresh_process(way, path))
        print_table(rounds)


if __name__ == "__main__":
    main()
