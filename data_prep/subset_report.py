"""How near a drawn subset came to what was asked for."""

from childasr.text.group_labels import distance, reading_order
from data_prep.cells import HARD, hours, shares
from data_prep.records import SPLITS

DIMENSIONS = ("age", "snr", "duration")


def measure(cells, splits, asked):
    """Compare a subset and its splits to the corpus and to what was asked.

    Arguments
    ---------
    cells : list of Cell
        Of the whole corpus.
    splits : dict
        Drawn speaker -> split.
    asked : dict
        `hours`, `hard_share`, `valid_share` and `test_share`.

    Returns
    -------
    report : dict
        `target`: dimension -> group -> share asked for; `corpus`, `subset`
        and `splits` (by name), each with utterances, hours, speakers,
        hard_share and shares (like target); the subset with `distance` from
        the target and `distance_from_corpus`, each split with `distance`
        from the subset: total variation, 0 to 1.
    """
    drawn = [cell for cell in cells if cell.speaker in splits]
    target = shares(cells, asked["hard_share"])
    corpus, subset = _describe(cells), _describe(drawn)
    subset["distance"] = _distances(subset["shares"], target)
    subset["distance_from_corpus"] = _distances(
        subset["shares"], corpus["shares"]
    )
    parts = {
        name: _describe(
            [cell for cell in drawn if splits[cell.speaker] == name]
        )
        for name in SPLITS
    }
    for part in parts.values():
        part["distance"] = _distances(part["shares"], subset["shares"])
    return {
        "asked": asked,
        "target": {name: _rounded(target[name]) for name in DIMENSIONS},
        "corpus": corpus,
        "subset": subset,
        "splits": parts,
    }


def _describe(cells):
    spread = shares(cells)
    return {
        "utterances": sum(cell.utterances for cell in cells),
        "hours": round(hours(cells), 4),
        "speakers": len({cell.speaker for cell in cells}),
        "hard_share": round(spread["difficulty"].get(HARD, 0.0), 4),
        "shares": {name: _rounded(spread[name]) for name in DIMENSIONS},
    }


def _rounded(groups):
    return {group: round(share, 6) for group, share in groups.items()}


def _distances(some, whole):
    return {
        name: round(distance(some[name], whole[name]), 4) for name in DIMENSIONS
    }


def layout_report(report):
    """The same for the screen.

    Returns
    -------
    text : str
    """
    asked, splits = report["asked"], report["splits"]
    train_share = 1 - asked["valid_share"] - asked["test_share"]
    wanted = {
        "subset": asked["hours"],
        "train": train_share * report["subset"]["hours"],
        "valid": asked["valid_share"] * report["subset"]["hours"],
        "test": asked["test_share"] * report["subset"]["hours"],
    }
    parts = {"corpus": report["corpus"], "subset": report["subset"], **splits}
    lines = [
        f"{'':8}{'utterances':>11}{'speakers':>9}{'hours':>9}{'asked':>9}"
        f"{'hard':>8}{'asked':>8}"
    ]
    for name, part in parts.items():
        hours_asked = f"{wanted[name]:.2f}" if name in wanted else ""
        hard_asked = f"{asked['hard_share']:.1%}" if name == "subset" else ""
        line = (
            f"{name:8}{part['utterances']:11,}{part['speakers']:9,}"
            f"{part['hours']:9.2f}{hours_asked:>9}"
            f"{part['hard_share']:8.1%}{hard_asked:>8}"
        )
        lines.append(line.rstrip())
    lines += [
        "",
        "hard: SNR below 10 dB, or 10 s and longer",
        "",
        "share of utterances that would have to change group",
        f"{'':28}" + "".join(f"{name:>10}" for name in DIMENSIONS),
        _row("subset, from the target", report["subset"]["distance"]),
        _row("from the corpus", report["subset"]["distance_from_corpus"]),
    ]
    lines += [
        _row(f"{name}, from the subset", part["distance"])
        for name, part in splits.items()
    ]
    for name in DIMENSIONS:
        lines += ["", *_groups(name, report["target"][name], parts)]
    return "\n".join(lines)


def _row(title, distances):
    numbers = (f"{distances[name]:10.2%}" for name in DIMENSIONS)
    return f"{title:28}" + "".join(numbers)


def _groups(dimension, target, parts):
    yield f"{dimension:10}" + "".join(
        f"{name:>9}" for name in ("target", *parts)
    )
    everything = [
        target,
        *(part["shares"][dimension] for part in parts.values()),
    ]
    for group in sorted(target, key=reading_order):
        numbers = (f"{shares.get(group, 0):9.1%}" for shares in everything)
        yield f"{group:10}" + "".join(numbers)
