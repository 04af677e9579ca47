"""The working tables of a preparation, on disk, whatever the corpus's size."""

import os
import sqlite3
from pathlib import Path

from childasr.text import InputError, RunError

FILE = "checked.sqlite"
PAGE_CACHE_KIB = 16 * 1024
# Larger than usual: a fact takes some 300 bytes, and is written in order.
PAGE_BYTES = 16 * 1024

COLUMNS = {
    "place": "TEXT",  # composed path: the file order, by code point
    "id": "TEXT",
    "split": "TEXT",
    "speaker": "TEXT",
    "age": "INTEGER",
    "gender": "TEXT",
    "snr": "REAL",
    "snr_source": "TEXT",  # label, estimated, or empty
    "style": "TEXT",
    "duration": "REAL",
    "text": "TEXT",  # normalised
    "wav": "TEXT",  # address below the root
    "content": "TEXT",  # hash of the samples
    "label": "TEXT",  # address of the label, or NULL
    "snr_group": "TEXT",
    "duration_group": "TEXT",
    "defect": "TEXT",  # why it may not be trained on, or empty
    "defect_detail": "TEXT",
}
SCHEMA = f"""
    CREATE TABLE IF NOT EXISTS fact (
        path TEXT PRIMARY KEY, stamp TEXT, content BLOB
    ) WITHOUT ROWID;
    DROP TABLE IF EXISTS utterance;
    DROP TABLE IF EXISTS reject;
    DROP TABLE IF EXISTS train_order;
    CREATE TABLE utterance (
        {", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())}
    );
    CREATE TABLE reject (
        id TEXT, wav TEXT, reason TEXT, detail TEXT, split TEXT,
        speaker TEXT
    );
    CREATE TABLE train_order (
        position INTEGER PRIMARY KEY, utterance INTEGER
    );
"""


class Store:
    """An SQLite file in the folder of the manifests.

    Facts about files outlive a run, so that an interrupted preparation goes
    on where it was and a second one looks only at what changed. Utterances
    and rejects are made anew by each run.

    Arguments
    ---------
    folder : str or Path
        Made if it is missing.

    Raises
    ------
    InputError
        Another preparation has it open, or it cannot be used.
    RunError
        Its disk is full, then and whenever it is written to.

    Example
    -------
    >>> from data_prep.records import Reject
    >>> with Store(getfixture("tmp_path")) as store:
    ...     store.add_rejects([Reject("u1", "u1.wav", "audio_empty", "")])
    ...     store.count("reject")
    1
    """

    def __init__(self, folder):
        self.path = Path(folder) / FILE
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.connection = sqlite3.connect(self.path, timeout=0)
            self.connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
            # One writer, until it closes; no file of locks is needed then.
            self.connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            # A commit need not wait for the disk, and a kill loses none.
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute("PRAGMA synchronous = NORMAL")
            self.connection.execute(f"PRAGMA cache_size = -{PAGE_CACHE_KIB}")
            self.connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT;")
        except OSError as error:
            raise InputError(
                f"cannot write to {folder} ({error.strerror}): "
                "give another --output_dir"
            ) from error
        except sqlite3.Error as error:
            self._refuse_full(error)
            remedy = "delete the file to check everything anew"
            if "locked" in str(error):
                remedy = "give an --output_dir on a disk that has locks"
            raise InputError(
                f"cannot use {self.path} ({error}): wait for the preparation "
                f"that runs there; where none does, {remedy}"
            ) from error

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        self.connection.close()
        if kind is sqlite3.OperationalError:
            self._refuse_full(error)

    def _refuse_full(self, error):
        # That a disk fails is what SQLite says of a quota that is used up,
        # and of a disk that does not know what a lock is.
        remedy = {
            "database or disk is full": "make room",
            "disk I/O error": "make room, where a quota is used up, or give "
            "an --output_dir on a disk that is sound and has locks",
        }.get(str(error))
        if remedy:
            raise RunError(
                f"cannot write {self.path}, or temporary files in "
                f"{_temporary_folder()} ({error}): {remedy}; the same command "
                "then goes on"
            ) from error

    def query(self, statement, parameters=()):
        """Rows of a SELECT, as they come."""
        return self.connection.execute(statement, parameters)

    def count(self, table, where="1", parameters=()):
        """Rows of a table."""
        query = f"SELECT COUNT(*) FROM {table} WHERE {where}"
        return self.query(query, parameters).fetchone()[0]

    def add_utterances(self, rows):
        """Add accepted utterances: tuples in the order of COLUMNS."""
        places = ", ".join("?" * len(COLUMNS))
        self.connection.executemany(
            f"INSERT INTO utterance VALUES ({places})", rows
        )

    def add_rejects(self, rejects):
        """Add rejects; names that are not UTF-8 are kept with escapes."""
        self.connection.executemany(
            "INSERT INTO reject VALUES (?, ?, ?, ?, ?, ?)",
            (tuple(map(_printable, reject)) for reject in rejects),
        )

    def reject_utterances(self, query):
        """Move utterances to the rejects.

        Arguments
        ---------
        query : str
            A SELECT of rowid, reason and detail.
        """
        self.connection.executescript(
            f"""
            CREATE TEMP TABLE refused AS {query};
            INSERT INTO reject SELECT id, place, refused.reason,
                refused.detail, split, speaker
                FROM refused JOIN utterance ON utterance.rowid = refused.rowid;
            DELETE FROM utterance
                WHERE rowid IN (SELECT rowid FROM refused);
            DROP TABLE refused;
            """
        )


def _temporary_folder():
    """Where SQLite looks first for a place for what it sorts."""
    names = ("SQLITE_TMPDIR", "TMPDIR")
    return next(filter(None, map(os.environ.get, names)), "/var/tmp")


def _printable(text):
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
