"""The page's words in English and Korean, as words.json has them."""

import functools
import json
from pathlib import Path

from markupsafe import Markup

BOTH = Markup('<span class="en">{}</span><span class="ko" lang="ko">{}</span>')


def both(key, **values):
    """A text in both languages, of which the page's style shows one.

    Arguments
    ---------
    key : str
        Below `page` in words.json.
    **values
        What the text names in braces; escaped.

    Returns
    -------
    markup : Markup

    Example
    -------
    >>> print(both("by_speaker", count="<3>"))
    <span class="en">By speaker (&lt;3&gt;)</span><span class="ko" ...
    """
    texts = _words()["page"][key]
    return BOTH.format(
        *(Markup(texts[name]).format(**values) for name in ("en", "ko"))
    )


def reason(code):
    """Why a label is suspected; the code itself where it is a new one.

    Example
    -------
    >>> print(reason("other_words"), reason("new"))
    <span class="en">other words</span><span class="ko" ...</span> new
    """
    texts = _words()["reasons"].get(code)
    return BOTH.format(texts["en"], texts["ko"]) if texts else code


def script_words():
    """The texts that the page's script shows: language to key to text."""
    return _words()["script"]


@functools.cache
def _words():
    path = Path(__file__).with_name("words.json")
    return json.loads(path.read_text(encoding="utf-8"))
