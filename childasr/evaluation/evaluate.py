"""A model's error report on a manifest, from recordings to files."""

from datetime import UTC, datetime
from pathlib import Path

from childasr.audio import durations, with_durations
from childasr.errors import InputError
from childasr.evaluation.analysis import analyse
from childasr.evaluation.compare_files import (
    check_comparable,
    compare_reports,
    write_comparison,
)
from childasr.evaluation.history import gate_of, training_of
from childasr.evaluation.interval import METHOD
from childasr.evaluation.ledger import (
    check_writable,
    is_held_out,
    record_look,
)
from childasr.evaluation.recogniser import Recogniser
from childasr.evaluation.redaction import redact
from childasr.evaluation.report import score, summarise
from childasr.evaluation.report_files import make_folder, write_report
from childasr.evaluation.weights import refuse_replaced, weights_sha256
from childasr.manifest import Manifest, read_summary
from childasr.model.folder import check_model_folder


def evaluate(
    model_folder,
    manifest,
    output_folder,
    data_root=None,
    device=None,
    batch_seconds=None,
    redacted=False,
    embed_audio=False,
):
    """Transcribe a manifest's recordings and report the errors.

    All input is checked before the first utterance is transcribed. A look at
    a manifest that training does not read is written down beside it.

    Arguments
    ---------
    model_folder : str or Path
        A `best_model`.
    manifest : str or Path
        Such as `test.csv`.
    output_folder : str or Path
        Gets the files of `write_report`.
    data_root : str or Path
        Default: what `summary.json` beside the manifest says.
    device, batch_seconds
        As for `Recogniser`.
    redacted : bool
        Leave out transcripts, words and the names of utterances and speakers.
    embed_audio : bool
        As for `write_report`.

    Returns
    -------
    report : dict
        The content of report.json, see `report.schema.json`.

    Raises
    ------
    RunError
        The model was replaced meanwhile.
    """
    table = Manifest(manifest, data_root)
    table.check_texts()
    utterances = list(table)
    paths = [utterance.wav for utterance in utterances]
    seconds = durations(paths)
    utterances = with_durations(utterances)
    check_model_folder(model_folder)
    weights = weights_sha256(model_folder)
    history = {
        "gate": gate_of(model_folder),
        "training": training_of(model_folder),
    }
    recogniser = Recogniser(model_folder, device, batch_seconds)
    make_folder(output_folder, redacted)
    if is_held_out(manifest):
        check_writable(manifest)
    heard = recogniser.transcribe_files(paths, seconds)
    scored = score(
        utterances,
        [transcript.text for transcript in heard],
        [transcript.confidence for transcript in heard],
    )
    refuse_replaced(model_folder, weights, "evaluated")
    report = _report(model_folder, weights, table, scored) | history
    if redacted:
        report = redact(report)
    write_report(output_folder, report, scored, embed_audio)
    return report


def _report(model_folder, weights, table, scored):
    """What report.json says of the errors; the look is recorded here."""
    figures = summarise(scored)
    origin = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": str(model_folder),
        "model_sha256": weights,
        "manifest": str(table.path),
        "manifest_sha256": table.sha256,
    }
    looks = None
    if is_held_out(table.path):
        look = {"utterances": len(scored), "wer": figures["overall"]["wer"]}
        looks = record_look(table.path, origin | look)
    return {
        "synthetic": bool(read_summary(table.path).get("synthetic")),
        "redacted": False,
        **origin,
        "interval_method": METHOD,
        "test_looks": looks,
        **figures,
        "analysis": analyse(scored),
    }


def compare_models(a, b, manifest, output_folder, **options):
    """Compare two models, or the reports of two, on one manifest.

    Arguments
    ---------
    a, b : str or Path
        Each a model, which is evaluated first, or the folder of a report;
        b is judged against a.
    manifest : str or Path or None
        None where both are reports: the one that a's report is of.
    output_folder : str or Path
        Gets the files of `write_comparison`, and in `a` and `b` the reports
        that were made.
    **options
        Of `evaluate`.

    Returns
    -------
    comparison : dict
        As `compare_reports` returns it.
    """
    models = [f for f in (a, b) if not Path(f, "report.json").is_file()]
    for folder in models:
        if manifest is None:
            raise InputError(
                f"no report in {folder}: give one, or a model and the "
                "manifest to evaluate it on"
            )
        check_model_folder(folder)
        # What lies beside it is read again for the report: to refuse it now.
        gate_of(folder)
        training_of(folder)
    for folder in (a, b):
        if models and folder not in models:
            check_comparable(folder, manifest, options.get("data_root"))
    reports = []
    for side, folder in (("a", a), ("b", b)):
        if folder in models:
            report = Path(output_folder, side)
            evaluate(folder, manifest, report, **options)
            folder = report
        reports.append(folder)
    comparison = compare_reports(*reports, manifest, options.get("data_root"))
    make_folder(output_folder)
    write_comparison(output_folder, comparison)
    return comparison
