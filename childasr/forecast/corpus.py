"""Recordings to measure with, where none are prepared yet."""

import csv

import numpy as np
import soundfile

from childasr.audio import SAMPLE_RATE
from childasr.manifest_csv import Utterance
from childasr.text.files import write_atomically, write_json

SYLLABLES = (0xAC00, 0xD7A4)
SYLLABLES_PER_SECOND = 4


def write_noise(folder, splits):
    """Write noise in place of a corpus: it costs what speech costs.

    Arguments
    ---------
    folder : Path
        Gets recordings, and `train.csv`, `valid.csv`, `summary.json`.
    splits : dict
        Name to the seconds of its utterances.

    Example
    -------
    >>> from childasr.manifest import Manifest
    >>> folder = getfixture("tmp_path")
    >>> write_noise(folder, {"train": [1.0, 2.0]})
    >>> manifest = Manifest(folder / "train.csv")
    >>> len(manifest), manifest.durations.tolist()
    (2, [1.0, 2.0])
    """
    rng = np.random.default_rng(0)
    for split, durations in splits.items():
        with write_atomically(folder / f"{split}.csv") as file:
            writer = csv.writer(file)
            writer.writerow(Utterance._fields)
            for number, seconds in enumerate(durations):
                name = f"{split}{number}"
                samples = round(seconds * SAMPLE_RATE)
                _write_wav(folder / f"{name}.wav", samples, rng)
                utterance = Utterance(
                    ID=name,
                    duration=samples / SAMPLE_RATE,
                    wav=f"$data_root/{name}.wav",
                    spk_id=split,
                    age="",
                    gender="",
                    snr="",
                    style="",
                    text=_words(seconds, rng),
                )
                writer.writerow(utterance)
    write_json(folder / "summary.json", {"data_root": str(folder)})


def _write_wav(path, samples, rng):
    noise = 0.1 * rng.standard_normal(samples, dtype=np.float32)
    soundfile.write(path, noise, SAMPLE_RATE, "PCM_16")


def _words(seconds, rng):
    count = max(1, int(seconds * SYLLABLES_PER_SECOND))
    letters = "".join(map(chr, rng.integers(*SYLLABLES, size=count)))
    return " ".join(letters[i : i + 3] for i in range(0, count, 3))
