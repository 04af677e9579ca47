#!/usr/bin/env python3
"""Transcribe recordings with transformers' pipeline and with ours.

> python benchmarks/speed/transcription.py --model demo --utterances 1000

Both have the same exported model, with a random head, and read the same files
in the same order, the pipeline through a data set that reads WAV files with
our reader: its own starts a program for each. Its best batch size is chosen
on a part of the recordings. Models are loaded before the clock starts; our
time includes the headers, which are read for the lengths. In turns.

Texts are compared one by one. The pipeline does not cut off the frames of the
padding, so in batches it hears more than was said. In bf16 our weights
stay in fp32, and the pipeline's are bf16 too: their texts would differ for that
reason alone, as a random head is full of near ties. So only the times are of
bf16, and the texts of a part of the recordings are compared in fp32.
"""

import argparse
import time
from pathlib import Path

import torch
from corpus import make_corpus
from machine import (
    gflop_per_second_of_audio,
    sustained_rate,
    time_products,
    write_results,
)
from models import NAMES, frozen_layers
from recognisers import make_recogniser
from table import make_table, markdown, spread
from transformers import pipeline
from transformers.utils import logging

from childasr.audio import SAMPLE_RATE, durations, read_audio
from childasr.evaluation.recogniser import Recogniser
from childasr.manifest import Manifest
from childasr.model.full_fp32 import full_fp32

BATCH_SIZES = (1, 4, 8, 16)
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


class Recordings(torch.utils.data.Dataset):
    """Files as the pipeline takes samples."""

    def __init__(self, paths):
        self.paths = paths

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, item):
        samples = read_audio(self.paths[item])
        return {"raw": samples, "sampling_rate": SAMPLE_RATE}


class Ours:
    def __init__(self, folder, options):
        self.recogniser = Recogniser(
            folder,
            options.device,
            options.batch_seconds,
            precision=options.precision,
        )

    def transcribe(self, paths):
        heard = self.recogniser.transcribe_files(paths, durations(paths))
        return [text for text, _ in heard]


class Pipeline:
    def __init__(self, folder, options):
        self.pipeline = pipeline(
            "automatic-speech-recognition",
            model=str(folder),
            device=options.device,
            dtype=DTYPES[options.precision],
        )

    def transcribe(self, paths, batch_size):
        heard = self.pipeline(Recordings(paths), batch_size=batch_size)
        return [found["text"] for found in heard]


def timed(transcribe, *arguments):
    start = time.perf_counter()
    texts = transcribe(*arguments)
    return time.perf_counter() - start, texts


def best_batch_size(rival, paths):
    """The fastest of two rounds, and the seconds of each size."""
    seconds = {
        size: min(timed(rival.transcribe, paths, size)[0] for _ in range(2))
        for size in BATCH_SIZES
    }
    return min(seconds, key=seconds.get), seconds


def compare(ours, theirs, alone):
    """How many texts are equal, and why others are not.

    Arguments
    ---------
    ours, theirs : list of str
    alone : callable
        Gives our texts of some utterances, each in a batch of its own.
    """
    counts = dict.fromkeys(("equal", "goes_on", "rounding", "other"), 0)
    others = []
    for item, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        if one == other:
            counts["equal"] += 1
        elif other.startswith(one):
            counts["goes_on"] += 1
        else:
            others.append(item)
    for item, one in zip(others, alone(others), strict=True):
        same = theirs[item].startswith(one)
        counts["rounding" if same else "other"] += 1
    return counts


def jobs(ours, rival, paths, size):
    """What each way calls, and with what.

    Arguments
    ---------
    ours : Ours
    rival : Pipeline
    paths : list of Path
    size : int
        The best of its batch sizes.
    """
    ways = {
        "ours": (ours.transcribe, paths),
        "default": (rival.transcribe, paths, 1),
    }
    if size > 1:
        ways["best"] = (rival.transcribe, paths, size)
    return ways


def compare_ways(ours, paths, texts):
    """What `compare` counts, of each way but ours."""
    ours.recogniser.batch_seconds = 0

    def alone(items):
        return ours.transcribe([paths[item] for item in items])

    return {
        way: compare(texts["ours"], found, alone)
        for way, found in texts.items()
        if way != "ours"
    }


