"""A manifest's CSV file, read in pieces and checked line by line."""

import codecs
import csv
import math
from typing import NamedTuple

from childasr.errors import InputError

# Rows in a piece: some megabytes.
PIECE = 16_384
NEEDED = ("ID", "wav")
NUMBERS = ("duration", "age", "snr")


class Utterance(NamedTuple):
    """A row of a manifest.

    Arguments
    ---------
    ID : str
    duration : float
        Seconds; NaN where it is unknown.
    wav : str
        A path that opens, or the address of an archive's member.
    spk_id, age, gender, snr, style, text : str
        As in the CSV file; what is unknown is empty.
    """

    ID: str
    duration: float
    wav: str
    spk_id: str
    age: str
    gender: str
    snr: str
    style: str
    text: str


def read_pieces(path, file):
    """Read the columns of a manifest, some thousand rows at a time.

    Arguments
    ---------
    path : str or Path
        Its name, for messages.
    file : io.BufferedIOBase
        The CSV file, open for bytes; it is read from its start and stays open.

    Yields
    ------
    columns : dict
        Column to a sequence of str, `duration` of float in seconds: those of
        `Utterance`, and `content`, empty where the file has no such column.

    Raises
    ------
    InputError
        For the first line that is wrong; OSError, UnicodeDecodeError and
        csv.Error for what is no CSV file.

    Example
    -------
    >>> header = ",".join(Utterance._fields)
    >>> text = f"{header}\\nu1,2.5,$data_root/a.wav,s1,7,F,20,read,안녕\\n"
    >>> import io
    >>> piece, = read_pieces("m.csv", io.BytesIO(text.encode()))
    >>> piece["ID"], piece["duration"], piece["content"]
    (('u1',), [2.5], ('',))
    """
    rows = csv.reader(_lines(file), strict=True)
    header = next(rows, [])
    _check_header(path, header)
    for piece, lines in _pieces(path, rows, len(header)):
        yield _columns(path, header, piece, lines)


def _lines(file):
    file.seek(0)
    if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
        file.seek(0)
    return (line.decode("utf-8") for line in file)


def _check_header(path, header):
    missing = [name for name in Utterance._fields if name not in header]
    if missing:
        raise InputError(
            f"the manifest {path} has no column {', '.join(missing)}: "
            f"found {', '.join(header) or 'none'}; "
            "make it with prepare_phase_data.py"
        )


def _pieces(path, rows, width):
    piece, lines = [], []
    for row in rows:
        if len(row) == width:
            piece.append(row)
            lines.append(rows.line_num)
        elif row:
            raise InputError(
                f"{path}, line {rows.line_num}: {len(row)} fields where the "
                f"first line has {width}; put quotes around text with commas, "
                "or prepare it anew"
            )
        if len(piece) == PIECE:
            yield piece, lines
            piece, lines = [], []
    if piece:
        yield piece, lines


def _columns(path, header, piece, lines):
    columns = dict(zip(header, zip(*piece, strict=True), strict=True))
    for name in NEEDED:
        if "" in columns[name]:
            line = lines[columns[name].index("")]
            raise InputError(
                f"{path}, line {line}: {name} is empty; prepare it anew"
            )
    for wav, line in zip(columns["wav"], lines, strict=True):
        if ".." in wav and ".." in wav.split("/"):
            raise InputError(
                f"{path}, line {line}: the path {wav!r} leaves its folder; "
                "give it without .."
            )
    for name in NUMBERS:
        _check_numbers(path, name, columns[name], lines)
    durations = [float(cell or "nan") for cell in columns["duration"]]
    unknown = ("",) * len(piece)
    return {
        **{name: columns[name] for name in Utterance._fields},
        "duration": durations,
        "content": columns.get("content", unknown),
    }


def _check_numbers(path, name, cells, lines):
    for cell, line in zip(cells, lines, strict=True):
        try:
            number = float(cell or 0)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise InputError(
                f"{path}, line {line}: {name} is {cell!r}; "
                "give a number or nothing"
            )
        if name == "duration" and cell and number <= 0:
            raise InputError(
                f"{path}, line {line}: duration is {cell!r}; give seconds "
                "above 0, or nothing"
            )
