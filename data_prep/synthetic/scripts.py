"""Who says what: the speakers of the demo corpus and of the pretraining."""

import random
from dataclasses import dataclass
from itertools import pairwise

from childasr.text import InputError
from data_prep.synthetic.noise import (
    DEMO_SNR,
    KINDS,
    PRETRAINING_SNR,
    draw_snr,
)
from data_prep.synthetic.sentences import STYLES, draw_sentences
from data_prep.synthetic.synthesis import Line, Script
from data_prep.synthetic.voices import AGES, child_voice, pretraining_voice

# Utterances and speakers of the demo's splits.
DEMO_SIZES = {"train": (720, 48), "valid": (120, 10), "test": (130, 10)}
# Children keep to common words more than the pretraining voices do.
CHILDREN_SKEW = 3


@dataclass(frozen=True)
class Child:
    """A pseudo-speaker of the demo corpus.

    Arguments
    ---------
    split : str
        "train", "valid" or "test".
    number : str
        Eight characters; the last four differ between all speakers.
    age : int
        In years.
    gender : str
        "F" or "M".
    script : Script
        Voice and lines.
    styles : tuple of str
        "read" or "free", for each line.
    """

    split: str
    number: str
    age: int
    gender: str
    script: Script
    styles: tuple


def write_script(voice, texts, snr_bands, rng):
    """Give each text a noise; the script has its own seed.

    Example
    -------
    >>> rng = random.Random(1)
    >>> script = write_script(pretraining_voice(rng), ["안녕"], DEMO_SNR, rng)
    >>> script.lines[0].text
    '안녕'
    """
    lines = tuple(
        Line(t, rng.choice(KINDS), draw_snr(rng, snr_bands)) for t in texts
    )
    return Script(voice, lines, seed=rng.getrandbits(32))


def deal(items, hands):
    """Deal items out as evenly as they go, neighbours together.

    Example
    -------
    >>> deal([1, 2, 3, 4, 5], 2)
    [[1, 2], [3, 4, 5]]
    """
    cuts = [len(items) * i // hands for i in range(hands + 1)]
    return [items[a:b] for a, b in pairwise(cuts)]


def demo_children(sizes, seed):
    """The speakers of the demo corpus, with all they say.

    Ages and genders go round, so that every split has as many of each as
    its number of speakers allows; the numbers are drawn, so that neither can
    be read from a folder's name or place.

    Arguments
    ---------
    sizes : dict
        Split to (utterances, speakers), as `DEMO_SIZES`.
    seed : int
        The same seed gives the same speakers.

    Returns
    -------
    children : list of Child

    Raises
    ------
    InputError
        If a split has fewer utterances than speakers, or no speaker.

    Example
    -------
    >>> children = demo_children({"valid": (4, 2)}, seed=1)
    >>> [(c.age, c.gender, len(c.styles)) for c in children]
    [(5, 'F', 2), (6, 'M', 2)]
    """
    rng = random.Random(f"children {seed}")
    # From 1000, so that the last four digits are those of the draw.
    numbers = rng.sample(range(1000, 10000), sum(n for _, n in sizes.values()))
    children = []
    for split, (utterances, speakers) in sizes.items():
        if not 1 <= speakers <= utterances:
            raise InputError(
                f"{split}: {utterances} utterances of {speakers} speakers: "
                "give at least one speaker, and an utterance to each"
            )
        styles = [rng.choice(STYLES) for _ in range(utterances)]
        texts = draw_sentences(split, styles, seed, CHILDREN_SKEW)
        said = deal(list(zip(texts, styles, strict=True)), speakers)
        for i, lines in enumerate(said):
            age = AGES[i % len(AGES)]
            # Each round of the ages begins with the other gender.
            gender = "FM"[(i + i // len(AGES)) % 2]
            texts, styles = zip(*lines, strict=True)
            script = write_script(
                child_voice(rng, age, gender), texts, DEMO_SNR, rng
            )
            number = f"S{numbers.pop():07d}"
            children.append(Child(split, number, age, gender, script, styles))
    return children


def pretraining_scripts(part, voices, lines, seed):
    """What pretraining voices say; other voices and sentences than the demo's.

    Arguments
    ---------
    part : str
        "pretrain" or "pretrain_check".
    voices, lines : int
        Number of voices, and of utterances of each.
    seed : int
        The same seed gives the same scripts.

    Returns
    -------
    scripts : list of Script

    Example
    -------
    >>> len(pretraining_scripts("pretrain", voices=3, lines=2, seed=1))
    3
    """
    rng = random.Random(f"{part} {seed}")
    styles = [rng.choice(STYLES) for _ in range(voices * lines)]
    texts = draw_sentences(part, styles, seed)
    return [
        write_script(pretraining_voice(rng), said, PRETRAINING_SNR, rng)
        for said in deal(texts, voices)
    ]
