"""The comparison of two models as one HTML file that needs no other."""

from pathlib import Path

from childasr.evaluation.analysis.words import align_words
from childasr.evaluation.page.wording import both
from childasr.evaluation.page.write import FILTERS
from childasr.text.files import write_atomically
from childasr.text.pages import page_templates
from childasr.text.percent import SYNTHETIC


def write_comparison_page(path, comparison):
    """Write a comparison for people, in English and Korean.

    It has no script: the switch of the language is in its style.

    Arguments
    ---------
    path : str or Path
        The HTML file.
    comparison : dict
        The content of comparison.json.
    """
    templates = page_templates(Path(__file__).parent, FILTERS)
    page = templates.get_template("comparison.html.jinja").render(
        comparison,
        t=both,
        align_words=align_words,
        place=place_differences(comparison),
        SYNTHETIC=SYNTHETIC,
    )
    with write_atomically(path) as file:
        file.write(page)


def place_differences(comparison):
    """What places a difference of WERs on the axis that all charts share.

    The axis is symmetric around no difference, and ends at twice the largest
    difference of a group with an interval that is not a speaker.

    Arguments
    ---------
    comparison : dict

    Returns
    -------
    place : callable
        Fraction to percent of the axis; what lies beyond its ends is placed
        on them.

    Example
    -------
    >>> wer = {"difference": -0.02, "interval": [-0.03, -0.01]}
    >>> figures = {"rates": {"wer": wer}}
    >>> comparison = {"overall": figures, "groups": {"age": {"7": figures}}}
    >>> place = place_differences(comparison)
    >>> place(-0.02), place(0), place(0.5)
    (25.0, 50.0, 100.0)
    """
    entries = [comparison["overall"]]
    for grouping, groups in comparison["groups"].items():
        entries += groups.values() if grouping != "speaker" else ()
    wers = [entry["rates"]["wer"] for entry in entries]
    end = 2 * max(
        (abs(wer["difference"]) for wer in wers if wer["interval"]), default=0
    )
    end = end or 1.0

    def place(difference):
        return round(50 + 50 * max(-1.0, min(1.0, difference / end)), 2)

    return place
