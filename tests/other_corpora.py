"""Tiny corpora in every layout but that of child_subset_100h."""

import shutil
import sqlite3
import tarfile
from pathlib import Path

import corpora

from data_prep.readers import open_corpus
from data_prep.records import Reject

TREES = {"audio": ("원천데이터", ".wav"), "label": ("라벨링데이터", ".json")}
SPLITS = {"train": "1.Training", "valid": "2.Validation", "test": "3.Test"}


def aihub_path(clip, kind, archive_folder=False):
    """Where AI Hub puts the `audio` or the `label` of a clip.

    Arguments
    ---------
    clip : Clip
    kind : str
    archive_folder : bool
        Whether there is a folder that is named like the archive.

    Returns
    -------
    path : str
        Below the root.
    """
    tree, suffix = TREES[kind]
    style = f"kor_{clip.style}"
    letters = {"train": "T", "valid": "V", "test": "X"}[clip.split]
    letters += "S" if kind == "audio" else "L"
    archive = f"{letters}_{style}_01/" if archive_folder else ""
    return (
        f"{SPLITS[clip.split]}/{tree}/{archive}{style}/{clip.date}/"
        f"{clip.speaker[-4:]}/{clip.stem}{suffix}"
    )


def write_aihub(root, clips=None, label_root=None, archive_folders=False):
    """Write a corpus as AI Hub's downloads unpack.

    Arguments
    ---------
    root : str or Path
        The folder of the recordings, and of the labels as well unless
        `label_root` is given.
    clips : list of Clip
        Default: `corpora.make_clips()`.
    label_root : str or Path
        The folder of the labels.
    archive_folders : bool
        As for `aihub_path`.

    Returns
    -------
    clips : list of Clip
    """
    clips = corpora.make_clips() if clips is None else clips
    for clip in clips:
        audio = Path(root, aihub_path(clip, "audio", archive_folders))
        corpora.write_sound(audio, clip)
        label = aihub_path(clip, "label", archive_folders)
        corpora.write_label(Path(label_root or root, label), clip)
    return clips


def write_tars(root, clips=None, nested=True):
    """Write a corpus as AI Hub's archives, as they are before unpacking.

    Arguments
    ---------
    root, clips
        As for `write_aihub`.
    nested : bool
        Whether an archive lies in a folder of its own name.

    Returns
    -------
    archives : list of Path
    """
    write_aihub(root, clips, archive_folders=True)
    archives = []
    for folder in sorted(Path(root).glob("*/*/??_kor_*")):
        packed = folder.with_name(f"{folder.name}.packing")
        pack(packed, folder)
        shutil.rmtree(folder)
        archive = folder.with_name(f"{folder.name}.tar")
        if nested:
            archive = archive / archive.name
            archive.parent.mkdir()
        archives.append(packed.rename(archive))
    return archives


def pack(archive, folder):
    """Make a tar archive of what is in a folder."""
    with tarfile.open(archive, "w") as tar:
        tar.add(folder, arcname=".")


def write_kaldi(root, clips=None, by_split=True):
    """Write a Kaldi-style corpus with FLAC recordings.

    Arguments
    ---------
    root, clips
        As for `write_aihub`; a clip's key is its speaker and number.
    by_split : bool
        Whether there is a folder for each split; else the lists are in the
        root.

    Returns
    -------
    keys : dict
        Key -> Clip.
    """
    clips = corpora.make_clips() if clips is None else clips
    keys = {f"{clip.speaker}-{clip.number:04d}": clip for clip in clips}
    lists = {}
    for key, clip in keys.items():
        sound = f"audio/{clip.speaker}/{key}.flac"
        corpora.write_sound(Path(root, sound), clip)
        lines = lists.setdefault(clip.split if by_split else ".", {})
        for name, line in {
            "wav.scp": f"{key}\t{sound}",
            "text": f"{key} {clip.text}",
            "utt2spk": f"{key} {clip.speaker}",
            "spk2age": f"{clip.speaker} {clip.age}",
            "spk2gender": f"{clip.speaker} {clip.gender.lower()}",
        }.items():
            lines.setdefault(name, set()).add(line)
    for folder, files in lists.items():
        Path(root, folder).mkdir(exist_ok=True)
        for name, lines in files.items():
            text = "\n".join(sorted(lines)) + "\n"
            Path(root, folder, name).write_text(text, "utf-8")
    return keys


def write_table(root, clips=None, name="recordings.csv"):
    """Write a corpus that is one CSV file and a folder of recordings.

    Returns
    -------
    rows : list of dict
        Those of the file.
    """
    clips = corpora.make_clips() if clips is None else clips
    rows = []
    for clip in clips:
        path = f"sounds/{clip.number}.wav"
        corpora.write_sound(Path(root, path), clip)
        row = clip.row() | {"id": f"u{clip.number}", "wav_path": path}
        rows.append({k: v for k, v in row.items() if k != "json_path"})
    corpora.write_rows(Path(root, name), rows)
    return rows


def read(root, connection=None, **options):
    """Read a corpus through its reader alone.

    Returns
    -------
    utterances : dict
        Path of the recording -> Utterance.
    rejects : list of tuple
        (id, reason), sorted.
    """
    connection = connection or sqlite3.connect(":memory:")
    items = list(open_corpus(root, connection, progress=False, **options))
    rejects = [item for item in items if isinstance(item, Reject)]
    found = [item for item in items if not isinstance(item, Reject)]
    utterances = {item.recording.path: item for item in found}
    assert len(utterances) == len(found)
    return utterances, sorted((r.id, r.reason) for r in rejects)
