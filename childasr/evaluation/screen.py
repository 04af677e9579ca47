"""The error report as a table on the screen."""

from childasr.evaluation.rates import RATES
from childasr.text.percent import SYNTHETIC, percent

HEADINGS = {
    "wer": "WER",
    "swer": "sWER",
    "cer": "CER",
    "cer_no_space": "syll",
    "jamo_error_rate": "jamo",
    "phoneme_error_rate": "phon",
}


def report_table(report):
    """Lay a report out in columns, rates in percent.

    Speakers have no rows: those are in the report's files.

    Arguments
    ---------
    report : dict
        What `evaluate` returns.

    Returns
    -------
    text : str

    Example
    -------
    >>> rates = dict.fromkeys(RATES, 0.1)
    >>> row = {"utterances": 2, "words": 8, **rates, "wer_interval": [0, 0.3]}
    >>> report = {"synthetic": False, "overall": row | {"warning": None}}
    >>> report["mean_over_age"] = rates
    >>> report["groups"] = {"age": {"7": row | {"warning": "few_words"}}}
    >>> for line in report_table(report).splitlines()[2:]:
    ...     print(line[:46] + line[70:])
                 utts   words   WER  95 % interval  phon
    overall         2       8  10.0     0.0 - 30.0  10.0
    age mean                   10.0                 10.0
    age
      7             2       8  10.0     0.0 - 30.0  10.0  few words
    """
    groups = {
        grouping: entries
        for grouping, entries in report["groups"].items()
        if grouping != "speaker"
    }
    lines = [SYNTHETIC] if report["synthetic"] else []
    lines += [
        "Rates in percent, with the 95 % interval of the WER.",
        "syll, jamo, phon: syllables, letters and sounds, without spaces.",
    ]
    lines.append(_line("", "utts", "words", HEADINGS, "95 % interval"))
    lines.append(_row("overall", report["overall"]))
    lines.append(_line("age mean", "", "", _percents(report["mean_over_age"])))
    for grouping, entries in groups.items():
        lines.append(grouping)
        lines += [_row(f"  {name}", entry) for name, entry in entries.items()]
    return "\n".join(lines)


def _row(name, entry):
    ends = [percent(end, 1) for end in entry["wer_interval"] or [None]]
    line = _line(
        name,
        entry["utterances"],
        entry["words"],
        _percents(entry),
        " - ".join(ends),
    )
    warning = entry["warning"]
    return f"{line}  {warning.replace('_', ' ')}" if warning else line


def _percents(entry):
    return {rate: percent(entry[rate], 1) for rate in RATES}


def _line(name, utterances, words, rates, interval=""):
    wer, *others = (rates[rate] for rate in RATES)
    columns = "".join(f"{rate:>6}" for rate in others)
    return f"{name:<10}{utterances:>7}{words:>8}{wer:>6}{interval:>15}{columns}"
