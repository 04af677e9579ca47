"""Every file of a corpus, in a database: any number of them, looked up fast."""

import itertools

from tqdm import tqdm

from data_prep.records import File, Reject, stem
from data_prep.tree import Entry, as_file, members, walk

FILE_COLUMNS = ", ".join(File._fields)
PAGE = 10_000  # rows that are held in memory at once
TWIN = "another file has the same name once it is composed"

SCHEMA = """
    CREATE TABLE IF NOT EXISTS {table} (
        path TEXT PRIMARY KEY, address TEXT, size INT, mtime_ns INT,
        stem TEXT, kind TEXT, archive TEXT
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS {table}_stem ON {table} (stem, kind);
    CREATE TABLE IF NOT EXISTS {table}_problem (
        path TEXT, stem TEXT, kind TEXT, reason TEXT, detail TEXT, archive TEXT
    );
    CREATE INDEX IF NOT EXISTS {table}_problem_path ON {table}_problem (path);
    CREATE INDEX IF NOT EXISTS {table}_problem_stem
        ON {table}_problem (stem, kind);
    CREATE INDEX IF NOT EXISTS {table}_archive ON {table} (archive)
        WHERE archive IS NOT NULL;
    CREATE INDEX IF NOT EXISTS {table}_problem_archive
        ON {table}_problem (archive) WHERE archive IS NOT NULL;
"""


