"""Curriculum files: what they list, and what the command line overrides."""

import shutil
from pathlib import Path

import pytest
from projects import RECIPE
from staged_curriculum import SETTINGS

from childasr.curriculum.options import write_options
from childasr.curriculum.phase_file import read_scalars
from childasr.curriculum.phase_folder import (
    content_hashes,
    read_log,
    refuse_other_config,
)
from childasr.curriculum.plan import read_plan
from childasr.errors import InputError
from childasr.plain_yaml import read_plain
from childasr.text.files import write_json
from childasr.training.command_line import parse_arguments

PHASE = """
phase: {name}
__set_seed: !apply:speechbrain.utils.seed_everything [!ref <seed>]
start_from: null
output_folder: checkpoints/{name}_x
save_folder: !ref <output_folder>/save
manifest_folder: data
train_manifest: !ref <manifest_folder>/{name}.csv
valid_manifest: !ref <manifest_folder>/valid.csv
target_wer: 0.2
acceptable_wer: 0.3
lr: 5e-4
net: !new:torch.nn.Linear
    in_features: 3
    out_features: 4
"""
CURRICULUM = """
phases: [hparams/phase1.yaml, hparams/phase2.yaml]
full_finetune: hparams/phase4.yaml
overrides: {manifest_folder: M}
phase_overrides: {phase2: {lr: 3e-4}}
"""


@pytest.fixture
def curriculum(tmp_path):
    folder = tmp_path / "project" / "hparams"
    folder.mkdir(parents=True)
    for name in ("phase1", "phase2", "phase4"):
        text = PHASE.format(name=name) + SETTINGS
        (folder / f"{name}.yaml").write_text(text)
    (folder / "curriculum.yaml").write_text(CURRICULUM)
    return folder / "curriculum.yaml"


def test_phases_are_chained_from_best_model_to_best_model(curriculum):
    plan = read_plan(curriculum)
    first, second = plan.phases
    assert [p.name for p in (first, second, plan.full_finetune)] == [
        "phase1",
        "phase2",
        "phase4",
    ]
    assert first.config["start_from"] is None
    assert first.folder == Path("checkpoints/phase1_x")
    assert second.config["start_from"] == "checkpoints/phase1_x/best_model"
    start = plan.full_finetune.config["start_from"]
    assert start == "checkpoints/phase2_x/best_model"


@pytest.mark.parametrize("key", ["start_from", "overrides"])
def test_only_the_first_phase_can_start_from_elsewhere(curriculum, key):
    start = "pilot/best_model"
    options = {"start_from": start, "overrides": {"start_from": start}}
    plan = read_plan(curriculum, {key: options[key]})
    starts = [phase.config["start_from"] for phase in plan.may_run]
    assert starts == [
        "pilot/best_model",
        "checkpoints/phase1_x/best_model",
        "checkpoints/phase2_x/best_model",
    ]


def test_references_follow_the_overrides(curriculum):
    plan = read_plan(curriculum, {"output_folder": "out"})
    config = plan.phases[0].config
    assert config["train_manifest"] == "M/phase1.csv"
    assert config["save_folder"] == "out/phase1_x/save"
    assert plan.settings["report_folder"] == "out/report"


def test_the_command_line_wins_over_one_phase_and_that_over_all(curriculum):
    options = {"overrides": {"lr": 1e-3}}
    rates = [p.config["lr"] for p in read_plan(curriculum, options).phases]
    assert rates == [1e-3, 3e-4]
    options = {"lr": 1e-5}
    rates = [p.config["lr"] for p in read_plan(curriculum, options).phases]
    assert rates == [1e-5, 1e-5]


def test_an_override_of_a_mapping_leaves_its_other_keys(curriculum):
    plan = read_plan(curriculum, {"overrides": {"lr": 1e-3}})
    assert plan.phases[0].config["manifest_folder"] == "M"
    options = {"phase_overrides": {"phase2": {"seed": 7}}}
    config = read_plan(curriculum, options).phases[1].config
    assert (config["lr"], config["seed"]) == (3e-4, 7)


def test_the_parts_of_an_object_are_settings_too(curriculum):
    plan = read_plan(curriculum, {"net": {"out_features": 5}})
    for phase in plan.may_run:
        assert phase.config["net"]["out_features"] == "5"
    options = {"overrides": {"net": {"in_features": 2}}} | {
        "phase_overrides": {"phase2": {"net": {"out_features": 6}}}
    }
    net = read_plan(curriculum, options).phases[1].config["net"]
    assert (net["in_features"], net["out_features"]) == ("2", "6")


