"""Wrong labels, planted where they are known."""

import numpy as np

from childasr.model.keyed_random import hash_ids, uniform, utterance_keys
from data_prep.ctc import is_feasible

KINDS = ("another_text", "words_cut_off", "words_added", "other_words")


def plant(rows, share, seed):
    """Give a share of utterances a label that is wrong.

    As many of each of `KINDS`: the text of another utterance; up to half of
    the words cut off at one end; up to half of another's words added at one
    end; or up to half of the words at one end replaced by another's. A label
    still fits its recording, as one that does not is rejected in preparation.

    Arguments
    ---------
    rows : list of dict
        Of a manifest; none is changed.
    share : float
    seed : int
        Which utterances, and what becomes of them, is drawn from it and from
        their IDs.

    Returns
    -------
    planted : dict
        ID to {"kind", "label"}.

    Example
    -------
    >>> rows = [
    ...     {"ID": f"u{number}", "duration": "3", "text": f"{word} 보러 간다"}
    ...     for number, word in enumerate("산강별달해꽃새비")
    ... ]
    >>> planted = plant(rows, share=0.5, seed=1)
    >>> sorted(item["kind"] for item in planted.values()) == sorted(KINDS)
    True
    >>> any(row["text"] == planted[row["ID"]]["label"]
    ...     for row in rows if row["ID"] in planted)
    False
    """
    keys = utterance_keys(hash_ids(row["ID"] for row in rows), seed, 0, "label")
    draws = uniform(keys, 4)
    several = [len(row["text"].split()) > 1 for row in rows]
    order = [n for n in np.argsort(draws[:, 0]).tolist() if several[n]]
    chosen = order[: round(share * len(rows))]
    texts = [row["text"] for row in rows]
    planted = {}
    for turn, number in enumerate(chosen):
        kind = KINDS[turn % len(KINDS)]
        label = _wrong(rows[number], kind, texts, *draws[number, 1:])
        planted[rows[number]["ID"]] = {"kind": kind, "label": label}
    return planted


def _wrong(row, kind, texts, other, amount, side):
    start = int(other * len(texts))
    for text in texts[start:] + texts[:start]:
        label = _spoil(row["text"], kind, text, amount, side < 0.5)
        fits = is_feasible(label, float(row["duration"]))
        if label != row["text"] and fits:
            return label
    raise ValueError(f"no wrong label fits {row['ID']}")


def _spoil(text, kind, other, amount, at_start):
    if kind == "another_text":
        return other
    words, others = text.split(), other.split()
    lost = 1 + int(amount * (len(words) // 2))
    added = others[: 1 + int(amount * (len(others) // 2))]
    if kind == "words_added":
        lost = 0
    elif kind == "words_cut_off":
        added = []
    if at_start:
        return " ".join([*added, *words[lost:]])
    return " ".join([*words[: len(words) - lost], *added])
