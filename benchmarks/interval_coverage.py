"""How often the intervals of error rates cover the true rate, and how wide.

    python benchmarks/interval_coverage.py
    python benchmarks/interval_coverage.py --sets 5000 --methods ours

Simulated test sets of known WER, about as large as ours: ten speakers and
some 2,216 utterances of five words. The speakers' own rates are drawn, then
each utterance's around its speaker's, then its errors. `ours` is
`childasr.evaluation.interval.rate_interval`. The last two tables justify the
bounds below which `childasr.evaluation.report` warns of a small group.
"""

import argparse
import functools
from typing import NamedTuple

import numpy as np
from interval_methods import METHODS

SPEAKERS = 10
UTTERANCES = 222  # of a speaker, on average
WORDS = 4  # of an utterance, above the first
# Correlation of right and wrong among the words of an utterance.
ALIKE = 0.2
TRUTH_SPEAKERS = 200_000


class Scenario(NamedTuple):
    """Where test sets come from.

    Arguments
    ---------
    wer : float
        Mean over speakers.
    spread : str
        `same` rate for all; `even`, beta; `skewed`, log-normal; `odd`, one
        speaker in ten errs three times as often as the others.
    variation : float
        Standard deviation of the speakers' rates over their mean.
    unequal : float
        Standard deviation of the logarithm of a speaker's utterances.
    silent : float
        0, or 1 where a speaker that errs twice as often says half as much.
    """

    wer: float
    spread: str
    variation: float = 0.5
    unequal: float = 0.5
    silent: float = 0.0


SCENARIOS = (
    Scenario(0.2, "same", 0.0),
    *(Scenario(wer, "even", 0.25) for wer in (0.1, 0.3)),
    *(Scenario(wer, "even", 0.5) for wer in (0.1, 0.2, 0.3)),
    *(Scenario(wer, "skewed", 0.5) for wer in (0.1, 0.2, 0.3)),
    *(Scenario(wer, "skewed", 0.8) for wer in (0.1, 0.3)),
    Scenario(0.2, "skewed", 0.5, unequal=0.0),
    Scenario(0.2, "even", 0.25, unequal=1.0),
    Scenario(0.2, "skewed", 0.5, unequal=1.0),
    Scenario(0.2, "skewed", 0.5, silent=0.7),
    *(Scenario(wer, "odd", 0.5) for wer in (0.1, 0.3)),
)
USUAL = Scenario(0.2, "skewed", 0.5)


def draw_speakers(scenario, count, generator, utterances=UTTERANCES):
    """Rates, float, and numbers of utterances, int, [count] each."""
    wer, spread, variation, unequal, silent = scenario
    if spread == "same":
        rates = np.full(count, wer)
    elif spread == "even":
        size = (1 - wer) / wer / variation**2 - 1
        rates = generator.beta(wer * size, (1 - wer) * size, count)
    elif spread == "skewed":
        sigma = np.sqrt(np.log1p(variation**2))
        rates = wer * generator.lognormal(-(sigma**2) / 2, sigma, count)
    else:
        odd = generator.random(count) < 0.1
        rates = wer / 1.2 * np.where(odd, 3, 1)
        rates = rates * generator.gamma(25, 1 / 25, count)
    rates = np.minimum(rates, 0.95)
    talk = generator.lognormal(-(unequal**2) / 2, unequal, count)
    talk *= np.clip(wer / rates, 1 / 3, 3) ** silent
    return rates, np.maximum(1, np.round(utterances * talk)).astype(int)


def draw_set(scenario, count, generator, utterances=UTTERANCES):
    """Errors and words of each speaker, [count] each."""
    rates, talk = draw_speakers(scenario, count, generator, utterances)
    speaker = np.repeat(np.arange(count), talk)
    words = 1 + generator.poisson(WORDS, len(speaker))
    size = 1 / ALIKE - 1
    rate = generator.beta(rates[speaker] * size, (1 - rates[speaker]) * size)
    errors = generator.binomial(words, rate)
    return np.bincount(speaker, errors), np.bincount(speaker, words)


