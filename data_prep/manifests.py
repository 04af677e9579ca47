"""The CSV files that preparation writes."""

import csv

from childasr.text.files import write_atomically
from childasr.text.spreadsheet import guard

MANIFEST_COLUMNS = (
    *("ID", "duration", "wav", "spk_id", "age", "gender", "snr"),
    *("style", "text", "snr_source", "content"),
)
REJECT_COLUMNS = ("ID", "wav", "reason", "detail")

ROW = """
    id, duration, wav, speaker, age, gender, snr, style, text, snr_source,
    content
"""


def write_split(path, store, split):
    """Write a split's manifest, in file order.

    Arguments
    ---------
    path : str or Path
        The file.
    store : Store
    split : str
        One of `data_prep.records.SPLITS`.
    """
    rows = store.query(
        f"SELECT {ROW} FROM utterance WHERE split = ? ORDER BY place", (split,)
    )
    _write_csv(path, MANIFEST_COLUMNS, map(_manifest_row, rows))


def write_phase(path, store, size):
    """Write the manifest of the first `size` training utterances."""
    rows = store.query(
        f"SELECT {ROW} FROM train_order JOIN utterance "
        "ON utterance.rowid = train_order.utterance "
        "WHERE position <= ? ORDER BY position",
        (size,),
    )
    _write_csv(path, MANIFEST_COLUMNS, map(_manifest_row, rows))


def _manifest_row(row):
    name, duration, wav, speaker, age, gender, snr, *rest = row
    return (
        name,
        # Microseconds: finer than a sample at any rate.
        round(duration, 6),
        f"$data_root/{wav}",
        speaker,
        "" if age is None else age,
        gender,
        "" if snr is None else f"{snr:g}",
        *rest,
    )


def write_rejects(path, store):
    """Write a line for each reject, with its reason, in file order.

    A cell that a spreadsheet would run has an apostrophe before it.
    """
    rows = store.query(
        "SELECT id, wav, reason, detail FROM reject ORDER BY wav, id, reason, "
        "detail"
    )
    _write_csv(
        path,
        REJECT_COLUMNS,
        (map(guard, (*row, " ".join(detail.split()))) for *row, detail in rows),
    )


def _write_csv(path, columns, rows):
    with write_atomically(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
