"""The phase files hold the plan, and agree on what they share."""

import re
import shutil
from pathlib import Path

import pytest
import yaml
from small_manifests import write_manifest
from tiny_models import tiny_encoder

from childasr.curriculum.phase_file import read_scalars
from childasr.curriculum.phase_folder import refuse_other_settings
from childasr.curriculum.plan import read_plan
from childasr.errors import InputError
from childasr.training.phase import load_phase_file, read_phase_file

ROOT = Path(__file__).resolve().parent.parent
FILES = [ROOT / "hparams" / f"phase{n}.yaml" for n in (1, 2, 3, 4)]

PLAN = {
    "train_manifest": [
        "data/phase1.csv", "data/phase2.csv", "data/phase3.csv",
        "data/phase3.csv",
    ],
    "start_from": [
        None,
        "checkpoints/phase1_20h/best_model",
        "checkpoints/phase2_60h/best_model",
        "checkpoints/phase3_100h/best_model",
    ],
    "full_finetune": [False, False, False, True],
    "number_of_epochs": [10, 8, 5, 2],
    "lr": [5e-4, 3e-4, 1e-4, 5e-5],
    "warmup_steps": [500, 1000, 500, 0],
    "batch_size": [16] * 4,
    "weight_decay": [0.01] * 4,
    "max_grad_norm": [1.0] * 4,
    "spec_augment_prob": [0.5, 1.0, 0.75, 0.0],
    "speed_perturb_prob": [0.0, 0.5, 0.5, 0.0],
    "patience": [4, 3, 3, 1],
    "min_delta": [0.01, 0.005, 0.005, 0.002],
    "target_wer": [0.25, 0.18, 0.15, 0.14],
    "acceptable_wer": [0.30, 0.22, 0.18, 0.15],
    "output_folder": [
        "checkpoints/phase1_20h",
        "checkpoints/phase2_60h",
        "checkpoints/phase3_100h",
        "checkpoints/phase4_full_finetune",
    ],
    "phase": ["phase1", "phase2", "phase3", "phase4"],
    "encoder": ["facebook/wav2vec2-xls-r-300m"] * 4,
    "freeze_layers": [8] * 4,
    "lora_rank": [16] * 4,
    "lora_alpha": [32] * 4,
    "lora_dropout": [0.1] * 4,
    "ema_decay": [0.999] * 4,
    "units": ["jamo"] * 4,
}  # fmt: skip


class TreeLoader(yaml.SafeLoader):
    """Reads tags as plain values beside their names; builds nothing."""


def _tagged(loader, tag, node):
    if isinstance(node, yaml.MappingNode):
        return tag, loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return tag, loader.construct_sequence(node, deep=True)
    return tag, node.value


TreeLoader.add_multi_constructor("!", _tagged)


def read_tree(file):
    """The tree of a phase file, tags and all."""
    return yaml.load(file.read_text(encoding="utf-8"), TreeLoader)


@pytest.mark.parametrize("key", PLAN)
def test_phase_files_hold_the_value_of_the_plan(key):
    values = [read_phase_file(str(file), "")[key] for file in FILES]
    assert values == PLAN[key]


def test_what_the_phase_files_share_is_the_same_in_all():
    trees = [read_tree(file) for file in FILES]
    assert all(list(tree) == list(trees[0]) for tree in trees)
    differing = {
        key for key in trees[0] if any(t[key] != trees[0][key] for t in trees)
    }
    constant = {key for key, values in PLAN.items() if len(set(values)) == 1}
    assert differing == set(PLAN) - constant


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_phase_files_fit_on_two_screens(file):
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 124


@pytest.fixture
def overrides(tmp_path):
    tiny_encoder(tmp_path / "encoder", layers=3)
    write_manifest(tmp_path / "train.csv", ["A"])
    return {
        "encoder": str(tmp_path / "encoder"),
        "manifest_folder": str(tmp_path),
        "output_folder": str(tmp_path / "out"),
        "freeze_layers": 1,
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_objects_of_a_phase_file_carry_its_values(file, overrides):
    text = "\n".join(f"{key}: {value}" for key, value in overrides.items())
    hparams = load_phase_file(str(file), text)
    encoder = hparams["modules"]["encoder"]
    assert encoder.spec_augment.probability == hparams["spec_augment_prob"]
    speed = hparams["augmentation"]["speed_perturb"]
    assert speed.speeds == [90, 100, 110]
    assert speed.probability == hparams["speed_perturb_prob"]
    time, band = (
        encoder.spec_augment.time_drop,
        (encoder.spec_augment.frequency_drop),
    )
    assert (time.drop_count_high, time.drop_length_high) == (2, 30)
    assert (band.drop_count_high, band.drop_length_high) == (2, 15)
    assert encoder.lora.r == 16
    assert encoder.lora.task_type is None
    assert set(encoder.lora.target_modules) == {"q_proj", "k_proj", "v_proj"}
    assert hparams["ctc_head"].out_features == hparams["text_units"].size == 70
    assert hparams["epoch_counter"].min_delta == hparams["min_delta"]
    optimizer = hparams["opt_class"](hparams["ctc_head"].parameters())
    assert optimizer.defaults["lr"] == hparams["lr"]
    assert optimizer.defaults["weight_decay"] == 0.01


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ("lerning_rate: 1", "no such key"),
        ("batch_sise: 8", "did you mean --batch_size"),
        ("lr: !apply:os.getcwd []", "a tag"),
        ("lr: [", "cannot be read"),
        ("patience: 0", "patience is 0: give a whole number, 1 or more"),
        ("batch_size: 0", "batch_size is 0: give a whole number, 1 or more"),
        ("max_grad_norm: -1", "a number above 0, such as 1e9 where nothing"),
        ("max_grad_norm: .inf", "max_grad_norm is inf: give a number"),
        ("speed_perturb_prob: 1.5", "give a number from 0 to 1"),
        ("lr: 1e-4 True", "lr is '1e-4 True': give a number above 0"),
        ("target_wer: 15", "target_wer is 15: give a fraction, such as 0.15"),
        ("acceptable_wer: 30", "acceptable_wer is 30: give a fraction"),
        ("min_delta: 0.5", r"min_delta is 0\.5: give a fraction, such as"),
        ("target_wer: 0.35", "0.35, above acceptable_wer, 0.3: give a lower"),
        ("full_finetune: 'no'", "full_finetune is 'no': give True or False"),
        ("encoder: null", "encoder is None: give a path, or a name on the hub"),
        ("lora_targets: q_proj", "is 'q_proj': give a list of names, such as"),
        ("log_examples: -1", "log_examples is -1: give a whole number, 0 or"),
        ("log_examples: 1.5", "log_examples is 1.5: give a whole number"),
        ("log_examples: null", "log_examples is None: give a whole number"),
    ],
)
def test_bad_overrides_are_refused_with_what_to_do(overrides, message):
    with pytest.raises(InputError, match=message):
        read_phase_file(str(FILES[0]), overrides)


