"""The files of an error report: its twins for programs, and the page."""

import csv
import re
from pathlib import Path

from speechbrain.dataio import wer
from speechbrain.utils import edit_distance

from childasr.errors import InputError
from childasr.evaluation.groups import named_group
from childasr.evaluation.page import write_page
from childasr.evaluation.rates import divide, words_of
from childasr.evaluation.weights import weights_sha256
from childasr.text.files import (
    NO_SPACE,
    file_sha256,
    read_json,
    write_atomically,
    write_json,
)
from childasr.text.percent import SYNTHETIC
from childasr.text.spreadsheet import guard, unguard

HYPOTHESIS_COLUMNS = (
    "ID",
    "spk_id",
    "ref",
    "hyp",
    "words",
    "errors",
    "wer",
    "cer",
)
# They hold what was said, and who said it.
TRANSCRIPTS = (
    *("hypotheses.csv", "wer.txt", "ref.trn", "hyp.trn"),
    *("comparison.html", "comparison.json", "a", "b"),
)
# Alternatives, optional words, nothing, attributes, comments and ends of ids
# in sclite's trn; and the sign that escapes them.
SCLITE = re.compile(r"[\s\0{}/()@;*%]")


def make_folder(folder, redacted=False):
    """Make a report's folder before the long work.

    Raises
    ------
    InputError
        It cannot be made; or the report is redacted and transcripts of an
        earlier one would lie beside it.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if error.errno in NO_SPACE:
            raise
        raise InputError(
            f"cannot write to {folder} ({error.strerror}): "
            "give another --output_dir"
        ) from error
    left = [name for name in TRANSCRIPTS if (folder / name).exists()]
    if redacted and left:
        raise InputError(
            f"{folder} holds transcripts of an earlier report "
            f"({', '.join(left)}): give another --output_dir"
        )


def is_report_of(folder, model, manifest):
    """Whether a folder holds the report of a model on a manifest.

    Both are told by their content, so that a model which was trained anew is
    reported on anew. One that is damaged is none.

    Example
    -------
    >>> folder = getfixture("tmp_path")
    >>> is_report_of(folder, folder / "best_model", folder / "valid.csv")
    False
    """
    try:
        report = read_json(Path(folder, "report.json"))
    except (OSError, ValueError):  # none, or damaged: it is made anew
        return False
    return (
        isinstance(report, dict)
        and report.get("manifest_sha256") == file_sha256(manifest)
        and report.get("model_sha256") == weights_sha256(model)
    )


def write_report(folder, report, scored, embed_audio=False):
    """Write report.html and report.json, and beside them the transcripts.

    The transcripts, which a redacted report has not, are hypotheses.csv,
    wer.txt, ref.trn and hyp.trn.

    Arguments
    ---------
    folder : str or Path
    report : dict
        As `report.schema.json` says.
    scored : list of Scored
    embed_audio : bool
        Whether the page holds the recordings, rather than links to them.
    """
    folder = Path(folder)
    # Killed on the way, it leaves no report, and none of two models.
    (folder / "report.json").unlink(missing_ok=True)
    if report["redacted"]:
        scored = []
    else:
        write_hypotheses(folder / "hypotheses.csv", scored)
        write_alignments(folder / "wer.txt", scored, report["synthetic"])
        write_trn(folder, scored)
    write_page(folder / "report.html", report, scored, embed_audio)
    write_json(folder / "report.json", report)


def write_hypotheses(path, scored):
    """Write one row for each utterance, in the manifest's order.

    A cell of text that a spreadsheet would run as a formula has an apostrophe
    before it, and so has one that begins with an apostrophe: without the
    first apostrophe each is what it was.
    """
    with write_atomically(path) as file:
        writer = csv.writer(file)
        writer.writerow(HYPOTHESIS_COLUMNS)
        for utterance, hyp, counts, _ in scored:
            texts = utterance.ID, utterance.spk_id, utterance.text, hyp
            writer.writerow(
                [
                    *map(guard, texts),
                    counts.words,
                    counts.word_errors,
                    divide(counts.word_errors, counts.words),
                    divide(counts.char_errors, counts.chars),
                ]
            )


def read_hypotheses(path):
    """Read the hypotheses that `write_hypotheses` wrote.

    Arguments
    ---------
    path : str or Path

    Returns
    -------
    texts : dict
        ID -> (reference, hypothesis).

    Raises
    ------
    InputError
        It is no such file.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            return {
                unguard(row["ID"]): (unguard(row["ref"]), unguard(row["hyp"]))
                for row in rows
            }
    # A row that is cut short has None in its last columns.
    except (OSError, ValueError, csv.Error, KeyError, AttributeError) as error:
        raise InputError(
            f"cannot read the hypotheses {path} ({reason_of(error)}): give the "
            "folder of a report that evaluate.py wrote, and that is not "
            "redacted"
        ) from error


def reason_of(error):
    """Why a file of a report cannot be read, in words.

    Example
    -------
    >>> reason_of(FileNotFoundError(2, "No such file or directory", "a"))
    'No such file or directory'
    >>> reason_of(KeyError("redacted"))
    'it is none or damaged'
    """
    return getattr(error, "strerror", None) or "it is none or damaged"


def write_alignments(path, scored, synthetic=False):
    """Write SpeechBrain's WER summary and word alignments."""
    details = edit_distance.wer_details_for_batch(
        [item.utterance.ID for item in scored],
        [words_of(item.utterance.text) for item in scored],
        [words_of(item.hyp) for item in scored],
        compute_alignments=True,
    )
    with write_atomically(path) as file:
        if synthetic:
            print(SYNTHETIC, file=file)
        wer.print_wer_summary(edit_distance.wer_summary(details), file)
        wer.print_alignments(details, file)


def write_trn(folder, scored):
    """Write ref.trn and hyp.trn, for NIST's sclite.

    `sclite -r ref.trn trn -h hyp.trn trn -i spu_id -e utf-8 -s` reads them.
    It charges a substitution 4 and a deletion or insertion 3, so that it may
    count more errors than the edit distance in wer.txt, never fewer.

    Arguments
    ---------
    folder : str or Path
    scored : list of Scored
    """
    for name in ("ref", "hyp"):
        with write_atomically(Path(folder, f"{name}.trn")) as file:
            for utterance, hyp, *_ in scored:
                text = utterance.text if name == "ref" else hyp
                file.write(trn_line(utterance.spk_id, utterance.ID, text))


def trn_line(speaker, name, text):
    """A transcript as sclite reads it: `words (speaker-utterance)`.

    What means something to sclite is percent-encoded, in words too, where
    equal ones stay equal. It takes what precedes the first hyphen for the
    speaker.

    Example
    -------
    >>> print(trn_line("s-1", "u 1", "나는 (음) 간다"), end="")
    나는 %28음%29 간다 (s%2D1-u%201)
    """
    speaker = _escape(named_group(speaker)).replace("-", "%2D")
    words = [_escape(word) for word in words_of(text)]
    return " ".join([*words, f"({speaker}-{_escape(name)})"]) + "\n"


def _escape(text):
    return SCLITE.sub(lambda found: _percent_encoded(found[0]), text)


def _percent_encoded(character):
    return "".join(f"%{byte:02X}" for byte in character.encode())
