"""A part of a corpus on disk, in the layout of child_subset_100h."""

import contextlib
import csv
import json
import os
import posixpath
import shutil
from collections import Counter
from pathlib import Path

from tqdm import tqdm

from childasr.text import InputError
from childasr.text.files import member_of, read_file, write_atomically
from childasr.text.spreadsheet import guard
from data_prep.readers.child_subset import METADATA_FILES, SPLIT_FOLDERS
from data_prep.readers.names import AUDIO_TREE, LABEL_TREE
from data_prep.records import Rejected

FOLDERS = {split: folder for folder, split in SPLIT_FOLDERS.items()}
METADATA = dict(
    zip(METADATA_FILES, ({*FOLDERS}, {*FOLDERS} - {"test"}), strict=True)
)
COLUMNS = (
    *("split", "wav_path", "json_path", "speaker_id", "age", "gender"),
    *("snr", "duration", "style", "text"),
)


def write_subset(folder, corpus, connection, splits, progress=True):
    """Write recordings, labels and both metadata files of some speakers.

    Files are hard links to the corpus's where the file system can, and
    copies elsewhere.

    Arguments
    ---------
    folder : Path
        Empty.
    corpus : reader
        Its roots are used, and its `parse_label` where labels hold the text.
    connection : sqlite3.Connection
        With the table `utterance` of `data_prep.store`.
    splits : dict
        Speaker -> split; utterances of other speakers are left out.
    progress : bool
        Show rate and time left.

    Returns
    -------
    files : dict
        `linked`, `copied` and `extracted` (from archives) -> files.

    Raises
    ------
    InputError
        A file cannot be written, two would have one name, or a label is
        no longer what was checked.
    """
    drawn = json.dumps(list(splits))
    where = "speaker IN (SELECT value FROM json_each(?))"
    (total,) = connection.execute(
        f"SELECT COUNT(*) FROM utterance WHERE {where}", (drawn,)
    ).fetchone()
    rows = connection.execute(
        "SELECT place, id, speaker, age, gender, snr, snr_source, duration, "
        "style, text, wav, label "
        f"FROM utterance WHERE {where} ORDER BY place",
        (drawn,),
    )
    files = Counter(linked=0, copied=0, extracted=0)
    with metadata_writer(folder) as write:
        for row in tqdm(
            rows,
            total=total,
            desc="writing",
            unit=" utterances",
            disable=not progress,
        ):
            write(_write_utterance(folder, corpus, splits, row, files))
    return dict(files)


def place_in_subset(place, split, name, kind=AUDIO_TREE):
    """Path of a recording or label, relative to the subset.

    Arguments
    ---------
    place : str
        Path of the recording in the corpus. What lies below the last
        folder 원천데이터 stays as it is; of other layouts, all of it does.
    split : str
    name : str
        Of the file.
    kind : str
        AUDIO_TREE or LABEL_TREE.

    Example
    -------
    >>> place = "1.Training/원천데이터/kor_free/2022-01-04/4522/K1.wav"
    >>> place_in_subset(place, "test", "K1.wav")
    '3.Test/원천데이터/kor_free/2022-01-04/4522/K1.wav'
    >>> place_in_subset("wavs.tar/a/1.wav", "valid", "1.json", LABEL_TREE)
    '2.Validation_split/라벨링데이터/wavs/a/1.json'
    """
    folders = f"/{place}".rpartition(f"/{AUDIO_TREE}/")[2].split("/")[:-1]
    parts = [part.removesuffix(".tar") for part in folders if part]
    return "/".join((FOLDERS[split], kind, *parts, name))


@contextlib.contextmanager
def metadata_writer(folder):
    """Write both metadata files.

    Arguments
    ---------
    folder : Path

    Yields
    ------
    write : callable
        Takes a row, a dict of `COLUMNS`; it goes into those of its split.
    """
    with contextlib.ExitStack() as files:
        writers = []
        for name, splits in METADATA.items():
            file = files.enter_context(write_atomically(folder / name))
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writers.append((splits, writer))

        def write(row):
            for splits, writer in writers:
                if row["split"] in splits:
                    writer.writerow(row)

        yield write


def _write_utterance(folder, corpus, splits, row, files):
    """Bring the files of an utterance; return its row of metadata."""
    (place, name, speaker, age, gender, snr, snr_source) = row[:7]
    duration, style, text, wav, label = row[7:]
    split = splits[speaker]
    stem, suffix = posixpath.splitext(posixpath.basename(place))
    if label is None:
        # The subset's ids are the names of its files. A label names its
        # recording itself, and is right about it.
        stem = name.replace("/", "_")
    wav_path = place_in_subset(place, split, stem + suffix)
    json_path = ""
    files[_bring(Path(corpus.root, wav), folder / wav_path)] += 1
    if label is not None:
        label = Path(corpus.label_root, label)
        json_path = place_in_subset(place, split, f"{stem}.json", LABEL_TREE)
        files[_bring(label, folder / json_path)] += 1
        text = _transcript(corpus, label) or text
    return {
        "split": split,
        "wav_path": wav_path,
        "json_path": json_path,
        "speaker_id": speaker,
        "age": "" if age is None else age,
        "gender": gender,
        # What was estimated is for the reader of the subset to estimate: a
        # number here is the corpus's own.
        "snr": f"{snr:g}" if snr_source == "label" else "",
        "duration": f"{duration:.3f}",
        "style": style,
        # The apostrophe before what a spreadsheet would run is none of the
        # sounds that are read of it.
        "text": guard(text),
    }


def _transcript(corpus, label):
    """The text as transcribed, where labels are what the corpus goes by."""
    if corpus.source != "labels":
        return ""
    try:
        return corpus.parse_label(read_file(label)).get("text", "")
    except Rejected as error:
        raise InputError(
            f"{label} has changed since it was checked ({error.detail}): "
            "mend it and draw again"
        ) from error


def _bring(source, target):
    """Make `target` the file at an address; return how."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if member_of(source):
            with open(target, "xb") as file:
                file.write(read_file(source))
            return "extracted"
        return _link_or_copy(os.path.realpath(source), target)
    except FileExistsError:
        raise InputError(
            f"two recordings would be {target.name} in {target.parent.name} "
            f"(one is {source}): give one of them another name"
        ) from None
    except OSError as error:
        raise InputError(
            f"cannot bring {source} to the subset ({error.strerror}): make "
            "room, or give another --output_dir"
        ) from error


def _link_or_copy(source, target):
    try:
        os.link(source, target)
        return "linked"
    except FileExistsError:
        raise
    except OSError:
        # Another file system, or one without hard links.
        shutil.copyfile(source, target)
        return "copied"