def test_a_curriculum_refuses_a_bad_value_before_any_training():
    with pytest.raises(InputError, match=r"phase1.yaml: patience is 0: give"):
        read_plan(ROOT / "hparams" / "curriculum.yaml", {"patience": 0})


@pytest.fixture
def phase1(tmp_path):
    """A copy of phase 1's file that may be changed."""
    folder = shutil.copytree(ROOT / "hparams", tmp_path / "hparams")
    return folder / "phase1.yaml"


def settings_that_are_read():
    """Those of phase 1 that code takes by name, and needs."""
    code = "".join(
        file.read_text(encoding="utf-8")
        for folder in ("childasr", "recipes")
        for file in (ROOT / folder).rglob("*.py")
    )
    names = re.findall(r'(?:config|hparams)(?:\["|\.)(\w+)', code)
    return sorted(set(names) & set(read_scalars(FILES[0])))


def test_a_phase_file_without_a_setting_that_is_read_is_refused(phase1):
    names = settings_that_are_read()
    assert {"target_wer", "precision", "num_workers"} <= set(names)
    text = phase1.read_text(encoding="utf-8")
    for name in names:
        without = re.sub(rf"^{name}:.*\n", "", text, flags=re.MULTILINE)
        phase1.write_text(without, encoding="utf-8")
        said = rf'as it lacks {name}: give|reference "{name}" is not valid'
        for read in (
            lambda: read_phase_file(str(phase1), ""),
            lambda: read_plan(phase1.with_name("curriculum.yaml")),
        ):
            with pytest.raises(InputError, match=said):
                read()


def change(phase1, name, old, new):
    """Its settings before and after a change in a file of its folder."""
    file = phase1.with_name(name)
    text = file.read_text(encoding="utf-8")
    before = read_phase_file(str(phase1), "")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return before, read_phase_file(str(phase1), "")


@pytest.mark.parametrize(
    ("name", "old", "new", "difference"),
    [
        (
            "augmentation.yaml",
            "drop_length_high: 30",
            "drop_length_high: 60",
            "augmentation.spec_augment.time_drop.drop_length_high was 30, "
            "now 60",
        ),
        (
            "augmentation.yaml",
            "speeds: [90, 100, 110]",
            "speeds: [90, 110]",
            "augmentation.speed_perturb.speeds.1 was 100, now 110; "
            "augmentation.speed_perturb.speeds.2 was 110, now not set",
        ),
        (
            "phase1.yaml",
            "    fused: True  # one pass over the weights\n",
            "",
            "opt_class.fused was True, now not set",
        ),
        (
            "phase1.yaml",
            "!name:torch.optim.AdamW",
            "!name:torch.optim.Adam",
            "opt_class.class was !name:torch.optim.AdamW, now "
            "!name:torch.optim.Adam",
        ),
    ],
)
def test_what_an_object_is_made_of_may_not_change_within_a_phase(
    phase1, name, old, new, difference
):
    before, after = change(phase1, name, old, new)
    refuse_other_settings(before, before, "here")
    with pytest.raises(InputError, match=re.escape(f": {difference};")):
        refuse_other_settings(before, after, "here")


def test_an_object_that_is_overridden_is_another():
    before, after = (
        read_phase_file(str(FILES[0]), overrides)
        for overrides in ("", "opt_class: {fused: False}")
    )
    with pytest.raises(InputError, match=r"opt_class\.fused was True"):
        refuse_other_settings(before, after, "here")


def test_how_a_phase_is_logged_may_change(phase1):
    before, after = change(
        phase1, "phase1.yaml", "precision: 4", "precision: 2"
    )
    assert before["train_logger"] != after["train_logger"]
    refuse_other_settings(before, after, "here")
