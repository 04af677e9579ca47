"""Charts and matrices of the report's page: what is drawn is the figures."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_data import make_phase

from childasr.evaluation.page.axes import MOST, decades, ticks
from childasr.evaluation.page.curves import CURVES, curves
from childasr.evaluation.page.intervals import place_intervals
from childasr.evaluation.page.letters import MOST as MOST_LETTERS
from childasr.evaluation.page.letters import confusion_matrix

rates = st.just(0.0) | st.floats(1e-6, 3)  # an error in a million words
figures = st.fixed_dictionaries(
    {
        "wer": st.none() | rates,
        "wer_interval": st.none() | st.tuples(rates, rates).map(sorted),
    }
)


@given(st.dictionaries(st.text(max_size=2), figures, max_size=4), figures)
def test_dots_and_whiskers_are_rates_on_one_axis(entries, overall):
    chart = place_intervals(entries, overall)
    scale = [
        place / (100 * rate)
        for row, entry in zip(
            chart["rows"].values(), entries.values(), strict=True
        )
        for place, rate in (
            (row["dot"], entry["wer"]),
            *zip(
                (row["low"], row["high"]),
                entry["wer_interval"] or (None, None),
                strict=True,
            ),
        )
        if rate is not None and rate > 0.01
    ]
    scale += [place / (100 * rate) for place, rate in chart["ticks"] if rate]
    assert all(value == pytest.approx(scale[0], rel=0.05) for value in scale)
    dots = [row["dot"] for row in chart["rows"].values()] + [chart["whole"]]
    assert all(0 <= dot <= 100 for dot in dots if dot is not None)


@given(st.floats(1e-6, 1e6))
def test_ticks_are_few_and_fill_the_axis(top):
    marks = ticks(top)
    assert marks[0] == 0
    assert 2 < len(marks) <= MOST + 1
    assert marks[-1] <= top * (1 + 1e-6) < marks[-1] + 1.01 * marks[1]


@given(st.floats(1e-5, 1e5), st.floats(1.01, 1e6))
def test_logarithmic_ticks_lie_on_the_axis(low, ratio):
    marks = decades(low, low * ratio)
    assert marks == sorted(marks)
    assert all(low <= mark <= low * ratio for mark in marks)


confusions = st.lists(
    st.fixed_dictionaries(
        {
            "ref": st.sampled_from(["", *"ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ"]),
            "hyp": st.sampled_from(["", *"ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ"]),
            "position": st.sampled_from(["onset", "coda"]),
            "count": st.integers(1, 10**6),
        }
    ),
    unique_by=lambda entry: (entry["ref"], entry["hyp"], entry["position"]),
)


@given(confusions)
def test_a_matrix_has_the_counts_of_its_letters(confusions):
    matrix = confusion_matrix(confusions, "onset")
    onsets = [entry for entry in confusions if entry["position"] == "onset"]
    counts = {(entry["ref"], entry["hyp"]): entry["count"] for entry in onsets}
    assert len(matrix["rows"]) <= MOST_LETTERS
    assert len(matrix["columns"]) <= MOST_LETTERS
    cells = {
        (ref, hyp): cell
        for ref, row in matrix["rows"].items()
        for hyp, cell in zip(matrix["columns"], row, strict=True)
    }
    for pair, cell in cells.items():
        assert cell["count"] == counts.get(pair, 0)
        assert (cell["shade"] == 0) == (cell["count"] == 0)
    assert matrix["total"] == sum(counts.values())
    shown = sum(cell["count"] for cell in cells.values())
    assert matrix["shown"] == shown


def test_all_epochs_of_all_phases_are_points_in_order():
    training = [make_phase(number) for number in (1, 2, 3)]
    charts = curves(training)
    assert set(charts) == set(CURVES)
    for chart in charts.values():
        for line in chart["lines"]:
            expected = [
                (phase["phase"], entry["epoch"], entry[line["key"]])
                for phase in training
                for entry in phase["epochs"]
                if entry[line["key"]] is not None
            ]
            points = line["points"]
            found = [(p["phase"], p["epoch"], p["value"]) for p in points]
            assert found == expected
            for left, right in itertools.pairwise(points):
                assert left["x"] < right["x"]
                higher = left["value"] > right["value"]
                assert higher == (left["y"] < right["y"])
            assert line["path"].count("M") == len(training)
        assert [phase["name"] for phase in chart["phases"]] == [
            phase["phase"] for phase in training
        ]


def test_a_training_with_nothing_to_draw_has_no_curves():
    epochs = [{"epoch": 0, "val/wer": None, "train/loss": None}]
    assert curves([{"phase": "phase1", "epochs": epochs}]) == {}
    assert curves([{"phase": "phase1", "epochs": []}]) == {}
