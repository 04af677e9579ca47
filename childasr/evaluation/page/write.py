"""A report and its utterances put into the page's template."""

import base64
import hashlib
from pathlib import Path

from markupsafe import Markup

from childasr.evaluation.page.audio import embedded, link
from childasr.evaluation.page.curves import curves
from childasr.evaluation.page.intervals import place_intervals
from childasr.evaluation.page.letters import confusion_matrix
from childasr.evaluation.page.rows import FIELDS, findings, rows
from childasr.evaluation.page.wording import (
    both,
    details,
    in_both,
    reason,
    script_words,
)
from childasr.evaluation.rates import RATES
from childasr.text.files import write_atomically
from childasr.text.pages import page_templates
from childasr.text.percent import SYNTHETIC, percent, points

FOLDER = Path(__file__).parent


def write_page(path, report, scored, embed_audio=False):
    """Write an error report as one HTML file that needs no other.

    Texts and names come from strangers: they are escaped, and a content
    security policy lets no script run but the page's own.

    Arguments
    ---------
    path : str or Path
        The HTML file.
    report : dict
        The content of report.json.
    scored : list of Scored
        For the table of utterances; empty where the report is redacted.
    embed_audio : bool
        Whether the recordings are put into the page (four thirds of their
        size), rather than linked by their paths from the page. Those in an
        archive can only be embedded.
    """
    style, script = (
        (FOLDER / name).read_text("utf-8") for name in ("page.css", "page.js")
    )
    if embed_audio:
        addresses = [f"#recording{number}" for number in range(len(scored))]
        recordings = (embedded(item.utterance.wav) for item in scored)
    else:
        addresses = [link(item.utterance.wav, path) for item in scored]
        recordings = ()
    page = (
        _templates()
        .get_template("page.html.jinja")
        .generate(
            report,
            style=Markup(style),
            script=Markup(script),
            policy=_policy(style, script),
            data={
                "fields": FIELDS,
                "rows": rows(scored, addresses, report["analysis"]),
                "labels": {
                    grouping: list(entries)
                    for grouping, entries in report["groups"].items()
                },
                "words": script_words(),
            },
            recordings=recordings,
        )
    )
    # In pieces, as embedded recordings may be larger than the memory.
    with write_atomically(path) as file:
        file.writelines(page)


def span(interval, decimals=2):
    """Both ends of an interval in percent; a dash where there is none.

    Example
    -------
    >>> span([0.1, 0.234], 1), span(None)
    ('10.0–23.4', '–')
    """
    return "–".join(percent(end, decimals) for end in interval or [None])


FILTERS = {
    "percent": percent,
    "points": points,
    "span": span,
    "number": "{:,}".format,
    "minute": lambda date: f"{date[:16].replace('T', ' ')} UTC",
}


def _templates():
    templates = page_templates(
        FOLDER,
        FILTERS,
        t=both,
        RATES=RATES,
        SYNTHETIC=SYNTHETIC,
        place_intervals=place_intervals,
        confusion_matrix=confusion_matrix,
        curves=curves,
        findings=findings,
        details=details,
        in_both=in_both,
        reason=reason,
    )
    # Korean stays readable, and a third of its size.
    templates.policies["json.dumps_kwargs"] = {
        "ensure_ascii": False,
        "separators": (",", ":"),
        "allow_nan": False,
    }
    return templates


def _policy(style, script):
    """Nothing but this style and script, and sound from files."""
    hashes = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (style, script)
    ]
    return (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "media-src 'self' file: data:"
    )
