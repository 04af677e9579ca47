"""Strategies for property tests on Korean text."""

from hypothesis import settings, strategies

# How long an example takes says more about the machine than about the code.
settings.register_profile("no_deadline", deadline=None)
settings.load_profile("no_deadline")

SYLLABLES = strategies.characters(
    min_codepoint=ord("가"), max_codepoint=ord("힣")
)


def normalised(syllables=SYLLABLES):
    """Texts in the normal form: words of syllables, one space between."""
    words = strategies.text(syllables, min_size=1, max_size=6)
    return strategies.lists(words, min_size=1, max_size=8).map(" ".join)
