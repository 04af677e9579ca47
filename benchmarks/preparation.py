"""Time and memory of a whole preparation, by the number of recordings.

    python benchmarks/preparation.py --recordings 10000 100000

Writes corpora in AI Hub 540's layout, prepares each with the recipe's own
command, and prepares it again. The recordings are short: what is measured is
the cost of each one, not of its samples.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

COMMAND = Path(__file__).parents[1] / "recipes/ChildASR/prepare_phase_data.py"
RATE = 16_000
FRAMES = 1600
PER_SPEAKER = 500


def write_corpus(root, count):
    """Write labels and recordings, no two of which sound the same."""
    generator = np.random.default_rng(1)
    for number in range(count):
        speaker = f"{number // PER_SPEAKER:08d}"
        stem = f"K{speaker}-AFG22-L1N2D1-I-K0KK-{number:08d}"
        top = (
            root / ("1.Training", "2.Validation")[number // PER_SPEAKER % 5 > 3]
        )
        paths = {
            kind: top / kind / "kor_free/2021-10-24" / speaker[-4:]
            for kind in ("원천데이터", "라벨링데이터")
        }
        if number % PER_SPEAKER == 0:
            for path in paths.values():
                path.mkdir(parents=True)
        soundfile.write(
            paths["원천데이터"] / f"{stem}.wav",
            generator.integers(-3000, 3000, FRAMES, dtype=np.int16),
            RATE,
        )
        label = {
            "Basic": {"NumberOfSpeaker": speaker},
            "Wav": {
                "SamplingRate": str(RATE),
                "SignalToNoiseRatio": f"+{number % 40}dB",
            },
            "File": {"FileName": f"{stem}.wav", "FileLength": "0.10"},
            "Speaker": {
                "Gender": "FM"[number % 2],
                "Age": str(5 + int(speaker) % 8),
            },
            "Transcription": {"LabelText": "네"},
        }
        (paths["라벨링데이터"] / f"{stem}.json").write_text(
            json.dumps(label, ensure_ascii=False, indent=2), encoding="utf-8"
        )


def measure(corpus, manifests):
    """Seconds and peak memory in MB of the process that the user starts."""
    command = [
        *(sys.executable, str(COMMAND), "--input_dir", str(corpus)),
        *("--output_dir", str(manifests), "--split", "speakers"),
    ]
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} failed: {output}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--recordings", type=int, nargs="+", default=[10_000, 100_000]
    )
    parser.add_argument("--folder", help="where to write; default: as tempfile")
    given = parser.parse_args()
    print(f"{len(os.sched_getaffinity(0))} processors")
    print(f"{'recordings':>10}  {'run':6}  {'s':>8}  {'us each':>8}  {'MB':>6}")
    for count in given.recordings:
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            write_corpus(Path(folder, "corpus"), count)
            for run in ("first", "again"):
                seconds, memory = measure(
                    Path(folder, "corpus"), Path(folder, "M")
                )
                each = seconds / count * 1e6
                print(
                    f"{count:10,}  {run:6}  {seconds:8.1f}  {each:8.0f}  "
                    f"{memory:6.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
