"""The utterances as the rows that the page's script shows."""

import math

from childasr.evaluation.analysis.words import align_words
from childasr.evaluation.groups import GROUPINGS, group_labels
from childasr.evaluation.page.wording import details
from childasr.evaluation.rates import divide

FIELDS = (
    "ID",
    *GROUPINGS,
    "snr_db",
    "seconds",
    "ref",
    "hyp",
    "steps",
    "words",
    "errors",
    "wer",
    "cer",
    "confidence",
    "audio",
    "findings",
    "detail",
)
STEPS = {"equal": "=", "substitute": "s", "delete": "d", "insert": "i"}
FINDINGS = ("suspect", "empty", "hallucinated")


def rows(scored, addresses, analysis):
    """Describe each utterance by the values of `FIELDS`.

    Arguments
    ---------
    scored : list of Scored
    addresses : list of str or None
        Where the page finds each recording.
    analysis : dict
        What `analyse` returns.

    Returns
    -------
    rows : list of list
        A row's `steps` has a letter for each word of the alignment, `=sdi`,
        by which the script finds the words in `ref` and `hyp`: they stand
        apart by one space. Rates are fractions with four digits.
    """
    found = findings(analysis)
    suspects = {item["ID"]: item for item in analysis["suspects"]}
    return [
        [
            *_described(item),
            address,
            [kind for kind in FINDINGS if item.utterance.ID in found[kind]],
            _detail(suspects.get(item.utterance.ID)),
        ]
        for item, address in zip(scored, addresses, strict=True)
    ]


def findings(analysis):
    """The utterances of each kind of finding: kind to set of IDs."""
    return {
        "suspect": {suspect["ID"] for suspect in analysis["suspects"]},
        "empty": set(analysis["outputs"]["empty"]),
        "hallucinated": set(analysis["outputs"]["hallucinated"]),
    }


def _detail(suspect):
    return details(suspect) if suspect else None


def _described(item):
    utterance, hyp, counts, confidence = item
    edits = align_words(utterance.text, hyp)
    return [
        utterance.ID,
        *group_labels(utterance).values(),
        float(utterance.snr) if utterance.snr else None,
        _known(utterance.duration),
        " ".join(edit.ref for edit in edits if edit.ref),
        " ".join(edit.hyp for edit in edits if edit.hyp),
        "".join(STEPS[edit.kind] for edit in edits),
        counts.words,
        counts.word_errors,
        _short(divide(counts.word_errors, counts.words)),
        _short(divide(counts.char_errors, counts.chars)),
        _short(confidence),
    ]


def _known(seconds):
    return None if math.isnan(seconds) else round(seconds, 2)


def _short(fraction):
    return None if fraction is None else round(fraction, 4)
