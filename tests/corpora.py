"""Tiny corpora in the layout of child_subset_100h, made for tests.

The audio is tones, one pair for each letter of the text, in noise at the SNR
that the metadata states: no speech, but a model can learn to read it.
"""

import csv
import dataclasses
import itertools
import json
import os
import unicodedata
from pathlib import Path

import numpy as np
import soundfile

RATE = 16_000
TOPS = {
    "train": "1.Training",
    "valid": "2.Validation_split",
    "test": "3.Test",
}
TEXTS = [
    "나는 밥을 먹었다",
    "강아지가 뛰어요",
    "엄마 저기 봐요",
    "하늘이 파래요",
    "친구랑 놀았어요",
    "책을 읽어요",
    "비가 와요",
    "토끼는 당근을 먹어요",
]


@dataclasses.dataclass
class Clip:
    """One recording of a made corpus, as its metadata row describes it."""

    split: str
    speaker: str
    text: str
    number: int
    seconds: float = 1.0
    age: str = "9"
    gender: str = "F"
    snr: str = "20"
    style: str = "formatted"
    date: str = "2021-10-24"

    @property
    def stem(self):
        return (
            f"K{self.speaker}-A{self.gender}G22-L1N2D1-I-K0KK-{self.number:08d}"
        )

    def path(self, kind="원천데이터", suffix=".wav"):
        """Path below the corpus root, with `/`."""
        return (
            f"{TOPS[self.split]}/{kind}/kor_{self.style}/{self.date}/"
            f"{self.speaker[-4:]}/{self.stem}{suffix}"
        )

    def row(self):
        """The metadata row, keyed by column."""
        return {
            "split": self.split,
            "wav_path": self.path(),
            "json_path": self.path("라벨링데이터", ".json"),
            "speaker_id": self.speaker,
            "age": self.age,
            "gender": self.gender,
            "snr": self.snr,
            "duration": f"{self.seconds:.2f}",
            "style": self.style,
            "text": self.text,
        }


def make_clips(
    speakers=None, utterances=4, texts=TEXTS, seconds=(0.7, 1.5), seed=0
):
    """Describe a corpus: speakers differ in age, gender and SNR.

    Arguments
    ---------
    speakers : dict
        Split -> count of speakers; default 3 train, 2 valid, 2 test.
    utterances : int
        Recordings of each speaker, half of them free, half formatted.
    texts : list of str
        Dealt out in turn, so the same ones return in every split.
    seconds : tuple
        Shortest and longest recording.
    seed : int
        Of the durations and SNRs.

    Returns
    -------
    clips : list of Clip
    """
    speakers = speakers or {"train": 3, "valid": 2, "test": 2}
    draw = np.random.default_rng(seed)
    text = itertools.cycle(texts)
    clips = []
    for split in TOPS:
        for _ in range(speakers.get(split, 0)):
            who = len({clip.speaker for clip in clips})
            for turn in range(utterances):
                clips.append(
                    Clip(
                        split=split,
                        speaker=f"0850{9000 + who:04d}",
                        text=next(text),
                        number=len(clips),
                        seconds=round(draw.uniform(*seconds), 2),
                        age=str(5 + who % 8),
                        gender="FM"[who % 2],
                        snr=str(draw.integers(5, 40)),
                        style=("formatted", "free")[turn % 2],
                        date=f"2021-10-{1 + len(clips) % 28:02d}",
                    )
                )
    return clips


def waveform(clip):
    """Tones that spell the text, in noise.

    Returns
    -------
    samples : numpy.ndarray
        `[time]`, float32, 16 kHz.
    """
    letters = unicodedata.normalize("NFD", clip.text) or " "
    time = np.arange(round(clip.seconds * RATE)) / RATE
    which = (np.arange(len(time)) * len(letters)) // max(len(time), 1)
    code = np.array([ord(letter) for letter in letters])[which]
    # 19 x 23 frequencies: more than the 67 jamo, none of them equal.
    low, high = 300 + 60 * (code % 19), 1700 + 110 * (code % 23)
    signal = np.sin(2 * np.pi * low * time) + np.sin(2 * np.pi * high * time)
    noise = np.random.default_rng(clip.number).standard_normal(len(time))
    try:
        decibel = float(clip.snr)
    except ValueError:
        decibel = 30.0
    return (0.1 * (signal + noise * 10 ** (-decibel / 20))).astype(np.float32)


