"""A redacted report tells nobody's words and names nobody."""

import copy
import json

import pytest
import report_data
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from childasr.evaluation.redaction import redact
from childasr.evaluation.report import score
from childasr.evaluation.report_files import write_report
from childasr.manifest import Utterance

# Words and names of letters that are in nothing that the page says itself.
words = st.text(st.sampled_from("뷁쀍켉튋퓱"), min_size=2, max_size=5)
texts = st.lists(words, min_size=1, max_size=6).map(" ".join)
names = st.text(st.sampled_from("뼯썗쩷"), min_size=2, max_size=8)


def utterance(name, speaker, text):
    return Utterance(
        name, 2.5, f"/corpus/{name}.wav", speaker, "7", "F", "15", "read", text
    )


spoken = st.lists(
    st.builds(utterance, names, names, texts),
    min_size=1,
    max_size=8,
    unique_by=lambda item: item.ID,
)


def make_report(scored):
    report = report_data.make_report(scored)
    first = scored[0]
    report["analysis"]["outputs"]["empty"] = [first.utterance.ID]
    report["analysis"]["suspects"] = [
        {
            "ID": item.utterance.ID,
            "reason": "other_text",
            "detail": f"sounds like {item.hyp} of {first.utterance.ID}",
            "seen": {"other": first.utterance.ID},
        }
        for item in reversed(scored)
    ]
    return report


# Pages take a while to write: too long to look for a smaller failure.
@settings(max_examples=20, deadline=None, phases=[Phase.generate])
@given(spoken, st.lists(texts, min_size=8, max_size=8))
def test_no_word_and_no_id_is_in_any_file(tmp_path_factory, spoken, heard):
    folder = tmp_path_factory.mktemp("redacted")
    scored = score(spoken, heard[: len(spoken)])
    write_report(folder, redact(make_report(scored)), scored)
    assert {path.name for path in folder.iterdir()} == {
        "report.json",
        "report.html",
    }
    secrets = {item.ID for item in spoken} | {item.spk_id for item in spoken}
    for item in scored:
        secrets |= {*item.utterance.text.split(), *item.hyp.split()}
    for path in folder.iterdir():
        content = path.read_text(encoding="utf-8")
        assert not [secret for secret in secrets if secret in content]


@pytest.fixture
def report():
    return make_report(report_data.make_scored(60, speakers=4))


def test_the_figures_stay(report):
    before = copy.deepcopy(report)
    redacted = redact(report)
    assert report == before
    assert redacted["redacted"]
    for part in ("overall", "mean_over_age", "gate", "training", "date"):
        assert redacted[part] == report[part]
    assert redacted["analysis"]["letters"] == report["analysis"]["letters"]
    for grouping in ("age", "snr", "gender", "style", "duration"):
        assert redacted["groups"][grouping] == report["groups"][grouping]


def test_speakers_are_numbered_from_the_worst_on(report):
    speakers = redact(report)["groups"]["speaker"]
    assert list(speakers) == ["1", "2", "3", "4"]
    rates = [entry["wer"] for entry in speakers.values()]
    assert rates == sorted(rates, reverse=True)
    assert sorted(map(json.dumps, speakers.values())) == sorted(
        map(json.dumps, report["groups"]["speaker"].values())
    )


def test_an_utterance_has_one_number_wherever_it_is_named(report):
    odd = report["analysis"]["outputs"]["empty"][0]
    redacted = redact(report)["analysis"]
    number = redacted["outputs"]["empty"][0]
    before = [item["ID"] for item in report["analysis"]["suspects"]]
    after = [item["ID"] for item in redacted["suspects"]]
    assert len(set(after)) == len(after) == len(before)
    assert after.index(number) == before.index(odd)
    assert {item["reason"] for item in redacted["suspects"]} == {"other_text"}
