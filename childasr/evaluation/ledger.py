"""How often a held-out manifest was looked at, and by which models.

Whoever chooses by a test split's figures has begun to train on it. So every
look is written down beside the manifest, where the next report finds it.
"""

import contextlib
import fcntl
import json
import re
import tempfile
from pathlib import Path

from childasr.errors import InputError
from childasr.locks import take_lock
from childasr.text.files import write_json

LEDGER = "test_ledger.json"
READ_BY_TRAINING = re.compile(r"train|valid|phase\d+")
ENTRY = {
    "date": str,
    "model": str,
    "model_sha256": str,
    "manifest": str,
    "manifest_sha256": str,
    "utterances": int,
    "wer": (float, int, type(None)),
}


def is_held_out(manifest):
    """Whether training does not read a manifest, by its name.

    Example
    -------
    >>> is_held_out("data/test.csv"), is_held_out("data/phase2.csv")
    (True, False)
    """
    return READ_BY_TRAINING.fullmatch(Path(manifest).stem) is None


def check_writable(manifest):
    """See that a look can be written down, before the long work.

    Arguments
    ---------
    manifest : str or Path

    Raises
    ------
    InputError
        The manifest's folder cannot be written, or its ledger is damaged.
    """
    with _only_one(manifest) as path:
        _read(path)
        with _writing(path), tempfile.TemporaryFile(dir=path.parent):
            pass


def record_look(manifest, entry):
    """Write down that a model was evaluated on a manifest.

    Two evaluations at once wait for each other; the ledger is replaced whole.

    Arguments
    ---------
    manifest : str or Path
        `test_ledger.json` lies beside it.
    entry : dict
        `date` (ISO 8601, UTC), `model`, `model_sha256`, `manifest`,
        `manifest_sha256`, `utterances` and `wer` (a fraction, or None).

    Returns
    -------
    looks : dict
        Of all at manifests with this content: how many `looks`, of how many
        `models` (told apart by their weights), and the dates of the `first`
        and the `last`, which is this one.

    Raises
    ------
    InputError
        As of `check_writable`.
    """
    assert entry.keys() == ENTRY.keys()
    with _only_one(manifest) as path:
        entries = [*_read(path), entry]
        with _writing(path):
            write_json(path, entries)
    same = [
        look
        for look in entries
        if look["manifest_sha256"] == entry["manifest_sha256"]
    ]
    dates = [look["date"] for look in same]
    return {
        "looks": len(same),
        "models": len({look["model_sha256"] for look in same}),
        "first": min(dates),
        "last": max(dates),
    }


@contextlib.contextmanager
def _only_one(manifest):
    """Hold the ledger's lock; a file of its own, as the ledger is replaced."""
    path = Path(manifest).with_name(LEDGER)
    with _writing(path):
        lock = open(path.with_name(f".{LEDGER}.lock"), "w")  # noqa: SIM115
    with lock:
        take_lock(fcntl.flock, lock, fcntl.LOCK_EX)
        yield path


@contextlib.contextmanager
def _writing(path):
    try:
        yield
    except OSError as error:
        raise InputError(
            f"cannot write {path} ({error.strerror}), where each evaluation "
            "on a manifest that training does not read is written down: copy "
            "the manifest and its summary.json to a folder that can be written"
        ) from error


def _read(path):
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from error
    _check(path, entries)
    return entries


def _check(path, entries):
    if not isinstance(entries, list):
        raise _damaged(path, "not a list")
    for number, entry in enumerate(entries, start=1):
        for key, kind in ENTRY.items():
            if not isinstance(entry, dict) or not isinstance(
                entry.get(key, ...), kind
            ):
                raise _damaged(path, f"no {key} in entry {number}")


def _damaged(path, why):
    return InputError(
        f"the ledger {path} is damaged ({why}): restore it from a copy; "
        "without it the looks at this split are not known"
    )
