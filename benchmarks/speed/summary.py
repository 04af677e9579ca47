"""What the runs of the training benchmark add up to, side by side."""

import statistics

from table import make_table, spread

WORDS = {
    "ours": "this recipe",
    "default": "transformers' example with peft, its defaults: CNN frozen "
    "through the API",
    "default_unfrozen": "transformers' example without "
    "freeze_feature_encoder(): as peft alone freezes it",
    "default_nodropout": "transformers' example with peft, dropout 0 as its "
    "arguments set it",
    "careful": "transformers with peft, careful: CNN frozen, grouped by "
    "length, workers",
    "speechbrain": "SpeechBrain's CTC recipe for wav2vec2, with LoRA",
}


def check_same_training(results):
    """Refuse sides that do not train the same part of the encoder."""
    trained = {
        result["side"]: (result["lora_parameters"], result["projections"])
        for result in results
    }
    if len({str(parts) for parts in trained.values()}) > 1:
        raise SystemExit(f"the sides train different layers: {trained}")


def summarise(results, best, sustained, gflop_needed):
    """The figures of each side: medians over the rounds, or one a round.

    Arguments
    ---------
    results : list of dict
        Perhaps of fewer rounds of some sides than of others.
    best, sustained : float
        Matrix products that the machine does, GFLOP/s: the most, and over the
        minutes of the measurement.
    gflop_needed : float
        For a second of audio.

    Returns
    -------
    list of dict
    """
    names = dict.fromkeys(r["side"] for r in sorted(results, key=_place))
    by_side = {
        name: [result for result in results if result["side"] == name]
        for name in names
    }
    rates = {
        name: {run["round"]: run["audio_seconds_per_second"] for run in runs}
        for name, runs in by_side.items()
    }
    ours = rates.get("ours", {})
    rows = []
    for name, runs in by_side.items():
        rate = statistics.median(rates[name].values())
        row = {
            "side": name,
            "audio_seconds_per_second": list(rates[name].values()),
            "peak_memory_mb": max(r["peak_memory_bytes"] for r in runs) / 1e6,
            "peak_memory_mb_per_padded_second": statistics.median(
                r["peak_memory_bytes"] / 1e6 / r["largest_batch_seconds"]
                for r in runs
            ),
            "padding_share": _padding(runs),
            "waiting_share": statistics.median(
                r["waiting_share"] for r in runs
            ),
            "matmul_share": rate * gflop_needed / sustained,
            "best_matmul_share": rate * gflop_needed / best,
        }
        both = ours.keys() & rates[name].keys()
        if both:
            # Round by round, as the machine's speed drifts between rounds.
            row["ours_over_this"] = [
                ours[number] / rates[name][number] for number in sorted(both)
            ]
        rows.append(row)
    return rows


def _place(result):
    return list(WORDS).index(result["side"])


def _padding(runs):
    audio = sum(run["audio_seconds"] for run in runs)
    return 1 - audio / sum(run["padded_seconds"] for run in runs)


def make_summary_table(rows, failed):
    """The summary in words.

    Arguments
    ---------
    rows : list of dict
        As of `summarise`.
    failed : dict
        Side to the reason.
    """
    header = [
        *("", "audio-s/s", "ours is faster by", "MB above the weights"),
        *("MB a padded audio-s", "padding", "waiting", "of matrix products"),
        "of the fastest product",
    ]
    empty = [""] * (len(header) - 2)
    lines = [
        [WORDS[side], f"failed: {reason.replace('|', '/')}", *empty]
        for side, reason in failed.items()
    ]
    return make_table(header, [*map(_cells, rows), *lines])


def _cells(row):
    return [
        WORDS[row["side"]],
        spread(row["audio_seconds_per_second"]),
        _faster(row),
        f"{row['peak_memory_mb']:,.0f}",
        f"{row['peak_memory_mb_per_padded_second']:.1f}",
        f"{row['padding_share']:.1%}",
        f"{row['waiting_share']:.1%}",
        f"{row['matmul_share']:.0%}",
        f"{row['best_matmul_share']:.0%}",
    ]


def _faster(row):
    if row["side"] == "ours" or "ours_over_this" not in row:
        return ""
    return spread(row["ours_over_this"], ".2f")
