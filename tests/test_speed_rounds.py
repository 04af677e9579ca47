"""The rounds of the training benchmark: what fails loses nothing else."""

import json
import sys

import pytest

WORKS = """
import json, os, sys
out = sys.argv[-1].removeprefix("--out=")
facts = {"lora_parameters": 8, "projections": [], "waiting_share": 0}
for name in ("audio_seconds_per_second", "peak_memory_bytes", "audio_seconds"):
    facts[name] = 1
for name in ("padded_seconds", "largest_batch_seconds"):
    facts[name] = 1
open(out, "w").write(json.dumps(facts))
"""
FAILS = """
import pathlib, sys
with open(pathlib.Path(__file__).with_name("tried"), "a") as file:
    file.write("x")
print("a long story")
sys.exit("RuntimeError: 5 | 4")
"""
# It works once the figures of the sides before it are written.
WORKS_LATER = (
    "import pathlib\n"
    "assert pathlib.Path(__file__).with_name('out.json').is_file()\n" + WORKS
)


def test_a_side_that_fails_loses_no_other(
    siblings, tmp_path, monkeypatch, capsys
):
    import training

    scripts = {"ours": WORKS, "default": FAILS, "careful": WORKS_LATER}
    for side, text in scripts.items():
        script = tmp_path / f"{side}.py"
        script.write_text(text)
        monkeypatch.setitem(training.SIDES, side, (script,))
    out = tmp_path / "out.json"
    arguments = ["--rounds=2", "--model=tiny", f"--sides={','.join(scripts)}"]
    arguments += ["--steps=1", f"--work={tmp_path}", f"--out={out}"]
    monkeypatch.setattr(sys, "argv", ["training.py", *arguments])
    monkeypatch.setattr(training, "time_products", lambda *_: [(1, 1)])
    with pytest.raises(SystemExit, match="failed: default;"):
        training.main()
    found = json.loads(out.read_text("utf-8"))
    assert found["failed"] == {"default": "RuntimeError: 5 | 4"}
    assert (tmp_path / "tried").read_text() == "x"
    rounds = [(run["side"], run["round"]) for run in found["runs"]]
    assert sorted(rounds) == [
        (side, number) for side in ("careful", "ours") for number in (0, 1)
    ]
    *_, last = found["table"]["rows"]
    assert "failed: RuntimeError: 5 / 4" in last
    assert "failed: RuntimeError: 5 / 4" in capsys.readouterr().out


def test_runs_of_rounds_that_are_not_over_are_summed_up(siblings):
    from summary import summarise

    run = {
        **dict.fromkeys(("audio_seconds", "padded_seconds"), 1),
        **dict.fromkeys(("peak_memory_bytes", "waiting_share"), 1),
        "largest_batch_seconds": 1,
    }
    rates = {("careful", 0): 1.0, ("careful", 1): 2.0, ("ours", 0): 3.0}
    runs = [
        {**run, "side": side, "round": n, "audio_seconds_per_second": rate}
        for (side, n), rate in rates.items()
    ]
    rows = {row["side"]: row for row in summarise(runs, 1, 1, 1)}
    assert rows["careful"]["ours_over_this"] == [3.0]
    assert rows["ours"]["ours_over_this"] == [1.0]


def test_products_are_not_timed_before_the_device_is_warm(
    siblings, monkeypatch
):
    import machine

    clock = iter(range(10**6))  # in hundredths of a second
    monkeypatch.setattr(machine.time, "perf_counter", lambda: next(clock) / 100)
    monkeypatch.setitem(machine.SHAPES, "cpu", [(8, 8, 8)])
    taken = iter(range(10**6))
    monkeypatch.setattr(machine, "_seconds", lambda *_: next(taken))
    times = [seconds for _, seconds in machine.time_products("cpu", "fp32")]
    assert len(times) >= 90  # in a second
    assert times[0] >= 9  # after a tenth of one
