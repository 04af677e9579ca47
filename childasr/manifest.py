"""The manifest that an evaluation reads."""

import csv
import json
from pathlib import Path
from typing import NamedTuple

from childasr.errors import InputError

NUMBERS = ("duration", "age", "snr")


class Utterance(NamedTuple):
    """A row of a manifest; `wav` is a path that opens."""

    ID: str
    duration: str
    wav: str
    spk_id: str
    age: str
    gender: str
    snr: str
    style: str
    text: str


def read_summary(manifest):
    """What preparation wrote into `summary.json` beside a manifest.

    Returns
    -------
    summary : dict
        Empty where there is none.
    """
    path = Path(manifest).with_name("summary.json")
    if not path.is_file():
        return {}
    return json.loads(path.read_text(encoding="utf-8"))


def read_manifest(path, data_root=None):
    """Read and check the rows of a manifest.

    Arguments
    ---------
    path : str or Path
        A CSV file with at least the columns of `Utterance`.
    data_root : str or Path
        What `$data_root` in its paths stands for. Default: what
        `summary.json` beside it says.

    Returns
    -------
    utterances : list of Utterance

    Raises
    ------
    InputError
        For the first thing that is wrong with it.
    """
    data_root = data_root or read_summary(path).get("data_root")
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            _check_columns(path, rows.fieldnames or [])
            utterances = [
                _utterance(path, rows, row, data_root) for row in rows
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"cannot read the manifest {path} ({error}): "
            "make it with prepare_phase_data.py"
        ) from error
    if not utterances:
        raise InputError(
            f"the manifest {path} has no utterance: prepare it anew"
        )
    if len({utterance.ID for utterance in utterances}) < len(utterances):
        raise InputError(
            f"the manifest {path} has an ID twice: prepare it anew"
        )
    return utterances


def _check_columns(path, columns):
    missing = [name for name in Utterance._fields if name not in columns]
    if missing:
        raise InputError(
            f"the manifest {path} has no column {', '.join(missing)}: "
            f"found {', '.join(columns) or 'none'}; "
            "make it with prepare_phase_data.py"
        )


def _utterance(path, rows, row, data_root):
    where = f"{path}, line {rows.line_num}"
    utterance = Utterance(*(row[name] for name in Utterance._fields))
    if None in utterance:
        raise InputError(f"{where}: a field is missing; prepare it anew")
    for name in NUMBERS:
        try:
            float(row[name] or 0)
        except ValueError:
            raise InputError(
                f"{where}: {name} is {row[name]!r}; give a number or nothing"
            ) from None
    if "$data_root" in utterance.wav and data_root is None:
        raise InputError(
            f"{where}: what $data_root means is not known: give --data_root"
        )
    wav = utterance.wav.replace("$data_root", str(data_root), 1)
    return utterance._replace(wav=wav)
