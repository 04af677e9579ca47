"""Promises of the comparison of arms: fair, resumable, closed test split."""

import json
import math
import shutil

import pytest
from projects import ROOT, Project, run_here
from test_phase_files import FILES

from childasr.curriculum.plan import read_plan, read_settings
from childasr.errors import InputError
from childasr.studies.arms import read_arms
from childasr.studies.figures import difference, wer_of
from childasr.training.phase import read_phase_file

ARMS = sorted((ROOT / "hparams" / "arms").glob("*.yaml"))


@pytest.fixture(scope="module")
def shipped():
    _, arms = read_arms(ROOT / "hparams" / "arms.yaml", {})
    return arms


def test_every_shipped_arm_is_listed_and_the_first_is_the_plan(shipped):
    assert sorted(shipped) == [file.stem for file in ARMS]
    assert next(iter(shipped)) == "plan"
    plan = read_phase_file(str(FILES[0]), "")
    own = {"output_folder", "seed"}
    run = shipped["plan"][0]
    differing = {k for k, v in run.config.items() if v != plan[k]}
    assert differing <= own
    assert {len(runs) for runs in shipped.values()} == {3}


def test_arms_differ_in_what_their_names_say(shipped):
    config = {name: runs[0].config for name, runs in shipped.items()}
    assert config["option_b"]["freeze_layers"] == 12
    assert config["full_upper"]["lora_rank"] == 0
    assert 1e-5 <= config["full_upper"]["lr"] <= 5e-5
    assert set(config["plan"]["lora_targets"]) < set(
        config["all_linear"]["lora_targets"]
    )
    for rank in (8, 32, 64):
        assert config[f"rank{rank}"]["lora_rank"] == rank
        assert config[f"rank{rank}"]["lora_alpha"] == 2 * rank


@pytest.mark.parametrize("file", ARMS, ids=lambda file: file.stem)
def test_an_arm_is_taken_by_a_whole_curriculum(file):
    overrides = read_settings(file, "arm")
    curriculum = ROOT / "hparams" / "curriculum.yaml"
    plan = read_plan(curriculum, {"overrides": overrides})
    for phase in plan.phases:
        assert overrides.items() <= phase.config.items()


