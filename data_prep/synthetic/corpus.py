"""The demo corpus on disk, in the layout of `child_subset_100h`."""

import os
import random
from datetime import date, timedelta
from operator import itemgetter
from pathlib import Path

import soundfile
from tqdm import tqdm

from childasr.text import InputError
from childasr.text.files import write_json
from data_prep.publish import published_folder
from data_prep.readers.child_subset import METADATA_FILES
from data_prep.readers.names import AUDIO_TREE, LABEL_TREE, STYLE_FOLDERS
from data_prep.subset_files import FOLDERS, metadata_writer
from data_prep.synthetic.noise import KINDS
from data_prep.synthetic.scripts import demo_children
from data_prep.synthetic.synthesis import SAMPLE_RATE, perform_all

CORPUS = "child_subset_100h"
FOLDER_OF_STYLE = {style: folder for folder, style in STYLE_FOLDERS.items()}
FIRST_DAY = date(2021, 9, 1)
RECORDING_DAYS = 40  # several children a day, as in the real corpus
SYNTHETIC = "synthetic, eSpeak NG"


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
            "NumberOfSpeaker": row["speaker_id"][-4:],
            "DataCategory": SYNTHETIC,
            "RecordingDate": str(day),
        },
        "Wav": {
            "SamplingRate": str(SAMPLE_RATE),
            "NumberOfBit": "16",
            "NumberOfChannel": "1",
            "SignalToNoiseRatio": f"{row['snr']:+.1f}dB",
        },
        "File": {
            "FileName": Path(row["wav_path"]).name,
            "FileLength": f"{row['duration']:.2f}",
            "FileFormat": "wav",
            "NumberOfRepeat": "1",
        },
        "Speaker": {
            "SpeakerName": row["speaker_id"],
            "Gender": row["gender"],
            "Age": str(row["age"]),
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
            "LabelText": row["text"],
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
    row = {
        "split": child.split,
        "wav_path": f"{folder}/{AUDIO_TREE}/{path}.wav",
        "json_path": f"{folder}/{LABEL_TREE}/{path}.json",
        "speaker_id": child.number,
        "age": child.age,
        "gender": child.gender,
        "snr": line.snr,
        "duration": round(len(recording.samples) / SAMPLE_RATE, 3),
        "style": style,
        "text": line.text,
    }
    sound = root / row["wav_path"]
    sound.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(sound, recording.samples, SAMPLE_RATE, "PCM_16")
    write_json(root / row["json_path"], make_label(row, recording, day))
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
    rows : list of dict
        The metadata, by `COLUMNS` of `data_prep.subset_files`.

    Raises
    ------
    InputError
        If there already is a corpus, it cannot be written, or the sizes do
        not fit.
    """
    root = Path(output_folder) / CORPUS
    # Unlike `Path.exists`, it raises nothing where one may not look.
    if os.path.exists(root):
        raise InputError(
            f"{root} is there already: remove it or give another --output_dir"
        )
    children = demo_children(sizes, seed)
    with published_folder(root, last=METADATA_FILES[0]) as partial:
        return write_children(partial, children, seed, workers)


def write_children(root, children, seed, workers):
    """Write all speakers and both metadata files; give the rows."""
    rng = random.Random(f"days {seed}")
    spoken = perform_all([child.script for child in children], workers)
    progress = tqdm(spoken, "synthetic speakers", len(children), unit="voice")
    rows = []
    for child, recordings in zip(children, progress, strict=True):
        rows += write_child(root, child, recordings, rng)
    with metadata_writer(root) as write:
        for row in sorted(rows, key=itemgetter("wav_path")):
            write(row)
    return rows
