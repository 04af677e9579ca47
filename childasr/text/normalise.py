"""Korean transcripts to the one form that models are trained on."""

import collections
import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

# A word of Korean; of Latin letters in upper case too, with apostrophes
# between them, where they are kept. RE2, which Arrow has, can read it too.
WORD = "(?:[가-힣]|[A-Z](?:'[A-Z])*)+"
NORMAL_FORM = re.compile(f"{WORD}(?: {WORD})*")
KOREAN_FORM = re.compile("[가-힣]+(?: [가-힣]+)*")

# KsponSpeech puts the spelling first, broadcast corpora (AI Hub 71314) the
# pronunciation: (10분만)/(십 분만) and (십 분만)/(10분만).
DUAL = re.compile(r"\(([^()]*)\)\s*/\s*\(([^()]*)\)")
UNREADABLE = {
    "refuse": re.compile(r"[\d%]|[A-Za-z](?!/)"),
    "keep": re.compile(r"[\d%]"),
}


class UnresolvableText(ValueError):
    """A transcript that does not say which syllables were spoken.

    Arguments
    ---------
    reason : str
        `text_empty`, or a slug in `REFUSALS` or `LEFTOVERS`.
    detail : str
        What was found, and in which text.
    """

    def __init__(self, reason, detail):
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self):
        return f"{self.reason}: {self.detail}"


class Rule(NamedTuple):
    """Replace what a mark's pattern finds; `name` is what counts go by."""

    name: str
    pattern: re.Pattern
    replacement: str | Callable


# What would leave speech without its words, or words without their sound.
# In the order in which they are looked for.
REFUSALS = {
    "text_anonymised": re.compile(r"@\w+|#[^#\s]+#|&[^&\s]+&"),
    "text_unintelligible": re.compile(r"(?<![A-Za-z])u/|\(\(\s*\)\)"),
    # (NO:지금) is speech under noise, (SP:버) a word broken off.
    "text_tagged_speech": re.compile(r"\([A-Z]{2}:\s*[^)\s][^)]*\)"),
}
RULES = (
    # Zero-width characters and soft hyphens, which editors leave behind.
    Rule("invisible", re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]"), ""),
    Rule("empty_tag", re.compile(r"\([A-Z]{2}:\s*\)"), " "),
    # Breath, laughter, overlap, noise.
    Rule("noise_tag", re.compile(r"(?<![A-Za-z])[blon]/"), " "),
    Rule("unclear_mark", re.compile(r"\*"), ""),
)
REFUSE_ENGLISH = (
    Rule("quote", re.compile("[\"'“”‘’「」『』《》〈〉~〜～`´]"), ""),
)
KEEP_ENGLISH = (
    Rule("apostrophe", re.compile("(?<=[A-Za-z])[‘’`´](?=[A-Za-z])"), "'"),
    Rule(
        "quote",
        re.compile(
            "[\"“”‘’「」『』《》〈〉~〜～`´]|(?<![A-Za-z])'|'(?![A-Za-z])"
        ),
        "",
    ),
    Rule("upper_case", re.compile("[a-z]+"), lambda found: found[0].upper()),
)
FILLERS = (
    Rule("repetition", re.compile(r"(?<=[가-힣])\+"), " "),
    Rule("filler", re.compile(r"(?<=[가-힣])/(?![가-힣])"), " "),
)
PUNCTUATION = Rule(
    "punctuation", re.compile(r"[.,?!…;:·ㆍ‥‧\-–—．，？！；：。、]"), " "
)
# What no rule resolved, in the order in which it is looked for.
LEFTOVERS = {
    "text_digits": re.compile(r"\d+"),
    "text_latin": re.compile("[A-Za-zÀ-ɏＡ-Ｚａ-ｚ]+"),
    "text_jamo": re.compile("[ㄱ-ㆎᄀ-ᇿ]+"),
    "text_symbol": re.compile("[^가-힣 ]"),
}
ENGLISH_LEFTOVERS = LEFTOVERS | {
    "text_latin": re.compile("[À-ɏＡ-Ｚａ-ｚ]+"),
    "text_symbol": re.compile("[^가-힣A-Z' ]"),
}


class Normaliser:
    """Brings a transcript to NFC syllables with one space between words.

    It resolves the marks of Korean corpora: dual transcription, tags of
    noise, unclear words, fillers and repetitions, punctuation. It refuses
    what leaves open which syllables were spoken: digits and Latin letters
    (3 may be 셋, 세 or 삼), names taken out, unintelligible speech.

    Of `(A)/(B)` it takes A; B where A has digits, percent signs or Latin
    letters and B has none. Fillers, `음/`, and repeated words, `그+`, were
    spoken: they stay.

    Arguments
    ---------
    english : str
        `refuse` Latin letters, or `keep` A to Z as words, in upper case, for
        corpora that are in English.

    Attributes
    ----------
    counts : collections.Counter
        Rule -> times applied, over all texts that were not refused.

    Example
    -------
    >>> normaliser = Normaliser()
    >>> normaliser("음/ (3개)/(세 개) 주세요. b/")
    '음 세 개 주세요'
    >>> sorted(normaliser.counts)
    ['dual', 'dual_other_side', 'filler', 'noise_tag', 'punctuation']
    >>> normaliser("사과 3개")
    Traceback (most recent call last):
    childasr.text.normalise.UnresolvableText: text_digits: '3' in '사과 3개'
    >>> Normaliser(english="keep")("We don't call it bear.")
    "WE DON'T CALL IT BEAR"
    """

    def __init__(self, english="refuse"):
        if english not in UNREADABLE:
            raise ValueError(f"english is 'refuse' or 'keep', not {english!r}")
        self._unreadable = UNREADABLE[english]
        if english == "keep":
            rules, self._leftovers = KEEP_ENGLISH, ENGLISH_LEFTOVERS
            self._form = NORMAL_FORM
        else:
            rules, self._leftovers = REFUSE_ENGLISH, LEFTOVERS
            self._form = KOREAN_FORM
        self._rules = (*RULES, *rules, *FILLERS, PUNCTUATION)
        self.counts = collections.Counter()

    def __call__(self, text):
        """Normalise one transcript.

        Arguments
        ---------
        text : str
            In any Unicode form.

        Returns
        -------
        text : str
            Matches `NORMAL_FORM`. Normalising it again changes nothing.
        """
        given = text
        counts = collections.Counter()
        text = unicodedata.normalize("NFC", text)
        counts["unicode_form"] = int(text != given)
        counts["whitespace"] = int(" ".join(text.split()) != text)
        _refuse(text, REFUSALS, given)
        text = DUAL.sub(lambda match: self._choose(match, counts), text)
        for name, pattern, replacement in self._rules:
            text, times = pattern.subn(replacement, text)
            counts[name] += times
        text = " ".join(text.split())
        _refuse(text, self._leftovers, given)
        if not text:
            raise UnresolvableText("text_empty", f"no words in {given!r}")
        assert self._form.fullmatch(text), text
        self.counts += counts
        return text

    def _choose(self, match, counts):
        counts["dual"] += 1
        chosen, other = match.groups()
        unreadable = self._unreadable.search
        if unreadable(chosen) and not unreadable(other):
            counts["dual_other_side"] += 1
            return other
        return chosen


def _refuse(text, patterns, given):
    for reason, pattern in patterns.items():
        if found := pattern.search(text):
            raise UnresolvableText(reason, f"{found[0]!r} in {given!r}")