@pytest.mark.parametrize("value", ["null", "3"])
def test_a_phase_file_without_a_folder_is_refused(curriculum, value):
    file = curriculum.parent / "phase1.yaml"
    text = file.read_text().replace("checkpoints/phase1_x", value)
    file.write_text(text)
    with pytest.raises(InputError, match=r"1\.yaml: output_folder is .*a path"):
        read_plan(curriculum)


def test_an_encoder_is_found_from_the_curriculum_file_upwards(monkeypatch):
    monkeypatch.chdir(RECIPE)
    for phase in read_plan("hparams/demo.yaml").may_run:
        assert Path(phase.config["encoder"], "config.json").is_file()
        assert phase.config["manifest_folder"] == "demo/data"
    for encoder in ("demo_encoder", "facebook/wav2vec2-xls-r-300m"):
        options = {"overrides": {"encoder": encoder}}
        plan = read_plan("hparams/demo.yaml", options)
        assert plan.phases[0].config["encoder"] == encoder


def test_phase_files_are_found_through_a_linked_folder(curriculum, monkeypatch):
    recipe = curriculum.parents[1] / "recipes" / "x"
    recipe.mkdir(parents=True)
    (recipe / "hparams").symlink_to("../../hparams")
    monkeypatch.chdir(recipe)
    linked = read_plan("hparams/curriculum.yaml")
    assert linked.phases[0].file == curriculum.parent / "phase1.yaml"
    assert linked.phases[0].folder == Path("checkpoints/phase1_x")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"phase_4": "auto"}, "no setting phase_4 in .*: is it phase4?"),
        ({"lrr": 1}, "no setting lrr in .*: is it lr?"),
        ({"overrides": {"seeds": 1}}, "is it seed?"),
        ({"phase_overrides": {"phase5": {}}}, "no setting phase5"),
        ({"phase4": "sometimes"}, "give auto, always, never"),
        ({"phases": []}, "give a list of phase files"),
        ({"phases": ["hparams/phase9.yaml"]}, "no phase file hparams/phase9"),
        ({"phases": ["hparams/phase1.yaml"] * 2}, "share a name"),
        ({"phase": "x"}, "phase of phase1 is set by the curriculum itself"),
        (
            {"phase_overrides": {"phase2": {"start_from": "x"}}},
            "start_from of phase2 is set by the curriculum itself",
        ),
        (
            {"phase_overrides": {"phase2": {"lora_rank": 32}}},
            "^phase2: start_from checkpoints/phase1_x/best_model: its lora_"
            "rank is 16, this phase's is 32: keep",
        ),
        (
            {"phase_overrides": {"phase4": {"units": "bpe"}}},
            "^phase4: start_from .*: its units is jamo, this phase's is bpe",
        ),
        (
            {"phase_overrides": {"phase1": {"full_finetune": True}}},
            "^phase2: start_from .*: every parameter of it was trained",
        ),
        (
            {"phase_overrides": {"phase1": {"vocab_size": 500}}},
            "^phase2: start_from .*: its vocab_size is 500, this phase's is",
        ),
        ({"start_from": 3}, "start_from is 3: give a path, or null"),
        ({"data_root": 3}, "data_root is 3: give a path, or null"),
        ({"manifest_folder": 3}, "manifest_folder is 3: give a path"),
        ({"overrides": {"output_folder": "x"}}, "set by the curriculum"),
        ({"overrides": 3}, "give a mapping"),
        ({"overrides": {"phase4": "auto"}}, "no setting phase4"),
        ({"phase_overrides": {"phase1": 3}}, "a mapping for each phase"),
        ({"nproc_per_node": 0}, "give a whole number, 1 or more"),
        ({"nproc_per_node": "two"}, "give a whole number, 1 or more"),
        ({"min_free_disk_gb": "much"}, "give a number"),
        ({"report_folder": 20261126}, "report_folder is 20261126: give a p"),
        ({"report_folder": None}, "report_folder is None: give a path"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(curriculum, options, words):
    with pytest.raises(InputError, match=words):
        read_plan(curriculum, options)


@pytest.mark.parametrize(
    "text",
    ["phases: [", "- a", "phases: !!python/name:os.system x", "colour: red"],
)
def test_a_wrong_curriculum_file_is_refused(curriculum, text):
    curriculum.write_text(text)
    with pytest.raises(InputError, match=r"curriculum\.yaml"):
        read_plan(curriculum)


def test_a_phase_file_that_cannot_be_read_is_named(curriculum):
    (curriculum.parent / "phase1.yaml").write_text("phase: [")
    with pytest.raises(InputError, match=r"phase1\.yaml cannot be read"):
        read_plan(curriculum)


def test_a_phase_file_needs_what_chains_it(curriculum):
    (curriculum.parent / "phase1.yaml").write_text("phase: phase1\nlr: 1\n")
    with pytest.raises(InputError, match="lacks output_folder, start_from"):
        read_plan(curriculum)


@pytest.mark.parametrize(
    "value", [5e-4, None, True, "jamo", "null", "0123", "a: b", "!ref <x>", 16]
)
def test_a_phase_gets_the_very_values(curriculum, value):
    file = curriculum.parent / "phase1.yaml"
    command = [str(file), *write_options({"lr": value})]
    _, _, overrides = parse_arguments(command)
    assert read_scalars(file, read_plain(overrides, file))["lr"] == value


@pytest.fixture
def trained(curriculum, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    phase = read_plan(curriculum).phases[1]
    config = phase.config | content_hashes(phase.config)
    log = {"phase": phase.name, "config": config, "epochs": []}
    write_json(phase.folder / "training_log.json", log)
    return phase


def test_the_same_settings_are_accepted(trained):
    refuse_other_config(trained.folder, trained.config)


def test_a_changed_setting_is_named_with_both_values(trained):
    with pytest.raises(InputError, match=r"lr was 0\.0003, now 0\.0001"):
        refuse_other_config(trained.folder, {**trained.config, "lr": 1e-4})


def test_another_start_is_another_setting(trained):
    asked = {**trained.config, "start_from": "elsewhere/best_model"}
    with pytest.raises(InputError, match="start_from was"):
        refuse_other_config(trained.folder, asked)


def test_a_setting_that_was_not_there_before_is_named(trained):
    with pytest.raises(InputError, match="ema was not set, now True"):
        refuse_other_config(trained.folder, {**trained.config, "ema": True})


def test_a_setting_that_is_gone_is_named(trained):
    asked = {key: trained.config[key] for key in trained.config.keys() - {"lr"}}
    with pytest.raises(InputError, match=r"lr was 0\.0003, now not set"):
        refuse_other_config(trained.folder, asked)


def test_an_object_that_was_changed_is_another_setting(trained, curriculum):
    text = trained.file.read_text()
    trained.file.write_text(text.replace("out_features: 4", "out_features: 5"))
    phase = read_plan(curriculum).phases[1]
    with pytest.raises(InputError, match=r"net\.out_features was 4, now 5"):
        refuse_other_config(phase.folder, phase.config)


def test_what_changes_nothing_in_the_model_may_differ(trained):
    asked = {**trained.config, "num_workers": 0}
    refuse_other_config(trained.folder, asked)


def test_the_same_folders_may_be_reached_by_another_path(
    trained, curriculum, tmp_path
):
    options = {"output_folder": str(tmp_path / "checkpoints")}
    phase = read_plan(curriculum, options).phases[1]
    refuse_other_config(phase.folder, phase.config)
    moved = tmp_path / "moved"
    shutil.move(tmp_path / "checkpoints", moved)
    phase = read_plan(curriculum, {"output_folder": str(moved)}).phases[1]
    refuse_other_config(phase.folder, phase.config)


def test_an_encoder_may_be_found_from_another_folder(trained, tmp_path):
    encoder = tmp_path / "models" / "small"
    encoder.mkdir(parents=True)
    log = read_log(trained.folder)
    log["config"]["encoder"] = "models/small"
    write_json(trained.folder / "training_log.json", log)
    for asked in ("models/small", str(encoder)):
        refuse_other_config(trained.folder, trained.config | {"encoder": asked})
    for asked in ("small", str(encoder.parent), "/models/small"):
        with pytest.raises(InputError, match="encoder was models/small, now"):
            refuse_other_config(
                trained.folder, trained.config | {"encoder": asked}
            )


def test_a_damaged_log_is_named(trained):
    (trained.folder / "training_log.json").write_text("{")
    with pytest.raises(InputError, match="is damaged"):
        refuse_other_config(trained.folder, trained.config)
