"""Which words become which: the alignment and its frequent edits."""

from collections import Counter
from typing import NamedTuple

import jiwer

from childasr.evaluation.rates import words_of

MOST = 50  # edits of a kind are listed


class Edit(NamedTuple):
    """A step of an alignment.

    Arguments
    ---------
    kind : str
        `equal`, `substitute`, `delete` or `insert`.
    ref, hyp : str
        One word each; empty where the other side has no such word.
    """

    kind: str
    ref: str
    hyp: str


def align_words(ref, hyp):
    """Align the words of a reference and a hypothesis.

    The alignment is jiwer's, so its edits are as many as the word errors of
    `rates.count_errors`.

    Arguments
    ---------
    ref, hyp : str
        Compared in NFC.

    Returns
    -------
    edits : list of Edit
        In reading order; words are in NFC.

    Example
    -------
    >>> for edit in align_words("나는 학교에 간다", "나는 학교 가 간다"):
    ...     print(*edit, sep="|")
    equal|나는|나는
    insert||학교
    substitute|학교에|가
    equal|간다|간다
    """
    # jiwer splits at spaces alone, and not at tabs or no-break spaces.
    output = jiwer.process_words(
        *(" ".join(words_of(text)) for text in (ref, hyp))
    )
    (refs,), (hyps,) = output.references, output.hypotheses
    edits = []
    for chunk in output.alignments[0]:
        spoken = refs[chunk.ref_start_idx : chunk.ref_end_idx]
        heard = hyps[chunk.hyp_start_idx : chunk.hyp_end_idx]
        # One side of a deletion or insertion is empty.
        spoken = spoken or [""] * len(heard)
        heard = heard or [""] * len(spoken)
        edits += [
            Edit(chunk.type, *pair) for pair in zip(spoken, heard, strict=True)
        ]
    return edits


def frequent_edits(scored):
    """Count the words that were taken for others, missed or made up.

    Arguments
    ---------
    scored : list of Scored

    Returns
    -------
    frequent : dict
        `substitutions` (dicts of `ref`, `hyp` and `count`), `deletions`
        (`ref`, `count`) and `insertions` (`hyp`, `count`): the most frequent
        first, equally frequent ones by code point.
    """
    counts = Counter(
        edit
        for item in scored
        if item.counts.word_errors
        for edit in align_words(item.utterance.text, item.hyp)
    )
    return {
        "substitutions": [
            {"ref": edit.ref, "hyp": edit.hyp, "count": count}
            for edit, count in _most(counts, "substitute")
        ],
        "deletions": [
            {"ref": edit.ref, "count": count}
            for edit, count in _most(counts, "delete")
        ],
        "insertions": [
            {"hyp": edit.hyp, "count": count}
            for edit, count in _most(counts, "insert")
        ],
    }


def _most(counts, kind):
    of_kind = [entry for entry in counts.items() if entry[0].kind == kind]
    return sorted(of_kind, key=lambda entry: (-entry[1], entry[0]))[:MOST]
