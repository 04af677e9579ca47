"""The readiness for 3,500 h as files, and as one page for people."""

from pathlib import Path

from childasr.curriculum.readiness import assess, shown, words
from childasr.evaluation.page.axes import ticks
from childasr.evaluation.page.intervals import place_intervals
from childasr.evaluation.page.wording import BOTH, both
from childasr.evaluation.page.write import FILTERS, FOLDER
from childasr.manifest import read_summary
from childasr.text.files import write_atomically, write_json
from childasr.text.pages import page_templates
from childasr.text.percent import SYNTHETIC


def report_readiness(plan, gates, report):
    """Write readiness.json and readiness.html into the report folder.

    Arguments
    ---------
    plan : Plan
    gates : list of dict
        `gate.json` of each phase that ran.
    report : dict or None
        `report.json`; None where a gate was not met before there was one.

    Returns
    -------
    lines : list of str
        What to print; none of a curriculum without the plan's phase 3.
    """
    if "phase3" not in [phase.name for phase in plan.phases]:
        return []
    summary = read_summary(plan.manifest_folder / "train.csv")
    readiness = assess(gates, report, summary)
    folder = Path(plan.settings["report_folder"])
    write_json(folder / "readiness.json", readiness)
    write_readiness_page(folder / "readiness.html", readiness)
    advice = words()["advice"][readiness["advice"]]["en"]
    return [
        f"readiness for 3,500 h: {advice}",
        *(f"  {reason}" for reason in readiness["reasons"]),
        *(f"  unknown: {reason}" for reason in readiness["open"]),
        f"readiness: {folder / 'readiness.html'}",
    ]


def write_readiness_page(path, readiness):
    """Write a readiness for people, in English and Korean, without a script.

    Arguments
    ---------
    path : str or Path
        The HTML file.
    readiness : dict
        The content of `readiness.json`.
    """
    templates = page_templates([Path(__file__).parent, FOLDER], FILTERS)
    page = templates.get_template("readiness.html.jinja").render(
        readiness,
        t=both,
        both=lambda texts: BOTH.format(texts["en"], texts["ko"]),
        say=BOTH.format,
        show=shown,
        words=words(),
        place_intervals=place_intervals,
        phases_chart=place_phases(readiness),
        SYNTHETIC=SYNTHETIC,
    )
    with write_atomically(path) as file:
        file.write(page)


def place_phases(readiness):
    """Place the WER of each phase, and of the test split, on one axis.

    Arguments
    ---------
    readiness : dict
        The content of `readiness.json`.

    Returns
    -------
    chart : dict
        `ticks`: pairs of place and rate; `rows`: dicts with `name` (None for
        the test split), `wer`, `kept`, `dot`, `marks` (target and least
        acceptable), and `low` and `high`, None without an interval. Places
        are in percent of the axis.

    Example
    -------
    >>> phase = {"phase": "phase3", "wer": 0.1, "kept": True}
    >>> phase |= {"target": 0.15, "acceptable": 0.2}
    >>> chart = place_phases({"phases": [phase], "overall": None})
    >>> chart["rows"][0]["dot"], chart["rows"][0]["marks"]["acceptable"]
    (50.0, 100.0)
    """
    phases, test = readiness["phases"], readiness["overall"]
    rates = [
        phase[key]
        for phase in phases
        for key in ("wer", "target", "acceptable")
    ]
    interval = [] if test is None else test.get("wer_interval") or []
    tested = [] if test is None or test["wer"] is None else [test["wer"]]
    top = max([*rates, *tested, *interval]) or 1.0

    def place(rate):
        return round(100 * rate / top, 2)

    rows = [
        {
            "name": phase["phase"],
            "wer": phase["wer"],
            "kept": phase["kept"],
            "dot": place(phase["wer"]),
            "marks": {k: place(phase[k]) for k in ("target", "acceptable")},
            "low": None,
            "high": None,
        }
        for phase in phases
    ]
    for wer in tested:
        low, high = map(place, interval) if interval else (None, None)
        row = {"name": None, "wer": wer, "kept": True, "dot": place(wer)}
        rows.append(row | {"marks": {}, "low": low, "high": high})
    return {"ticks": [(place(rate), rate) for rate in ticks(top)], "rows": rows}
