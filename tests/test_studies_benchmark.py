"""The benchmark of arms and sweeps asks for what the commands take."""

import argparse
import sys
from pathlib import Path

import pytest

from childasr.curriculum.options import read_options
from childasr.studies.arms import read_arms
from childasr.studies.sweep import read_sweep

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
OPTIONS = argparse.Namespace(
    trials=8, startup_trials=3, epochs=10, seeds=[1, 2]
)


@pytest.fixture
def studies(monkeypatch):
    monkeypatch.chdir(BENCHMARKS.parent)
    monkeypatch.syspath_prepend(BENCHMARKS)
    import studies

    yield studies
    for folder in (BENCHMARKS, BENCHMARKS / "speed", BENCHMARKS / "ways"):
        for path in folder.glob("*.py"):
            sys.modules.pop(path.stem, None)


@pytest.mark.parametrize(
    ("name", "ranks"), [("lora_searched", {8, 16, 32}), ("upper_searched", {0})]
)
def test_a_sweep_searches_rate_and_size_with_the_demo_settings(
    studies, tmp_path, name, ranks
):
    path, *rest = studies.sweep_arguments(name, tmp_path, OPTIONS)
    sweep, space = read_sweep(path, read_options(rest))
    assert sweep.settings["trials"] == OPTIONS.trials
    assert sweep.settings["overrides"]["manifest_folder"] == "demo/data"
    assert sweep.settings["overrides"]["warmup_steps"] == 50
    assert set(space) == {"lr", "size"}
    searched = studies.SEARCHES[name]["size"]["choices"]
    assert {choice["lora_rank"] for choice in searched} == ranks


def test_the_best_of_the_sweeps_are_arms_beside_the_plan(studies, tmp_path):
    for name in studies.SEARCHES:
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"{name}.yaml").write_text("lr: 1.e-3\n")
    path, *rest = studies.arms_arguments(tmp_path, OPTIONS)
    _, arms = read_arms(path, read_options(rest))
    assert list(arms) == ["plan", *studies.SEARCHES]
    assert [run.config["lr"] for runs in arms.values() for run in runs] == [
        *[5e-4] * 2,
        *[1e-3] * 4,
    ]
    assert {run.config["seed"] for runs in arms.values() for run in runs} == {
        1,
        2,
    }
