"""A selection as a table on the screen, without names and texts."""

from childasr.text.group_labels import distance
from childasr.text.percent import SYNTHETIC, percent


def selection_table(selection):
    """Lay a selection out in columns.

    Arguments
    ---------
    selection : dict
        What `select_utterances` returns.

    Returns
    -------
    text : str

    Example
    -------
    >>> figures = {"hours": 1.0, "wer": 0.5, "speakers": 3}
    >>> figures["distributions"] = {"age": {"7": 3, "8": 1}}
    >>> picked = figures | {"selected": 3}
    >>> print(selection_table({
    ...     "synthetic": False, "found": 9, "unreadable": 1, "set_aside": 1,
    ...     "reasons": {"too_long": 1}, "free": 7, "from": figures,
    ...     "rounds": [{"hours": 1, "active": picked, "random": picked}],
    ... }))
    9 utterances: 1 unreadable, 1 set aside (1 too long), 7 to pick from
    round  arm       asked h       h  utterances    WER  speakers  ages off
           all                  1.00           7   50.0         3
    1      active       1.00    1.00           3   50.0         3       0.0
    1      random       1.00    1.00           3   50.0         3       0.0
    WER and ages off (utterances in another age than in the whole) in percent.
    """
    whole = selection["from"]
    ages = whole["distributions"]["age"]
    reasons = ", ".join(
        f"{count} {reason.replace('_', ' ')}"
        for reason, count in selection["reasons"].items()
    )
    lines = [SYNTHETIC] if selection["synthetic"] else []
    lines += [
        f"{selection['found']} utterances: {selection['unreadable']} "
        f"unreadable, {selection['set_aside']} set aside"
        f"{f' ({reasons})' if reasons else ''}, "
        f"{selection['free']} to pick from",
        "round  arm       asked h       h  utterances    WER  speakers  "
        "ages off",
        _line("", "all", "", whole, selection["free"], ""),
    ]
    for number, of_round in enumerate(selection["rounds"], start=1):
        for arm in ("active", "random"):
            entry = of_round[arm]
            off = percent(distance(entry["distributions"]["age"], ages), 1)
            asked = f"{of_round['hours']:.2f}"
            count = entry["selected"]
            lines.append(_line(number, arm, asked, entry, count, off))
    lines.append(
        "WER and ages off (utterances in another age than in the whole) in "
        "percent."
    )
    return "\n".join(lines)


def _line(number, arm, asked, figures, count, off):
    return (
        f"{number:<7}{arm:<8}{asked:>9}{figures['hours']:>8.2f}{count:>12}"
        f"{percent(figures['wer'], 1):>7}{figures['speakers']:>10}{off:>10}"
    ).rstrip()
