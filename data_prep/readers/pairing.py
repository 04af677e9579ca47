"""Which label belongs to which recording, where names say it."""

import itertools

from childasr.text.files import read_file
from data_prep.index import FILE_COLUMNS, PAGE
from data_prep.records import File, Rejected, stem

PAIRS = """
    SELECT r.path, r.address, r.size, r.mtime_ns,
        (SELECT COUNT(*) FROM {files} WHERE stem = r.stem AND kind = 'audio'),
        l.path, l.address, l.size, l.mtime_ns
    FROM (
        SELECT * FROM {files} WHERE kind = 'audio' AND path > ?
        ORDER BY path LIMIT {page}
    ) r
    LEFT JOIN {labels} l ON l.stem = r.stem AND l.kind = 'label'
    ORDER BY r.path, l.path
"""
WITHOUT_RECORDING = """
    SELECT {columns} FROM {labels} l
    WHERE kind = 'label' AND path > ? AND NOT EXISTS (
        SELECT 1 FROM {files} WHERE stem = l.stem AND kind = 'audio'
    ) AND path NOT IN (SELECT path FROM temp.label_name)
    ORDER BY path LIMIT {page}
"""
HAS_UNLABELLED = """
    SELECT EXISTS (
        SELECT 1 FROM {files} r WHERE kind = 'audio' AND NOT EXISTS (
            SELECT 1 FROM {labels} WHERE stem = r.stem AND kind = 'label'
        )
    )
"""
SHARED_STEMS = """
    SELECT stem FROM {labels} l WHERE kind = 'label' AND stem > ?
    GROUP BY stem HAVING COUNT(*) > 1 AND EXISTS (
        SELECT 1 FROM {files} WHERE stem = l.stem AND kind = 'audio'
    ) ORDER BY stem LIMIT {page}
"""


class Pairing:
    """Labels and recordings of the same stem, in constant memory.

    Arguments
    ---------
    files, labels : FileIndex
        Where the recordings and the labels are; the same, or two tables of
        one database.
    place : callable
        From the path of either to what tells namesakes apart.
    root : str or Path
        Where the addresses of labels are relative to.
    """

    def __init__(self, files, labels, place, root):
        self.files, self.labels, self.place = files, labels, place
        self.root = root
        self.names = {
            "files": files.table,
            "labels": labels.table,
            "columns": FILE_COLUMNS,
            "page": PAGE,
        }
        self.connection = files.connection
        self.connection.execute(
            "CREATE TEMP TABLE IF NOT EXISTS label_name "
            "(path TEXT PRIMARY KEY, stem TEXT)"
        )
        self.connection.execute("DELETE FROM temp.label_name")

    def _pages(self, query):
        """Rows of a query, by pages: no statement is open in between."""
        query, last = query.format(**self.names), ""
        while rows := self.connection.execute(query, (last,)).fetchall():
            yield rows
            last = rows[-1][0]

    def learn_names(self, read_name):
        """Open the labels without a recording, to see whose they are.

        Nothing is opened where each recording has a label of its name.

        Arguments
        ---------
        read_name : callable
            From a label's File to the recording that it names, or empty.
        """
        query = HAS_UNLABELLED.format(**self.names)
        if not self.connection.execute(query).fetchone()[0]:
            return
        for label in self.without_recording():
            name = stem(read_name(label))
            wanted = self.files.by_stem(name, "audio")
            if wanted and not self.labels.by_stem(name, "label"):
                self.connection.execute(
                    "INSERT INTO temp.label_name VALUES (?, ?)",
                    (label.path, name),
                )

    def _learnt(self, recording):
        rows = self.connection.execute(
            "SELECT path FROM temp.label_name WHERE stem = ? ORDER BY path",
            (stem(recording.path),),
        )
        return [self.labels.file(path) for (path,) in rows.fetchall()]

    def recordings(self):
        """Each recording with the labels that may be its own.

        Yields
        ------
        recording : File
        labels : list of File
            Those of its stem, or else those that name it.
        twins : int
            Recordings of its stem.
        """
        for rows in self._pages(PAIRS):
            for key, group in itertools.groupby(rows, lambda row: row[:5]):
                recording = File(*key[:4])
                labels = [File(*row[5:]) for row in group if row[5]]
                yield recording, labels or self._learnt(recording), key[4]

    def choose(self, recording, labels, twins):
        """The one label of a recording.

        Raises
        ------
        Rejected
            `label_missing`, or `label_ambiguous` where neither the name nor
            the place tells which one it is, or labels of one place differ.
        """
        if not labels:
            raise Rejected("label_missing", "no label of this name")
        if len(labels) == twins == 1:
            return labels[0]
        place = self.place(recording.path)
        same = [label for label in labels if self.place(label.path) == place]
        if same and self._are_one(same):
            return same[0]
        paths = ", ".join(label.path for label in labels)
        detail = f"{twins} recordings of this name, labels {paths}"
        raise Rejected("label_ambiguous", detail)

    def _are_one(self, labels):
        """Whether labels of one place are copies: one that was unpacked twice.

        What cannot be read is no copy of anything.
        """
        if len(labels) == 1 or len({label.size for label in labels}) > 1:
            return len(labels) == 1
        files = (f"{self.root}/{label.address}" for label in labels)
        try:
            return len(set(map(read_file, files))) == 1
        except OSError:
            return False

    def without_recording(self):
        """Labels whose stem no recording has, in file order."""
        for rows in self._pages(WITHOUT_RECORDING):
            yield from itertools.starmap(File, rows)

    def left_over(self):
        """Labels of a stem whose every recording has another label."""
        for rows in self._pages(SHARED_STEMS):
            for (name,) in rows:
                yield from self._left_over(name)

    def _left_over(self, name):
        recordings = self.files.by_stem(name, "audio")
        labels = self.labels.by_stem(name, "label")
        try:
            for recording in recordings:
                self.choose(recording, labels, len(recordings))
        except Rejected:
            # They are named with the recording that is rejected for them.
            return
        places = {self.place(recording.path) for recording in recordings}
        yield from (x for x in labels if self.place(x.path) not in places)
