"""What a preparation found, as a page and on the screen."""

import ast
import copy
import json
import re
from pathlib import Path

import pytest
from html_pages import Page
from hypothesis import given
from hypothesis import strategies as st
from summaries import NAME, REJECTS, realistic_summary

from childasr.text import normalise
from data_prep.meanings import REASONS, TEXT_RULES
from data_prep.page import NAMED, charts, write_page
from data_prep.recording_checks import LABEL_CHECKS
from data_prep.report import SYNTHETIC, report

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture
def show(tmp_path):
    def show(summary):
        write_page(tmp_path / "summary.html", summary)
        source = (tmp_path / "summary.html").read_text(encoding="utf-8")
        return Page(source)

    return show


def test_the_page_needs_nothing_beside_it(show, tmp_path):
    page = show(realistic_summary())
    assert not page.tags & {"script", "link", "img", "iframe", "object"}
    assert not page.attributes & {"src", "href", "srcset", "onload"}
    source = (tmp_path / "summary.html").read_text(encoding="utf-8")
    assert not re.search(r"@import|url\(|https?:", source)


def test_the_page_comes_from_the_summary_file_alone(show):
    summary = realistic_summary()
    stored = json.loads(json.dumps(summary))
    assert show(stored).text == show(summary).text


def test_what_a_corpus_names_is_text_and_never_markup(show):
    evil = "<script>alert('x')</script>&amp;\"<b>"
    summary = realistic_summary(
        data_root=evil,
        source=evil,
        columns={"text": evil},
        reject_reasons={evil: 1},
        rejects_by_split={evil: {evil: 1}},
        example_rejects=[
            dict.fromkeys(("ID", "wav", "reason", "detail"), evil)
        ],
        rejected_for_text={"valid": [evil], "test": []},
        values_not_understood={evil: {evil: 1}},
        text_rules={evil: 1},
        speaker_keys={"used": evil, "checked": [evil], "absent": [evil]},
    )
    for part in summary["splits"].values():
        part["distributions"]["style"] = {evil: part["utterances"]}
    page = show(summary)
    assert "script" not in page.tags
    assert page.text.count(evil) >= 18
    assert page.tags <= show(realistic_summary()).tags


def test_every_split_and_phase_shows_its_shares_and_counts(show):
    summary = realistic_summary()
    tables = show(summary).charts()
    parts = {**summary["splits"], **summary["phases"]}
    dimensions = list(summary["splits"]["train"]["distributions"])
    shown = [(d, name) for d in dimensions for name in parts]
    assert len(tables) == len(shown)
    for (dimension, name), (caption, *rows) in zip(shown, tables, strict=True):
        counts = parts[name]["distributions"][dimension]
        assert caption[0] == name
        assert [row[0] for row in rows] == list(counts)
        for label, _, share, count in rows:
            part = counts[label] / parts[name]["utterances"]
            assert share == f"{100 * part:.1f} %"
            assert count == f"{counts[label]:,}"


groups = st.dictionaries(
    st.sampled_from(["<10", "10-20", ">=30", "unknown"]),
    st.integers(1, 10**7),
    min_size=1,
)


@given(st.lists(groups, min_size=6, max_size=6))
def test_bars_and_ticks_are_shares_on_one_scale(counts):
    summary = copy.deepcopy(realistic_summary())
    parts = [*summary["splits"].values(), *summary["phases"].values()]
    for part, group in zip(parts, counts, strict=True):
        part["distributions"]["snr"] = group
    whole = {
        label: sum(group.get(label, 0) for group in counts[:3])
        for group in counts[:3]
        for label in group
    }
    (snr,) = (c for c in charts(summary) if c["title"].startswith("SNR"))
    lengths = []  # as drawn, and the share that it stands for
    for row, of in zip(snr["rows"], (whole, counts[0]), strict=True):
        for part in row:
            for bar in part["bars"]:
                expected = of.get(bar["label"], 0) / sum(of.values())
                lengths += [(bar["width"], bar["share"])]
                lengths += [(bar["tick"], expected)]
    longest = max(share for _, share in lengths)
    for drawn, share in lengths:
        assert drawn == pytest.approx(100 * share / longest, abs=0.01)


def test_a_group_that_a_phase_lacks_has_its_place_in_it(show):
    summary = realistic_summary()
    phase = summary["phases"]["phase1"]
    phase["distributions"]["style"] = {"read": phase["utterances"]}
    (table,) = (
        table
        for table in show(summary).charts()
        if table[0][0] == "phase1" and table[1][0] == "free"
    )
    assert table[1][2:] == ["0 %", "0"]


def test_each_reason_is_counted_by_split_and_explained(show):
    text = show(realistic_summary()).text
    for reason, splits in REJECTS.items():
        by_split = " · ".join(
            f"{split or 'no split'} {n}" for split, n in splits.items()
        )
        assert f"{reason} {sum(splits.values())} {by_split}" in text
        if reason in REASONS:
            meaning, remedy = REASONS[reason]
            assert f"{by_split} {meaning}→ {remedy}" in text
    assert "of_a_new_reader" not in REASONS


def test_every_reason_and_rule_has_its_meaning():
    tables = (normalise.REFUSALS, normalise.LEFTOVERS, LABEL_CHECKS)
    reasons = {reason for table in tables for reason in table}
    for path in (REPOSITORY / "data_prep").rglob("*.py"):
        reasons |= set(_reasons_given(ast.parse(path.read_text("utf-8"))))
    assert len(reasons) > 30
    assert reasons <= REASONS.keys()
    rules = (
        *(*normalise.RULES, *normalise.FILLERS, normalise.PUNCTUATION),
        *(*normalise.REFUSE_ENGLISH, *normalise.KEEP_ENGLISH),
    )
    names = {rule.name for rule in rules}
    assert names <= TEXT_RULES.keys()


