"""The error report: figures that add up, and its four files."""

import csv
import html.parser
import json
import re

import corpora
import pytest
from hypothesis import given
from hypothesis import strategies as st

from childasr.evaluation.groups import GROUPINGS
from childasr.evaluation.report import score, summarise
from childasr.evaluation.report_files import SYNTHETIC, write_report
from childasr.evaluation.screen import report_table
from childasr.manifest import Utterance


def utterance(number=0, text="나는 간다", **fields):
    known = {"age": "7", "gender": "F", "snr": "15", "style": "read"}
    fields = {"spk_id": "s1", "duration": "2.5"} | known | fields
    return Utterance(ID=f"u{number}", wav="x.wav", text=text, **fields)


utterances = st.lists(
    st.builds(
        utterance,
        number=st.integers(),
        text=st.sampled_from(["", *corpora.TEXTS]),
        spk_id=st.sampled_from("abc"),
        duration=st.floats(0.1, 30).map(str),
        age=st.sampled_from(["", "5", "12"]),
        gender=st.sampled_from(["", "F", "M"]),
        snr=st.sampled_from(["", "-2.5", "10", "40"]),
        style=st.sampled_from(["", "read", "free"]),
    ),
    max_size=12,
)


@given(utterances, st.randoms(use_true_random=False))
def test_groups_sum_to_the_whole(utterances, random):
    hypotheses = [random.choice(["", *corpora.TEXTS]) for _ in utterances]
    figures = summarise(score(utterances, hypotheses))
    assert set(figures["groups"]) == {
        "age",
        "snr",
        "gender",
        "style",
        "duration",
    }
    for entries in figures["groups"].values():
        for quantity in ("utterances", "words", "errors"):
            parts = sum(entry[quantity] for entry in entries.values())
            assert parts == figures["overall"][quantity]


def test_figures_are_those_computed_by_hand():
    scored = score(
        [
            utterance(1, "나는 간다", spk_id="a", age="7"),
            utterance(2, "나는 밥을 먹었다", spk_id="b", age="9"),
        ],
        ["나는 간다", "나는 먹었다"],
    )
    figures = summarise(scored)
    assert figures["overall"]["wer"] == pytest.approx(1 / 5)
    assert figures["overall"]["cer"] == pytest.approx(3 / 14)
    assert figures["overall"]["speakers"] == 2
    assert figures["overall"]["wer_interval"][1] > 1 / 5
    assert figures["groups"]["age"]["9"]["wer"] == pytest.approx(1 / 3)
    assert figures["groups"]["age"]["9"]["wer_interval"] is None


def make_report(folder, scored, synthetic=False):
    report = {
        "synthetic": synthetic,
        "model": "best_model",
        "manifest": "test.csv",
        "interval_method": "some",
        **summarise(scored),
    }
    write_report(folder, report, scored)
    return report


def test_hypotheses_have_the_promised_columns(tmp_path):
    scored = score(
        [utterance(1, "나는, 간다"), utterance(2, "")], ["나는, 가", "어"]
    )
    make_report(tmp_path, scored)
    lines = (tmp_path / "hypotheses.csv").read_bytes().decode()
    assert lines.startswith("ID,spk_id,ref,hyp,words,errors,wer,cer\r\n")
    _, *rows = csv.reader(lines.splitlines())
    assert rows[0][:-1] == [
        "u1",
        "s1",
        "나는, 간다",
        "나는, 가",
        "2",
        "1",
        "0.5",
    ]
    assert float(rows[0][-1]) == pytest.approx(2 / 6)
    # An empty reference has errors, but no rate.
    assert rows[1] == ["u2", "s1", "", "어", "0", "1", "", ""]


def test_alignments_agree_with_the_report(tmp_path):
    spoken = [utterance(n, text) for n, text in enumerate(corpora.TEXTS)]
    heard = [*corpora.TEXTS[1:], ""]
    report = make_report(tmp_path, score(spoken, heard))
    wer_file = (tmp_path / "wer.txt").read_text(encoding="utf-8")
    rate, errors, words = re.match(
        r"%WER ([\d.]+) \[ (\d+) / (\d+),", wer_file
    ).groups()
    assert float(rate) == pytest.approx(
        100 * report["overall"]["wer"], abs=0.01
    )
    assert int(errors) == report["overall"]["errors"]
    assert int(words) == report["overall"]["words"]
    assert "u7, %WER 100.00" in wer_file


def test_the_page_escapes_what_it_shows_and_loads_nothing(tmp_path):
    scored = score(
        [utterance(style="<script>alert(1)</script>", gender='"&')], ["가"]
    )
    make_report(tmp_path, scored)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "&#34;&amp;" in page
    assert not re.search(r"(src|href)=|@import|url\(", page)
    _Balanced().feed_all(page)


class _Balanced(html.parser.HTMLParser):
    """Fails where an element is closed that was not the last opened."""

    def feed_all(self, page):
        self.open = []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_shows_every_group_in_percent(tmp_path):
    clips = corpora.make_clips({"test": 8})
    spoken = [
        utterance(
            n,
            clip.text,
            age=clip.age,
            snr=clip.snr,
            spk_id=clip.speaker,
        )
        for n, clip in enumerate(clips)
    ]
    scored = score(spoken, ["나는"] * len(spoken))
    report = make_report(tmp_path, scored)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    table = report_table(report)
    for grouping in GROUPINGS:
        for label, entry in report["groups"][grouping].items():
            shown = label.replace("<", "&lt;").replace(">", "&gt;")
            assert f'<th scope="row">{shown}</th>' in page
            assert f"<td>{100 * entry['wer']:.1f}</td>" in page
            assert re.search(rf"^  {label} .*\d\.\d", table, re.MULTILINE)
    assert page.count("<rect") == len(report["groups"]["age"]) + len(
        report["groups"]["snr"]
    )


@pytest.mark.parametrize("synthetic", [True, False])
def test_synthetic_numbers_are_labelled_wherever_they_stand(
    tmp_path, synthetic
):
    report = make_report(tmp_path, score([utterance()], ["가"]), synthetic)
    stored = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert stored == report
    shown = [
        (tmp_path / name).read_text(encoding="utf-8")
        for name in ("report.html", "wer.txt")
    ]
    for text in [*shown, report_table(report)]:
        assert (SYNTHETIC in text) == synthetic
