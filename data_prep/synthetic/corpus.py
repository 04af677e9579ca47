"""The demo corpus on disk, in the layout of `child_subset_100h`."""

import csv
import random
import shutil
from dataclasses import dataclass, fields
from datetime import date, timedelta
from pathlib import Path

import soundfile
from tqdm import tqdm

from childasr.text import InputError
from childasr.text.files import write_atomically, write_json
from data_prep.readers.names import AUDIO_TREE, LABEL_TREE, STYLE_FOLDERS
from data_prep.subset_files import FOLDERS, METADATA
from data_prep.synthetic.noise import KINDS
from data_prep.synthetic.scripts import demo_children
from data_prep.synthetic.synthesis import SAMPLE_RATE, perform_all

CORPUS = "child_subset_100h"
FOLDER_OF_STYLE = {style: folder for folder, style in STYLE_FOLDERS.items()}
FIRST_DAY = date(2021, 9, 1)
RECORDING_DAYS = 40  # several children a day, as in the real corpus
SYNTHETIC = "synthetic, eSpeak NG"


@dataclass(frozen=True)
class Row:
    """A row of the metadata; the fields are its columns."""

    split: str
    wav_path: str
    json_path: str
    speaker_id: str
    age: int
    gender: str
    snr: float
    duration: float
    style: str
    text: str


def utterance_path(child, style, day, noise, serial):
    """Path of an utterance under its split's label or sound folder.

    Returns
    -------
    path : str
        Without a suffix.
    """
    stem = (
        f"K{child.number}-A{child.gender}G{child.age:02d}"
        f"-L1N{KINDS.index(noise) + 1}D1-E-K0KK-{serial:08d}"
    )
    return f"{FOLDER_OF_STYLE[style]}/{day}/{child.number[-4:]}/{stem}"


def make_label(row, recording, day):
    """The label of an utterance, with the keys of AI Hub's corpus 540."""
    return {
        "Basic": {
            "Language": "KOR",
            "Version": SYNTHETIC,
            "NumberOfSpeaker": row.speaker_id[-4:],
            "DataCategory": SYNTHETIC,
            "RecordingDate": str(day),
        },
        "Wav": {
            "SamplingRate": str(SAMPLE_RATE),
            "NumberOfBit": "16",
            "NumberOfChannel": "1",
            "SignalToNoiseRatio": f"{row.snr:+.1f}dB",
        },
        "File": {
            "FileName": Path(row.wav_path).name,
            "FileLength": f"{row.duration:.2f}",
            "FileFormat": "wav",
            "NumberOfRepeat": "1",
        },
        "Speaker": {
            "SpeakerName": row.speaker_id,
            "Gender": row.gender,
            "Age": str(row.age),
            "AgeGroup": "N/A",
            "SchoolYear": "N/A",
            "Region": "N/A",
            "Dialect": "N/A",
        },
        "Environment": {
            "RecordingEnviron": SYNTHETIC,
            "NoiseEnviron": SYNTHETIC,
            "RecordingDevices": SYNTHETIC,
        },
        "Transcription": {
            "LabelText": row.text,
            "ErrorTagged": "N/A",
            "GrammaticalError": "N/A",
        },
        "Miscellaneous_Info": {
            "SpeechStart": f"{recording.start:.2f}",
            "SpeechEnd": f"{recording.end:.2f}",
        },
        "Other": {"QualityStatus": "Good"},
    }


def write_utterance(root, child, index, recording, day, serial):
    """Write the sound and the label of one utterance; give its row."""
    line, style = child.script.lines[index], child.styles[index]
    path = utterance_path(child, style, day, line.noise, serial)
    folder = FOLDERS[child.split]
    row = Row(
        split=child.split,
        wav_path=f"{folder}/{AUDIO_TREE}/{path}.wav",
        json_path=f"{folder}/{LABEL_TREE}/{path}.json",
        speaker_id=child.number,
        age=child.age,
        gender=child.gender,
        snr=line.snr,
        duration=round(len(recording.samples) / SAMPLE_RATE, 3),
        style=style,
        text=line.text,
    )
    sound = root / row.wav_path
    sound.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(sound, recording.samples, SAMPLE_RATE, "PCM_16")
    write_json(root / row.json_path, make_label(row, recording, day))
    return row


def write_child(root, child, recordings, rng):
    """Write all utterances of a speaker, a day of recording for each style."""
    days = {
        style: FIRST_DAY + timedelta(days=rng.randrange(RECORDING_DAYS) * 3)
        for style in FOLDER_OF_STYLE
    }
    # Speakers hold blocks of serial numbers of their own.
    first = int(child.number[-4:]) * 1000
    return [
        write_utterance(
            root, child, i, recording, days[child.styles[i]], first + i
        )
        for i, recording in enumerate(recordings)
    ]


def write_metadata(path, rows):
    """Write rows as a CSV, in path order."""
    with write_atomically(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        names = [field.name for field in fields(Row)]
        writer.writerow(names)
        for row in sorted(rows, key=lambda row: row.wav_path):
            writer.writerow(getattr(row, name) for name in names)


def make_corpus(output_folder, sizes, seed, workers=None):
    """Make the synthetic corpus, the same from the same seed.

    It is built beside its place and moved there when it is complete.

    Arguments
    ---------
    output_folder : str or Path
        Gets a folder `child_subset_100h`.
    sizes : dict
        Split to (utterances, speakers).
    seed : int
        Decides speakers, sentences and noises.
    workers : int, optional
        Speaking processes; as many as there are cores by default.

    Returns
    -------
    rows : list of Row
        The metadata.

    Raises
    ------
    InputError
        If there already is a corpus, or the sizes do not fit.
    """
    root = Path(output_folder) / CORPUS
    if root.exists():
        raise InputError(
            f"{root} is there already: remove it or give another --output_dir"
        )
    children = demo_children(sizes, seed)
    partial = root.with_name(f".{CORPUS}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        rows = write_children(partial, children, seed, workers)
        partial.rename(root)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return rows


def write_children(root, children, seed, workers):
    """Write all speakers and both metadata files; give the rows."""
    root.mkdir(parents=True)
    rng = random.Random(f"days {seed}")
    spoken = perform_all([child.script for child in children], workers)
    progress = tqdm(spoken, "synthetic speakers", len(children), unit="voice")
    rows = []
    for child, recordings in zip(children, progress, strict=True):
        rows += write_child(root, child, recordings, rng)
    for name, splits in METADATA.items():
        write_metadata(
            root / name, [row for row in rows if row.split in splits]
        )
    return rows
