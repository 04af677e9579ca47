"""Promises of train.py, kept by running it."""

import json
import shutil

import pytest
import torch
from corpora import read_rows, write_rows
from projects import ROOT, Project, run_apart, run_here
from safetensors.torch import load_file
from transformers import Wav2Vec2ForCTC

METRICS = {
    "train/loss", "train/lr", "val/loss", "val/wer", "val/cer", "grad_norm",
    "epoch_time", "val/wer_by_age", "val/wer_by_snr",
    "val/phoneme_error_rate", "model/trainable_params",
}  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project whose phase 1 is trained."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        project = Project(tmp_path_factory.mktemp("project"))
        assert run_here("train.py", project.arguments(1), monkeypatch) == 0
    return project


def test_phase_folder_holds_what_the_contract_names(project):
    folder = project.phase_folder(1)
    assert not (folder / "test_report").exists(), "the test split was opened"
    assert {path.name for path in folder.iterdir()} >= {
        "best_model", "final_model", "training_log.json", "gate.json", "save",
        "tensorboard", "train_log.txt", "hyperparams.yaml",
    }  # fmt: skip
    assert {path.name for path in (folder / "save").iterdir()} == {
        "CKPT+epoch_01", "CKPT+epoch_02",
    }  # fmt: skip


def test_every_epoch_logs_the_planned_metrics(project):
    log = project.log(1)
    assert [entry["epoch"] for entry in log["epochs"]] == [1, 2]
    for entry in log["epochs"]:
        assert entry.keys() >= METRICS
        assert all(entry[key] is not None for key in METRICS)
    assert log["config"]["target_wer"] == 0.25
    assert log["config"]["opt_class"]["class"] == "!name:torch.optim.AdamW"


def test_trained_parameters_are_lora_and_head_alone(project):
    count = project.log(1)["epochs"][0]["model/trainable_params"]
    lora = 2 * 3 * 2 * 16 * 32  # layers, projections, A and B, rank x width
    assert count == lora + 70 * 32 + 70


def test_best_model_loads_in_plain_transformers(project):
    model = Wav2Vec2ForCTC.from_pretrained(
        project.phase_folder(1) / "best_model"
    )
    assert model.lm_head.out_features == 70
    assert model.config.pad_token_id == 0


def weights(tensors):
    """The values of each tensor, in an order that no name decides."""
    return sorted(tensor.flatten().tolist() for tensor in tensors.values())


@pytest.mark.parametrize("name", ["best_model", "final_model"])
def test_exported_models_are_the_average_and_not_the_weights(project, name):
    epochs = project.log(1)["epochs"]
    best = min(epochs, key=lambda entry: entry["val/wer"])["epoch"]
    epoch = best if name == "best_model" else len(epochs)
    folder = project.phase_folder(1)
    checkpoint = folder / "save" / f"CKPT+epoch_{epoch:02d}"
    average = torch.load(checkpoint / "ema.ckpt", weights_only=True)
    del average["n_averaged"]
    adapter = folder / name / "adapter" / "adapter_model.safetensors"
    exported = weights(load_file(adapter))
    assert exported == weights(average)
    assert exported != weights(load_file(checkpoint / "trained.ckpt"))


def test_next_phase_starts_from_the_best_of_the_one_before(
    project, monkeypatch
):
    assert run_here("train.py", project.arguments(2), monkeypatch) == 0
    start = project.log(2)["epochs"][0]
    assert start["epoch"] == 0
    assert start["train/loss"] is None
    best = min(project.log(1)["epochs"], key=lambda entry: entry["val/wer"])
    assert start["val/wer"] == best["val/wer"]
    assert start["val/loss"] == pytest.approx(best["val/loss"], rel=1e-5)
    one, two = (
        json.loads(
            (project.phase_folder(n) / "best_model/childasr.json").read_text()
        )
        for n in (1, 2)
    )
    assert one["vocabulary_sha256"] == two["vocabulary_sha256"]


