"""What the readers have in common."""

import os
import posixpath
import re
from pathlib import Path

from data_prep.records import Reject, Rejected, nfc, stem
from data_prep.tree import AUDIO_SUFFIXES
from data_prep.values import ValueReader


class Reader:
    """Yields an Utterance or a Reject for all that a corpus holds.

    Arguments
    ---------
    root : str or Path
        The corpus.
    index : FileIndex
        Of that folder, scanned.

    Attributes
    ----------
    format : str
        Name of the layout.
    options : tuple of str
        Keyword arguments of `open_corpus` that this layout takes.
    skip : tuple of str
        Folders that are no part of it.
    source : str
        File that lists the utterances, or what else says what they are.
    columns : dict
        Field -> column of that file.
    speaker_keys : tuple of str
        What can tell speakers apart, the most trusted first.
    more_speaker_keys : tuple of str
        What can too, but is trusted only when it is asked for.
    parse_label : callable
        Bytes of a label -> fields; None where a corpus has no labels.
    label_root : Path
        Where the addresses of labels are relative to.
    values : ValueReader
        Has counted the cells that a reader did not understand.
    """

    format = ""
    options = ()
    skip = ()
    source = "labels"
    speaker_keys = ()
    more_speaker_keys = ()
    parse_label = None

    def __init__(self, root, index):
        self.root = self.label_root = Path(root)
        self.index = index
        self.columns = {}
        self.values = ValueReader()

    def split_of(self, path):
        """The split that a path names, or empty."""
        return ""

    def lost_parts(self):
        """The Reject of each part of which not even the size is known."""
        return self.index.lost_parts()

    def placed(self, reject):
        """The Reject, in the split that its path names."""
        return reject._replace(split=self.split_of(reject.wav))


class ListReader(Reader):
    """A reader of a corpus that lists its recordings in a file.

    A subclass has `rows()`, `utterance(row)`, which raises Rejected where a
    row cannot be used, and `name(row)`, what the row calls its recording.
    Recordings that no row names are rejected as `not_in_metadata`.
    """

    def __init__(self, root, index):
        super().__init__(root, index)
        self._prefixes = {
            nfc(path).rstrip("/") + "/"
            for path in (os.path.abspath(root), os.path.realpath(root))
        }
        for table in ("named_recording", "named_problem"):
            index.connection.execute(
                f"CREATE TEMP TABLE IF NOT EXISTS {table} "
                "(path TEXT PRIMARY KEY) WITHOUT ROWID"
            )

    def __iter__(self):
        for table in ("named_recording", "named_problem"):
            self.index.connection.execute(f"DELETE FROM temp.{table}")
        for row in self.rows():
            try:
                yield self.utterance(row)
            except Rejected as error:
                yield self.reject(row, error)
        for file in self.index.files("audio", besides="temp.named_recording"):
            yield self.placed(
                Reject(
                    stem(file.path), file.path, "not_in_metadata", self.source
                )
            )
        yield from map(
            self.placed, self.index.problems(besides="temp.named_problem")
        )

    def lost_parts(self):
        """None: rows name what is lost, and so it is counted."""
        return ()

    def reject(self, row, error):
        """The Reject of a row."""
        wav = self.name(row)
        reject = Reject(stem(wav), wav, error.reason, error.detail)
        return self.placed(reject)

    def recording(self, cell):
        """The file that a cell means, by its path or its bare name.

        Arguments
        ---------
        cell : str
            Below the root, or absolute there; with `/` or `\\`; composed or
            not; the recording's name with or without its suffix.

        Returns
        -------
        recording : File

        Raises
        ------
        Rejected
            `path_outside_root`, `path_ambiguous` for a bare name that several
            files have, `audio_missing`, or what is wrong with the file.
        """
        path = self.path_below_root(cell)
        file = next(
            filter(None, map(self.index.file, with_suffixes(path))), None
        )
        if not file and "/" not in path:
            file = self._by_name(path)
        if not file:
            self.raise_problem(path)
            raise Rejected("audio_missing", "no such file")
        self._note("named_recording", file.path)
        return file

    def path_below_root(self, cell):
        """The composed path that a cell means, relative to the root.

        One that begins with the root's own name is looked for as it is first.

        Raises
        ------
        Rejected
            `path_outside_root` for `..` and absolute paths that leave it.
        """
        path = nfc(cell.strip()).replace("\\", "/")
        for prefix in self._prefixes:
            path = path.removeprefix(prefix)
        path = posixpath.normpath(path)
        if re.match(r"/|[A-Za-z]:|\.\.(/|$)", path):
            raise Rejected("path_outside_root", cell)
        above = nfc(self.root.name) + "/"
        if path.startswith(above) and not self._is_there(path):
            return path.removeprefix(above)
        return path

    def _is_there(self, path):
        """Whether there is a file at a path, usable or not."""
        return any(
            self.index.file(spelling) or self.index.problem(spelling)
            for spelling in with_suffixes(path)
        )

    def _by_name(self, name):
        for spelling in (name, stem(name)):
            found = self.index.by_stem(spelling, "audio")
            if len(found) > 1:
                paths = ", ".join(file.path for file in found)
                raise Rejected("path_ambiguous", paths)
            if found:
                return found[0]
        return None

    def raise_problem(self, path):
        """Raise what is wrong with the file at a path, if it is known."""
        problems = filter(None, map(self.index.problem, with_suffixes(path)))
        problem = next(problems, None)
        if not problem and "/" not in path:
            problem = self.index.problem_by_stem(stem(path), "audio")
        if problem:
            self._note("named_problem", problem.wav)
            raise Rejected(problem.reason, problem.detail)

    def _note(self, table, path):
        self.index.connection.execute(
            f"INSERT OR IGNORE INTO temp.{table} VALUES (?)", (path,)
        )


def with_suffixes(path):
    """The path itself, then with each suffix of a recording."""
    yield path
    yield from (path + suffix for suffix in AUDIO_SUFFIXES)
