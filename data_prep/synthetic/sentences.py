"""Different sentences for each part of all data."""

import random
import zlib

from data_prep.synthetic.grammar import Grammar

STYLES = ("read", "free")
# A sentence belongs to one part of all data by a checksum of its text, so
# that no two parts can share one, whatever the seeds.
PARTS = ("train",) * 3 + ("valid", "test", "pretrain_check")
PARTS += ("pretrain",) * 6


def part_of(text):
    """The part of the data to which a sentence belongs.

    Example
    -------
    >>> part_of("나는 어제 학교에서 그림을 그렸다") in set(PARTS)
    True
    """
    return PARTS[zlib.crc32(text.encode("utf-8")) % len(PARTS)]


def draw_sentences(part, styles, seed, skew=2):
    """Draw different sentences that belong to one part of the data.

    Arguments
    ---------
    part : str
        A member of `PARTS`.
    styles : list of str
        The style wanted for each sentence.
    seed : int
        The same seed gives the same sentences.
    skew : float
        Of the words; see `Grammar`.

    Returns
    -------
    texts : list of str
        As many as styles, no two alike.

    Example
    -------
    >>> texts = draw_sentences("valid", ["read", "free"], seed=1)
    >>> [part_of(text) for text in texts]
    ['valid', 'valid']
    """
    grammar = Grammar(random.Random(f"{part} {seed}"), skew)
    seen = set()
    texts = []
    for style in styles:
        text = grammar.sentence(style)
        while text in seen or part_of(text) != part:
            text = grammar.sentence(style)
        seen.add(text)
        texts.append(text)
    return texts
