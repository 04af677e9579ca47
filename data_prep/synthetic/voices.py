"""Pseudo-speakers: eSpeak variants moved to a pitch, a pace and a size."""

from dataclasses import dataclass

from data_prep.synthetic.words import entries

# eSpeak NG's variants that sound like people and speak clearly: no robots,
# whispers, echoes or mumblers.
VARIANTS = {
    "F": entries("Annie aunty f1 f2 f3 f4 f5 grandma linda shelby steph2"),
    "M": entries(
        "Alex Denis Diogo Gene Gene2 Henrique Hugo Mario Michael Mike Nguyen "
        "benjamin boris edward iven2 iven3 iven4 john m1 m2 m3 m4 m5 m6 m7 "
        "max michel miguel norbert pablo paul quincy rob robert sandro victor"
    ),
}
# The variants that a recogniser finds easiest to follow.
CHILD_VARIANTS = {
    "F": entries("Annie f1 f2 f3 f5 linda"),
    "M": entries(
        "Denis Diogo Gene Henrique Michael Mike m1 m2 m4 m5 m6 m7 max michel "
        "miguel pablo quincy rob robert sandro victor"
    ),
}
AGES = range(5, 13)


@dataclass(frozen=True)
class Voice:
    """How one pseudo-speaker speaks.

    Arguments
    ---------
    variant : str
        eSpeak NG's voice variant.
    formants : float
        Factor on all resonances (and on pitch and pace) against the variant.
    pitch, pitch_range : int
        eSpeak's settings (0 to 99) before the factor.
    pace : int
        Words per minute as heard, after the factor.
    """

    variant: str
    formants: float
    pitch: int
    pitch_range: int
    pace: int


def child_voice(rng, age, gender):
    """Draw the voice of a child.

    Resonances and pitch fall and the pace rises with age.

    Arguments
    ---------
    rng : random.Random
        The source of every choice.
    age : int
        In years, 5 to 12.
    gender : str
        "F" or "M".

    Returns
    -------
    voice : Voice

    Example
    -------
    >>> import random
    >>> young, old = (child_voice(random.Random(1), a, "F") for a in (5, 12))
    >>> young.formants > old.formants and young.pitch > old.pitch
    True
    """
    youth = (AGES[-1] - age) / (AGES[-1] - AGES[0])
    # Male variants need more to reach the 190 to 330 Hz of children.
    pitch = {"F": 38, "M": 78}[gender] + 14 * youth
    return Voice(
        variant=rng.choice(CHILD_VARIANTS[gender]),
        formants=1.20 + 0.14 * youth + rng.uniform(-0.02, 0.02),
        pitch=round(pitch + rng.uniform(-5, 5)),
        pitch_range=rng.randint(35, 70),
        pace=round(162 - 20 * youth + rng.uniform(-8, 8)),
    )


def pretraining_voice(rng):
    """Draw a voice from adults up to the children's range.

    Example
    -------
    >>> import random
    >>> 0.9 <= pretraining_voice(random.Random(1)).formants <= 1.4
    True
    """
    gender = rng.choice("FM")
    childlike = rng.random() < 0.65
    low = 1.15 if childlike else 0.90
    lift = 38 if childlike and gender == "M" else 0
    return Voice(
        variant=rng.choice(VARIANTS[gender]),
        formants=rng.uniform(low, low + 0.25),
        pitch=lift + rng.randint(28, 60),
        pitch_range=rng.randint(30, 75),
        pace=rng.randint(135, 195),
    )
