"""Values of metadata cells, as people and programs write them."""

import collections
import functools
import math
import re

from data_prep.records import nfc

UNKNOWN = {"", "?", "-", "n/a", "na", "nan", "none", "null", "unknown", "미상"}

SPLIT_NAMES = {
    "train": {"train", "training", "tr", "학습", "훈련"},
    "valid": {"valid", "validation", "validationsplit", "val", "dev", "검증"},
    "test": {"test", "eval", "evaluation", "평가", "시험", "테스트"},
}
GENDER_NAMES = {
    "F": {"f", "female", "girl", "여", "여자", "여성", "여아"},
    "M": {"m", "male", "boy", "남", "남자", "남성", "남아"},
}
STYLE_NAMES = {
    "read": {"read", "formatted", "korformatted", "낭독", "낭독체", "정형"},
    "free": {
        *("free", "korfree", "spontaneous"),
        *("자유", "자유발화", "자연발화", "비정형"),
    },
}
CHANNEL_NAMES = {"mono": 1, "모노": 1, "stereo": 2, "스테레오": 2}


def squash(text):
    """Composed letters and digits alone, in lower case.

    Example
    -------
    >>> squash("Speaker_ID "), squash("kor_free")
    ('speakerid', 'korfree')
    """
    return re.sub(r"[\W_]+", "", nfc(text).casefold())


def _named(names, text):
    for value, spellings in names.items():
        if text in spellings:
            return value
    return None


def parse_split(text):
    """train, valid, test, or None.

    Example
    -------
    >>> parse_split("2.Validation_split")
    'valid'
    """
    return _named(SPLIT_NAMES, squash(text).lstrip("0123456789"))


def parse_gender(text):
    """F, M, or None.

    Example
    -------
    >>> parse_gender("여자")
    'F'
    """
    return _named(GENDER_NAMES, squash(text))


def parse_style(text):
    """read, free, or None.

    Example
    -------
    >>> parse_style("kor_formatted")
    'read'
    """
    return _named(STYLE_NAMES, squash(text))


def parse_decibel(text):
    """A finite number of dB, or None.

    Example
    -------
    >>> parse_decibel("+35dB"), parse_decibel("-3.5 dB"), parse_decibel("good")
    (35.0, -3.5, None)
    """
    try:
        number = float(text.strip().casefold().removesuffix("db"))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def parse_age(text):
    """A whole number of years that a person can have, or None.

    Example
    -------
    >>> parse_age("만 9세"), parse_age("9.0"), parse_age("2013")
    (9, 9, None)
    """
    match = re.fullmatch(
        r"만?\s*\+?(\d{1,3})(\.0+)?\s*[세살]?", nfc(text).strip()
    )
    age = int(match[1]) if match else 0
    return age if 0 < age < 120 else None


def parse_rate(text):
    """Samples a second, or None.

    Example
    -------
    >>> parse_rate("16000"), parse_rate("44.1 kHz"), parse_rate("16K")
    (16000, 44100, 16000)
    """
    match = _number(text, r"(k?)(?:hz)?")
    if not match:
        return None
    rate = float(match[1]) * (1000 if match[2] else 1)
    return round(rate) if rate else None


def parse_count(text):
    """A whole number of channels or bits, or None.

    Example
    -------
    >>> parse_count("+16 bit"), parse_count("Mono"), parse_count("1.5")
    (16, 1, None)
    """
    if number := CHANNEL_NAMES.get(squash(text)):
        return number
    match = _number(text, r"(?:-?bits?|ch|channels?|채널|비트)?")
    number = float(match[1]) if match else 0
    return int(number) if number and number.is_integer() else None


def parse_seconds(text):
    """Seconds, or None.

    Example
    -------
    >>> parse_seconds("6.52"), parse_seconds("6520 ms"), parse_seconds("1:30")
    (6.52, 6.52, None)
    """
    match = _number(text, r"(?:(ms)|s|secs?|seconds?|초)?")
    return float(match[1]) / (1000 if match[2] else 1) if match else None


def _number(text, unit):
    """A match of a number above or at zero, then the unit's groups."""
    return re.fullmatch(
        rf"\+?(\d{{1,12}}(?:\.\d{{1,12}})?)\s*{unit}", nfc(text).strip(), re.I
    )


# Of a field that are told apart: one odd column has one for each utterance.
SPELLINGS = 1000
OTHER_SPELLINGS = "(other spellings)"

PARSERS = {
    "split": parse_split,
    "gender": parse_gender,
    "style": parse_style,
    "snr": parse_decibel,
    "age": parse_age,
    "rate": parse_rate,
    "channels": parse_count,
    "bits": parse_count,
    "duration": parse_seconds,
}


@functools.lru_cache(4096)
def known(text):
    """The text without space around it; empty where it says: unknown.

    Example
    -------
    >>> known(" 9032 "), known("N/A"), known("?")
    ('9032', '', '')
    """
    text = text.strip()
    return "" if nfc(text).casefold() in UNKNOWN else text


class ValueReader:
    """Reads cells by field and counts those that it cannot understand.

    Beyond the first `SPELLINGS` of a field they are counted together.

    Example
    -------
    >>> values = ValueReader()
    >>> values("age", "9세"), values("age", "N/A"), values("age", "nine")
    (9, None, None)
    >>> values.not_understood
    Counter({('age', 'nine'): 1})
    """

    def __init__(self):
        self.not_understood = collections.Counter()
        self._spellings = collections.Counter()

    def __call__(self, field, text):
        """Value of the cell; None when it is unknown or not understood."""
        text = known(text)
        if not text:
            return None
        value = PARSERS[field](text)
        if value is None:
            self._count(field, text)
        return value

    def _count(self, field, text):
        if (field, text) not in self.not_understood:
            if self._spellings[field] < SPELLINGS:
                self._spellings[field] += 1
            else:
                text = OTHER_SPELLINGS
        self.not_understood[field, text] += 1
