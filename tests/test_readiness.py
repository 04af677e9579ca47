"""The readiness for 3,500 h: each advice, what is unknown, and the page."""

import json
import math

import pytest
from html_pages import Page
from staged_curriculum import GATES, Project
from summaries import realistic_summary

from childasr.curriculum.advice import advise
from childasr.curriculum.readiness import assess
from childasr.curriculum.readiness_criteria import REJECTS_LIMIT
from childasr.curriculum.readiness_groups import gap_interval
from childasr.curriculum.readiness_page import write_readiness_page
from childasr.text.percent import SYNTHETIC
from data_prep.refusals import UNLISTED

SUMMARY = realistic_summary()


def gate_of(phase, wer, step=None, before=None):
    target, acceptable = GATES[phase]
    verdict = "acceptable" if wer < acceptable else "failed"
    gate = {"phase": phase, "wer": wer, "target": target}
    gate["verdict"] = "target" if wer < target else verdict
    gate |= {"acceptable": acceptable, "previous_wer": before}
    gate["next"] = {"step": step} if step else advise(gate, True, True, 1)
    return gate


def gates_of(*wers):
    return [
        gate_of(phase, wer, before=before)
        for phase, wer, before in zip(GATES, wers, (None, *wers), strict=False)
    ]


def figures(wer, half=0.01, warning=None, words=3000):
    return {
        "wer": wer,
        "wer_interval": None if half is None else [wer - half, wer + half],
        "words": words,
        "speakers": 10,
        "utterances": 2216,
        "warning": warning,
    }


def report_of(suspects=20, wer=0.13, age=None, snr=None, **changes):
    even = {"7": figures(wer), "9": figures(wer - 0.01)}
    return {
        "synthetic": False,
        "model": "checkpoints/phase3_100h/best_model",
        "overall": figures(wer),
        "groups": {"age": age or even, "snr": snr or even},
        "analysis": {"suspects": [{"ID": str(n)} for n in range(suspects)]},
        **changes,
    }


GOOD = gates_of(0.24, 0.17, 0.14)
UNEVEN = {"5": figures(0.25), "9": figures(0.12)}


def test_a_pilot_without_a_fault_goes_on():
    readiness = assess(GOOD, report_of(), SUMMARY)
    assert readiness["advice"] == "go_on"
    statuses = {c["status"] for c in readiness["criteria"].values()}
    assert statuses == {"ok"}
    assert len(readiness["reasons"]) == len(readiness["criteria"])
    assert readiness["open"] == []


@pytest.mark.parametrize(
    ("wer", "advice"),
    [
        (0.15 - 1e-9, "go_on"),
        (0.15, "phase4"),
        (0.18 - 1e-9, "phase4"),
        (0.18, "inspect"),
    ],
)
def test_the_gate_of_phase_3_is_strict(wer, advice):
    gates = gates_of(0.24, 0.20, wer)
    assert assess(gates, report_of(), SUMMARY)["advice"] == advice


def test_phase_4_is_advised_only_where_it_is_due_and_was_not_run():
    first = gates_of(0.24, 0.20)
    not_due = [*first, gate_of("phase3", 0.16, "hold")]
    assert assess(not_due, report_of())["advice"] == "inspect"
    dropped = [
        *gates_of(0.24, 0.20, 0.16),
        gate_of("phase4", 0.161, "drop"),
    ]
    readiness = assess(dropped, report_of())
    assert readiness["advice"] == "inspect"
    assert readiness["criteria"]["gate"]["value"] == 0.16
    assert [phase["kept"] for phase in readiness["phases"]] == [
        *[True] * 3,
        False,
    ]


@pytest.mark.parametrize(
    ("wer", "advice"), [(0.149, "go_on"), (0.15, "inspect")]
)
def test_phase_4_closes_the_gap_below_the_target_of_phase_3(wer, advice):
    gates = gates_of(0.24, 0.20, 0.16, wer)
    assert assess(gates, report_of(), SUMMARY)["advice"] == advice


@pytest.mark.parametrize("wers", [(0.31,), (0.24, 0.22)])
def test_a_gate_before_phase_3_that_is_not_met_means_the_data(wers):
    readiness = assess(gates_of(*wers), None, SUMMARY)
    assert readiness["advice"] == "inspect"
    gate = readiness["criteria"]["gate"]
    assert gate["limit"] == GATES[f"phase{len(wers)}"][1]
    assert gate["status"] == "not"


def test_a_phase_that_is_not_better_means_the_data():
    gates = gates_of(0.24, 0.14, 0.14)
    readiness = assess(gates, report_of(), SUMMARY)
    assert readiness["criteria"]["improvement"]["status"] == "not"
    assert readiness["advice"] == "inspect"


