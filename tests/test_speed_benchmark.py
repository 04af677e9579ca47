"""The training benchmark measures every side alike, and says what it did."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

SPEED = Path(__file__).parents[1] / "benchmarks" / "speed"
SIDES = ["ours", "careful"]
FIGURES = [
    *("side", "audio_seconds_per_second", "peak_memory_mb"),
    *("peak_memory_mb_per_padded_second", "padding_share", "waiting_share"),
    *("matmul_share", "best_matmul_share", "ours_over_this"),
]


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return tmp_path_factory.mktemp("speed")


@pytest.fixture(scope="module")
def results(work):
    """One round of one step, through the command."""
    pytest.importorskip("accelerate")
    arguments = {
        "model": "tiny",
        "rounds": 1,
        "steps": 1,
        "batch_size": 4,
        "workers": 1,
        "sides": ",".join(SIDES),
        "work": work,
        "out": work / "out.json",
    }
    subprocess.run(
        [
            *(sys.executable, SPEED / "training.py"),
            *(f"--{key}={value}" for key, value in arguments.items()),
        ],
        check=True,
    )
    return json.loads((work / "out.json").read_text("utf-8"))


def test_results_say_what_was_measured_and_on_what(results):
    assert {"command", "machine", "versions", "table"} <= results.keys()
    assert [row["side"] for row in results["summary"]] == SIDES
    for row in results["summary"]:
        assert set(FIGURES) == row.keys()
        assert row["audio_seconds_per_second"][0] > 0
        assert row["peak_memory_mb"] > 0
        assert 0 <= row["waiting_share"] < 1
    assert results["versions"]["accelerate"]


def test_sides_train_the_same_part_on_a_whole_batch(
    siblings, results, work, monkeypatch
):
    import speechbrain_ctc

    runs = {run["side"]: run for run in results["runs"]}
    ours = runs["ours"]
    arguments = {
        **{name: ours[name] for name in ("model", "corpus", "freeze_layers")},
        "steps": 1,
        "batch_size": 4,
        "out": work / "stock.json",
    }
    arguments = [f"--{name}={value}" for name, value in arguments.items()]
    monkeypatch.setattr(sys, "argv", ["speechbrain_ctc.py", *arguments])
    speechbrain_ctc.main()
    runs["stock"] = json.loads((work / "stock.json").read_text("utf-8"))
    # Rank 16, 32 wide, in and out, of q, k and v in the upper 2 of 3 layers.
    assert {run["lora_parameters"] for run in runs.values()} == {
        16 * (32 + 32) * 3 * 2
    }
    assert len({str(run["projections"]) for run in runs.values()}) == 1
    for run in runs.values():
        assert 4 <= run["audio_seconds"] <= run["padded_seconds"]
        # Whether a GPU would have them: SpeechBrain's import allows one.
        assert not run["tf32"] and not run["cudnn_attention"]


def test_other_layers_are_refused(siblings):
    from summary import check_same_training

    run = {"lora_parameters": 8, "projections": ["01.q_proj"]}
    check_same_training([run | {"side": "a"}, run | {"side": "b"}])
    other = run | {"side": "b", "projections": ["02.q_proj"]}
    with pytest.raises(SystemExit, match="different layers"):
        check_same_training([run | {"side": "a"}, other])


def make_options(**settings):
    usual = {"steps": 1, "skip": 0, "device": "cpu", "seed": 3}
    return argparse.Namespace(**usual | settings)


@pytest.mark.parametrize("lengths", [[32000, 16000, 8000], [1.0, 0.5, 0.25]])
def test_padding_is_what_no_utterance_fills(siblings, lengths):
    from measure import Meter

    meter = Meter(make_options())
    meter.add_input(torch.zeros(1, 9), torch.tensor([9]))  # of the warm-up
    meter.batch_arrives()
    meter.add_input(torch.zeros(3, 32000), torch.tensor(lengths))
    meter.step_ends()
    meter.add_input(torch.zeros(1, 9), torch.tensor([9]))  # too late
    assert meter.counts() == {
        "audio_seconds": 3.5,
        "padded_seconds": 6.0,
        "largest_batch_seconds": 6.0,
        "padding_share": 1 - 3.5 / 6,
    }


def test_only_steps_after_the_skipped_ones_count(siblings):
    from measure import Meter

    meter = Meter(make_options(steps=2, skip=3))
    for samples in [1, 64000, 1, 16000, 32000, 1]:
        meter.open_loader()
        meter.batch_arrives()
        meter.add_input(torch.zeros(1, samples), torch.tensor([samples]))
        meter.step_ends()
    counts = meter.counts()
    assert counts["audio_seconds"] == counts["padded_seconds"] == 3
    # Their memory counts: a peak is of the largest batch since the mark.
    assert counts["largest_batch_seconds"] == 4


def test_timed_batches_are_spread_over_all_lengths(siblings):
    from measure import AFTER, spread

    durations = [float(number) for number in range(200)]
    batches = [[row, row + 1] for row in range(0, 200, 2)]
    batches.reverse()
    options = make_options(steps=10, skip=5)
    chosen = spread(batches, durations, options)
    assert len(chosen) == 10 + 5 + AFTER
    timed = [rows[0] for rows in chosen[5:-AFTER]]
    # 100 batches, 20 rows a tenth: one of each tenth, in no order.
    assert sorted(row // 20 for row in timed) == list(range(10))
    assert timed != sorted(timed)
    again = make_options(steps=10, skip=5, seed=4)
    assert spread(batches, durations, again) != chosen


@pytest.mark.parametrize(
    ("side", "follows_cnn"), [("default", False), ("default_unfrozen", True)]
)
def test_only_the_unfrozen_side_has_a_graph_below(
    siblings, work, side, follows_cnn
):
    pytest.importorskip("accelerate")
    from measure import trained_parts
    from models import make_model
    from transformers_trainer import build_model

    units = argparse.Namespace(size=70, blank_id=0)
    options = make_options(
        side=side, model=make_model("tiny", work), freeze_layers=1
    )
    model = build_model(options, units).train()
    outputs = []
    model.get_base_model().wav2vec2.feature_projection.register_forward_hook(
        lambda module, inputs, output: outputs.append(output[0])
    )
    model(input_values=torch.randn(1, 16000))
    assert outputs[0].requires_grad == follows_cnn
    parts = trained_parts(model)
    assert parts["lora_parameters"] == 16 * (32 + 32) * 3 * 2
    assert parts["head_parameters"] == 70 * (32 + 1)


def test_corpus_has_the_durations_of_the_real_one(siblings):
    import numpy as np
    from corpus import draw_durations

    durations = draw_durations(100_000, np.random.default_rng(0))
    assert durations.min() >= 1 and durations.max() <= 20
    assert durations.mean() == pytest.approx(8.5, abs=0.05)


def test_cost_of_training_is_that_of_a_clean_freeze(siblings, work):
    from machine import gflop_per_second_of_audio
    from models import make_model

    folder = make_model("tiny", work)
    by_frozen = [gflop_per_second_of_audio(folder, n) for n in (0, 1, 2)]
    assert len({cost["forward"] for cost in by_frozen}) == 1
    training = [cost["training"] for cost in by_frozen]
    assert training[0] > training[1] > training[2]
    assert training[2] > by_frozen[2]["forward"]


def test_each_side_has_one_gpu(siblings, tmp_path, monkeypatch):
    import training

    script = tmp_path / "side.py"
    script.write_text(
        "import json, os, sys\n"
        "out = sys.argv[-1].removeprefix('--out=')\n"
        "open(out, 'w').write(json.dumps(dict(os.environ)))\n"
    )
    monkeypatch.setitem(training.SIDES, "ours", (script,))
    options = make_options(
        work=tmp_path, batch_size=4, precision="fp32", workers=0
    )
    for visible, expected in ((None, "0"), ("3,1", "3"), ("", "")):
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        if visible is not None:
            monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
        seen = training.run_side("ours", 0, options, {})
        assert seen["CUDA_VISIBLE_DEVICES"] == expected


def test_sides_have_the_precisions_of_the_benchmark(siblings):
    from machine import DTYPES
    from measure import PRECISIONS

    assert set(PRECISIONS) == set(DTYPES)
