"""The page's words in English and Korean, as words.json has them."""

import functools
import json
from pathlib import Path

from markupsafe import Markup

from childasr.text.percent import percent

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
    return in_both(texts) if texts else code


def details(suspect):
    """What was seen of a suspect; as the report has it for a new reason.

    Arguments
    ---------
    suspect : dict
        As `suspect_labels` gives it.

    Returns
    -------
    texts : dict
        Language to text.

    Example
    -------
    >>> seen = {"letters": 9, "confidence": 0.9}
    >>> suspect = {"reason": "other_words", "detail": "...", "seen": seen}
    >>> print(details(suspect)["ko"])
    전사문의 자모 9개 자리에 다른 말이 인식됨 (신뢰도 90 %)
    """
    korean = _words()["details"]["ko"]
    text, seen = suspect["detail"], suspect["seen"]
    if suspect["reason"] in korean:
        text = korean[suspect["reason"]].format(**seen)
        if "confidence" in seen:
            sure = percent(seen["confidence"], 0)
            text = korean["confidence"].format(text=text, percent=sure)
    return {"en": suspect["detail"], "ko": text}


def in_both(texts):
    """Texts by language as markup, of which the page's style shows one."""
    return BOTH.format(texts["en"], texts["ko"])


def script_words():
    """The texts that the page's script shows: language to key to text."""
    return _words()["script"]


@functools.cache
def _words():
    path = Path(__file__).with_name("words.json")
    return json.loads(path.read_text(encoding="utf-8"))