def test_a_phase_is_compared_with_its_own_start_alone():
    # As where the validation split is another one from phase 3 on.
    gates = [*gates_of(0.24, 0.12), gate_of("phase3", 0.14, before=0.2)]
    improvement = assess(gates, report_of())["criteria"]["improvement"]
    assert improvement["status"] == "ok"
    assert improvement["value"] == pytest.approx(-0.06)


@pytest.mark.parametrize(
    ("suspects", "status"),
    [(20, "ok"), (105, "unknown"), (2216 * 8 // 100, "not")],
)
def test_suspected_labels_count_where_their_interval_is_past_the_limit(
    suspects, status
):
    readiness = assess(GOOD, report_of(suspects), SUMMARY)
    assert readiness["criteria"]["suspects"]["status"] == status
    assert (readiness["advice"] == "inspect") is (status == "not")


def test_a_full_list_of_suspects_has_no_upper_end(tmp_path):
    cut = math.ceil(0.08 * 2216)
    readiness = assess(GOOD, report_of(cut), SUMMARY)
    criterion = readiness["criteria"]["suspects"]
    assert criterion["interval"][1] is None
    (reason,) = readiness["reasons"]
    assert ": 8.03 % or more (95 % interval from 6.9" in reason
    row = suspects_row(tmp_path, readiness)
    assert row[1].startswith("8.03 %or more") and "from" in row[2]
    below = assess(GOOD, report_of(cut - 1), SUMMARY)
    row = suspects_row(tmp_path, below)
    assert row[1] == "7.99 %" and "to" in row[2]


def suspects_row(tmp_path, readiness):
    table = Page(page_of(tmp_path, readiness)).tables[0]
    return next(row for row in table if "label errors" in row[0])


def test_too_few_utterances_clear_no_labels():
    report = report_of(0)
    report["overall"]["utterances"] = 8
    criterion = assess(GOOD, report)["criteria"]["suspects"]
    assert criterion["status"] == "unknown"


def test_rejects_at_the_limit_mean_the_data():
    few, many = (
        assess(GOOD, report_of(), {"found": 100_000, "rejected": rejected})
        for rejected in (2_999, round(100_000 * REJECTS_LIMIT))
    )
    assert (few["advice"], many["advice"]) == ("go_on", "inspect")


def test_recordings_that_no_metadata_name_are_no_rejects():
    summary = {"found": 2000, "rejected": 1010}
    summary["reject_reasons"] = {"text_missing": 10, UNLISTED: 1000}
    rejects = assess(GOOD, report_of(), summary)["criteria"]["rejects"]
    assert rejects["value"] == 0.01
    assert rejects["status"] == "ok"


def test_a_test_wer_that_is_surely_above_the_target_means_the_data():
    sure, unsure = (
        assess(GOOD, report_of(wer=0.19) | {"overall": figures(0.19, half)})
        for half in (0.03, 0.05)
    )
    assert sure["advice"] == "inspect"
    assert unsure["criteria"]["test"]["status"] == "unknown"


@pytest.mark.parametrize(
    "overall", [figures(0.13, None), figures(0.13, warning="few_words")]
)
def test_a_test_wer_of_too_little_speech_is_unknown(overall):
    groups = {"age": {"7": overall}, "snr": {"<10": overall}}
    report = report_of(overall=overall, groups=groups)
    readiness = assess(GOOD, report, SUMMARY)
    assert readiness["criteria"]["test"]["status"] == "unknown"


@pytest.mark.parametrize("grouping", ["age", "snr"])
def test_a_group_far_above_the_whole_is_resampled_by_name(grouping):
    report = report_of(**{grouping: UNEVEN})
    readiness = assess(GOOD, report, SUMMARY)
    assert readiness["advice"] == "resample"
    assert readiness["resample"] == [{"grouping": grouping, "group": "5"}]
    assert readiness["reasons"] == [
        f"WER of an {'SNR' if grouping == 'snr' else 'age'} above that of "
        "all, worst 5: +12.00 points (95 % interval +10.59 points to "
        "+13.41 points), not below +7.00 points"
    ]
    shares = SUMMARY["splits"]["train"]["distributions"][grouping]
    share = readiness["groups"][grouping]["5"]["share_of_train"]
    assert share == shares.get("5", 0) / sum(shares.values())


def test_a_group_is_resampled_only_where_the_gap_is_no_chance():
    noisy = {"5": figures(0.25, half=0.2), "9": figures(0.12)}
    readiness = assess(GOOD, report_of(age=noisy), SUMMARY)
    assert readiness["criteria"]["age"]["status"] == "unknown"
    assert readiness["advice"] == "go_on"
    assert "worst 5" in readiness["open"][0]


def test_groups_that_are_too_small_are_named_and_do_not_decide():
    small = {
        "5": figures(0.6, warning="few_speakers", words=100),
        "6": figures(0.6, half=None, warning="one_speaker", words=100),
        "8": figures(0.13),
        "9": figures(0.12),
        "unknown": figures(0.5),
    }
    age = assess(GOOD, report_of(age=small), SUMMARY)["criteria"]["age"]
    assert age["too_small"] == ["5", "6", "unknown"]
    assert (age["status"], age["group"]) == ("ok", "8")


def test_a_small_part_of_the_test_set_does_not_speak_for_it():
    rest = {"5": figures(0.2, warning="few_speakers", words=7000)}
    even = {"8": figures(0.13), "9": figures(0.12)}
    report = report_of(age=rest | even)
    assert assess(GOOD, report)["criteria"]["age"]["status"] == "unknown"


def test_one_group_says_nothing_of_a_balance_unless_it_is_bad():
    rest = figures(0.1, warning="few_speakers", words=1000)
    for wer, status in ((0.13, "unknown"), (0.25, "not")):
        report = report_of(age={"5": figures(wer), "9": rest})
        age = assess(GOOD, report)["criteria"]["age"]
        assert (age["status"], age["too_small"]) == (status, ["9"])


def test_what_is_missing_is_unknown_and_said():
    readiness = assess([gate_of("phase3", 0.14)], {}, {})
    statuses = {n: c["status"] for n, c in readiness["criteria"].items()}
    assert statuses.pop("gate") == "ok"
    assert set(statuses.values()) == {"unknown"}
    assert len(readiness["open"]) == len(statuses)
    assert all("not known" in line for line in readiness["open"])


def test_the_interval_of_a_gap_holds_both_intervals():
    group, whole = figures(0.25, 0.03), figures(0.15, 0.04)
    low, high = gap_interval(group, whole)
    assert (round(low, 9), round(high, 9)) == (0.05, 0.15)


def page_of(tmp_path, readiness):
    path = tmp_path / "readiness.html"
    write_readiness_page(path, json.loads(json.dumps(readiness)))
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("synthetic", [True, False])
def test_the_page_says_where_the_speech_is_synthetic(tmp_path, synthetic):
    summary = realistic_summary(synthetic=synthetic)
    readiness = assess(GOOD, report_of(), summary)
    assert readiness["synthetic"] is synthetic
    assert (SYNTHETIC in page_of(tmp_path, readiness)) is synthetic


def test_the_page_shows_the_advice_the_criteria_and_the_groups(tmp_path):
    readiness = assess(GOOD, report_of(age=UNEVEN), SUMMARY)
    page = Page(page_of(tmp_path, readiness))
    assert "Do not go on yet: resample" in page.text
    assert "진행 보류: 다시 표집" in page.text
    criteria = page.tables[0][1:]
    assert len(criteria) == len(readiness["criteria"])
    age = next(row for row in criteria if "WER of an age" in row[0])
    assert age[1] == "+12.00" and age[-1].startswith("not met")
    assert [row[-1] for row in page.tables[1][1:]] == [
        "24.00", "17.00", "14.00", "13.00",
    ]  # fmt: skip


def test_the_page_of_a_pilot_without_a_report_is_whole(tmp_path):
    readiness = assess(gates_of(0.31))
    page = Page(page_of(tmp_path, readiness))
    assert "inspect the data" in page.text
    assert "unknown" in page.text


def test_the_page_escapes_what_strangers_wrote(tmp_path):
    strange = "<script>alert(1)</script> &"
    age = {strange: figures(0.25), "9": figures(0.12)}
    report = report_of(age=age, model=strange)
    source = page_of(tmp_path, assess(GOOD, report, SUMMARY))
    page = Page(source)
    assert "<script" not in source
    assert page.text.count(strange) >= 3
    assert not page.attributes & {"src", "href", "onclick"}


@pytest.mark.parametrize(
    ("phases", "advice", "phase"),
    [
        ({}, "go_on", "phase4"),
        ({"phase1": {"wers": [0.5, 0.31]}}, "inspect", "phase1"),
    ],
)
def test_a_curriculum_ends_with_its_readiness(
    tmp_path, monkeypatch, capfd, phases, advice, phase
):
    monkeypatch.chdir(tmp_path)
    project = Project()
    project.script(**phases)
    project.run()
    folder = tmp_path / "checkpoints" / "report"
    readiness = json.loads((folder / "readiness.json").read_text("utf-8"))
    assert readiness["advice"] == advice
    assert readiness["phases"][-1]["phase"] == phase
    assert readiness["synthetic"] is True
    assert SYNTHETIC in (folder / "readiness.html").read_text("utf-8")
    printed = capfd.readouterr().out
    assert "readiness: checkpoints/report/readiness.html" in printed
    assert all(line in printed for line in readiness["reasons"])
