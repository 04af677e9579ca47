"""The curves of a training, all phases on one axis of epochs."""

import math

from childasr.evaluation.page.axes import decades, ticks

CURVES = {
    "loss": ("train/loss", "val/loss"),
    "wer": ("val/wer", "val/cer"),
    "lr": ("train/lr",),
}
LOGARITHMIC = ("loss",)  # CTC's falls by decades


def curves(training):
    """Lay out a chart for each of `CURVES`.

    Arguments
    ---------
    training : list of dict
        `phase` and `epochs`, entries of training_log.json, earliest first.

    Returns
    -------
    charts : dict
        Name of the chart to `lines`, `ticks` (pairs of height and value) and
        `phases` (each with `name`, where it begins, `at`, and `width`). A
        line is a dict: its `key` in the entries, `points` (`x`, `y`, `phase`,
        `epoch` and `value`) and `path`, SVG. Places are in percent of the
        chart's width, and of its height from the top. A chart without a
        value is left out.

    Example
    -------
    >>> epochs = [{"epoch": n, "val/wer": 0.4 / n} for n in (1, 2)]
    >>> chart = curves([{"phase": "phase1", "epochs": epochs}])["wer"]
    >>> chart["lines"][0]["path"]
    'M25.0 0.0L75.0 50.0'
    """
    charts = {
        name: _chart(keys, training, name in LOGARITHMIC)
        for name, keys in CURVES.items()
    }
    return {name: chart for name, chart in charts.items() if chart}


def _chart(keys, training, logarithmic):
    points = {key: _points(key, training) for key in keys}
    values = [point["value"] for line in points.values() for point in line]
    if not values:
        return None
    height, marks = _axis(min(values), max(values), logarithmic)
    for line in points.values():
        for point in line:
            point["y"] = height(point["value"])
    return {
        "lines": [
            {"key": key, "points": line, "path": _path(line)}
            for key, line in points.items()
            if line
        ],
        "ticks": [(height(mark), mark) for mark in marks],
        "phases": _phases(training),
    }


def _axis(low, high, logarithmic):
    """Where a value lies, in percent from the top, and the marks beside it."""
    if logarithmic and low > 0:
        # A single value lies in the middle.
        low, high = (low, high) if low < high else (low / 2, high * 2)
        span = math.log(high / low)
        return (
            lambda value: round(100 * math.log(high / value) / span, 2),
            decades(low, high),
        )
    top = high if high > 0 else 1.0
    return lambda value: round(100 - 100 * value / top, 2), ticks(top)


def _points(key, training):
    total = sum(len(phase["epochs"]) for phase in training)
    entries = [
        (phase["phase"], entry)
        for phase in training
        for entry in phase["epochs"]
    ]
    return [
        {
            "x": round(100 * (place + 0.5) / total, 2),
            "phase": name,
            "epoch": entry["epoch"],
            "value": entry[key],
        }
        for place, (name, entry) in enumerate(entries)
        if entry.get(key) is not None
    ]


def _path(points):
    """A line through the points, begun anew with each phase."""
    path, phase = "", None
    for point in points:
        path += "L" if point["phase"] == phase else "M"
        path += f"{point['x']} {point['y']}"
        phase = point["phase"]
    return path


def _phases(training):
    total = sum(len(phase["epochs"]) for phase in training)
    phases, before = [], 0
    for phase in training:
        count = len(phase["epochs"])
        phases.append(
            {
                "name": phase["phase"],
                "at": round(100 * before / total, 2),
                "width": 100 * count / total,
            }
        )
        before += count
    return phases
