"""The letters that are confused most, as a matrix to draw."""

from collections import Counter

MOST = 12  # rows and columns
SHADES = 5


def confusion_matrix(confusions, position):
    """Count the confusions of the letters that are confused most.

    Arguments
    ---------
    confusions : list of dict
        `ref`, `hyp`, `position` and `count`, as `letter_errors` gives them.
    position : str
        `onset`, `nucleus` or `coda`.

    Returns
    -------
    matrix : dict
        `columns`: letters that were heard; `rows`: letters of the reference
        to a list of dicts with `count` and `shade`, 0 to 5, a cell for each
        column; the letter "" is none. `shown` and `total`: confusions in the
        matrix and at all.

    Example
    -------
    >>> pair = {"ref": "ㅔ", "hyp": "ㅐ", "position": "nucleus", "count": 9}
    >>> confusion_matrix([pair], "nucleus")["rows"]
    {'ㅔ': [{'count': 9, 'shade': 5}]}
    """
    counts = Counter(
        {
            (entry["ref"], entry["hyp"]): entry["count"]
            for entry in confusions
            if entry["position"] == position
        }
    )
    refs, hyps = _frequent(counts, 0), _frequent(counts, 1)
    cells = {(ref, hyp): counts[ref, hyp] for ref in refs for hyp in hyps}
    most = max(cells.values(), default=0)
    return {
        "columns": hyps,
        "rows": {
            ref: [
                {
                    "count": cells[ref, hyp],
                    "shade": -(-SHADES * cells[ref, hyp] // most),
                }
                for hyp in hyps
            ]
            for ref in refs
        },
        "shown": sum(cells.values()),
        "total": counts.total(),
    }


def _frequent(counts, side):
    """Letters of one side in the alphabet's order, "" last."""
    totals = Counter()
    for pair, count in counts.items():
        totals[pair[side]] += count
    letters = [letter for letter, _ in totals.most_common(MOST)]
    return sorted(letters, key=lambda letter: (not letter, letter))
