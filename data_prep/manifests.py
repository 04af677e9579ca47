"""The files that preparation writes."""

import csv

from childasr.text import write_atomically

MANIFEST_COLUMNS = (
    *("ID", "duration", "wav", "spk_id", "age", "gender", "snr"),
    *("style", "text"),
)
REJECT_COLUMNS = ("ID", "wav", "reason", "detail")


def write_manifest(path, utterances):
    """Write a CSV as SpeechBrain reads it, in the order given.

    Arguments
    ---------
    path : str or Path
        The file.
    utterances : iterable of Utterance
        Accepted ones; what is unknown of them is left empty.
    """
    _write_csv(path, MANIFEST_COLUMNS, map(_manifest_row, utterances))


def _manifest_row(utterance):
    return (
        utterance.id,
        # Microseconds: finer than a sample at any rate.
        round(utterance.duration, 6),
        f"$data_root/{utterance.wav}",
        utterance.speaker,
        "" if utterance.age is None else utterance.age,
        utterance.gender,
        "" if utterance.snr is None else f"{utterance.snr:g}",
        utterance.style,
        utterance.text,
    )


def write_rejects(path, rejects):
    """Write a line for each reject, with its reason.

    Arguments
    ---------
    path : str or Path
        The file.
    rejects : iterable of Reject
        File names that are not UTF-8 are shown with escapes.
    """
    rows = (
        (r.id, r.wav, r.reason, " ".join(r.detail.split())) for r in rejects
    )
    _write_csv(path, REJECT_COLUMNS, (map(_printable, row) for row in rows))


def _printable(text):
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _write_csv(path, columns, rows):
    with write_atomically(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
