"""The summary of a preparation as one HTML file that needs no other."""

from collections import Counter
from pathlib import Path

from childasr.text.files import write_atomically
from childasr.text.group_labels import UNKNOWN, reading_order
from childasr.text.pages import page_templates
from data_prep.meanings import REASONS, SPEAKER_KEYS, TEXT_RULES
from data_prep.report import SYNTHETIC, by_split
from data_prep.twins import is_apart

UNITS = {
    "age": "Age, years",
    "snr": "SNR, dB",
    "gender": "Gender",
    "style": "Style",
    "duration": "Duration, s",
}
NAMED = 100  # utterances listed by name; rejects.csv has all
DETAIL = 200  # characters of an example's detail
CELLS = 10  # cells of a field that were not understood


def write_page(path, summary):
    """Write what a preparation found, for people.

    Arguments
    ---------
    path : str or Path
        The HTML file.
    summary : dict
        The content of `summary.json`.
    """
    templates = page_templates(
        Path(__file__).parent, {"number": "{:,}".format, "percent": percent}
    )
    page = templates.get_template("summary.html.jinja").render(
        summary,
        share=share,
        by_split=by_split,
        charts=charts(summary),
        apart=sum(map(is_apart, summary["twin_speakers"])),
        SYNTHETIC=SYNTHETIC,
        REASONS=REASONS,
        SPEAKER_KEYS=SPEAKER_KEYS,
        TEXT_RULES=TEXT_RULES,
        NAMED=NAMED,
        DETAIL=DETAIL,
        CELLS=CELLS,
    )
    with write_atomically(path) as file:
        file.write(page)


def charts(summary):
    """The bars of each dimension, for every split and phase.

    Arguments
    ---------
    summary : dict

    Returns
    -------
    charts : list of dict
        Per dimension: its `title`; `known`, false where no utterance has a
        value; and `rows`, the splits and the phases, each a list of dict with
        the `name` of the part, its `distance` from the `whole`, and `bars`. A
        bar has `label`, `count`, `share`, and `width` and `tick`: its own
        share and the whole's, in percent of the longest in the dimension.
    """
    return [
        _chart(title, dimension, summary) for dimension, title in UNITS.items()
    ]


def _chart(title, dimension, summary):
    whole = Counter()
    for part in summary["splits"].values():
        whole.update(part["distributions"][dimension])
    train = summary["splits"]["train"]["distributions"][dimension]
    labels = sorted(whole, key=reading_order)
    rows = [
        [
            {
                "name": name,
                "distance": part["distance"][dimension],
                "whole": of,
                "bars": _bars(labels, part["distributions"][dimension], whole),
            }
            for name, part in parts.items()
        ]
        for parts, whole, of in (
            (summary["splits"], whole, "all"),
            (summary["phases"], train, "train"),
        )
    ]
    _scale([bar for row in rows for part in row for bar in part["bars"]])
    return {"title": title, "known": labels != [UNKNOWN], "rows": rows}


def _bars(labels, counts, whole):
    total, total_whole = sum(counts.values()), sum(whole.values())
    return [
        {
            "label": label,
            "count": counts.get(label, 0),
            "share": counts.get(label, 0) / total,
            "tick": whole.get(label, 0) / total_whole,
        }
        for label in labels
    ]


def _scale(bars):
    longest = max(max(bar["share"], bar["tick"]) for bar in bars)
    for bar in bars:
        bar["width"] = round(100 * bar["share"] / longest, 2)
        bar["tick"] = round(100 * bar["tick"] / longest, 2)


def percent(fraction):
    """A fraction in percent; what is not all or nothing does not look so.

    Example
    -------
    >>> percent(0.1234), percent(1e-6), percent(0.99999), percent(1)
    ('12.3 %', '<0.1 %', '>99.9 %', '100 %')
    """
    if fraction in (0, 1):
        return f"{100 * fraction:.0f} %"
    if fraction < 0.001:
        return "<0.1 %"
    return ">99.9 %" if fraction > 0.999 else f"{100 * fraction:.1f} %"


def share(some, whole):
    """A count's percentage of another, or a dash of nothing.

    Example
    -------
    >>> share(335, 63012), share(0, 0)
    ('0.5 %', '–')
    """
    return percent(some / whole) if whole else "–"
