"""The files of a selection."""

import contextlib
import csv
from pathlib import Path

from childasr.evaluation.rates import divide
from childasr.text.files import write_atomically, write_json
from childasr.text.spreadsheet import guard

ASIDE_COLUMNS = (
    *("ID", "wav", "spk_id", "reason", "detail"),
    *("wer", "ref", "hyp"),
)
UNREADABLE = "unreadable"


def manifest_name(number, arm):
    """The file of a round.

    Example
    -------
    >>> manifest_name(2, "active"), manifest_name(2, "random")
    ('round2.csv', 'round2_random.csv')
    """
    return f"round{number}{'' if arm == 'active' else f'_{arm}'}.csv"


def write_selection(folder, heard, aside, rounds, selection):
    """Write the manifests, what is set aside, and the figures last.

    Arguments
    ---------
    folder : str or Path
        Gets `round1.csv`, `round1_random.csv` and so on, with the manifest's
        lines in its order; `summary.json`, which training reads beside them;
        `set_aside.csv`, with what could not be read; and `selection.json`.
        Those of another selection go.
    heard : Heard
    aside, rounds : dict
        As `describe` takes them.
    selection : dict
        The content of selection.json.
    """
    folder = Path(folder)
    (folder / "selection.json").unlink(missing_ok=True)
    for path in folder.glob("round*.csv"):
        path.unlink()
    _write_manifests(folder, heard.manifest.path, rounds, selection)
    root = heard.manifest.data_root
    summary = {"synthetic": selection["synthetic"]}
    write_json(
        folder / "summary.json",
        summary | ({"data_root": str(root)} if root else {}),
    )
    _write_set_aside(folder / "set_aside.csv", heard, aside)
    write_json(folder / "selection.json", selection)


def _write_manifests(folder, source, rounds, selection):
    with contextlib.ExitStack() as files:
        lines = csv.reader(
            files.enter_context(open(source, encoding="utf-8-sig", newline=""))
        )
        writers = [
            (first.tolist(), number, csv.writer(file, lineterminator="\n"))
            for arm, first in rounds.items()
            for number in range(1, len(selection["rounds"]) + 1)
            for file in [
                files.enter_context(
                    write_atomically(folder / manifest_name(number, arm))
                )
            ]
        ]
        header = next(lines)
        for _, _, writer in writers:
            writer.writerow(header)
        for row, line in enumerate(filter(None, lines)):
            for first, number, writer in writers:
                if 0 < first[row] <= number:
                    writer.writerow(line)


def _write_set_aside(path, heard, aside):
    with write_atomically(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(ASIDE_COLUMNS)
        for row, readable in enumerate(heard.readable.tolist()):
            if row in aside or not readable:
                writer.writerow(map(guard, _cells(heard, row, aside.get(row))))


def _cells(heard, row, why):
    utterance = heard.manifest[row]
    names = utterance.ID, utterance.wav, utterance.spk_id
    if why is None:
        detail = heard.table["unreadable"][row].as_py()
        return *names, UNREADABLE, detail, "", utterance.text, ""
    scored = heard.scored(row)
    wer = divide(scored.counts.word_errors, scored.counts.words)
    rate = "" if wer is None else f"{wer:.4f}"
    return *names, *why, rate, utterance.text, scored.hyp
