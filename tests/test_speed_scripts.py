"""The speed benchmarks run, and the properties that they rest on hold."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from projects import ENVIRONMENT

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
SPEED = BENCHMARKS / "speed"
TINY = "--model=tiny --rounds=1 --batch_size=4 --steps=1"
RUNS = {
    "levers": "--model=tiny --rounds=1 --seconds=2",
    "sampler": "--rows=2000 --rounds=1",
    "transcription": "--model=tiny --rounds=1 --utterances=12 --part=2",
    # More steps than a split of eight batches would have.
    "validation": f"{TINY} --steps=9 --utterances=12 --workers=0",
    "scaling": f"{TINY} --rows=100 --times 1 --utterances=8",
}
FACTS = {"command", "machine", "versions", "title", "table"}


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return tmp_path_factory.mktemp("speed")


@pytest.fixture(scope="module")
def found(work):
    """Runs a script once, and reads its JSON."""
    kept = {}

    def run(script):
        if script not in kept:
            out = work / f"{script}.json"
            more = [] if script == "sampler" else ["--work", str(work)]
            subprocess.run(
                [
                    *(sys.executable, SPEED / f"{script}.py"),
                    *(*RUNS[script].split(), *more, "--out", out),
                ],
                check=True,
                env=ENVIRONMENT,
            )
            kept[script] = json.loads(out.read_text("utf-8"))
        return kept[script]

    return run


@pytest.mark.parametrize("script", RUNS)
def test_results_hold_their_table_and_how_they_came_about(found, script):
    results = found(script)
    assert results.keys() >= FACTS
    assert results["command"].endswith(f"{script}.json")
    table = results["table"]
    assert table["rows"]
    assert all(len(row) == len(table["header"]) for row in table["rows"])


def test_no_batch_of_ours_comes_again_and_all_of_speechbrains_do(found):
    (ours,) = found("sampler")["rounds"]["ours"]
    (theirs,) = found("sampler")["rounds"]["speechbrain"]
    assert ours["again"]["told"] < 0.05
    assert theirs["again"]["not told"] == 1
    assert 0 < ours["padding"] < 0.05


def test_batches_that_come_again_are_seen(siblings, monkeypatch):
    import sampler

    class Stuck(sampler.DurationBatchSampler):
        def batches(self, epoch):
            return super().batches(1)

    monkeypatch.setattr(sampler, "DurationBatchSampler", Stuck)
    durations = np.linspace(1, 20, 400)
    assert sampler.measure_ours(durations, 0)["again"]["told"] == 1


def test_texts_are_those_of_the_pipeline_at_every_length(found):
    results = found("transcription")
    assert results["empty_texts"] == 0
    equal = results["texts"]["default"]
    assert equal["equal"] + equal["rounding"] == results["utterances"] == 12
    assert equal["equal"] >= 11


def test_texts_that_differ_are_sorted_by_their_cause(siblings):
    import transcription

    ours, theirs = ["가", "가", "가", "가"], ["가", "가나", "다", "라"]
    alone = dict(enumerate(["", "", "다", "가"]))
    counts = transcription.compare(
        ours, theirs, lambda items: [alone[item] for item in items]
    )
    assert counts == {"equal": 1, "goes_on": 1, "rounding": 1, "other": 1}


def test_texts_of_two_kinds_of_bf16_are_compared_in_fp32(
    siblings, work, monkeypatch
):
    import transcription

    # Products in bf16 take minutes on some CPUs.
    monkeypatch.setattr(transcription, "time_products", lambda *_: [(1, 1)])
    options = argparse.Namespace(
        model="tiny",
        utterances=3,
        part=2,
        rounds=1,
        device="cpu",
        precision="bf16",
        batch_seconds=None,
        work=work,
    )
    figures = transcription.run(options)
    assert figures["texts_compared"] == 2
    counts = figures["texts"]["default"]
    assert counts["equal"] + counts["rounding"] == 2
    rows = transcription.tabulate(figures)["rows"]
    assert "weights in bf16 too" in rows[1][0]


def test_levers_that_change_nothing_on_a_gpu_are_left_out(siblings):
    import levers

    assert levers.levers_of("cpu") == levers.LEVERS
    on_gpu = levers.levers_of("cuda")
    assert len(on_gpu) == len(levers.LEVERS) - 1
    assert levers.Bench.lean_dropout not in on_gpu.values()


def test_validation_is_held_against_its_forward_passes(found):
    results = found("validation")
    (figures,) = results["rounds"]
    cost = results["gflop_per_audio_second"]["forward"]
    ideal = cost * figures["audio_seconds"] / figures["training_gflops"]
    assert figures["forward_seconds"] == pytest.approx(ideal)
    assert figures["ratio"] == pytest.approx(figures["seconds"] / ideal)
    assert 0 < figures["counting_seconds"] < figures["seconds"]


def test_scaling_trains_with_one_process_and_with_two(found):
    results = found("scaling")
    assert all(rates[0] > 0 for rates in results["processes"].values())
    (figures,) = results["data"]["100"]
    for held in (figures["main_mb"], figures["worker_mb"]):
        assert held[0] >= held[1] > 0


def test_a_script_that_fails_keeps_no_other_from_running(
    siblings, tmp_path, monkeypatch
):
    import all as benchmarks

    (tmp_path / "bad.py").write_text("raise SystemExit('no luck')")
    (tmp_path / "good.py").write_text(
        "import sys\n"
        "out = sys.argv[sys.argv.index('--out') + 1]\n"
        "open(out, 'w').close()\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(benchmarks, "SPEED", tmp_path)
    monkeypatch.setattr(benchmarks, "RESULTS", tmp_path)
    runs = {"one": "bad", "two": "good", "three": "bad"}
    monkeypatch.setitem(benchmarks.RUNS, "cpu", runs)
    monkeypatch.setattr(sys, "argv", ["all.py"])
    with pytest.raises(SystemExit, match="failed: one, three"):
        benchmarks.main()
    assert (tmp_path / "two.json").is_file()


def test_the_tables_of_the_readmes_are_those_of_the_results(siblings):
    import tables

    results, named = BENCHMARKS / "results", set()
    for readme in tables.READMES:
        text = readme.read_text("utf-8")
        assert tables.fill(text, results) == text
        names = [name for _, name, _, _ in tables.MARKED.findall(text)]
        named |= {f"{name}.json" for name in names}
    assert {path.name for path in results.glob("*.json")} <= named


def test_the_commands_of_the_results_name_no_folder_of_one_machine():
    for path in (BENCHMARKS / "results").glob("*.json"):
        command = json.loads(path.read_text("utf-8"))["command"]
        parts = command.replace("=", " ").split()
        assert not [part for part in parts if Path(part).is_absolute()], path


def test_a_figure_that_is_edited_by_hand_does_not_stay(siblings, tmp_path):
    import tables

    results = {
        "title": "A",
        "command": "python a.py",
        "machine": {"cores": 2, "cpu": "B"},
        "table": {"header": ["", "s"], "rows": [["ours", "1.5"]]},
    }
    (tmp_path / "a.json").write_text(json.dumps(results), "utf-8")
    text = "<!-- results/a.json -->\nNot run yet.\n<!-- end -->\n"
    filled = tables.fill(text, tmp_path)
    assert "| ours | 1.5 |" in filled
    assert tables.fill(filled, tmp_path) == filled
    assert tables.fill(filled.replace("1.5", "1.4"), tmp_path) == filled