def test_full_fine_tuning_trains_every_parameter(project, monkeypatch):
    arguments = project.arguments(
        4, start_from=project.phase_folder(1) / "best_model"
    )
    assert run_here("train.py", arguments, monkeypatch) == 0
    entry = project.log(4)["epochs"][-1]
    base = sum(
        tensor.numel()
        for tensor in load_file(
            project.folder / "encoder" / "model.safetensors"
        ).values()
    )
    assert entry["model/trainable_params"] == base + 70 * 32 + 70
    best = project.phase_folder(1) / "best_model" / "model.safetensors"
    final = project.phase_folder(4) / "final_model" / "model.safetensors"
    before, after = load_file(best), load_file(final)
    assert not [name for name in before if before[name].equal(after[name])]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"manifest_folder": "nowhere"}, "nowhere/"),
        ({"encoder": "no/such"}, "encoder no/such"),
        ({"start_from": "no/best_model"}, "start_from no/best_model"),
        ({"freeze_layer": 2}, "did you mean --freeze_layers"),
        ({"units": "letters"}, "units is 'letters': give one of jamo"),
        ({"precision": "fp16"}, "a CPU has none"),
    ],
    ids=lambda value: None if isinstance(value, str) else next(iter(value)),
)
def test_bad_use_is_one_line_with_status_2_and_writes_nothing(
    project, tmp_path, monkeypatch, capfd, overrides, message
):
    overrides = {"output_folder": tmp_path / "out"} | overrides
    arguments = project.arguments(1, **overrides)
    assert run_here("train.py", arguments, monkeypatch) == 2
    errors = capfd.readouterr().err.strip().splitlines()
    assert errors[-1].startswith("error: ")
    assert message in errors[-1]
    assert "Traceback" not in "\n".join(errors)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("below", [".", "phase1"])
def test_output_folder_that_is_a_file_is_one_line_with_status_2(
    project, tmp_path, monkeypatch, capfd, below
):
    file = tmp_path / "file"
    file.touch()
    arguments = project.arguments(1, output_folder=file / below)
    assert run_here("train.py", arguments, monkeypatch) == 2
    error = capfd.readouterr().err
    assert error.splitlines()[-1].startswith("error: cannot write to ")
    assert "Traceback" not in error


def test_done_phase_is_not_trained_anew_where_its_checkpoints_are_gone(
    project, tmp_path, monkeypatch, capfd
):
    folder = tmp_path / "phase1"
    shutil.copytree(project.phase_folder(1), folder)
    arguments = project.arguments(1, output_folder=folder)
    assert run_here("train.py", arguments, monkeypatch) == 0
    kept = {path: path.read_bytes() for path in folder.glob("*.json")}
    assert json.loads(kept[folder / "training_log.json"]) == project.log(1)
    shutil.rmtree(folder / "save")
    assert run_here("train.py", arguments, monkeypatch) == 2
    assert f"{folder} is of a phase that is done" in capfd.readouterr().err
    assert {path: path.read_bytes() for path in kept} == kept
    assert not (folder / "save").exists()


def test_debug_trains_a_few_batches_and_leaves_a_finished_phase_alone(project):
    def state():
        return {
            path: (path.stat().st_mtime_ns, path.stat().st_size)
            for path in project.phase_folder(1).rglob("*")
        }

    before = state()
    # It ends before all three examples are met.
    arguments = project.arguments(1, log_examples=3, batch_size=1)
    done = run_apart(ROOT / "train.py", [*arguments, "--debug"])
    assert done.returncode == 0, done.stderr
    assert "validation WER" in done.stdout
    assert state() == before
    assert not list(project.phase_folder(1).parent.glob("debug.*"))


