"""Gates, the rule for phase 4, and what the plan advises."""

import json

import pytest

from childasr.curriculum.gate import judge, log_of_start, still_learning
from childasr.curriculum.runner import phase_4_runs
from childasr.errors import InputError

# Section 2 of the plan: target, least acceptable.
BOUNDS = {
    "phase1": (0.25, 0.30),
    "phase2": (0.18, 0.22),
    "phase3": (0.15, 0.18),
    "phase4": (0.14, 0.15),
}


def log_of(phase, *wers, hours=1.0):
    target, acceptable = BOUNDS[phase]
    return {
        "phase": phase,
        "config": {"target_wer": target, "acceptable_wer": acceptable},
        "epochs": [
            {
                "epoch": epoch,
                "val/wer": wer,
                "epoch_time": 3600 * hours / len(wers),
            }
            for epoch, wer in enumerate(wers)
        ],
    }


def gate_of(phase, *wers, **kwargs):
    return judge(log_of(phase, *wers, **kwargs))


@pytest.mark.parametrize("phase", BOUNDS)
def test_a_wer_equal_to_the_target_has_not_met_it(phase):
    target, _ = BOUNDS[phase]
    assert gate_of(phase, target)["verdict"] == "acceptable"
    assert gate_of(phase, target - 1e-6)["verdict"] == "target"


@pytest.mark.parametrize("phase", BOUNDS)
def test_a_wer_equal_to_the_least_acceptable_fails(phase):
    _, acceptable = BOUNDS[phase]
    assert gate_of(phase, acceptable)["verdict"] == "failed"
    assert gate_of(phase, acceptable - 1e-6)["verdict"] == "acceptable"


@pytest.mark.parametrize("words", [20, 100, 300, 2715, 19_700])
def test_counted_rates_at_the_bound_are_equal_to_it(words):
    errors = 18 * words // 100
    verdict = gate_of("phase3", errors / words)["verdict"]
    expected = "acceptable" if 100 * errors < 18 * words else "failed"
    assert verdict == expected


def test_a_phase_is_judged_by_its_best_epoch():
    gate = gate_of("phase1", 0.40, 0.24, 0.31)
    assert (gate["wer"], gate["verdict"]) == (0.24, "target")


def test_the_gate_has_the_keys_of_the_contract_and_is_json():
    gate = gate_of("phase2", 0.24, 0.21)
    contract = {"phase", "wer", "target", "acceptable", "verdict"}
    assert contract | {"reasons", "next"} <= set(gate)
    assert json.loads(json.dumps(gate, allow_nan=False)) == gate
    assert all("21.00 %" in reason for reason in gate["reasons"])


def test_a_log_without_a_validated_epoch_is_refused():
    with pytest.raises(InputError, match="no validated epoch"):
        gate_of("phase1", None)


@pytest.mark.parametrize(
    ("wers", "due"),
    [
        ([0.17, 0.168], True),  # exactly 0.002, and a float below it
        ([0.163, 0.161], True),
        ([0.17, 0.1681], False),
        ([0.165, 0.17, 0.168], False),  # better than the last, not the best
        ([0.17, 0.16, 0.17], False),
        ([0.17], False),
    ],
)
def test_phase_4_is_due_while_the_last_epoch_lowers_the_best(wers, due):
    gate = gate_of("phase3", *wers)
    assert gate["verdict"] == "acceptable"
    assert (gate["next"]["step"] == "phase4") is due
    assert phase_4_runs("auto", gate) is due


def test_a_gain_of_exactly_two_thousandths_always_counts():
    for wer in range(1000):  # in floats, some of these gain 1e-17 less
        assert still_learning([(wer + 2) / 1000, wer / 1000])


@pytest.mark.parametrize("wers", [(0.17, 0.149), (0.20, 0.18)])
def test_phase_4_is_not_due_after_a_target_or_a_failure(wers):
    assert not phase_4_runs("auto", gate_of("phase3", *wers))


def test_the_user_can_force_or_forbid_phase_4():
    due, met = gate_of("phase3", 0.17, 0.16), gate_of("phase3", 0.17, 0.14)
    assert phase_4_runs("always", met)
    assert not phase_4_runs("never", due)


@pytest.mark.parametrize(
    ("phase", "wers", "step", "words"),
    [
        ("phase1", [0.29], "phase2", "go on with phase2"),
        ("phase2", [0.17], "phase3", "go on with phase3"),
        ("phase1", [0.30], "check_data", "transcripts, the noise"),
        ("phase3", [0.149], "full_corpus", "400 to 600 V100 hours"),
        ("phase3", [0.17, 0.16], "phase4", "may close the gap"),
        ("phase3", [0.16, 0.16], "hold", "not due"),
        ("phase3", [0.18], "check_data", "do not go on to 3,500 h"),
        ("phase3", [0.20], "check_data", "inspect the data"),
    ],
)
def test_each_outcome_has_the_advice_of_the_plan(phase, wers, step, words):
    following = gate_of(phase, *wers)["next"]
    assert following["step"] == step
    assert words in " ".join(following["advice"])


def test_inspecting_the_data_is_advised_from_20_percent_on():
    advice = gate_of("phase3", 0.1999)["next"]["advice"]
    assert "inspect the data" not in " ".join(advice)


def test_a_slow_phase_is_told_of_batch_8_and_option_b():
    slow = gate_of("phase1", 0.24, hours=4.6)["next"]["advice"]
    planned = gate_of("phase1", 0.24, hours=4.4)["next"]["advice"]
    assert "--batch_size 8" in slow[-1]
    assert "--freeze_layers 12" in slow[-1]
    assert "--batch_size 8" not in " ".join(planned)


@pytest.mark.parametrize(
    ("wer", "step"),
    [(0.149, "full_corpus"), (0.155, "hold"), (0.16, "drop"), (0.17, "drop")],
)
def test_phase_4_is_kept_only_if_it_beats_phase_3(wer, step):
    assert gate_of("phase4", 0.16, wer)["next"]["step"] == step


@pytest.mark.parametrize(
    ("split", "step"), [("the same", "drop"), ("another", "hold")]
)
def test_phase_4_beats_phase_3_as_that_was_measured_too(split, step):
    log, start = log_of("phase4", 0.16, 0.155), log_of("phase3", 0.2, 0.154)
    log["config"]["valid_manifest_sha256"] = "the same"
    start["config"]["valid_manifest_sha256"] = split
    assert judge(log, start)["next"]["step"] == step


def test_a_model_that_was_not_the_best_is_not_taken_for_it(tmp_path):
    log = log_of("phase3", 0.2, 0.154, 0.3)
    (tmp_path / "training_log.json").write_text(json.dumps(log))
    assert log_of_start(str(tmp_path / "best_model")) == log
    assert log_of_start(str(tmp_path / "best_model/")) == log
    assert log_of_start(str(tmp_path / "final_model")) is None


def test_a_phase_is_compared_with_what_it_began_with():
    assert gate_of("phase2", 0.24, 0.21)["previous_wer"] == 0.24
    log = log_of("phase2", 0.24, 0.21)
    del log["epochs"][0]
    assert judge(log)["previous_wer"] is None
