"""The four files of an error report."""

import csv
from pathlib import Path

import jinja2
from speechbrain.dataio import wer
from speechbrain.utils import edit_distance

from childasr.evaluation.rates import divide
from childasr.text.files import write_atomically, write_json

SYNTHETIC = "SYNTHETIC SPEECH: these rates say nothing about real children"
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


def write_report(folder, report, scored):
    """Write hypotheses.csv, wer.txt, report.html and report.json.

    Arguments
    ---------
    folder : str or Path
    report : dict
        What `evaluate` returns; rates are fractions.
    scored : list of Scored
    """
    folder = Path(folder)
    write_hypotheses(folder / "hypotheses.csv", scored)
    write_alignments(folder / "wer.txt", scored, report["synthetic"])
    write_page(folder / "report.html", report)
    write_json(folder / "report.json", report)


def write_hypotheses(path, scored):
    """Write one row for each utterance, in the manifest's order."""
    with write_atomically(path) as file:
        writer = csv.writer(file)
        writer.writerow(HYPOTHESIS_COLUMNS)
        for utterance, hyp, counts in scored:
            writer.writerow(
                [
                    utterance.ID,
                    utterance.spk_id,
                    utterance.text,
                    hyp,
                    counts.words,
                    counts.word_errors,
                    divide(counts.word_errors, counts.words),
                    divide(counts.char_errors, counts.chars),
                ]
            )


def write_alignments(path, scored, synthetic=False):
    """Write SpeechBrain's WER summary and word alignments."""
    details = edit_distance.wer_details_for_batch(
        [item.utterance.ID for item in scored],
        [item.utterance.text.split() for item in scored],
        [item.hyp.split() for item in scored],
        compute_alignments=True,
    )
    with write_atomically(path) as file:
        if synthetic:
            print(SYNTHETIC, file=file)
        wer.print_wer_summary(edit_distance.wer_summary(details), file)
        wer.print_alignments(details, file)


def write_page(path, report):
    """Write the report as one HTML file that needs no other."""
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["percent"] = percent
    page = templates.get_template("report.html.jinja")
    with write_atomically(path) as file:
        file.write(page.render(report, SYNTHETIC=SYNTHETIC))


def percent(rate):
    """A fraction as percent, for people.

    Example
    -------
    >>> percent(0.1234), percent(None)
    ('12.3', '–')
    """
    return "–" if rate is None else f"{100 * rate:.1f}"
