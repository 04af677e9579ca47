"""A report to show to those who may not see what was said, and by whom."""


def redact(report):
    """Take words, transcripts and the ids of utterances and speakers out.

    What stays is of the same form. Speakers are numbered from the highest
    WER down, and utterances in the order in which the report names them.

    Arguments
    ---------
    report : dict
        As `report.schema.json` says; it is not changed.

    Returns
    -------
    report : dict
        Likewise; `redacted` is true.
    """
    groups = report["groups"]
    return {
        **report,
        "redacted": True,
        "groups": {**groups, "speaker": _numbered(groups["speaker"])},
        "analysis": _redact_analysis(report["analysis"]),
    }


def _numbered(speakers):
    worst_first = sorted(
        speakers.values(), key=lambda entry: entry["wer"] or 0.0, reverse=True
    )
    return {str(rank): entry for rank, entry in enumerate(worst_first, 1)}


def _redact_analysis(analysis):
    numbers = {}

    def number(name):
        return numbers.setdefault(name, str(len(numbers) + 1))

    return {
        "words": {kind: [] for kind in analysis["words"]},
        "letters": analysis["letters"],
        "outputs": {
            kind: [number(name) for name in names]
            for kind, names in analysis["outputs"].items()
        },
        "suspects": [
            {**suspect, "ID": number(suspect["ID"]), "detail": "", "seen": {}}
            for suspect in analysis["suspects"]
        ],
    }
