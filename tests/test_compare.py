"""Two models compared on one manifest."""

import json
import re

import corpora
import numpy as np
import pytest
import report_data
from html_pages import Page, english_among_korean
from hypothesis import given, settings
from hypothesis import strategies as st

from childasr.errors import InputError
from childasr.evaluation.compare import MOST, compare, difference_interval
from childasr.evaluation.compare_files import (
    FIELDS,
    compare_reports,
    comparison_table,
    read_report,
    write_comparison,
)
from childasr.evaluation.redaction import redact
from childasr.evaluation.report import score, summarise
from childasr.evaluation.report_files import write_report
from childasr.text.files import write_json
from childasr.text.percent import SYNTHETIC

# Simulated test sets of ten speakers: utterances of each (as of a lognormal
# law with this spread), and how the gain of a speaker spreads around 2 points.
SCENARIOS = {
    "alike": (0.6, lambda draw: np.full(10, -0.02)),
    "symmetric": (0.6, lambda draw: draw.normal(-0.02, 0.02, 10)),
    "skewed": (0.6, lambda draw: -0.02 * draw.exponential(1, 10)),
    "unequal": (1.0, lambda draw: draw.normal(-0.02, 0.02, 10)),
    "equal": (0.0, lambda draw: draw.normal(-0.02, 0.02, 10)),
}


def model(scored, share, seed):
    """Another model's results: it makes up a word in a share of utterances."""
    draw = np.random.default_rng(seed)
    return score(
        [item.utterance for item in scored],
        [
            item.utterance.text + " 뷁" * (draw.random() < share)
            for item in scored
        ],
    )


@pytest.fixture(scope="module")
def pair():
    scored = report_data.make_scored(600)
    return model(scored, 0.5, 1), model(scored, 0.2, 2)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_interval_covers_the_true_difference(scenario):
    spread, gains = SCENARIOS[scenario]
    draw = np.random.default_rng(0)
    covered = 0
    for _ in range(1000):
        # Some 220 utterances of 6 words each. What the models do not share
        # varies twice as much as a tenth of the words, each by itself, would.
        words = np.exp(draw.normal(np.log(1300), spread, 10)).round()
        noise = draw.normal(0, np.sqrt(0.2 * words))
        more = words * gains(draw) + noise
        low, high = difference_interval([0] * 10, more, words, range(10))
        covered += low <= -0.02 <= high
    print(f"{scenario}: {covered / 10:.1f} %")
    assert covered >= 920


def test_the_figures_are_those_computed_by_hand():
    spoken = [
        item.utterance._replace(ID=f"u{n}", text="가 나 다 라", spk_id=f"s{n}")
        for n, item in enumerate(report_data.make_scored(3))
    ]
    a = score(spoken, ["가 나 다 라", "가 나", "가 나 다"])
    b = score(spoken, ["가 나 다", "가 나 다 라", "가 나 다"])
    comparison = compare(a, b)
    wer = comparison["overall"]["rates"]["wer"]
    assert (wer["a"], wer["b"]) == (3 / 12, 2 / 12)
    assert wer["difference"] == pytest.approx(-1 / 12)
    # Without one of the speakers: -2/8, 1/8 and -1/8; t(0.975, 2) = 4.303.
    half = 4.303 * (2 * np.var([-2 / 8, 1 / 8, -1 / 8])) ** 0.5
    assert wer["interval"] == pytest.approx(
        [-1 / 12 - half, -1 / 12 + half], abs=1e-4
    )
    changed = comparison["utterances"]
    assert (changed["better"], changed["worse"], changed["same"]) == (1, 1, 1)
    assert [item["ID"] for item in changed["most_better"]] == ["u1"]
    assert [item["ID"] for item in changed["most_worse"]] == ["u0"]


def test_what_differs_clearly_is_told_and_what_does_not_is_not(pair):
    a, b = pair
    verdicts = [
        compare(*sides)["overall"]["rates"]["wer"]["verdict"]
        for sides in ((a, b), (b, a), (a, a))
    ]
    assert verdicts == ["better", "worse", "not_told_apart"]


def test_a_group_too_small_to_say_anything_is_told_nothing_of():
    scored = report_data.make_scored(300)
    alike = model(scored, 1, 0), model(scored, 0, 0)
    ages = compare(*alike)["groups"]["age"].values()
    small = [e["rates"]["wer"] for e in ages if e["warning"] == "few_speakers"]
    assert any(wer["interval"][1] < 0 for wer in small)
    assert {wer["verdict"] for wer in small} == {"not_told_apart"}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 99))
def test_a_comparison_the_other_way_round_is_its_mirror(seed):
    scored = report_data.make_scored(40, speakers=6)
    a, b = model(scored, 0.4, seed), model(scored, 0.3, seed + 1)
    there = compare(a, b)
    back = compare(b, a)
    assert there["utterances"]["better"] == back["utterances"]["worse"]
    for rate, one in there["overall"]["rates"].items():
        other = back["overall"]["rates"][rate]
        assert (one["a"], one["b"]) == (other["b"], other["a"])
        assert one["difference"] == -other["difference"]
        low, high = one["interval"]
        assert other["interval"] == pytest.approx([-high, -low])