def test_test_only_leaves_no_untrained_model(
    project, tmp_path, monkeypatch, capfd
):
    arguments = project.arguments(1, output_folder=tmp_path / "out")
    assert run_here("train.py", [*arguments, "--test_only"], monkeypatch) == 2
    error = capfd.readouterr().err
    assert "error: --test_only" in error and "evaluate.py" in error
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["valid", "other"])
def test_speaker_in_two_splits_stops_training(
    project, tmp_path, monkeypatch, capfd, name
):
    data = shutil.copytree(project.folder / "data", tmp_path / "data")
    row = read_rows(data / "train.csv")[0]
    rows = [*read_rows(data / "valid.csv"), row | {"ID": "stranger"}]
    write_rows(data / f"{name}.csv", rows)
    arguments = project.arguments(
        1,
        manifest_folder=data,
        valid_manifest=data / f"{name}.csv",
        output_folder=tmp_path / "out",
    )
    assert run_here("train.py", arguments, monkeypatch) == 2
    assert (
        f"both {data}/train.csv and {data}/{name}.csv ({row['spk_id']})"
        in capfd.readouterr().err
    )
    assert not (tmp_path / "out").exists()


def test_letters_of_validation_that_no_unit_has_stop_training(
    project, tmp_path, monkeypatch, capfd
):
    data = shutil.copytree(project.folder / "data", tmp_path / "data")
    rows = read_rows(data / "valid.csv")
    rows[0]["text"] = "TV 봐"
    write_rows(data / "valid.csv", rows)
    arguments = project.arguments(
        1, manifest_folder=data, output_folder=tmp_path / "out"
    )
    assert run_here("train.py", arguments, monkeypatch) == 2
    error = capfd.readouterr().err
    assert f"{data}/valid.csv: " in error
    assert "letters that the model's units do not know" in error
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("place", [".", "recipes/ChildASR"])
def test_command_works_from_the_root_and_from_the_recipe(place, tmp_path):
    arguments = ["--manifest_folder", tmp_path / "none"]
    arguments += ["--output_folder", tmp_path / "out"]
    done = run_apart(
        "train.py", ["hparams/phase1.yaml", *arguments], cwd=ROOT / place
    )
    assert done.returncode == 2
    error = done.stderr.splitlines()[-1]
    assert f"no manifest {tmp_path}/none/train.csv" in error


def test_vocabulary_of_another_training_split_is_refused(
    tmp_path, monkeypatch, capfd
):
    project = Project(tmp_path)
    arguments = project.arguments(1, number_of_epochs=1)
    assert run_here("train.py", arguments, monkeypatch) == 0
    train = project.folder / "data" / "train.csv"
    lines = train.read_text(encoding="utf-8").splitlines(keepends=True)
    train.write_text("".join(lines[:-1]), encoding="utf-8")
    assert run_here("train.py", project.arguments(2), monkeypatch) == 2
    assert "was built from another" in capfd.readouterr().err


def test_model_with_another_vocabulary_is_refused(
    project, tmp_path, monkeypatch, capfd
):
    arguments = project.arguments(
        2, units="syllable", output_folder=tmp_path / "out"
    )
    assert run_here("train.py", arguments, monkeypatch) == 2
    assert "its units is jamo, this phase's is syllable" in (
        capfd.readouterr().err
    )
    assert not (tmp_path / "out").exists()


def test_missing_manifests_are_prepared_and_the_test_split_opens_when_asked(
    project, tmp_path, monkeypatch
):
    arguments = project.arguments(
        1,
        data_folder=project.folder / "corpus",
        manifest_folder=tmp_path / "data",
        output_folder=tmp_path / "out",
        number_of_epochs=1,
        evaluate_test=True,
    )
    assert run_here("train.py", arguments, monkeypatch) == 0
    assert (tmp_path / "out" / "test_report" / "report.json").is_file()
    made, expected = (
        (folder / "train.csv").read_bytes()
        for folder in (tmp_path / "data", project.folder / "data")
    )
    assert made == expected


def test_no_corpus_is_prepared_where_that_is_to_be_skipped(
    project, tmp_path, monkeypatch, capfd
):
    arguments = project.arguments(
        1,
        data_folder=project.folder / "corpus",
        manifest_folder=tmp_path / "data",
        output_folder=tmp_path / "out",
        skip_prep=True,
    )
    assert run_here("train.py", arguments, monkeypatch) == 2
    assert f"no manifest {tmp_path}/data/train.csv" in capfd.readouterr().err
    assert not list(tmp_path.iterdir())
