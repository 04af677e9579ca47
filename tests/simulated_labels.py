"""Simulated recognition of utterances, some of which have a wrong label.

No model and no recording is behind it: it says how a search for wrong labels
does on errors such as these, not on real ones.
"""

import unicodedata
from typing import NamedTuple

import numpy as np

from childasr.evaluation.rates import count_errors
from childasr.evaluation.report import Scored
from childasr.manifest import Utterance
from childasr.text.units import JAMO
from data_prep.synthetic.sentences import draw_sentences

ONSETS, NUCLEI, CODAS = JAMO[:19], JAMO[19:40], JAMO[40:]
KINDS = ("another_text", "words_cut_off", "words_added")


class Simulation(NamedTuple):
    """Scored utterances, and the kind of wrong label by ID."""

    scored: list
    planted: dict


def simulate(
    utterances=2000,
    error_rate=0.06,
    honesty=0.7,
    planted=0.05,
    seed=0,
):
    """Draw texts, what a model makes of them, and wrong labels.

    Speakers and utterances differ in difficulty (gamma distributed, as
    children's error rates are skewed). At the utterance's own rate a letter
    is heard as another, missed or followed by one that nobody said; more
    rarely a word is missed or a space lost. Confidence falls with difficulty.
    Duration is that of what was said, at the speaker's pace, and of silence.

    Arguments
    ---------
    utterances : int
        An even number.
    error_rate : float
        Mean letter error rate of the simulated model.
    honesty : float
        Correlation, about, of the confidence with the difficulty, in logs.
    planted : float
        Share of utterances with a wrong label: as many of each of `KINDS`.
    seed : int

    Returns
    -------
    simulation : Simulation
    """
    draw = np.random.default_rng(seed)
    styles = ["read", "free"] * (utterances // 2)
    said = draw_sentences("train", styles, seed)
    speakers = draw.integers(10, size=utterances)
    habit = draw.gamma(4, 1 / 4, size=10)
    difficulty = habit[speakers] * draw.gamma(1, 1, size=utterances)
    noise = draw.normal(size=utterances)
    doubt = honesty * np.log(difficulty) + np.sqrt(1 - honesty**2) * noise
    confidence = 1 / (1 + 0.06 * np.exp(doubt))
    rate = draw.normal(4.5, 0.6, size=10)[speakers]  # syllables a second
    silence = draw.gamma(3, 0.25, size=utterances)  # seconds
    wrong = draw.choice(
        utterances, round(planted * utterances), replace=False
    ).tolist()
    kinds = {
        f"u{number}": KINDS[turn % len(KINDS)]
        for turn, number in enumerate(wrong)
    }
    scored = []
    for number, text in enumerate(said):
        name = f"u{number}"
        hyp = _hear(text, min(error_rate * difficulty[number], 0.6), draw)
        label = text
        if name in kinds:
            label = _spoil(text, kinds[name], said, draw)
        seconds = len(text.replace(" ", "")) / rate[number] + silence[number]
        utterance = Utterance(
            ID=name,
            duration=round(float(seconds), 2),
            wav="x.wav",
            spk_id=f"s{speakers[number]}",
            age="7",
            gender="F",
            snr="20",
            style=styles[number],
            text=label,
        )
        counts = count_errors(label, hyp)
        scored.append(Scored(utterance, hyp, counts, float(confidence[number])))
    return Simulation(scored, kinds)


def _hear(text, rate, draw):
    words = []
    for word in text.split():
        if draw.random() < 0.15 * rate:  # too faint
            continue
        letters = [
            _hear_letter(letter, rate, draw)
            for letter in unicodedata.normalize("NFD", word)
        ]
        words.append("".join(letters))
        if draw.random() > 0.3 * rate:
            words.append(" ")
    heard = unicodedata.normalize("NFC", "".join(words))
    return " ".join(heard.split())


def _hear_letter(letter, rate, draw):
    if draw.random() > rate:
        return letter
    fate = draw.random()
    if fate < 0.25:
        return ""
    if fate < 0.4:
        return letter + JAMO[draw.integers(len(JAMO))]
    block = next(block for block in (ONSETS, NUCLEI, CODAS) if letter in block)
    return block[draw.integers(len(block))]


def _spoil(text, kind, said, draw):
    other = said[draw.integers(len(said))]
    if kind == "another_text":
        return other
    words, others = text.split(), other.split()
    if kind == "words_cut_off" and len(words) > 1:
        lost = draw.integers(1, max(len(words) // 2, 1) + 1)
        return " ".join(words[lost:] if draw.random() < 0.5 else words[:-lost])
    added = others[: draw.integers(1, max(len(others) // 2, 1) + 1)]
    return " ".join(
        [*added, *words] if draw.random() < 0.5 else [*words, *added]
    )