@pytest.mark.parametrize(
    ("arm", "settings", "message"),
    [
        ("lora_ranks: 8", {}, "no setting lora_ranks in .*is it lora_rank"),
        ("seed: 1", {}, "seed is set by the comparison"),
        ("output_folder: x", {}, "output_folder is set by the study"),
        ("lr: !apply:os.getcwd []", {}, "has a tag"),
        ("valid_manifest: d/test.csv", {}, "least of all on the test split"),
        ("valid_manifest: d/phase1.csv", {}, "other data than valid.csv"),
        (
            "patience: 0",
            {},
            r"^the settings of a, seed \d+ in .*arms.yaml: patience is 0: "
            "give a whole number, 1 or more",
        ),
        ("evaluate_test: true", {}, "evaluate_test is set by the study"),
        ("{}", {"seeds": []}, "seeds is .*: give a list"),
        ("{}", {"seeds": ["a"]}, "give whole numbers"),
        ("{}", {"arms": ["a.yaml", "a.yaml"]}, "two arms are called a"),
        ("{}", {"arms": ["b.yaml"]}, "no arm file b.yaml"),
        ("{}", {"nproc_per_node": 0}, "give a whole number, 1 or more"),
        ("{}", {"seed": [1]}, "no setting seed in .*is it seeds"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(tmp_path, arm, settings, message):
    (tmp_path / "a.yaml").write_text(arm)
    file = tmp_path / "arms.yaml"
    content = {"phase_file": str(FILES[0]), "arms": ["a.yaml"]}
    file.write_text(json.dumps(content | settings))
    with pytest.raises(InputError, match=message):
        read_arms(file, {})


def rows(errors):
    """Two utterances of ten words of each speaker, with so many errors."""
    return [
        (f"s{i}", 10, count) for i, count in enumerate(errors) for _ in "ab"
    ]


def test_the_wer_is_that_of_all_seeds_together():
    found = wer_of([rows([1, 2, 3]), rows([3, 4, 5])])
    assert found["wer"] == pytest.approx(0.3)
    assert found["seeds"] == [0.2, 0.4]
    low, high = found["interval"]
    assert low < 0.3 < high


def test_what_a_seed_changes_hides_what_speakers_agree_on():
    first = [rows([5, 5, 5]), rows([5, 5, 5])]
    steady = [rows([3, 3, 3]), rows([3, 3, 3])]
    found = difference(first, steady)
    assert found["difference"] == pytest.approx(-0.2)
    assert found["verdict"] == "better"
    chancy = [rows([1, 1, 1]), rows([5, 5, 5])]
    found = difference(first, chancy)
    assert found["difference"] == pytest.approx(-0.2)
    assert found["verdict"] == "not_told_apart"
    # t of one degree of freedom is tan(0.475 pi); the speakers are alike.
    half = math.tan(0.475 * math.pi) * 0.2 * math.sqrt(2) / math.sqrt(2)
    assert found["interval"] == pytest.approx([-0.2 - half, -0.2 + half])


def test_too_little_speech_tells_no_arms_apart():
    first, other = [rows([5, 5, 5])] * 2, [rows([3, 3, 3])] * 2
    assert difference(first, other)["verdict"] == "better"
    found = difference(first, other, "few_speakers")
    assert found["verdict"] == "not_told_apart"


def test_what_speakers_change_hides_what_seeds_agree_on():
    first, other = rows([5, 5, 5]), rows([0, 5, 6])
    found = difference([first] * 3, [other] * 3)
    assert found["verdict"] == "not_told_apart"


def test_one_seed_has_no_verdict():
    found = difference([rows([5, 5, 5])], [rows([1, 1, 1])])
    assert found["verdict"] is None


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """Two arms that were trained, and the arguments that did it."""
    folder = tmp_path_factory.mktemp("arms")
    project = Project(folder)
    for split in ("csv", "arrow"):  # to be left closed
        (folder / f"data/test.{split}").unlink(missing_ok=True)
    content = {
        "phase_file": str(FILES[0]),
        "output_folder": str(folder / "out"),
        "overrides": {
            "manifest_folder": str(project.folder / "data"),
            "encoder": str(project.folder / "encoder"),
            "freeze_layers": 1,
            "batch_size": 4,
            "number_of_epochs": 2,
            "num_workers": 0,
        },
        "arms": ["plan.yaml", "upper.yaml"],
        "seeds": [7],
    }
    (folder / "plan.yaml").write_text("{}")
    (folder / "upper.yaml").write_text("{lora_rank: 0, lr: 1e-3}")
    (folder / "arms.yaml").write_text(json.dumps(content))
    with pytest.MonkeyPatch.context() as monkeypatch:
        arguments = [folder / "arms.yaml"]
        assert run_here("compare_arms.py", arguments, monkeypatch) == 0
    return folder


def comparison_of(folder):
    return json.loads((folder / "out" / "arms.json").read_text())["arms"]


def test_each_arm_is_trained_and_heard_on_the_validation_split(compared):
    arms = comparison_of(compared)
    assert list(arms) == ["plan", "upper"]
    for name, arm in arms.items():
        folder = compared / "out" / name / "seed7"
        log = json.loads((folder / "training_log.json").read_text())
        assert log["config"]["seed"] == 7
        best = min(epoch["val/wer"] for epoch in log["epochs"])
        assert arm["wer"] == pytest.approx(best)
        trained = log["epochs"][0]["model/trainable_params"]
        assert arm["trainable_params"] == trained
        assert arm["seconds_per_step"] > 0
        assert arm["peak_gib"] > 0.1
        assert not (folder / "save").exists(), "room is made"
    counts = [arm["trainable_params"] for arm in arms.values()]
    assert counts[1] > counts[0]
    found = json.loads((compared / "out" / "arms.json").read_text())
    assert found["warning"] == "few_speakers"
    assert arms["plan"]["against_first"] is None
    apart = arms["upper"]["wer"] - arms["plan"]["wer"]
    found = arms["upper"]["against_first"]
    assert found["difference"] == pytest.approx(apart)


def test_started_again_it_trains_only_what_is_not_done(
    compared, monkeypatch, capfd
):
    first, second = (
        compared / "out" / name / "seed7" / "best_model" / "model.safetensors"
        for name in ("plan", "upper")
    )
    before = comparison_of(compared)
    times = first.stat().st_mtime_ns, second.stat().st_mtime_ns
    shutil.rmtree(second.parents[1])
    arguments = [compared / "arms.yaml"]
    assert run_here("compare_arms.py", arguments, monkeypatch) == 0
    assert first.stat().st_mtime_ns == times[0]
    assert second.stat().st_mtime_ns > times[1]
    out = capfd.readouterr().out
    assert "training 2 of 2: upper, seed 7" in out
    assert "validation of model 1" not in out
    times = {"seconds_per_step", "peak_gib"}
    for name, arm in comparison_of(compared).items():
        for key in arm.keys() - times:
            assert arm[key] == before[name][key], (name, key)


def test_a_failed_training_ends_it_in_one_line_with_its_status(
    compared, tmp_path, monkeypatch, capfd
):
    arguments = [compared / "arms.yaml", "--output_folder", tmp_path / "out"]
    arguments += ["--encoder", "no/such"]
    assert run_here("compare_arms.py", arguments, monkeypatch) == 2
    errors = capfd.readouterr().err
    assert errors.splitlines()[-1] == "error: plan, seed 7 ended with status 2"
    assert "Traceback" not in errors


def test_other_settings_in_the_same_folder_are_refused(
    compared, monkeypatch, capfd
):
    arguments = [compared / "arms.yaml", "--batch_size", "2"]
    assert run_here("compare_arms.py", arguments, monkeypatch) == 2
    assert "batch_size was 4, now 2" in capfd.readouterr().err
