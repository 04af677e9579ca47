"""Rates and their intervals placed on a common axis."""

from childasr.evaluation.page.axes import ticks


def place_intervals(entries, overall):
    """Place the WERs of a grouping and their intervals on one axis.

    The axis ends at the highest end of an interval, but not beyond twice the
    highest rate, as one wide interval would leave no room for the others.

    Arguments
    ---------
    entries : dict
        Label to figures, as `summarise` gives them.
    overall : dict
        The figures of all utterances.

    Returns
    -------
    chart : dict
        `ticks`: pairs of place and rate; `whole`: the place of the overall
        WER; `rows`: label to `dot`, `low` and `high`, of which low and high
        are None without an interval. Places are in percent of the axis; all
        are None where there is no rate.

    Example
    -------
    >>> row = {"wer": 0.2, "wer_interval": [0.1, 0.3]}
    >>> chart = place_intervals({"7": row}, row)
    >>> chart["rows"]["7"]["high"], chart["ticks"][1]
    (100.0, (33.33, 0.1))
    """
    figures = [overall, *entries.values()]
    rates = [entry["wer"] for entry in figures if entry["wer"] is not None]
    ends = [
        entry["wer_interval"][1] for entry in figures if entry["wer_interval"]
    ]
    widest = 2 * max(rates, default=0)
    top = min(max([*rates, *ends], default=0), widest) or 1.0

    def place(rate):
        return None if rate is None else round(100 * rate / top, 2)

    def row(entry):
        low, high = entry["wer_interval"] or (None, None)
        return {
            "dot": place(entry["wer"]),
            "low": place(low),
            "high": place(high),
        }

    return {
        "ticks": [(place(rate), rate) for rate in ticks(top)],
        "whole": place(overall["wer"]),
        "rows": {label: row(entry) for label, entry in entries.items()},
    }
