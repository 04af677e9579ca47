"""Standard Korean pronunciation, for phoneme error rates."""

import functools
import re
import unicodedata

from hangulpy import standardize_pronunciation

from childasr.text.exceptions import EXCEPTIONS

LONGEST = max(map(len, EXCEPTIONS))
SILENT_ONSET = "ᄋ"


def _rule(pattern, replacement):
    pattern, replacement = (
        unicodedata.normalize("NFD", part) for part in (pattern, replacement)
    )
    return functools.partial(re.compile(pattern).sub, replacement)


# Rules of the standard pronunciation that hangulpy 1.5 leaves out, on NFD
# letters. Before its own rules:
BEFORE = (
    _rule("([ᄀ-ᄊᄌ-ᄒ])ᅴ", r"\1ᅵ"),  # 제5항 다만 3: 희망, 무늬
    _rule("ᇂᄉ", "ᄊ"),  # 제12항 2: 좋습니다
    # 제12항, 제17항: 붙여, 닫혔다, 맞혀서, but not 맏형
    _rule("(?:ᇀ여|[ᆮᆽ]혀)(?![ᆨ-ᆺᆼ-ᇂ])", "쳐"),
    # 제27항, where the ending can be nothing else: 할게, 먹을걸
    _rule("((?:하|가|오|주|보|으)ᆯ)ᄀ(?=(?:ᅦ|ᅥᆯ)(?:요)?$)", r"\1ᄁ"),
)
# And after them. 제5항 다만 1: 가져, 다쳐
AFTER = (_rule("([ᄌᄍᄎ])ᅧ", r"\1ᅥ"),)


def phonemes(text):
    """Phonemes of a text as each of its eojeol is pronounced by itself.

    Arguments
    ---------
    text : str
        Normalised text, or a hypothesis with stray letters, which stay.

    Returns
    -------
    phonemes : list of str
        NFD jamo: initial and final consonants are distinct. The silent ㅇ is
        left out, and so are spaces.

    Example
    -------
    >>> phonemes("꽃잎")
    ['ᄁ', 'ᅩ', 'ᆫ', 'ᄂ', 'ᅵ', 'ᆸ']
    >>> phonemes("나뭇잎이") == phonemes("나문 니피")
    True
    """
    eojeols = unicodedata.normalize("NFC", text).split()
    return [sound for eojeol in eojeols for sound in _sounds(eojeol)]


# Korean text repeats its eojeol: a few ten thousand cover most of a corpus.
@functools.lru_cache(maxsize=2**16)
def _sounds(eojeol):
    spelling = _apply(BEFORE, _respell(eojeol))
    pronounced = _apply(AFTER, standardize_pronunciation(spelling))
    letters = unicodedata.normalize("NFD", pronounced)
    return tuple(letters.replace(SILENT_ONSET, ""))


def _apply(rules, text):
    """Text in NFC with rules on its letters applied."""
    letters = unicodedata.normalize("NFD", text)
    for rule in rules:
        letters = rule(letters)
    return unicodedata.normalize("NFC", letters)


def _respell(eojeol):
    for length in range(min(LONGEST, len(eojeol)), 1, -1):
        if (head := eojeol[:length]) in EXCEPTIONS:
            return EXCEPTIONS[head] + eojeol[length:]
    return eojeol
