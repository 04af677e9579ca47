"""Two error reports read, and their comparison written."""

from datetime import UTC, datetime
from pathlib import Path

from childasr.audio import with_durations
from childasr.errors import InputError
from childasr.evaluation.compare import METHOD, compare
from childasr.evaluation.compare_page import write_comparison_page
from childasr.evaluation.report import score
from childasr.evaluation.report_files import read_hypotheses, reason_of
from childasr.manifest import Manifest
from childasr.text.files import read_json, write_json
from childasr.text.percent import SYNTHETIC, percent, points

OF_A_MODEL = ("model", "model_sha256", "date")
# Of a report, what is read of it here.
FIELDS = {
    **dict.fromkeys((*OF_A_MODEL, "manifest"), str),
    **dict.fromkeys(("synthetic", "redacted"), bool),
}


def compare_reports(folder_a, folder_b, manifest=None, data_root=None):
    """Compare the models of two reports on one manifest.

    Arguments
    ---------
    folder_a, folder_b : str or Path
        Reports that evaluate.py wrote, not redacted; b is judged against a.
    manifest : str or Path
        Default: where report a says that it was.
    data_root : str or Path
        As for `Manifest`; a recording is opened only where the manifest has no
        duration.

    Returns
    -------
    comparison : dict
        The content of comparison.json: `synthetic`, `date`,
        `interval_method`, `manifest` and its `manifest_sha256`; `a` and `b`,
        each with the model, model_sha256 and date of its report; and what
        `compare` gives.

    Raises
    ------
    InputError
        Also where a report is of other utterances or texts.
    """
    reports = [read_report(folder) for folder in (folder_a, folder_b)]
    manifest = Manifest(manifest or reports[0]["manifest"], data_root)
    utterances = with_durations(list(manifest))
    sides = [
        score(utterances, _hypotheses(utterances, folder, manifest.path))
        for folder in (folder_a, folder_b)
    ]
    return {
        "synthetic": any(report["synthetic"] for report in reports),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "interval_method": METHOD,
        "manifest": str(manifest.path),
        "manifest_sha256": manifest.sha256,
        **{
            side: {name: report[name] for name in OF_A_MODEL}
            for side, report in zip("ab", reports, strict=True)
        },
        **compare(*sides),
    }


def check_comparable(folder, manifest, data_root=None):
    """See that a report can be compared on a manifest, before the long work.

    Arguments
    ---------
    folder : str or Path
        Of the report.
    manifest, data_root
        As for `compare_reports`.

    Raises
    ------
    InputError
        As of `compare_reports`.
    """
    read_report(folder)
    manifest = Manifest(manifest, data_root)
    _hypotheses(list(manifest), folder, manifest.path)


def read_report(folder):
    """The content of a report's report.json.

    Raises
    ------
    InputError
        It is none that can be compared.
    """
    path = Path(folder, "report.json")
    try:
        report = read_json(path)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if not _is_report(report):
        raise _unreadable(path)
    if report["redacted"]:
        raise InputError(
            f"the report in {folder} is redacted: compare one that is not"
        )
    return report


def _is_report(report):
    return isinstance(report, dict) and all(
        isinstance(report.get(name), kind) for name, kind in FIELDS.items()
    )


def _unreadable(path, error=None):
    return InputError(
        f"cannot read the report {path} ({reason_of(error)}): give the "
        "folder of a report that evaluate.py wrote"
    )


def write_comparison(folder, comparison):
    """Write comparison.html and comparison.json.

    Arguments
    ---------
    folder : str or Path
        Made where it is missing.
    comparison : dict
        What `compare_reports` returns.
    """
    write_comparison_page(Path(folder, "comparison.html"), comparison)
    write_json(Path(folder, "comparison.json"), comparison)


def comparison_table(comparison):
    """Lay the WERs of a comparison out in columns, in percent.

    Arguments
    ---------
    comparison : dict
        What `compare_reports` returns.

    Returns
    -------
    text : str
        Speakers are not listed.

    Example
    -------
    >>> rate = {"a": 0.25, "b": 0.2, "difference": -0.05}
    >>> rate |= {"interval": [-0.08, -0.02], "verdict": "better"}
    >>> figures = {"rates": {"wer": rate}, "warning": None}
    >>> small = {"rates": {"wer": rate | {"verdict": "not_told_apart"}}}
    >>> small |= {"warning": "few_words"}
    >>> print(comparison_table({
    ...     "synthetic": False,
    ...     "overall": figures,
    ...     "groups": {"age": {"7": figures, "8": small}, "speaker": {}},
    ...     "utterances": {"better": 3, "worse": 1, "same": 8},
    ... }))
                              a       b    b - a     95 % interval  b is
    overall
      wer                 25.00   20.00    -5.00    -8.00 to -2.00  better
    wer by age
      7                   25.00   20.00    -5.00    -8.00 to -2.00  better
      8                   25.00   20.00    -5.00    -8.00 to -2.00  not told ...
    utterances: 3 better, 1 worse, 8 with as many errors
    """
    lines = [SYNTHETIC] if comparison["synthetic"] else []
    lines.append(
        f"{'':<20} {'a':>7} {'b':>7} {'b - a':>8} {'95 % interval':>17}  b is"
    )
    lines.append("overall")
    overall = comparison["overall"]
    lines += [
        _row(name, rate, overall["warning"])
        for name, rate in overall["rates"].items()
    ]
    for grouping, entries in comparison["groups"].items():
        if grouping != "speaker":
            lines.append(f"wer by {grouping}")
            lines += [
                _row(label, entry["rates"]["wer"], entry["warning"])
                for label, entry in entries.items()
            ]
    counts = comparison["utterances"]
    lines.append(
        f"utterances: {counts['better']} better, {counts['worse']} worse, "
        f"{counts['same']} with as many errors"
    )
    return "\n".join(lines)


def _row(name, rate, warning):
    ends = " to ".join(points(end) for end in rate["interval"] or [])
    return (
        f"  {name:<18} {percent(rate['a']):>7} {percent(rate['b']):>7} "
        f"{points(rate['difference']):>8} {ends or percent(None):>17}  "
        f"{rate['verdict'].replace('_', ' ')}"
        + (f" ({warning.replace('_', ' ')})" if warning else "")
    )


def _hypotheses(utterances, folder, manifest):
    path = Path(folder, "hypotheses.csv")
    texts = read_hypotheses(path)
    other = len(utterances) != len(texts) or any(
        utterance.text != texts.get(utterance.ID, (None,))[0]
        for utterance in utterances
    )
    if other:
        raise InputError(
            f"{path} is not of the utterances of {manifest}: compare reports "
            "on the same manifest, or give that one"
        )
    return [texts[item.ID][1] for item in utterances]
