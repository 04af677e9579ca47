"""Utterances to listen to before anything is trained on them."""

import math

import numpy as np

from childasr.evaluation.analysis.suspects import suspect_labels

NO_TEXT = "no_text"
# Suspects are compared with each other, so the time grows with the square.
BLOCK = 20_000


def label_errors(heard, draws):
    """Find the utterances whose label looks wrong, or is empty.

    As `suspect_labels` does, within blocks that are drawn at random, so that
    each is as the whole. Up to 20,000 utterances there is one block, and the
    suspects are those of an error report.

    Arguments
    ---------
    heard : Heard
    draws : numpy.ndarray
        float64, [n], one for each utterance.

    Returns
    -------
    found : dict
        Row to (reason, detail), by row.
    """
    wordless = np.flatnonzero(heard.readable & (heard.words == 0)).tolist()
    found = dict.fromkeys(wordless, (NO_TEXT, "the text has no word"))
    rows = np.flatnonzero(heard.readable & (heard.words > 0))
    rows = rows[np.argsort(draws[rows], kind="stable")]
    for block in np.array_split(rows, math.ceil(len(rows) / BLOCK) or 1):
        scored = {
            heard.manifest[row].ID: (row, heard.scored(row))
            for row in np.sort(block).tolist()
        }
        for suspect in suspect_labels([item for _, item in scored.values()]):
            row, _ = scored[suspect["ID"]]
            found[row] = (suspect["reason"], suspect["detail"])
    return dict(sorted(found.items()))
