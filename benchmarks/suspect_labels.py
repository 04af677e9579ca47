"""How many wrong labels the search finds, in simulated recognition.

    python benchmarks/suspect_labels.py

Each line is the mean over three simulations of 2,000 utterances, of which 5 %
have a wrong label: the text of another utterance, words cut off, or words
added. The errors and the confidences are simulated; no model is behind them.
"""

import statistics
import sys
from pathlib import Path

from childasr.evaluation.analysis.suspects import suspect_labels
from childasr.evaluation.report import summarise

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from simulated_labels import simulate

LETTER_ERRORS = (0.01, 0.03, 0.06, 0.12, 0.18)
HONESTY = (0.7, 0.3)
SEEDS = range(3)


def measure(simulation):
    """WER, share of the planted labels found, share of the others listed."""
    scored, planted = simulation
    listed = {suspect["ID"] for suspect in suspect_labels(scored)}
    found = len(listed & planted.keys()) / len(planted)
    alarms = len(listed - planted.keys()) / (len(scored) - len(planted))
    return summarise(scored)["overall"]["wer"], found, alarms


def main():
    print("  WER  confidence's tie to difficulty   found  false alarms")
    for honesty in HONESTY:
        for rate in LETTER_ERRORS:
            rounds = [
                measure(simulate(error_rate=rate, honesty=honesty, seed=seed))
                for seed in SEEDS
            ]
            wer, found, alarms = map(statistics.mean, zip(*rounds, strict=True))
            print(f"{wer:5.0%}  {honesty:30}  {found:6.0%}  {alarms:12.1%}")


if __name__ == "__main__":
    main()