def _reasons_given(tree):
    """Slugs that a program rejects with, where it names them."""
    makers = {"Rejected", "Reject", "UnresolvableText", "_reject_twins"}
    for node in ast.walk(tree):
        name = getattr(getattr(node, "func", None), "id", None) or getattr(
            getattr(node, "func", None), "attr", None
        )
        if name in makers:
            for argument in node.args:
                slug = getattr(argument, "value", None)
                if re.fullmatch("[a-z]+(_[a-z0-9]+)+", str(slug)):
                    yield slug


@pytest.mark.parametrize("synthetic", [True, False])
def test_synthetic_figures_are_labelled_wherever_they_stand(show, synthetic):
    summary = realistic_summary(synthetic=synthetic)
    for text in (show(summary).text, report(summary)):
        assert (SYNTHETIC in text) == synthetic


def test_all_kinds_of_findings_are_on_page_and_screen(show):
    summary = realistic_summary()
    page, screen = show(summary).text, report(summary)
    for text in (
        "Speakers are told apart by column",
        "Checked against file",
        "Not in this corpus: name",
        "train, valid 412 530 19.5 %",
        "valid, test 0 0 0 %",
        "train 57,001 98.7 % 712 1.2 % 33 <0.1 %",
        "audio_clipped 4 0",
        "ctc_infeasible 2 1",
        "age 10~19 31",
        "filler the mark after a filler removed, 음/ 5,210",
        "No speaker is in two splits",
        "text 전사문",
        f"test 4 {NAME}00000090",
    ):
        assert text in page, text
    for text in (
        "speakers by column, checked against file, number; without name",
        "  text_digits: 151 (train 140, valid 7, test 4)",
        "sentences common to train and valid: 412, 530 utterances of valid",
        "SNR in train: 712 estimated, 33 unknown",
        "kept in valid in spite of audio_clipped: 4",
        "left out of test for their text: 4, by name in rejects.csv",
        "age: 33 cells not understood",
    ):
        assert text in screen, text
    assert "audio_clipped: 0" not in screen


def test_long_lists_end_with_how_many_more_there_are(show):
    names = [f"u{number}" for number in range(NAMED + 1234)]
    ages = {f"{number}~": number for number in range(1, 31)}
    summary = realistic_summary(
        rejected_for_text={"valid": names, "test": []},
        values_not_understood={"age": ages},
    )
    text = show(summary).text
    assert f"u{NAMED - 1} and 1,234 more in rejects.csv" in text
    assert f"u{NAMED}" not in text
    assert f"20 other values {sum(range(1, 21))}" in text
    shown = report(summary)
    assert f"left out of valid for their text: {len(names)}" in shown
    assert "u4" not in shown


def test_an_overlap_is_not_passed_over(show):
    text = show(realistic_summary(speaker_overlap=3)).text
    assert "In more than one split: 3 speakers and 0 recordings." in text
    assert "No speaker is in two splits" not in text


def test_splits_that_were_kept_are_said_with_their_folder(show):
    kept = [
        {
            "option": option,
            "folder": f"/data/{folder}",
            "speakers": 82,
            "found": found,
        }
        for option, folder, found in (
            ("--keep_splits", "pilot", 80),
            ("--output_dir", "all", 81),
        )
    ]
    summary = realistic_summary(
        split_by="speakers", split_seed=1986, kept_splits=kept
    )
    for found, folder in ((80, "pilot"), (81, "all")):
        said = f"{found} of the 82 speakers of /data/{folder}"
        assert f"{said} stay" in show(summary).text
        assert said in report(summary)
    assert "deal them out anew, move its manifests elsewhere" in report(summary)


@pytest.mark.parametrize("split_by", ["corpus", "speakers"])
def test_speakers_who_share_recordings_are_named_on_the_page(split_by, show):
    twins = [
        {"speakers": [a, b], "splits": splits, "recordings": 1200}
        for a, b, splits in (
            ("K1", "K2", ["train", "test"]),
            *((f"K{n}", f"L{n}", ["train"] * 2) for n in range(3, 3 + NAMED)),
        )
    ]
    summary = realistic_summary(twin_speakers=twins, split_by=split_by)
    page, screen = show(summary).text, report(summary)
    assert f"may be one child: {NAMED + 1}, in different splits 1" in page
    assert "K1 train K2 test 1,200" in page
    assert "and 1 more in summary.json" in page
    assert (
        f"may be one child: {NAMED + 1}, in different splits 1, named in "
        "summary.html"
    ) in screen
    assert not re.search(r"[KL]\d", screen)
    for text in (page, screen):
        assert ("another folder" in text) == (split_by == "corpus")
    assert "one child" not in show(realistic_summary()).text
    assert "one child" not in report(realistic_summary())


def test_a_clean_corpus_with_few_facts_has_a_page(show):
    summary = realistic_summary(
        accepted=realistic_summary()["found"],
        rejected=0,
        reject_reasons={},
        rejects_by_split={},
        example_rejects=[],
        values_not_understood={},
        text_rules={},
        columns={},
        speaker_keys={"used": "utt2spk", "checked": [], "absent": []},
        split_by="speakers",
        split_seed=1986,
        order="stratified",
        english="keep",
    )
    for part in (*summary["splits"].values(), *summary["phases"].values()):
        part["distributions"]["style"] = {"unknown": part["utterances"]}
    page = show(summary)
    for text in (
        "Rejected Nothing.",
        "this could not be checked",
        "Style Not known of any utterance.",
        "dealt out to the splits anew, with seed 1986",
        "Values not understood None.",
        "kept, in upper case",
    ):
        assert text in page.text, text
    assert "--order stratified" not in page.text + report(summary)
    assert len(page.charts()) == 24