def write_clip(root, clip):
    """Write a clip's WAV and its JSON label.

    Returns
    -------
    wav : Path
    """
    write_label(Path(root, clip.path("라벨링데이터", ".json")), clip)
    return write_sound(Path(root, clip.path()), clip)


def write_sound(path, clip):
    """Write a clip's recording, in the format of the path's suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Formats round floats in different ways.
    samples = np.round(waveform(clip) * 2**15).astype(np.int16)
    soundfile.write(path, samples, RATE, subtype="PCM_16")
    return path


def write_label(path, clip):
    """Write a clip's label with the keys of AI Hub 540."""
    content = {
        "Basic": {
            "Language": "KOR",
            "Version": "synthetic, test tones",
            "NumberOfSpeaker": clip.speaker,
        },
        "Wav": {
            "SamplingRate": str(RATE),
            "NumberOfBit": "16",
            "NumberOfChannel": "1",
            "SignalToNoiseRatio": f"+{clip.snr}dB",
        },
        "File": {
            "FileName": f"{clip.stem}.wav",
            "FileLength": f"{clip.seconds:.2f}",
        },
        "Speaker": {"Gender": clip.gender, "Age": clip.age},
        "Transcription": {"LabelText": clip.text},
        "Other": {"QualityStatus": "Good"},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def write_rows(path, rows, encoding="utf-8"):
    """Write metadata rows (dicts with the same keys) as a CSV file."""
    rows = list(rows)
    with open(path, "w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, fieldnames=rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def write_metadata(root, rows):
    """Write both metadata files of the layout from `Clip.row()`s."""
    rows = list(rows)
    write_rows(Path(root, "subset_metadata_with_test.csv"), rows)
    without_test = [row for row in rows if row["split"] != "test"]
    write_rows(Path(root, "subset_metadata.csv"), without_test or rows)


def write_corpus(root, clips=None):
    """Write a whole corpus: WAVs, labels and both metadata files.

    Arguments
    ---------
    root : str or Path
        The folder to become `child_subset_100h`.
    clips : list of Clip
        Default: `make_clips()`.

    Returns
    -------
    clips : list of Clip
    """
    clips = make_clips() if clips is None else clips
    for clip in clips:
        write_clip(root, clip)
    write_metadata(root, [clip.row() for clip in clips])
    return clips


def _replace_by_link(wav):
    """Move a recording out of the corpus and leave a link in its place."""
    elsewhere = wav.parents[6] / f"elsewhere_{wav.name}"
    os.replace(wav, elsewhere)
    wav.symlink_to(elsewhere)


def _write_samples(wav, samples, subtype="PCM_16"):
    soundfile.write(wav, np.asarray(samples), RATE, subtype)


# Defects of the recording itself, by the name of what preparation must say.
AUDIO_DEFECTS = {
    "audio_missing": os.remove,
    "audio_unreadable": lambda wav: wav.write_bytes(b"RIFF, but no WAV at all"),
    "audio_empty": lambda wav: _write_samples(wav, []),
    "audio_short": lambda wav: _write_samples(wav, np.zeros(399)),
    "audio_nonfinite": lambda wav: _write_samples(
        wav, np.array([0.0, np.nan] * 8000, "float32"), "FLOAT"
    ),
    "path_outside_root": _replace_by_link,
}


def damage(root, clip, defect):
    """Plant one of AUDIO_DEFECTS in a written clip."""
    AUDIO_DEFECTS[defect](Path(root, clip.path()))


def read_rows(path):
    """Rows of a CSV file as dicts."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