@full_fp32()  # the pipeline too
def run(options):
    """All the figures, as the JSON has them."""
    corpus = make_corpus(
        options.work / f"transcribed{options.utterances}",
        options.utterances,
        valid=8,
    )
    rows = Manifest(corpus / "train.csv")
    paths, audio = [row.wav for row in rows], float(sum(rows.durations))
    folder = make_recogniser(options.model, options.work, paths[0])
    ours, rival = Ours(folder, options), Pipeline(folder, options)
    part = paths[: options.part]
    ours.transcribe(part)  # warm, as the choice of a batch size makes the rival
    size, sizes = best_batch_size(rival, part)
    print(f"seconds by batch size: {sizes}", flush=True)
    ways = jobs(ours, rival, paths, size)
    seconds, texts = {way: [] for way in ways}, {}
    for round in range(options.rounds):
        for way, job in ways.items():
            taken, texts[way] = timed(*job)
            seconds[way].append(taken)
            print(f"round {round + 1}, {way}: {taken:.2f} s", flush=True)
    if options.precision != "fp32":
        exact = argparse.Namespace(**vars(options) | {"precision": "fp32"})
        ours, rival, paths = Ours(folder, exact), Pipeline(folder, exact), part
        ways = jobs(ours, rival, paths, size)
        texts = {way: timed(*job)[1] for way, job in ways.items()}
    return {
        "device": options.device,
        "precision": options.precision,
        "model": options.model,
        "utterances": options.utterances,
        "audio_seconds": audio,
        "best_batch_size": size,
        "seconds_by_batch_size": sizes,
        "seconds": seconds,
        "texts_compared": len(paths),
        "empty_texts": texts["ours"].count(""),
        "texts": compare_ways(ours, paths, texts),
        "gflop_per_audio_second": gflop_per_second_of_audio(
            folder, frozen_layers(folder)
        )["forward"],
        "matmul_gflops": sustained_rate(
            time_products(options.device, options.precision)
        ),
    }


def tabulate(figures):
    audio, ours = figures["audio_seconds"], figures["seconds"]["ours"]
    peak = figures["matmul_gflops"] / figures["gflop_per_audio_second"]
    exact = figures["precision"] == "fp32"
    pure = "" if exact else ", its weights in bf16 too"
    names = {
        "ours": "ours",
        "default": f"`transformers` pipeline{pure}, its default, batches of 1",
        "best": f"the same, batches of {figures['best_batch_size']}",
    }
    lines = []
    for way, seconds in figures["seconds"].items():
        rates = [audio / s for s in seconds]
        gains = [s / us for s, us in zip(seconds, ours, strict=True)]
        texts = figures["texts"].get(way, {})
        lines.append(
            [
                names[way],
                spread(rates),
                f"{spread([rate / peak for rate in rates], '.0%')}",
                "" if way == "ours" else spread(gains) + " x",
                texts.get("equal", ""),
                texts.get("goes_on", ""),
                texts.get("rounding", ""),
                texts.get("other", ""),
            ]
        )
    header = (
        *("", "audio-s/s", "of the matrix-product rate", "ours is faster by"),
        *("texts as ours", "go on into the padding"),
        *("as ours alone in a batch", "other"),
    )
    return make_table(header, lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=NAMES, default="demo")
    parser.add_argument("--utterances", type=int, default=1000)
    parser.add_argument("--part", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", choices=DTYPES, default="fp32")
    parser.add_argument("--batch_seconds", type=float)
    parser.add_argument("--work", type=Path, default=Path("build/speed"))
    parser.add_argument("--out", help="a JSON file for the figures")
    options = parser.parse_args()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    figures = run(options)
    table = tabulate(figures)
    print(markdown(table))
    if options.out:
        title = (
            f"Transcription of {options.utterances} recordings, "
            f"{options.model}, {options.precision}, {options.device}"
        )
        if options.precision != "fp32":
            title += f"; texts of {figures['texts_compared']} of them in fp32"
        write_results(options.out, {"title": title, "table": table} | figures)


if __name__ == "__main__":
    main()
