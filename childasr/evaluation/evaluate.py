"""A model's error report on a manifest, from recordings to files."""

from pathlib import Path

from childasr.audio import durations
from childasr.errors import InputError
from childasr.evaluation.interval import METHOD
from childasr.evaluation.recogniser import Recogniser
from childasr.evaluation.report import score, summarise
from childasr.evaluation.report_files import write_report
from childasr.manifest import Manifest, read_summary


def evaluate(
    model_folder,
    manifest,
    output_folder,
    data_root=None,
    device=None,
    batch_seconds=80,
):
    """Transcribe a manifest's recordings and report the errors.

    All input is checked before the first utterance is transcribed.

    Arguments
    ---------
    model_folder : str or Path
        A `best_model`.
    manifest : str or Path
        Such as `test.csv`.
    output_folder : str or Path
        Gets report.json, report.html, wer.txt and hypotheses.csv.
    data_root : str or Path
        Default: what `summary.json` beside the manifest says.
    device, batch_seconds
        As for `Recogniser`.

    Returns
    -------
    report : dict
        The content of report.json: `synthetic`, `model`, `manifest`,
        `interval_method`, and the `overall` and `groups` of `summarise`.
    """
    utterances = list(Manifest(manifest, data_root))
    paths = [utterance.wav for utterance in utterances]
    seconds = durations(paths)
    recogniser = Recogniser(model_folder, device, batch_seconds)
    _make_folder(output_folder)
    scored = score(utterances, recogniser.transcribe_files(paths, seconds))
    report = {
        "synthetic": bool(read_summary(manifest).get("synthetic")),
        "model": str(model_folder),
        "manifest": str(manifest),
        "interval_method": METHOD,
        **summarise(scored),
    }
    write_report(output_folder, report, scored)
    return report


def _make_folder(folder):
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot write to {folder} ({error.strerror}): "
            "give another --output_dir"
        ) from error
