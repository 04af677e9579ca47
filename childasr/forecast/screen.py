"""A forecast as tables on the screen."""

from childasr.text.columns import columns

MONEY = ".2f"


def how_long(seconds):
    """A time in the unit that suits it, to three digits.

    Example
    -------
    >>> how_long(73.4), how_long(1234), how_long(16_200), how_long(1.8e6)
    ('73 s', '20.6 min', '4.50 h', '500 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 100 * 60:
        return f"{_three(seconds / 60)} min"
    return f"{_three(seconds / 3600)} h"


def _three(value):
    digits = max(0, 2 - len(f"{value:.0f}") + 1)
    return f"{value:,.{digits}f}"


def forecast_lines(content, price=None):
    """Lay a forecast out in tables, with what it rests on.

    Arguments
    ---------
    content : dict
        From `forecast`.
    price : float
        Of a GPU for an hour; None for no column of cost.

    Returns
    -------
    lines : list of str
    """
    lines = _way("curriculum", content, content, price)
    for name, way in content["ways"].items():
        lines += _way(name, way, content, price)
    return [*lines, *_notes(content)]


def _way(name, way, content, price):
    """The lines of the curriculum, or of a way to the full corpus."""
    lines = _table(name, way["phases"], content, price)
    if "decoding_seconds" in way:
        spent = map(how_long, way["decoding_seconds"])
        lines.append(f"decoding the corpus once: {', '.join(spent)}")
    lines.append(f"test report: {how_long(way['test_report_seconds'])}")
    unsure = [e["phase"] for e in way["phases"] if e["optional"]]
    together = f"together, without {unsure[0]}" if unsure else "together"
    spent = _total(content["totals"][name], content, price)
    return [*lines, f"{together}: {spent}", ""]


def _table(title, entries, content, price):
    heading = [title, "data", "epochs", "steps"]
    heading += [_machines(count, content) for count in content["gpus"]]
    heading += ["range of the first", "memory", "disk", "plan, V100"]
    if price is not None:
        heading.append("cost of the first")
    return columns([heading, *(_row(entry, price) for entry in entries)])


def _machines(count, content):
    what = "GPU" if content["machine"]["gpu"] else "machine"
    return f"{count} {what}{'s' if count > 1 else ''}"


def _row(entry, price):
    first = entry["on"][0]
    low, high = first["seconds"][1:]
    name = entry["phase"]
    row = [
        f"{name}, if it runs" if entry["optional"] else name,
        how_long(3600 * entry["hours"]) + ("" if entry["prepared"] else " *"),
        str(entry["epochs"]),
        f"{entry['steps']:,}",
        *(how_long(on["seconds"][0]) for on in entry["on"]),
        f"{how_long(low)} to {how_long(high)}",
        f"{first['memory_bytes'] / 2**30:.1f} GiB",
        f"{entry['disk_bytes'] / 1e9:.2f} GB",
        how_long(3600 * entry["plan_v100_hours"]),
    ]
    if price is not None:
        cost = first["seconds"][0] / 3600 * first["gpus"] * price
        row.append(format(cost, MONEY))
    return row


def _total(seconds, content, price):
    parts = []
    for count, spent in zip(content["gpus"], seconds, strict=True):
        part = f"{how_long(spent)} on {_machines(count, content)}"
        if price is not None:
            part += f" for {format(spent / 3600 * count * price, MONEY)}"
        parts.append(part)
    return ", ".join(parts)


def _notes(content):
    machine = content["machine"]
    notes = [
        f"Measured on {machine['gpu'] or machine['device']} in "
        f"{machine['precision']}, {machine['threads']} threads.",
        "All planned epochs: a phase that stops early takes less. The range "
        "is of what varied while measuring.",
        "plan, V100: the plan's hours for this audio, with XLS-R 300M.",
    ]
    every = [e for way in content["ways"].values() for e in way["phases"]]
    if not all(e["prepared"] for e in [*content["phases"], *every]):
        notes.append(
            "* not prepared yet: of the size that the plan says; of the full "
            "corpus as much as 5 % each for validation and test."
        )
    if max(content["gpus"]) > 1:
        exchange = content["exchange"]
        notes.append(
            "Not measured on several: each computes its part of a batch, then "
            f"{exchange['bytes_a_step'] / 1e6:.1f} MB of gradients are "
            f"exchanged at {exchange['assumed_bytes_a_second'] / 1e9:.0f} "
            "GB/s, as assumed."
        )
    for found in content["measured"]:
        notes += _shortfalls(found)
    return notes


def _shortfalls(found):
    """What there was no time or memory to measure."""
    name = found["phases"][0]
    if found["smallest"] > 1:
        yield (
            f"{name}: steps are slow, so only parts of batches were measured, "
            f"1 in {found['smallest']} of the utterances: give more --seconds."
        )
    if found["worst_batch"] == "no time":
        yield (
            f"{name}: memory is a line through that of smaller batches than "
            "the worst."
        )
    if found["worst_batch"] == "out of memory":
        yield (
            f"{name}: the worst batch does not fit into memory: lower "
            "--batch_size."
        )
