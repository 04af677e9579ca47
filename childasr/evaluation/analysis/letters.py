"""Which letters of a syllable are taken for which."""

import functools
import itertools
import re
import unicodedata
from collections import Counter

from childasr.evaluation.rates import divide

POSITIONS = ("onset", "nucleus", "coda")
# Of NFD text. In a hypothesis any part may be absent, in Korean the coda.
SYLLABLE = re.compile("([ᄀ-ᄒ]?)([ᅡ-ᅵ]?)([ᆨ-ᇂ]?)")
NONE = ("", "", "")


def letter_errors(scored):
    """Count the letters that were taken for others, missed or made up.

    Letters are those of the spelling, the silent ㅇ of an onset among them.
    They are compared at their position in `align_syllables`. What is not
    Korean has no such position and is left out, and so are spaces.

    Arguments
    ---------
    scored : list of Scored

    Returns
    -------
    errors : dict
        `confusions`: dicts of `ref`, `hyp` (letters such as ㄱ; `hyp` is
        empty where one was missed, `ref` where one was made up), `position`
        and `count`, the most frequent first. `positions`: onset, nucleus and
        coda to `letters` (of the references), `substitutions`, `deletions`,
        `insertions` and their `rate`, a fraction of the letters.
    """
    letters = Counter()
    confusions = Counter()
    for utterance, hyp, *_ in scored:
        refs, hyps = split_syllables(utterance.text), split_syllables(hyp)
        for syllable in refs:
            letters.update(
                position for position, _, _ in _differing(syllable, NONE)
            )
        for pair in align_syllables(refs, hyps):
            confusions.update(_differing(*pair))
    return {
        "confusions": [
            {
                "ref": _shown(ref),
                "hyp": _shown(hyp),
                "position": position,
                "count": count,
            }
            for (position, ref, hyp), count in sorted(
                confusions.items(), key=_most_frequent_first
            )
        ],
        "positions": {
            position: _rates(position, letters[position], confusions)
            for position in POSITIONS
        },
    }


def split_syllables(text):
    """The syllables of a text, each an onset, a nucleus and a coda.

    Arguments
    ---------
    text : str
        In any Unicode form.

    Returns
    -------
    syllables : list of tuple of str
        NFD letters; an absent one is empty.

    Example
    -------
    >>> [tuple(map(_shown, letters)) for letters in split_syllables("값 을")]
    [('ㄱ', 'ㅏ', 'ㅄ'), ('ㅇ', 'ㅡ', 'ㄹ')]
    """
    found = SYLLABLE.findall(unicodedata.normalize("NFD", text))
    return [letters for letters in found if letters != NONE]


def align_syllables(refs, hyps):
    """Align syllables so that the fewest letters differ.

    A letter is compared with the one at the same position of the syllable
    aligned with its own; a syllable aligned with none has all its letters
    missed or made up. What both begin and end with is aligned with itself.
    Of the alignments that are as good for the rest, read from the end, the
    one is taken that pairs two syllables, or else misses one.

    Arguments
    ---------
    refs, hyps : list of tuple of str
        As `split_syllables` gives them.

    Returns
    -------
    pairs : list of tuple
        Syllables of `refs` and `hyps`; `NONE` where there is no counterpart.

    Example
    -------
    >>> refs, hyps = split_syllables("학교에"), split_syllables("하꾜")
    >>> for pair in align_syllables(refs, hyps):
    ...     print(*("".join(map(_shown, syllable)) or "-" for syllable in pair))
    ㅎㅏㄱ ㅎㅏ
    ㄱㅛ ㄲㅛ
    ㅇㅔ -
    """
    start = _common_start(refs, hyps)
    end = _common_start(refs[start:][::-1], hyps[start:][::-1])
    ref_end, hyp_end = len(refs) - end, len(hyps) - end
    middle = _align(refs[start:ref_end], hyps[start:hyp_end])
    same = [(syllable, syllable) for syllable in refs]
    return same[:start] + middle + same[ref_end:]


def _common_start(refs, hyps):
    pairs = zip(refs, hyps, strict=False)
    return next(
        (count for count, (ref, hyp) in enumerate(pairs) if ref != hyp),
        min(len(refs), len(hyps)),
    )


def _align(refs, hyps):
    costs = _costs(refs, hyps)
    pairs = []
    row, column = len(refs), len(hyps)
    while row and column:
        here = costs[row][column]
        ref, hyp = refs[row - 1], hyps[column - 1]
        if here == costs[row - 1][column - 1] + _distance(ref, hyp):
            row, column = row - 1, column - 1
            pairs.append((ref, hyp))
        elif here == costs[row - 1][column] + _distance(ref, NONE):
            row -= 1
            pairs.append((ref, NONE))
        else:
            column -= 1
            pairs.append((NONE, hyp))
    start = [(ref, NONE) for ref in refs[:row]]
    start += [(NONE, hyp) for hyp in hyps[:column]]
    return start + pairs[::-1]


def _costs(refs, hyps):
    """Letters that differ between the first syllables of either side."""
    missed = [_distance(ref, NONE) for ref in refs]
    made_up = [_distance(NONE, hyp) for hyp in hyps]
    costs = [list(itertools.accumulate(made_up, initial=0))]
    for ref, miss in zip(refs, missed, strict=True):
        above = costs[-1]
        row = [above[0] + miss]
        for column, hyp in enumerate(hyps):
            row.append(
                min(
                    above[column] + _distance(ref, hyp),
                    above[column + 1] + miss,
                    row[column] + made_up[column],
                )
            )
        costs.append(row)
    return costs


# A corpus has some thousand syllables, and few pairs of them make up most.
@functools.lru_cache(maxsize=2**18)
def _distance(ref, hyp):
    return len(_differing(ref, hyp))


def _differing(ref, hyp):
    letters = zip(POSITIONS, ref, hyp, strict=True)
    return [entry for entry in letters if entry[1] != entry[2]]


def _most_frequent_first(entry):
    (position, ref, hyp), count = entry
    return -count, POSITIONS.index(position), ref, hyp


def _rates(position, letters, confusions):
    kinds = Counter()
    for (where, ref, hyp), count in confusions.items():
        if where == position:
            kinds[_kind(ref, hyp)] += count
    return {
        "letters": letters,
        "substitutions": kinds["substitute"],
        "deletions": kinds["delete"],
        "insertions": kinds["insert"],
        "rate": divide(kinds.total(), letters),
    }


def _kind(ref, hyp):
    if not hyp:
        return "delete"
    return "substitute" if ref else "insert"


def _shown(letter):
    """A letter as it stands by itself, which no font joins with another."""
    if not letter:
        return ""
    name = re.sub(
        "CHOSEONG|JUNGSEONG|JONGSEONG", "LETTER", unicodedata.name(letter)
    )
    return unicodedata.lookup(name)
