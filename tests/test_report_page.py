"""The report's page: what it shows, and that it needs nothing beside it."""

import base64
import copy
import hashlib
import html
import json
import re
import string
from pathlib import Path

import pytest
from html_pages import Page, english_among_korean
from report_data import make_report, make_scored

from childasr.evaluation.analysis.suspects import DETAILS
from childasr.evaluation.page import write_page
from childasr.evaluation.page.rows import FIELDS
from childasr.evaluation.page.wording import both, details
from childasr.evaluation.rates import RATES
from childasr.evaluation.redaction import redact
from childasr.text.percent import SYNTHETIC

FOLDER = Path(write_page.__code__.co_filename).parent
EVIL = "<script>alert('x')</script>&amp;\"<b><!--"
SCRIPT = re.compile(r"<script( [^>]*)?>(.*?)</script>", re.DOTALL)
FIGURE = re.compile(r"\d+(?:\.\d+)?")
HANGUL = re.compile("[\uac00-\ud7a3]")


@pytest.fixture(scope="module")
def scored():
    return make_scored(80)


@pytest.fixture
def show(tmp_path):
    """Write a page; give its source."""

    def show(report, scored, **options):
        write_page(tmp_path / "report.html", report, scored, **options)
        return (tmp_path / "report.html").read_text(encoding="utf-8")

    return show


def seen(source):
    """The page without its scripts and data, as its reader sees it."""
    return Page(SCRIPT.sub("", source))


def data_of(source):
    (text,) = (
        text
        for attributes, text in SCRIPT.findall(source)
        if 'id="data"' in attributes
    )
    return json.loads(text)


def test_the_page_needs_nothing_beside_it(show, scored):
    source = show(make_report(scored), scored)
    page = seen(source)
    assert not page.tags & {"link", "img", "iframe", "object", "base"}
    assert not page.attributes & {"src", "srcset", "style", "onload"}
    assert not re.search(r"@import|url\(|https?:", source)


def test_the_policy_lets_only_the_pages_own_style_and_script_run(show, scored):
    source = show(make_report(scored), scored)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', source)
    style = re.search(r"<style>(.*?)</style>", source, re.DOTALL)[1]
    script = next(t for a, t in SCRIPT.findall(source) if not a)
    hashes = re.findall("'sha256-([^']*)'", html.unescape(policy[1]))
    assert hashes == [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (style, script)
    ]
    assert "default-src 'none'" in html.unescape(policy[1])
    assert "unsafe" not in policy[1]


def test_every_group_shows_all_its_figures(show, scored):
    report = make_report(scored)
    tables = seen(show(report, scored)).tables
    cells = [row for table in tables for row in table]
    figures = [
        (label, entry, grouping)
        for grouping, entries in report["groups"].items()
        for label, entry in entries.items()
    ]
    for label, entry, grouping in figures:
        rates = []
        for rate in RATES:
            ends = entry[f"{rate}_interval"]
            span = "–".join(f"{100 * end:.1f}" for end in ends or [])
            rates.append(f"{100 * entry[rate]:.1f}{span}")
        counts = [f"{entry['words']:,}", f"{entry['utterances']:,}"]
        if grouping != "speaker":
            counts.append(str(entry["speakers"]))
        row = [*rates, *counts, f"{entry['hours']:,.2f}"]
        assert any(r[0].startswith(label) and r[1:] == row for r in cells), row


def test_the_headline_says_how_good_how_sure_and_how_often_looked(show, scored):
    report = make_report(scored)
    text = seen(show(report, scored)).text
    low, high = (100 * end for end in report["overall"]["wer_interval"])
    mean = report["mean_over_age"]["wer"]
    for part in (
        f"WER {100 * report['overall']['wer']:.2f} %",
        f"within {low:.2f}–{high:.2f} %",
        f"{100 * mean:.2f} %",
        "validation gate, phase4",
        "14.31 % acceptable, target not met",
        "target < 13.00 %, acceptable < 15.00 %",
        "looked at 3 times",
        "models: 2, since 2026-02-01",
        "0123456789ab ",
        "fedcba987654 ",
        "2026-03-14 15:09 UTC",
    ):
        assert part in text, part


def test_small_groups_carry_their_warning(show, scored):
    report = copy.deepcopy(make_report(scored))
    for entry in report["groups"]["snr"].values():
        entry["warning"] = None
    report["groups"]["snr"]["<10"]["warning"] = "few_words"
    (row,) = (
        row
        for table in seen(show(report, scored)).tables
        for row in table
        if row[:1] and row[0].startswith("<10") and "few words" in row[0]
    )
    assert len(row) == len(RATES) + 5


@pytest.mark.parametrize("warning", [None, "few_speakers"])
def test_the_rate_of_all_carries_its_warning_too(show, scored, warning):
    report = make_report(scored)
    report["overall"] = report["overall"] | {"warning": warning}
    page = seen(show(report, scored))
    headline = page.text.partition("mean over ages")[0]
    (row,) = (r for t in page.tables for r in t if r[:1] and r[0][:3] == "all")
    for text in (headline, row[0]):
        assert ("few speakers" in text) is bool(warning)


@pytest.mark.parametrize("synthetic", [True, False])
def test_synthetic_figures_are_labelled(show, scored, synthetic):
    source = show(make_report(scored, synthetic=synthetic), scored)
    assert (SYNTHETIC in source) == synthetic
    assert ("합성 음성" in source) == synthetic


