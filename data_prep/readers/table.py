"""Reader of a CSV file that lists recordings."""

import posixpath
from pathlib import Path

from childasr.text import InputError
from data_prep.columns import CsvFile, find_columns
from data_prep.labels import parse_label
from data_prep.readers.base import ListReader
from data_prep.readers.names import (
    AUDIO_TREE,
    LABEL_TREE,
    label_path,
    speaker_number,
)
from data_prep.records import Rejected, Utterance, nfc, stem
from data_prep.tree import kind_of, refuse_outside
from data_prep.values import parse_split

FIELDS = ("text", "age", "gender", "snr", "style")
SUFFIXED = ("audio", "label")  # kinds of files that an id may be the name of


class Table(ListReader):
    """Yields an Utterance or a Reject for each row of a CSV file.

    A label on disk, where the row says or where the layout has it, adds what
    the row leaves empty.

    Arguments
    ---------
    root : str or Path
        What paths in the file are relative to.
    index : FileIndex
        Of that folder, scanned.
    metadata : str or Path, optional
        The file; default: the only one in the root.
    columns : dict, optional
        Field -> column where the names differ from every known alias; an
        empty column means that the file has none for this field.

    Raises
    ------
    InputError
        The file cannot be read, or a needed column is missing.
    """

    format = "csv"
    options = ("metadata", "columns")
    speaker_keys = ("column", "file", "number", "name")
    parse_label = staticmethod(parse_label)

    def __init__(self, root, index, metadata=None, columns=None):
        super().__init__(root, index)
        path = self.find_metadata(self.root, metadata)
        self.source = path.name
        self.file = CsvFile(path)
        self.columns = find_columns(
            self.file.header, columns or {}, self.source
        )

    @staticmethod
    def find_metadata(root, given=None):
        """The CSV file: the one given, or the only one in the root."""
        if given:
            paths = [p for p in (Path(given), root / given) if p.is_file()]
            if not paths:
                raise InputError(f"no file {given}: give it as --metadata")
            return paths[0]
        found = sorted(root.glob("[!.]*.csv"))
        if len(found) != 1:
            names = ", ".join(path.name for path in found) or "none"
            raise InputError(
                f"not one CSV file in {root} ({names}): name it with --metadata"
            )
        refuse_outside(root, found[0])
        return found[0]

    def __len__(self):
        """Rows of the file; recordings outside it come on top."""
        return len(self.file)

    def rows(self):
        """The rows, in their order."""
        return iter(self.file)

    def cell(self, row, field):
        """What the row says; empty without such a column."""
        column = self.columns.get(field)
        return (row[column] or "").strip() if column else ""

    def name(self, row):
        """What the row calls its recording."""
        cells = (self.cell(row, f) for f in ("wav_path", "json_path", "id"))
        return next(filter(None, cells), "")

    def utterance(self, row):
        """The Utterance of a row."""
        if None in row or None in row.values():
            raise Rejected("row_malformed", "more or fewer cells than columns")
        if not self.name(row):
            raise Rejected("path_missing", "no path in the row")
        recording = self.recording(self.name(row))
        fields = self.fields(row, recording)
        return Utterance(
            recording, fields, self._label(row, recording, fields["text"])
        )

    def recording(self, cell):
        """The recording of a row, which may name its label instead."""
        base, suffix = posixpath.splitext(nfc(cell))
        if suffix.lower() in ("", ".json"):
            cell = base.replace(LABEL_TREE, AUDIO_TREE)
        return super().recording(cell)

    def fields(self, row, recording):
        """The fields of a row that has a recording."""
        name = self.cell(row, "id")
        return {
            **{field: self.cell(row, field) for field in FIELDS},
            "speaker:column": self.cell(row, "speaker_id"),
            "speaker:file": speaker_number(stem(recording.path)),
            "id": stem(name) if kind_of(name) in SUFFIXED else name,
            "split": self.values("split", self.cell(row, "split")) or "",
        }

    def _label(self, row, recording, text):
        """The label of a row, which it may lack only when it has the text."""
        path = label_path(recording.path)
        if cell := self.cell(row, "json_path"):
            try:
                path = self.path_below_root(cell)
            except Rejected:
                if not text:
                    raise
        label = self.index.file(path)
        if not (label or text):
            self.raise_problem(path)
            raise Rejected("label_missing", f"no text, and no {path}")
        return label

    def reject(self, row, error):
        """The Reject of a row, in the split that it or its path names."""
        reject = super().reject(row, error)
        stated = parse_split(self.cell(row, "split"))
        return reject._replace(split=stated or reject.split)
