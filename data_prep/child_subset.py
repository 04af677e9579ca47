"""Reader of child_subset_100h: metadata CSVs, audio and label trees."""

import posixpath
from pathlib import Path

from childasr.text import InputError
from data_prep.columns import find_columns, read_table
from data_prep.labels import read_label
from data_prep.locate import FileIndex
from data_prep.records import Reject, Rejected, Utterance, nfc, stem
from data_prep.values import ValueReader

# The first has every row; the second is as it was before the test split.
METADATA_FILES = ("subset_metadata_with_test.csv", "subset_metadata.csv")
SPLIT_FOLDERS = {
    "1.Training": "train",
    "2.Validation_split": "valid",
    "3.Test": "test",
}
BACKUP_FOLDER = "2.Validation"
AUDIO_TREE, LABEL_TREE = "원천데이터", "라벨링데이터"
STYLE_FOLDERS = {"kor_formatted": "read", "kor_free": "free"}

# A recording on disk that the metadata does not list.
UNLISTED = "not_in_metadata"


class ChildSubset:
    """Yields an Utterance or a Reject for each metadata row, then a Reject
    for each recording in the split folders that no row names.

    Arguments
    ---------
    root : str or Path
        The folder with the metadata files and the split folders.
    columns : dict, optional
        Field -> column where the names differ from every known alias; an
        empty column means that the file has none for this field.

    Raises
    ------
    InputError
        No folder, no metadata file, or a needed column is missing.
    """

    def __init__(self, root, columns=None):
        self.root = Path(root)
        if not self.root.is_dir():
            raise InputError(
                f"no folder {root}: give the corpus as --input_dir"
            )
        present = [
            name for name in METADATA_FILES if (self.root / name).exists()
        ]
        if not present:
            raise InputError(
                f"no {' or '.join(METADATA_FILES)} in {root}: give the folder "
                "that holds them as --input_dir"
            )
        self.source = present[0]
        header, self.rows = read_table(self.root / self.source)
        self.columns = find_columns(header, columns or {}, self.source)
        self.values = ValueReader()
        self._files = FileIndex(self.root, SPLIT_FOLDERS)

    def __len__(self):
        """Rows of the metadata; recordings outside it come on top."""
        return len(self.rows)

    def __iter__(self):
        named = set()
        for row in self.rows:
            try:
                wav = self._recording(row)
                named.add(wav)
                self._files.refuse_way_out(wav)
                yield self._utterance(row, wav)
            except Rejected as error:
                wav = self._name(row)
                yield Reject(stem(wav), wav, error.reason, error.detail)
        for wav in sorted(set(self._files.recordings) - named, key=nfc):
            yield Reject(stem(wav), wav, UNLISTED, self.source)

    def is_synthetic(self, utterance):
        """Whether its label's version says so, as in the demo corpus."""
        try:
            label = self._label(label_path(utterance.wav))
        except Rejected:
            return False
        return "synthetic" in label["version"]

    def _cell(self, row, field):
        column = self.columns.get(field)
        return (row[column] or "").strip() if column else ""

    def _name(self, row):
        """What the row calls its recording."""
        cells = (self._cell(row, f) for f in ("wav_path", "json_path", "id"))
        return next(filter(None, cells), "")

    def _recording(self, row):
        """Path of the row's recording below the root, as on disk."""
        if None in row or None in row.values():
            raise Rejected("row_malformed", "more or fewer cells than columns")
        if not self._name(row):
            raise Rejected("path_missing", "no path in the row")
        path = self._files.path_below_root(self._name(row))
        base, suffix = posixpath.splitext(path)
        if suffix.lower() in ("", ".json"):
            path = base.replace(LABEL_TREE, AUDIO_TREE) + ".wav"
        if path.startswith(BACKUP_FOLDER + "/"):
            raise Rejected("backup_folder", f"{BACKUP_FOLDER} is never read")
        return self._files.locate(path)

    def _utterance(self, row, wav):
        speaker = nfc(self._cell(row, "speaker_id"))
        if not speaker:
            raise Rejected("speaker_missing", "no speaker id in the row")
        split = self._split(row, wav)
        cells = {
            field: self._cell(row, field)
            for field in ("text", "age", "gender", "snr")
        }
        if not cells["text"]:
            label = self._label(self._cell(row, "json_path") or label_path(wav))
            cells = {field: cells[field] or label[field] for field in cells}
        folders = [STYLE_FOLDERS.get(part) for part in wav.split("/")]
        return Utterance(
            wav=wav,
            split=split,
            speaker=speaker,
            text=cells["text"],
            age=self.values("age", cells["age"]),
            gender=self.values("gender", cells["gender"]) or "",
            snr=self.values("snr", cells["snr"]),
            style=self.values("style", self._cell(row, "style"))
            or next(filter(None, folders), ""),
        )

    def _split(self, row, wav):
        """The split by the metadata and by the folder; they must agree."""
        stated = self.values("split", self._cell(row, "split"))
        folder = SPLIT_FOLDERS.get(wav.split("/")[0])
        if stated and folder and stated != folder:
            raise Rejected(
                "split_conflict",
                f"{stated} in the metadata, {folder} by folder",
            )
        if not (stated or folder):
            raise Rejected("split_unknown", "by metadata and by folder")
        return stated or folder

    def _label(self, path):
        label = self._files.locate(self._files.path_below_root(path))
        self._files.refuse_way_out(label)
        return read_label(self.root / label)


def label_path(wav):
    """Where the label of a recording is by the corpus's layout.

    Example
    -------
    >>> label_path("3.Test/원천데이터/kor_free/2022-01-04/4522/K00014522.wav")
    '3.Test/라벨링데이터/kor_free/2022-01-04/4522/K00014522.json'
    """
    base = posixpath.splitext(nfc(wav))[0]
    return base.replace(AUDIO_TREE, LABEL_TREE) + ".json"