def test_what_strangers_wrote_is_text_and_never_markup(show, scored):
    item = scored[0]
    names = dict.fromkeys(("ID", "spk_id", "gender", "style", "text"), EVIL)
    evil = item._replace(utterance=item.utterance._replace(**names), hyp=EVIL)
    report = make_report([evil, *scored], model=EVIL, manifest=EVIL)
    suspect = dict.fromkeys(("ID", "reason", "detail"), EVIL)
    suspect["seen"] = {"other": EVIL}
    another = suspect | {"reason": "text_of_another"}
    report["analysis"]["suspects"] = [suspect, another]
    report["gate"] = {**report["gate"], "phase": EVIL}
    report["training"][0]["phase"] = EVIL
    source = show(report, [evil, *scored])
    assert EVIL not in source
    assert len(SCRIPT.findall(source)) == 2
    page = seen(source)
    assert page.tags == seen(show(make_report(scored), scored)).tags
    assert page.text.count(EVIL) >= 10
    assert data_of(source)["rows"][0][0] == EVIL


def test_each_utterance_is_a_row_whose_steps_spell_both_texts(show, scored):
    data = data_of(show(make_report(scored), scored))
    assert data["fields"] == list(FIELDS)
    assert len(data["rows"]) == len(scored)
    for values, item in zip(data["rows"], scored, strict=True):
        row = dict(zip(data["fields"], values, strict=True))
        assert row["ref"] == item.utterance.text
        assert row["hyp"] == item.hyp
        steps = row["steps"]
        assert len(row["ref"].split()) == len(steps) - steps.count("i")
        assert len(row["hyp"].split()) == len(steps) - steps.count("d")
        assert row["errors"] == len(steps) - steps.count("=")
        for grouping, labels in data["labels"].items():
            assert row[grouping] in labels


def test_unknown_values_are_none(show, scored):
    unknown = dict.fromkeys(("age", "gender", "snr", "style", "spk_id"), "")
    bare = scored[0].utterance._replace(**unknown, duration=float("nan"))
    items = [scored[0]._replace(utterance=bare, confidence=None)]
    data = data_of(show(make_report(items), items))
    row = dict(zip(data["fields"], data["rows"][0], strict=True))
    assert row["snr_db"] is row["seconds"] is row["confidence"] is None
    assert row["age"] == row["speaker"] == row["duration"] == "unknown"


def test_a_redacted_page_has_no_table_of_utterances(show, scored):
    source = show(redact(make_report(scored)), [])
    assert data_of(source)["rows"] == []
    assert 'id="search"' not in source
    text = seen(source).text
    assert "Redacted: without transcripts" in text
    assert "text of another recording" in text
    assert not any(item.utterance.ID in source for item in scored)
    assert not any(item.utterance.text in source for item in scored)


def test_a_report_of_little_has_a_page(show, scored):
    nothing = [scored[0]._replace(hyp="", confidence=None)]
    report = make_report(nothing, gate=None, test_looks=None, training=[])
    report["analysis"]["suspects"] = []
    text = seen(show(report, nothing)).text
    assert "There is no interval" in text
    for absent in ("validation gate", "looks at this", "Learning rate"):
        assert absent not in text


def test_every_text_is_in_both_languages_with_the_same_fields():
    words = json.loads((FOLDER / "words.json").read_text(encoding="utf-8"))
    pairs = [*words["page"].values(), *words["reasons"].values()]
    script = words["script"]
    assert set(script["en"]) == set(script["ko"])
    pairs += [
        {"en": script["en"][key], "ko": script["ko"][key]}
        for key in script["en"]
    ]
    for pair in pairs:
        fields = [
            {field for _, field, *_ in string.Formatter().parse(pair[name])}
            for name in ("en", "ko")
        ]
        assert pair["en"] and pair["ko"]
        # The notice and the method are those of the other files, in English.
        theirs = {None, "notice", "method"}
        assert fields[0] - theirs == fields[1] - {None}


def test_every_verdict_and_warning_of_a_report_has_its_words():
    schema = json.loads((FOLDER.parent / "report.schema.json").read_text())
    gate = schema["properties"]["gate"]["oneOf"][1]["properties"]
    warnings = schema["$defs"]["figures"]["properties"]["warning"]["enum"]
    codes = [*gate["verdict"]["enum"], *filter(None, warnings)]
    assert len(codes) == 6
    for code in codes:
        assert both(code)


@pytest.mark.parametrize("reason", DETAILS)
def test_what_was_seen_of_a_suspect_has_the_same_figures_in_korean(reason):
    seen = {"letters": 9, "pace": 12.5, "usual": 4.75, "other": "K-07"}
    seen |= {"confidence": 0.906}
    english = DETAILS[reason].format(**seen) + " (confidence 91 %)"
    suspect = {"reason": reason, "detail": english, "seen": seen}
    korean = details(suspect)["ko"]
    assert HANGUL.search(korean)
    figures = [sorted(FIGURE.findall(text)) for text in (english, korean)]
    assert figures[0] == figures[1]


def test_the_korean_page_has_no_english_sentence(show, scored):
    report = make_report(scored)
    source = show(report, scored)
    assert report["interval_method"] in source
    place = FIELDS.index("detail")
    seen = [row[place] for row in data_of(source)["rows"] if row[place]]
    in_rows = [texts["ko"] for texts in seen]
    assert len(in_rows) == len(report["analysis"]["suspects"])
    assert english_among_korean(source, *in_rows) == []
