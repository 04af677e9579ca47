"""plan.py measures real steps, and says in one line what is wrong."""

import copy
import json

import pytest
from projects import RECIPE, ROOT, Project, run_apart, run_here

from childasr.forecast.screen import forecast_lines

PARTS = {"training", "validation", "checkpoint", "other"}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("project"))


def arguments(project, phase, output, **options):
    """One phase of the curriculum, with the tiny encoder."""
    settings = {
        "phases": f"[{ROOT}/hparams/phase{phase}.yaml]",
        "full_finetune": "null",
        "manifest_folder": project.folder / "data",
        "encoder": project.folder / "encoder",
        "output_folder": project.folder / "checkpoints",
        "freeze_layers": 1,
        "batch_size": 4,
        "num_workers": 0,
    } | options
    overrides = [f"--{key}={value}" for key, value in settings.items()]
    return [
        *(ROOT / "hparams" / "curriculum.yaml", "--gpus", 1, 2),
        *("--seconds", 4, "--device", "cpu", "--output_dir", output),
        *overrides,
    ]


@pytest.fixture(scope="module")
def ran(project):
    """The command on a prepared corpus, with a way that is not prepared."""
    before = {*project.folder.iterdir()}
    output = project.folder / "plan"
    way = ["--ways", ROOT / "hparams" / "scale_direct.yaml", "--rounds", 50]
    done = run_apart(
        RECIPE / "plan.py",
        [*arguments(project, 2, output), *way, "--price_per_hour", 2],
    )
    assert done.returncode == 0, done.stderr
    assert {*project.folder.iterdir()} == before | {output}
    return done.stdout, json.loads((output / "plan.json").read_text("utf-8"))


def test_forecast_has_each_phase_and_way_and_they_add_up(ran):
    _, content = ran
    phases = content["phases"]
    ways = content["ways"]
    assert [entry["phase"] for entry in phases] == ["phase2"]
    assert list(ways) == ["scale_direct", "active learning"]
    assert content["gpus"] == [1, 2]
    for entry in [*phases, *(e for w in ways.values() for e in w["phases"])]:
        assert entry["steps"] > 0
        assert entry["disk_bytes"] > 0
        assert entry["plan_v100_hours"] > 0
        for figures in entry["on"]:
            figure, low, high = figures["seconds"]
            assert 0 < low <= figure <= high
            parts = sum(figures[f"{part}_seconds"] for part in PARTS)
            assert figure == pytest.approx(parts)
            assert figures["memory_bytes"] > 10**8  # of this process
    report = ways["scale_direct"]["test_report_seconds"]
    assert report == ways["active learning"]["test_report_seconds"]
    assert report > content["test_report_seconds"]  # of the prepared pilot
    for place in range(2):
        active = ways["active learning"]
        of_round = active["phases"][0]["on"][place]["seconds"][0]
        decoding = active["decoding_seconds"][place]
        totals = {name: t[place] for name, t in content["totals"].items()}
        assert totals == pytest.approx(
            {
                "curriculum": phases[0]["on"][place]["seconds"][0]
                + content["test_report_seconds"],
                "scale_direct": ways["scale_direct"]["phases"][0]["on"][place][
                    "seconds"
                ][0]
                + report,
                "active learning": of_round + decoding + report,
            }
        )
    (found,) = content["measured"]  # the way trains as the phase does
    assert found["phases"] == ["phase2", "scale_direct", "round 50 h"]
    assert found["worst_batch"] in ("fits", "no time")


def test_screen_says_what_was_assumed_and_what_it_costs(ran):
    text, _ = ran
    assert "cost of the first" in text
    assert "Not measured on several" in text
    assert "* not prepared yet" in text
    assert "plan.json" in text


def test_screen_says_what_is_not_in_the_sum(ran):
    _, content = ran
    assert not [x for x in forecast_lines(content) if "together, with" in x]
    content = copy.deepcopy(content)
    (entry,) = content["phases"]
    optional = entry | {"phase": "phase4", "optional": True}
    content["phases"].append(optional)
    [line] = [x for x in forecast_lines(content) if "together, with" in x]
    assert line.startswith("together, without phase4: ")


def test_before_preparation_noise_of_the_plans_sizes_is_measured(
    project, tmp_path
):
    output = tmp_path / "plan"
    options = arguments(project, 1, output, manifest_folder=tmp_path / "none")
    done = run_apart(RECIPE / "plan.py", [*options, "--ways"])
    assert done.returncode == 0, done.stderr
    content = json.loads((output / "plan.json").read_text("utf-8"))
    (entry,) = content["phases"]
    assert not entry["prepared"]
    assert entry["utterances"] == 11_549
    assert entry["steps"] == 10 * -(-11_549 // 4)
    assert [*tmp_path.iterdir()] == [output]


def test_a_mistake_is_one_line_and_status_2(
    project, tmp_path, monkeypatch, capsys
):
    mistakes = {
        "no curriculum file": [tmp_path / "none.yaml"],
        "no phase file": [
            *arguments(project, 1, tmp_path),
            *("--ways", tmp_path / "none.yaml"),
        ],
        "arms.yaml is no phase file": [
            *arguments(project, 1, tmp_path),
            *("--ways", ROOT / "hparams" / "arms.yaml"),
        ],
        "is it batch_size?": arguments(project, 1, tmp_path, batchsize=3),
        "cannot write to": arguments(
            project, 1, project.folder / "encoder" / "config.json"
        ),
        "freeze_layers 99": [
            *arguments(project, 1, tmp_path, freeze_layers=99),
            "--ways",
        ],
    }
    for words, given in mistakes.items():
        assert run_here("plan.py", given, monkeypatch) == 2
        error = capsys.readouterr().err.strip()
        assert words in error.splitlines()[-1]
        assert "Traceback" not in error
    assert not list(tmp_path.iterdir())
