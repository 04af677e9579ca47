"""A synthetic corpus with the durations of the real one, in manifests."""

import csv
import json
import unicodedata
from pathlib import Path

import numpy as np
import soundfile

from childasr.manifest_csv import Utterance
from childasr.text.files import write_atomically, write_json

SAMPLE_RATE = 16_000
SHORTEST, LONGEST = 1.0, 20.0  # seconds
# Of the logarithm. What is left between the limits has a mean of 8.5 s.
LOCATION, SPREAD = 2.077, 0.45
JAMO_PER_SECOND = 9
SYLLABLES = (0xAC00, 0xD7A4)
WORD = 3  # syllables
SPEAKERS = 8  # of a split


def make_corpus(folder, utterances, seed=0, valid=64):
    """Write recordings, train.csv, valid.csv and summary.json.

    The sounds are noise and a tone: they cost what real ones cost to read.

    Arguments
    ---------
    folder : str or Path
        Stays as it is where it holds this very corpus.
    utterances, valid : int
        Of the training and of the validation split.
    seed : int

    Returns
    -------
    folder : Path
    """
    folder = Path(folder)
    summary = {
        "data_root": str(folder.resolve()),
        "utterances": {"train": utterances, "valid": valid},
        "seed": seed,
    }
    done = folder / "summary.json"
    if done.is_file() and json.loads(done.read_text("utf-8")) == summary:
        return folder
    for number, (split, count) in enumerate(summary["utterances"].items()):
        rng = np.random.default_rng([seed, number])
        _write_split(folder, split, draw_durations(count, rng), rng)
    write_json(done, summary)
    return folder


def draw_durations(count, rng):
    """Seconds, [count], log-normal, drawn again where out of limits."""
    durations = np.zeros(count)
    while (out := (durations < SHORTEST) | (durations > LONGEST)).any():
        durations[out] = rng.lognormal(LOCATION, SPREAD, out.sum())
    return np.round(durations * SAMPLE_RATE) / SAMPLE_RATE


def draw_text(seconds, rng):
    """Words of random syllables, some nine jamo for each second."""
    text, left = "", seconds * JAMO_PER_SECOND
    syllables = 0
    while left > 0:
        if syllables and syllables % WORD == 0:
            text += " "
        letter = chr(rng.integers(*SYLLABLES))
        text += letter
        left -= len(unicodedata.normalize("NFD", letter))
        syllables += 1
    return text


def _write_split(folder, split, durations, rng):
    (folder / "wav" / split).mkdir(parents=True, exist_ok=True)
    rows = []
    for number, seconds in enumerate(durations):
        name = f"{split}{number:06}"
        wav = f"wav/{split}/{name}.wav"
        _write_sound(folder / wav, seconds, rng)
        speaker = number % SPEAKERS
        rows.append(
            Utterance(
                ID=name,
                duration=round(float(seconds), 6),
                wav=f"$data_root/{wav}",
                spk_id=f"{split}{speaker}",
                age=5 + speaker,
                gender="FM"[speaker % 2],
                snr=20,
                style="read",
                text=draw_text(seconds, rng),
            )
        )
    with write_atomically(folder / f"{split}.csv") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Utterance._fields)
        writer.writerows(rows)


def _write_sound(path, seconds, rng):
    count = round(seconds * SAMPLE_RATE)
    time = np.arange(count, dtype=np.float32) / SAMPLE_RATE
    tone = np.sin(2 * np.pi * rng.uniform(100, 1000) * time)
    noise = rng.standard_normal(count, dtype=np.float32)
    soundfile.write(path, 0.1 * tone + 0.03 * noise, SAMPLE_RATE, "PCM_16")
