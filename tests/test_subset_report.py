"""What a user is told about a draw."""

import drawn_corpora
import pytest

from data_prep.cells import Cell, hours, shares
from data_prep.draw import draw_speakers, split_speakers
from data_prep.subset_report import layout_report, measure

ASKED = {
    **{"hours": 1.0, "hard_share": 0.25},
    **{"valid_share": 0.2, "test_share": 0.2},
}


def test_report_says_how_far_subset_and_splits_are():
    cells = [
        Cell("A", 5, "<10", "3-6", 30, 1_800_000_000),
        Cell("B", 9, ">=30", "3-6", 10, 1_800_000_000),
        Cell("C", 9, ">=30", ">=10", 40, 1_800_000_000),
        Cell("D", 9, ">=30", "3-6", 20, 1_800_000_000),
    ]
    report = measure(cells, {"A": "train", "B": "valid", "D": "test"}, ASKED)
    assert report["corpus"]["utterances"] == 100
    assert report["corpus"]["hard_share"] == 0.7
    subset = report["subset"]
    assert (subset["hours"], subset["speakers"]) == (1.5, 3)
    assert subset["hard_share"] == 0.5
    assert subset["shares"]["age"] == {"5": 0.5, "9": 0.5}
    assert subset["distance_from_corpus"] == pytest.approx(
        {"age": 0.2, "snr": 0.2, "duration": 0.4}
    )
    # Of the hard ones 3 in 7 are 5 years old, of the others nobody.
    assert report["target"]["age"]["5"] == pytest.approx(0.25 * 3 / 7, abs=1e-6)
    assert subset["distance"]["age"] == pytest.approx(0.3929, abs=1e-4)
    assert report["splits"]["train"]["distance"]["age"] == 0.5
    assert report["splits"]["valid"]["hours"] == 0.5


def test_screen_shows_asked_beside_got():
    cells = drawn_corpora.speakers(200, utterances=30)
    wanted = hours(cells) / 4
    drawn = set(draw_speakers(cells, wanted, shares(cells, 0.25), seed=1))
    splits = split_speakers(
        [cell for cell in cells if cell.speaker in drawn], 0.2, 0.2, seed=1
    )
    asked = ASKED | {"hours": wanted}
    lines = layout_report(measure(cells, splits, asked)).split("\n")
    (subset,) = (line for line in lines if line.startswith("subset "))
    assert subset.split()[3:] == [
        *(f"{wanted:.2f}", f"{wanted:.2f}", "25.0%", "25.0%")
    ]
    groups = [line.split()[0] for line in lines if line]
    ages = [group for group in groups if group.isdigit()]
    assert ages == [str(age) for age in range(5, 13)]
    assert all(len(line.rstrip()) == len(line) <= 80 for line in lines)