class FileIndex:
    """The files below a folder, those in its tar archives included.

    Each scan looks at every folder anew, but into an archive only when its
    size or time has changed, or it could not be read to its end. A scan that
    is cut off is mended by the next.

    Arguments
    ---------
    connection : sqlite3.Connection
        Where the tables are kept.
    table : str
        Their name; a second folder in the same database needs another.
    progress : bool
        Show how many files were seen.

    Example
    -------
    >>> import sqlite3
    >>> folder = getfixture("tmp_path")
    >>> _ = (folder / "K01.wav").write_bytes(b"RIFF")
    >>> index = FileIndex(sqlite3.connect(":memory:"), progress=False)
    >>> index.scan(folder)
    >>> [file.path for file in index.by_stem("K01", "audio")]
    ['K01.wav']
    """

    def __init__(self, connection, table="file", progress=True):
        self.connection = connection
        self.table = table
        self.progress = progress
        for statement in SCHEMA.format(table=table).split(";"):
            connection.execute(statement)

    def scan(self, root, skip=()):
        """Bring the index up to date with the disk.

        Arguments
        ---------
        root : str or Path
            The folder; paths and addresses are relative to it.
        skip : collection of str
            Composed paths of folders below it to leave out.
        """
        with tqdm(
            desc="looking for files",
            unit=" files",
            disable=not self.progress,
        ) as bar:
            archives = self._scan_folders(root, skip, bar)
            known = set(self.files("archive"))
            paths = {archive.path for archive in archives}
            for archive in known:
                if archive.path not in paths:
                    with self._transaction():
                        self._forget(archive)
            for archive in sorted(set(archives) - known):
                with self._transaction():
                    self._forget(archive)
                    self._add_all(members(root, archive), bar)
                    self._insert([self._archive_entry(archive)])

    def _archive_entry(self, archive):
        """Without a time, so that it is looked into again, if it was cut."""
        where = "path = ? AND archive = ?"
        cut = next(self._problems(where, archive.path, archive.path), None)
        if cut:
            archive = archive._replace(mtime_ns=None)
        return Entry(*archive, "", "archive")

    def _transaction(self):
        self.connection.commit()
        self.connection.execute("BEGIN")
        return self.connection

    def _scan_folders(self, root, skip, bar):
        """Replace all rows outside archives; give the archives."""
        table = self.table
        with self._transaction():
            self.connection.execute(
                f"DELETE FROM {table} "
                "WHERE archive IS NULL AND kind != 'archive'"
            )
            self.connection.execute(
                f"DELETE FROM {table}_problem WHERE archive IS NULL"
            )
            archives = sorted(self._add_all(walk(root, skip), bar))
            same = {archive.path: archive for archive in reversed(archives)}
            self._insert_problems(
                (a.path, stem(a.path), "archive", "path_ambiguous", TWIN, None)
                for a in archives
                if same[a.path] != a
            )
            return list(same.values())

    def _add_all(self, found, bar):
        found, archives = iter(found), []
        while batch := list(itertools.islice(found, PAGE)):
            bar.update(len(batch))
            entries = [item for item in batch if isinstance(item, Entry)]
            archives += [as_file(e) for e in entries if e.kind == "archive"]
            self._insert([e for e in entries if e.kind != "archive"])
            self._insert_problems(
                item for item in batch if not isinstance(item, Entry)
            )
        return archives

    def _insert(self, entries):
        before = self.connection.total_changes
        self.connection.executemany(
            f"INSERT INTO {self.table} VALUES (?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING",
            entries,
        )
        if self.connection.total_changes - before < len(entries):
            for entry in entries:
                self._settle(entry)

    def _settle(self, entry):
        """Of files with one composed path, keep the least by address."""
        known = self.file(entry.path)
        if known.address == entry.address:
            return
        kept, other = sorted([known, as_file(entry)], key=lambda f: f.address)
        if other == known:
            self.connection.execute(
                f"UPDATE {self.table} SET address = ?, size = ?, mtime_ns = ? "
                "WHERE path = ?",
                (*kept[1:], kept.path),
            )
        about = (entry.path, entry.stem, entry.kind)
        self._insert_problems([(*about, "path_ambiguous", TWIN, entry.archive)])

    def _insert_problems(self, problems):
        self.connection.executemany(
            f"INSERT INTO {self.table}_problem VALUES (?, ?, ?, ?, ?, ?)",
            problems,
        )

    def _forget(self, archive):
        for table in (self.table, f"{self.table}_problem"):
            self.connection.execute(
                f"DELETE FROM {table} WHERE archive = ? OR path = ?",
                (archive.path, archive.path),
            )

    def file(self, path):
        """The File at a composed path, or None."""
        row = self.connection.execute(
            f"SELECT {FILE_COLUMNS} FROM {self.table} WHERE path = ?", (path,)
        ).fetchone()
        return row and File(*row)

    def by_stem(self, name, kind):
        """Files of that stem and kind, in file order."""
        rows = self.connection.execute(
            f"SELECT {FILE_COLUMNS} FROM {self.table} "
            "WHERE stem = ? AND kind = ? ORDER BY path",
            (name, kind),
        )
        return [File(*row) for row in rows]

    def files(self, kind, besides=None):
        """All files of a kind, in file order, in constant memory.

        Arguments
        ---------
        kind : str
            `audio`, `label`, `archive` or `other`.
        besides : str, optional
            A table whose column `path` names those to leave out.

        Yields
        ------
        file : File
        """
        but = f"AND path NOT IN (SELECT path FROM {besides})" * bool(besides)
        last = ""
        # By pages, so that no statement is open while the caller writes.
        while rows := self.connection.execute(
            f"SELECT {FILE_COLUMNS} FROM {self.table} "
            f"WHERE kind = ? AND path > ? {but} ORDER BY path LIMIT {PAGE}",
            (kind, last),
        ).fetchall():
            yield from itertools.starmap(File, rows)
            last = rows[-1][0]

    def recordings(self):
        """All recordings, in file order, in constant memory."""
        return self.files("audio")

    def count(self, kind):
        """How many files of a kind there are."""
        query = f"SELECT COUNT(*) FROM {self.table} WHERE kind = ?"
        return self.connection.execute(query, (kind,)).fetchone()[0]

    def problem(self, path):
        """The Reject of what lies at a composed path, or None."""
        return next(self._problems("path = ?", path), None)

    def problem_by_stem(self, name, kind):
        """The Reject of a file of that stem and kind, or None."""
        return next(self._problems("stem = ? AND kind = ?", name, kind), None)

    def lost_parts(self):
        """The Reject of each folder and archive that cannot be read."""
        return self._problems(
            "kind NOT IN ('audio', 'label') AND reason != 'path_ambiguous'"
        )

    def problems(self, besides=None, without=""):
        """The Reject of all that cannot be read, in file order.

        Arguments
        ---------
        besides : str, optional
            As for `files`.
        without : str
            A kind to leave out.

        Yields
        ------
        reject : Reject
        """
        but = f"path NOT IN (SELECT path FROM {besides})" if besides else "1"
        return self._problems(f"{but} AND kind != ?", without)

    def _problems(self, where, *parameters):
        rows = self.connection.execute(
            f"SELECT stem, path, reason, detail FROM {self.table}_problem "
            f"WHERE {where} ORDER BY path, reason",
            parameters,
        )
        return itertools.starmap(Reject, rows)
