"""The error report as a table on the screen."""

from childasr.evaluation.report_files import SYNTHETIC, percent


def report_table(report):
    """Lay a report out in columns, rates in percent.

    Arguments
    ---------
    report : dict
        What `evaluate` returns.

    Returns
    -------
    text : str

    Example
    -------
    >>> row = {"utterances": 2, "words": 8, "wer": 0.25, "cer": 0.1}
    >>> row["wer_interval"] = [0.1, 0.4]
    >>> report = {"synthetic": False, "overall": row}
    >>> report["groups"] = {"age": {"7": row}}
    >>> print(report_table(report))
               utterances     words   WER %   95 % interval   CER %
    overall             2         8    25.0     10.0 - 40.0    10.0
    age
      7                 2         8    25.0     10.0 - 40.0    10.0
    """
    lines = [SYNTHETIC] if report["synthetic"] else []
    lines.append(
        _columns("", "utterances", "words", "WER %", "95 % interval", "CER %")
    )
    lines.append(_row("overall", report["overall"]))
    for grouping, entries in report["groups"].items():
        lines.append(grouping)
        lines += [_row(f"  {name}", entry) for name, entry in entries.items()]
    return "\n".join(lines)


def _row(name, entry):
    ends = [percent(end) for end in entry["wer_interval"] or []]
    return _columns(
        name,
        entry["utterances"],
        entry["words"],
        percent(entry["wer"]),
        " - ".join(ends) or percent(None),
        percent(entry["cer"]),
    )


def _columns(name, utterances, words, wer, interval, cer):
    return (
        f"{name:<10} {utterances:>10} {words:>9} "
        f"{wer:>7} {interval:>15} {cer:>7}"
    )