@functools.cache
def true_rate(scenario):
    """The WER of endlessly many such speakers."""
    generator = np.random.default_rng(1)
    rates, talk = draw_speakers(scenario, TRUTH_SPEAKERS, generator)
    return (rates * talk).sum() / talk.sum()


def simulate(scenario, sets, methods, count=SPEAKERS, utterances=UTTERANCES):
    """For each method the lower and upper ends, [sets, 2]."""
    generator = np.random.default_rng(2)
    drawn = [
        draw_set(scenario, count, generator, utterances) for _ in range(sets)
    ]
    return {
        method: np.array([METHODS[method](*totals) for totals in drawn])
        for method in methods
    }


def coverage(ends, truth):
    return ((ends[:, 0] <= truth) & (truth <= ends[:, 1])).mean()


def widths(ends):
    return ends[:, 1] - ends[:, 0]


def print_methods(sets, methods):
    """Coverage of each method in each scenario, and its width."""
    print(f"Coverage of {SPEAKERS} speakers, %, of {sets} sets each")
    for number, scenario in enumerate(SCENARIOS, start=1):
        print(f"  {number:2}: {describe(scenario)}")
    print_line("", range(1, len(SCENARIOS) + 1), "  least*  width")
    results = [simulate(scenario, sets, methods) for scenario in SCENARIOS]
    mean_widths = {
        method: np.array([widths(result[method]).mean() for result in results])
        for method in methods
    }
    for method in methods:
        covered = [
            100 * coverage(result[method], true_rate(scenario))
            for scenario, result in zip(SCENARIOS, results, strict=True)
        ]
        least = min(
            cell
            for scenario, cell in zip(SCENARIOS, covered, strict=True)
            if scenario.spread != "odd"
        )
        width = (mean_widths[method] / mean_widths[methods[0]]).mean()
        print_line(method, covered, f"{least:8.1f}  {width:5.2f}")
    print(f"* without `odd`. Width: mean over that of {methods[0]}, which is")
    print_line("in points", 100 * mean_widths[methods[0]])


def print_line(name, cells, end=""):
    print(f"{name:26}" + "".join(f"{cell:5.0f}" for cell in cells) + end)


def describe(scenario):
    wer, spread, variation, unequal, silent = scenario
    return (
        f"WER {wer:.0%}, {spread:6}, variation {variation:.0%}, "
        f"unequal {unequal:g}" + (", the worse say less" if silent else "")
    )


def print_sizes(title, sizes, sets):
    """Ours for test sets of several sizes, at three WERs."""
    print(f"\n{title}")
    print(f"{'':10} WER  coverage, %  median width / WER  below 2 WER, %")
    for label, size in sizes.items():
        for wer in (0.1, 0.2, 0.3):
            scenario = USUAL._replace(wer=wer)
            truth = true_rate(scenario)
            ends = simulate(scenario, sets, ["ours"], **size)["ours"]
            print(
                f"{label:10}{wer:4.0%}"
                f"{100 * coverage(ends, truth):13.0f}"
                f"{np.median(widths(ends)) / truth:20.1f}"
                f"{100 * (ends[:, 1] < 2 * truth).mean():16.0f}"
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=500)
    parser.add_argument("--methods", nargs="+", default=list(METHODS))
    given = parser.parse_args()
    print_methods(given.sets, given.methods)
    print_sizes(
        f"Ours by number of speakers, as in {describe(USUAL)}",
        {f"{count} speakers": {"count": count} for count in range(2, 11)},
        given.sets,
    )
    print_sizes(
        f"Ours by words that {SPEAKERS} speakers say together",
        {
            f"{(1 + WORDS) * SPEAKERS * utterances}": {"utterances": utterances}
            for utterances in (1, 2, 4, 8, 16, 32)
        },
        given.sets,
    )


if __name__ == "__main__":
    main()
