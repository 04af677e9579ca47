"""Time to read the labels and headers of a corpus.

    python benchmarks/labels_and_headers.py --recordings 100000

Writes a corpus of short recordings with labels like AI Hub 540's, and reads it
in turns: as users do today, with `json` and `soundfile.info` one after the
other, and as preparation does, in processes, with what was read remembered in
SQLite. All read from the page cache, so that the disk decides nothing. Both
must find the same values. The corpus is removed in the end.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from data_prep.facts import FactReader
from data_prep.labels import parse_label
from data_prep.records import File, Utterance
from data_prep.store import Store

RATE = 16_000
FRAMES = 1600  # a header does not grow with its recording
PER_FOLDER = 500
KEYS = {
    "text": ("Transcription", "LabelText"),
    "age": ("Speaker", "Age"),
    "gender": ("Speaker", "Gender"),
    "snr": ("Wav", "SignalToNoiseRatio"),
    "rate": ("Wav", "SamplingRate"),
    "duration": ("File", "FileLength"),
    "speaker:number": ("Basic", "NumberOfSpeaker"),
}


def label_of(number, name):
    """A label with the keys and the length of AI Hub 540's."""
    return {
        "Basic": {
            "Language": "KOR",
            "Version": "1.0",
            "NumberOfSpeaker": f"{number // PER_FOLDER:04d}",
            "DataCategory": "kor_free",
            "RecordingDate": "2021-10-24",
        },
        "Wav": {
            "SamplingRate": str(RATE),
            "NumberOfBit": "16",
            "NumberOfChannel": "1",
            "SignalToNoiseRatio": f"+{number % 40}dB",
        },
        "File": {
            "FileName": name,
            "FileLength": f"{FRAMES / RATE:.2f}",
            "FileFormat": "wav",
            "NumberOfRepeat": "1",
        },
        "Speaker": {
            "SpeakerName": f"S{number // PER_FOLDER}",
            "Gender": "FM"[number % 2],
            "Age": str(5 + number % 8),
            "AgeGroup": "N/A",
            "SchoolYear": "N/A",
            "Region": "N/A",
            "Dialect": "N/A",
        },
        "Environment": {
            "RecordingEnviron": "home",
            "NoiseEnviron": "quiet",
            "RecordingDevices": "mobile",
        },
        "Transcription": {
            "LabelText": f"도서관은 평소 보다 사람이 적어 조용했다 {number}",
            "ErrorTagged": "N/A",
            "GrammaticalError": "N/A",
        },
        "Miscellaneous_Info": {"SpeechStart": "0.02", "SpeechEnd": "0.08"},
        "Other": {"QualityStatus": "Good"},
    }


def write_corpus(root, count):
    """Write the corpus; give its pairs of paths below the root."""
    wav = root / "one.wav"
    generator = np.random.default_rng(1)
    soundfile.write(wav, generator.uniform(-0.1, 0.1, FRAMES), RATE)
    sound = wav.read_bytes()
    pairs = []
    for number in range(count):
        folder = f"2021-10-24/{number // PER_FOLDER:04d}"
        stem = f"{folder}/K0850{number // PER_FOLDER:04d}-{number:08d}"
        pair = f"label/{stem}.json", f"sound/{stem}.wav"
        if number % PER_FOLDER == 0:
            for kind in ("label", "sound"):
                (root / kind / folder).mkdir(parents=True)
        label = label_of(number, os.path.basename(pair[1]))
        (root / pair[0]).write_text(
            json.dumps(label, ensure_ascii=False, indent=2), encoding="utf-8"
        )
        (root / pair[1]).write_bytes(sound)
        pairs.append(pair)
    return pairs


def read_today(root, pairs):
    """Read by a loop over `json` and `soundfile.info`; give a checksum."""
    checksum = 0
    for label, sound in pairs:
        with open(f"{root}/{label}", encoding="utf-8") as file:
            content = json.load(file)
        info = soundfile.info(f"{root}/{sound}")
        fields = [content[group][key] for group, key in KEYS.values()]
        header = info.samplerate, info.channels, info.frames
        checksum = hash((checksum, *fields, *header))
    return checksum


class Corpus:
    """What FactReader wants to know of a reader."""

    parse_label = staticmethod(parse_label)

    def __init__(self, root, pairs):
        self.root = self.label_root = root
        self.pairs = pairs

    def __len__(self):
        return len(self.pairs)

    def __iter__(self):
        for label, sound in self.pairs:
            yield Utterance(
                File(sound, sound, 0, 0), {}, File(label, label, 0, 0)
            )


def read_ours(corpus, connection):
    """Read as preparation does; give the same checksum."""
    reader = FactReader(corpus, connection, samples=False)
    checksum = 0
    for _, (label, recording) in reader(corpus):
        fields = [label[field] for field in KEYS]
        header = (recording[n] for n in ("rate", "channels", "frames"))
        checksum = hash((checksum, *fields, *header))
    return checksum


def timed(function, *arguments):
    start = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - start, result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recordings", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", help="where to write; default: as tempfile")
    given = parser.parse_args()
    times = {"today": [], "ours": [], "ours, again": []}
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        root = Path(folder)
        pairs = write_corpus(root, given.recordings)
        corpus = Corpus(str(root), pairs)
        for number in range(given.rounds):
            seconds, today = timed(read_today, root, pairs)
            times["today"].append(seconds)
            with Store(root / f"round{number}") as store:
                for name in ("ours", "ours, again"):
                    seconds, ours = timed(read_ours, corpus, store.connection)
                    times[name].append(seconds)
                    assert ours == today, "the values differ"
    print(
        f"{given.recordings:,} recordings, {len(os.sched_getaffinity(0))} "
        f"processors, median of {given.rounds} rounds"
    )
    usual = statistics.median(times["today"])
    for name, rounds in times.items():
        seconds = statistics.median(rounds)
        each = seconds / given.recordings * 1e6  # microseconds
        print(
            f"{name:12} {seconds:7.2f} s  {each:6.1f} us each  "
            f"{usual / seconds:5.1f} times as fast"
        )


if __name__ == "__main__":
    main()
