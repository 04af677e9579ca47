"""A report of made recognition, as `evaluate` would make it.

Texts are Korean and errors plausible, but no model and no recording is behind
them.
"""

import random
import unicodedata

from childasr.evaluation.analysis.letters import letter_errors
from childasr.evaluation.analysis.words import frequent_edits
from childasr.evaluation.report import score, summarise
from childasr.manifest import Utterance
from data_prep.synthetic.sentences import draw_sentences

# Of NFD: lax and tense onsets, vowels that sound or look alike.
CONFUSED = dict(
    zip(
        "\u1100\u1101\u1107\u1108\u1109\u1162\u1166\u1169\u1165",
        "\u1101\u1100\u1108\u1107\u110a\u1166\u1162\u1165\u1169",
        strict=True,
    )
)
CODAS = "ᆨᆫᆯᆷᆼ"


def make_scored(utterances=120, speakers=10, seed=1, folder="/corpus"):
    """Draw utterances of speakers who differ, and what was heard.

    Arguments
    ---------
    utterances, speakers, seed : int
    folder : str or Path
        Of the recordings, `FOLDER/ID.wav`; none is written.

    Returns
    -------
    scored : list of Scored
    """
    draw = random.Random(seed)
    styles = [draw.choice(["read", "free"]) for _ in range(utterances)]
    texts = draw_sentences("test", styles, seed)
    spoken, heard, confidences = [], [], []
    for number, (style, text) in enumerate(zip(styles, texts, strict=True)):
        who = number % speakers
        snr = draw.choice([None, *range(2, 42)])
        spoken.append(
            Utterance(
                ID=f"K0850{9000 + who}-{number:06d}",
                duration=0.6 + 0.28 * len(text) + draw.random(),
                wav=f"{folder}/K0850{9000 + who}-{number:06d}.wav",
                spk_id=f"0850{9000 + who}",
                age=str(5 + who % 8),
                gender="FM"[who % 2],
                snr="" if snr is None else str(snr),
                style=style,
                text=text,
            )
        )
        difficulty = 0.03 + 0.02 * who + (0.1 if snr and snr < 10 else 0)
        heard.append(hear(text, difficulty, draw))
        confidences.append(max(0.3, 0.99 - difficulty - draw.random() / 10))
    return score(spoken, heard, confidences)


def hear(text, difficulty, draw):
    """A text with words missed, letters taken for others, spaces lost."""
    if draw.random() < difficulty / 30:
        return ""
    words = [
        "".join(_hear_letter(letter, difficulty / 3, draw) for letter in word)
        for word in unicodedata.normalize("NFD", text).split()
        if draw.random() > difficulty / 6
    ]
    if draw.random() < difficulty / 3:
        words.insert(draw.randrange(len(words) + 1), "어")
    joined = "".join(
        word + ("" if draw.random() < difficulty / 5 else " ") for word in words
    )
    return unicodedata.normalize("NFC", joined).strip()


def _hear_letter(letter, share, draw):
    if draw.random() > share:
        return letter
    if letter in CODAS:
        return draw.choice(["", draw.choice(CODAS)])
    return CONFUSED.get(letter, letter)


def make_report(scored, **changed):
    """The report on made utterances, with some suspected labels.

    Arguments
    ---------
    scored : list of Scored
    **changed
        What is to be otherwise at its top.

    Returns
    -------
    report : dict
    """
    names = [item.utterance.ID for item in scored]
    empty = [item.utterance.ID for item in scored if not item.hyp]
    report = {
        "synthetic": True,
        "redacted": False,
        "date": "2026-03-14T15:09:26+00:00",
        "model": "checkpoints/phase4_100h/best_model",
        "model_sha256": "0123456789abcdef" * 4,
        "manifest": "data/test.csv",
        "manifest_sha256": "fedcba9876543210" * 4,
        "interval_method": "speakers as clusters",
        "gate": {
            "phase": "phase4",
            "wer": 0.1431,
            "target": 0.13,
            "acceptable": 0.15,
            "verdict": "acceptable",
        },
        "test_looks": {
            "looks": 3,
            "models": 2,
            "first": "2026-02-01T08:00:00+00:00",
            "last": "2026-03-14T15:09:26+00:00",
        },
        **summarise(scored),
        "analysis": {
            "words": frequent_edits(scored),
            "letters": letter_errors(scored),
            "outputs": {"empty": empty, "hallucinated": names[7:9]},
            "suspects": [
                {
                    "ID": name,
                    "reason": ("text_of_another", "too_long")[rank % 2],
                    "detail": f"{12 - rank / 4:.1f} syllables per second",
                    "seen": ({"other": names[0]}, {"pace": 12.5, "usual": 4})[
                        rank % 2
                    ],
                }
                for rank, name in enumerate(names[3:33])
            ],
        },
        "training": [make_phase(number) for number in (1, 2, 3, 4)],
    }
    return report | changed


def make_phase(number):
    """The curves of a phase that learns ever less."""
    start, epochs = 0.9 / number**1.2, (10, 8, 6, 4)[number - 1]
    entries = []
    for epoch in range(epochs + 1):
        wer = start * (0.45 + 0.55 * 0.7**epoch)
        trained = {"train/loss": 2.2 * wer, "train/lr": 5e-4 / 2**number}
        entries.append(
            {
                "epoch": epoch,
                **(trained if epoch else dict.fromkeys(trained)),
                "val/loss": 2.5 * wer + 0.05,
                "val/wer": wer,
                "val/cer": wer / 3,
                "val/wer_by_age": {"7": wer},
            }
        )
    return {"phase": f"phase{number}", "epochs": entries}