def test_both_models_have_the_rates_of_their_reports(pair):
    comparison = compare(*pair)
    for side, scored in zip("ab", pair, strict=True):
        figures = summarise(scored)
        for grouping, entries in figures["groups"].items():
            for label, entry in entries.items():
                compared = comparison["groups"][grouping][label]
                assert compared["rates"]["cer"][side] == entry["cer"]


def test_long_lists_are_cut_and_their_lengths_told(pair):
    a, b = pair
    changed = compare(a, b)["utterances"]
    assert len(changed["most_better"]) == MOST < changed["better"]
    fewer = sum(
        y.counts.word_errors < x.counts.word_errors
        for x, y in zip(a, b, strict=True)
    )
    assert changed["better"] == fewer
    assert sum(changed[key] for key in ("better", "worse", "same")) == len(a)


@pytest.fixture
def folders(tmp_path, pair):
    """Two reports on a manifest, and the manifest."""
    rows = [item.utterance._asdict() for item in pair[0]]
    manifest = tmp_path / "test.csv"
    corpora.write_rows(manifest, rows)
    for name, scored in zip("ab", pair, strict=True):
        report = report_data.make_report(
            scored, manifest=str(manifest), model=f"model_{name}"
        )
        write_report(tmp_path / name, report, scored)
    return tmp_path / "a", tmp_path / "b", manifest


def test_reports_are_compared_from_their_folders(tmp_path, folders, pair):
    comparison = compare_reports(*folders[:2])
    direct = compare(*pair)
    assert comparison["overall"] == direct["overall"]
    assert comparison["utterances"] == direct["utterances"]
    assert comparison["b"]["model"] == "model_b"
    write_comparison(tmp_path / "c", comparison)
    path = tmp_path / "c" / "comparison.json"
    assert json.loads(path.read_text("utf-8")) == comparison


def test_a_report_that_cannot_be_compared_is_refused(tmp_path, folders, pair):
    a, b, manifest = folders
    with pytest.raises(InputError, match=r"cannot read .*none.* \(No such"):
        compare_reports(a, tmp_path / "none")
    rows = [item.utterance._asdict() for item in pair[0][1:]]
    corpora.write_rows(tmp_path / "less.csv", rows)
    with pytest.raises(InputError, match=r"not of the utterances .*less\.csv"):
        compare_reports(a, b, tmp_path / "less.csv")
    report = json.loads((b / "report.json").read_text("utf-8"))
    (b / "report.json").write_text(json.dumps(redact(report)))
    with pytest.raises(InputError, match="redacted"):
        compare_reports(a, b, manifest)


@pytest.mark.parametrize("name", FIELDS)
def test_a_report_of_another_form_is_refused_by_name(tmp_path, name):
    report = {field: kind() for field, kind in FIELDS.items()}
    write_json(tmp_path / "report.json", report)
    assert read_report(tmp_path) == report
    for value in (7, None, ["a"]):
        write_json(tmp_path / "report.json", report | {name: value})
        with pytest.raises(InputError, match=r"report\.json .*none or damaged"):
            read_report(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "7",
        pytest.param("[" * 100_000, id="deep"),
        '{"a": NaN}',
        '{"a": "\\ud800"}',
    ],
)
def test_what_is_no_report_is_refused_by_name(tmp_path, content):
    (tmp_path / "report.json").write_text(content)
    with pytest.raises(InputError, match=r"report\.json .*none or damaged"):
        read_report(tmp_path)


def test_the_page_and_the_table_say_the_same(tmp_path, folders):
    comparison = compare_reports(*folders[:2])
    write_comparison(tmp_path, comparison)
    page = (tmp_path / "comparison.html").read_text("utf-8")
    table = comparison_table(comparison)
    for entry in comparison["groups"]["snr"].values():
        wer = entry["rates"]["wer"]
        assert f"<td>{100 * wer['a']:.2f}</td>" in page
        assert f"{100 * wer['difference']:+.2f}" in table
        assert f"<td>{100 * wer['difference']:+.2f}</td>" in page
    assert SYNTHETIC in page and SYNTHETIC in table
    assert english_among_korean(page) == []


def test_where_nothing_is_told_apart_for_want_of_speech_it_is_said(
    tmp_path, folders
):
    comparison = compare_reports(*folders[:2])
    overall = comparison["overall"]
    rate = overall["rates"]["wer"]
    for warning in (None, "few_words"):
        overall["warning"] = warning
        rate["verdict"] = "not_told_apart" if warning else "better"
        write_comparison(tmp_path, comparison)
        source = (tmp_path / "comparison.html").read_text("utf-8")
        heading = re.search(r"<h1>.*?</h1>", source, re.DOTALL)[0]
        page = Page(source)
        (row,) = [r for t in page.tables for r in t if r[0].startswith("WER")]
        table = comparison_table(comparison).splitlines()
        for text in (heading, row[-1], table[3]):
            assert ("few words" in text) is bool(warning)


def test_the_page_escapes_texts_and_loads_nothing(tmp_path, folders):
    comparison = compare_reports(*folders[:2])
    strange = "<script>alert(1)</script> &"
    changed = comparison["utterances"]["most_better"][0]
    changed |= {"ID": strange, "ref": strange, "a": strange, "b": "가"}
    write_comparison(tmp_path, comparison)
    page = (tmp_path / "comparison.html").read_text("utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r"\b(src|href)=|@import|url\(", page)
