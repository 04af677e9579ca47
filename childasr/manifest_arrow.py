"""The Arrow file beside a manifest: its columns, mapped into memory.

Every process that opens a manifest shares one copy of it, in the pages of the
file, and reads of it what it needs.
"""

import contextlib
import csv
import mmap
import os
import tempfile
import time

import numpy as np
import pyarrow as pa

from childasr.errors import InputError, RunError
from childasr.manifest_csv import Utterance, read_pieces
from childasr.model.keyed_random import hash_ids
from childasr.text.files import file_sha256, write_atomically

# The numbers that every process reads come first, side by side.
SCHEMA = pa.schema(
    [("id_hash", pa.uint64()), ("duration", pa.float64())]
    + [
        (name, pa.string())
        for name in (*Utterance._fields, "content")
        if name != "duration"
    ]
)
# Changes whenever an older file must be made again.
FORMAT = b"childasr manifest 3"
# Two writes within a clock tick have the same time, and ticks can be 10 ms
# apart: a time is evidence only once it is older than that.
CLOCK_TICK_NS = 20_000_000


def open_table(path):
    """The columns of a manifest, mapped from the Arrow file beside it.

    That file is made if it is missing, of another format, or of another
    CSV file; in the folder of temporary files where it cannot be written.

    Arguments
    ---------
    path : Path
        The CSV file.

    Returns
    -------
    table : pyarrow.Table
        The columns of `SCHEMA`.
    sha256 : str
        Of the CSV file, hexadecimal.

    Raises
    ------
    InputError
        For the first thing that is wrong with the CSV file.
    RunError
        Neither folder can be written.
    """
    try:
        with open(path, "rb") as source:
            table = _made_before(path, source) or _make(path, source)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"cannot read the manifest {path} ({error}): "
            "make it with prepare_phase_data.py"
        ) from error
    return table, table.schema.metadata[b"csv_sha256"].decode()


def arrow_path(path):
    """Where the Arrow file of a manifest lies."""
    return path.with_suffix(".arrow")


def _made_before(path, source):
    """The table of the Arrow file that is there, if it is of this CSV."""
    try:
        with open(arrow_path(path), "rb") as file:
            table = _map(file)
    except (OSError, ValueError, pa.ArrowException):  # none, or not whole
        return None
    stamp = table.schema.metadata or {}
    if not table.schema.equals(SCHEMA) or stamp.get(b"format") != FORMAT:
        return None
    status = os.fstat(source.fileno())
    if stamp[b"csv_size"] != b"%d" % status.st_size:
        return None
    if stamp[b"csv_ctime_ns"] == b"%d" % status.st_ctime_ns:
        return table
    if stamp[b"csv_sha256"] != file_sha256(source).encode():
        return None
    # It came with the CSV file from elsewhere, and its offsets would be read
    # as they are: 0.1 s for 1.8 million rows.
    with contextlib.suppress(pa.ArrowException):
        table.validate(full=True)
        return table
    return None


def _make(path, source):
    stamp = _stamp(source)
    with contextlib.suppress(OSError):
        with write_atomically(arrow_path(path)) as file:
            _convert(path, source, file.buffer, stamp)
        with open(arrow_path(path), "rb") as file:
            return _map(file)
    try:
        with tempfile.TemporaryFile() as file:
            _convert(path, source, file, stamp)
            file.flush()
            return _map(file)
    except OSError as error:
        raise RunError(
            f"cannot write {arrow_path(path)}, nor a temporary file instead "
            f"({error}): make room"
        ) from error


def _stamp(source):
    now = time.time_ns()
    status = os.fstat(source.fileno())
    settled = status.st_ctime_ns < now - CLOCK_TICK_NS
    return {
        b"format": FORMAT,
        b"csv_size": b"%d" % status.st_size,
        # Unlike its time of writing it cannot be set, nor travel with it.
        b"csv_ctime_ns": b"%d" % status.st_ctime_ns if settled else b"",
        b"csv_sha256": file_sha256(source).encode(),
    }


def _convert(path, source, sink, stamp):
    schema = SCHEMA.with_metadata(stamp)
    hashes = []
    with pa.ipc.new_file(sink, schema) as writer:
        for columns in read_pieces(path, source):
            hashes.append(hash_ids(columns["ID"]))
            arrays = {**columns, "id_hash": hashes[-1]}
            writer.write_batch(
                pa.record_batch([arrays[name] for name in schema.names], schema)
            )
    if not hashes:
        raise InputError(
            f"the manifest {path} has no utterance: prepare it anew"
        )
    _check_unique(path, source, np.concatenate(hashes))


def _check_unique(path, source, hashes):
    hashes.sort()
    twice = set(hashes[1:][hashes[1:] == hashes[:-1]].tolist())
    if not twice:
        return
    seen = set()
    for columns in read_pieces(path, source):
        hashes = hash_ids(columns["ID"]).tolist()
        for name, key in zip(columns["ID"], hashes, strict=True):
            if name in seen:
                raise InputError(
                    f"the manifest {path} has an ID twice ({name}): "
                    "prepare it anew"
                )
            if key in twice:
                seen.add(name)


def _map(file):
    """The table in an open Arrow file; it outlives the file's closing."""
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return pa.ipc.open_file(pa.py_buffer(mapped)).read_all()
