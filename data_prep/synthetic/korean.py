"""Particles and verb endings of Korean, chosen by the final consonant."""

from dataclasses import dataclass

FIRST_SYLLABLE = ord("가")
FINALS = 28  # codas per vowel in Unicode's syllable block, "none" included
RIEUL, SSANG_SIOT = 8, 20  # numbers of the codas ㄹ and ㅆ

# What follows a consonant, what follows a vowel.
PARTICLES = {
    "topic": ("은", "는"),
    "subject": ("이", "가"),
    "object": ("을", "를"),
    "and": ("과", "와"),
    "with": ("이랑", "랑"),
    "toward": ("으로", "로"),
}
# Pronouns that change before the subject particle.
SUBJECT_PRONOUNS = {"나": "내가", "저": "제가"}


def coda(word):
    """Number of the last syllable's final consonant; 0 means none.

    Example
    -------
    >>> coda("집"), coda("나무"), coda("물")
    (17, 0, 8)
    """
    return (ord(word[-1]) - FIRST_SYLLABLE) % FINALS


def with_coda(word, number):
    """Give the open last syllable a final consonant.

    Example
    -------
    >>> with_coda("가", SSANG_SIOT)
    '갔'
    """
    return word[:-1] + chr(ord(word[-1]) + number)


def attach(word, particle):
    """Attach a particle of `PARTICLES` in the form that fits the word.

    Example
    -------
    >>> attach("집", "toward"), attach("물", "toward"), attach("나무", "and")
    ('집으로', '물로', '나무와')
    """
    if particle == "subject" and word in SUBJECT_PRONOUNS:
        return SUBJECT_PRONOUNS[word]
    after_consonant, after_vowel = PARTICLES[particle]
    last = coda(word)
    open_ended = last == 0 or (particle == "toward" and last == RIEUL)
    return word + (after_vowel if open_ended else after_consonant)


@dataclass(frozen=True)
class Verb:
    """A verb or adjective, by the forms from which the endings follow.

    Arguments
    ---------
    stem : str
        Before endings that start with a consonant (먹-고).
    infinitive : str
        The form in -아/-어 (먹어); it may be followed by -서, -요, -ㅆ-.
    before_eu : str
        Before endings that start with -으- (먹으-면); ends in a vowel or ㄹ.

    Example
    -------
    >>> eat, walk = Verb.parse("먹:먹어"), Verb.parse("걷:걸어:걸으")
    >>> eat.past() + "다", eat.future(), walk.before_eu + "면"
    ('먹었다', '먹을 거예요', '걸으면')
    """

    stem: str
    infinitive: str
    before_eu: str

    @classmethod
    def parse(cls, entry):
        """Read `stem:infinitive` or `stem:infinitive:before_eu`."""
        stem, infinitive, *irregular = entry.split(":")
        if irregular:
            return cls(stem, infinitive, irregular[0])
        needs_eu = coda(stem) not in (0, RIEUL)
        return cls(stem, infinitive, stem + "으" if needs_eu else stem)

    def past(self):
        """The past stem: 먹었, 갔, 했."""
        return with_coda(self.infinitive, SSANG_SIOT)

    def future(self):
        """What someone is going to do: 먹을 거예요."""
        base = self.before_eu
        return (with_coda(base, RIEUL) if coda(base) == 0 else base) + " 거예요"
