"""What strangers bring is data: nothing of it runs, reads or writes outside."""

import pickle
import re
import shutil
import zipfile

import malicious
import pytest
import torch
from corpora import make_clips
from evaluation_data import write_manifest, write_model
from peft import LoraConfig
from projects import ROOT, Project, run_here
from safetensors import SafetensorError
from safetensors.torch import load_file
from test_brain import make_brain
from tiny_models import tiny_config, tiny_encoder
from transformers import Wav2Vec2ForPreTraining

from childasr.errors import InputError
from childasr.evaluation.recogniser import Recogniser
from childasr.evaluation.trained_model import load_trained
from childasr.model.encoder import Wav2Vec2Encoder
from childasr.plain_yaml import read_plain
from childasr.text.files import file_sha256
from childasr.training.checkpointer import HASHES
from childasr.training.phase import load_phase_file, read_phase_file

CURRICULUM = ROOT / "hparams" / "curriculum.yaml"
PHASE = ROOT / "hparams" / "phase1.yaml"
VALUES = malicious.tagged_values("MARK")


@pytest.fixture
def mark(tmp_path):
    return tmp_path / "MARK"


def value_of(number, mark):
    return malicious.tagged_values(mark)[number]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return tiny_encoder(tmp_path_factory.mktemp("encoder"), layers=3)


@pytest.mark.parametrize("number", range(len(VALUES)), ids=VALUES.__getitem__)
def test_an_override_never_runs(number, mark):
    overrides = f"lr: {value_of(number, mark)}"
    with pytest.raises(InputError):
        read_phase_file(str(PHASE), overrides)
    with pytest.raises(InputError):
        load_phase_file(str(PHASE), overrides)
    assert not mark.exists()


@pytest.mark.parametrize("number", range(len(VALUES)), ids=VALUES.__getitem__)
@pytest.mark.parametrize(
    ("script", "file"),
    [
        ("train.py", PHASE),
        ("preflight.py", CURRICULUM),
        ("run_curriculum.py", CURRICULUM),
    ],
    ids=["train", "preflight", "run_curriculum"],
)
def test_every_command_refuses_an_override_that_would_run(
    script, file, number, mark, monkeypatch, capfd
):
    arguments = [file, "--lr", value_of(number, mark)]
    assert run_here(script, arguments, monkeypatch) == 2
    lines = capfd.readouterr().err.strip().splitlines()
    assert lines[-1].startswith("error: ")
    assert not mark.exists()


# By place: what is wrong with the file, and not with one that it names.
REFUSALS = {
    "overrides": r"has a tag \(!\)|the value .* would be run",
    "phase_overrides": r"has a tag \(!\)|the value .* would be run",
    "phases": r"has a tag \(!\)|cannot be read \(|no phase file [(<]",
}


@pytest.mark.parametrize("number", range(len(VALUES)), ids=VALUES.__getitem__)
@pytest.mark.parametrize("place", REFUSALS)
def test_a_curriculum_file_never_runs(
    place, number, mark, tmp_path, monkeypatch, capfd
):
    value = value_of(number, mark)
    text = {
        "overrides": f"phases: [phase1.yaml]\noverrides:\n  encoder: {value}\n",
        "phase_overrides": "phases: [phase1.yaml]\nphase_overrides:\n"
        f"  phase1:\n    encoder: {value}\n",
        "phases": f"phases: [{value}]\n",
    }[place]
    hparams = shutil.copytree(PHASE.parent, tmp_path / "hparams")
    (hparams / "curriculum.yaml").write_text(text)
    arguments = [hparams / "curriculum.yaml"]
    assert run_here("run_curriculum.py", arguments, monkeypatch) == 2
    assert not mark.exists()
    error = capfd.readouterr().err.splitlines()[-1]
    assert re.search(REFUSALS[place], error), error


def test_a_few_lines_of_yaml_do_not_become_gigabytes():
    bomb = ["a0: &a0 [x, x]"]
    bomb += [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 64)]
    with pytest.raises(InputError, match="an anchor or alias"):
        read_plain("\n".join(bomb), "a.yaml")
    with pytest.raises(InputError, match=r"a\.yaml has .* characters"):
        read_plain(" " * 2**21, "a.yaml")
    with pytest.raises(InputError, match=r"a\.yaml is nested"):
        read_plain("[" * 10_000, "a.yaml")


@pytest.mark.parametrize(
    "value",
    [
        '!!int ""',
        '!!float ""',
        "!!bool maybe",
        "!!timestamp x",
        "!!omap [a: 1]",
    ],
)
def test_a_tag_of_yaml_itself_is_refused_too(value):
    """Some of them end the reader with an error of its own."""
    with pytest.raises(InputError, match=r"a\.yaml has a tag"):
        read_plain(f"lr: {value}", "a.yaml")


@pytest.mark.parametrize("plant", malicious.MODEL_FOLDERS)
def test_nothing_in_a_model_folder_runs(plant, model, tmp_path, mark):
    folder = tmp_path / "model"
    shutil.copytree(model, folder)
    plant(folder, mark)
    with pytest.raises(InputError) as error:
        Recogniser(folder, "cpu")
    assert not mark.exists()
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize("plant", malicious.MODEL_FOLDERS)
def test_nothing_in_an_encoder_folder_runs(plant, encoder, tmp_path, mark):
    folder = tmp_path / "encoder"
    shutil.copytree(encoder, folder)
    plant(folder, mark)
    lora = LoraConfig(r=2, target_modules=["q_proj"])
    with pytest.raises(InputError) as error:
        Wav2Vec2Encoder(str(folder), lora, freeze_layers=1)
    assert not mark.exists()
    assert "s3cret" not in str(error.value)
    assert "weights_only" not in str(error.value), "it tells how to run it"


ABSURD = [
    {"hidden_size": 10**9},
    {"hidden_size": 10**5},
    {"hidden_size": 10**5, "intermediate_size": -(10**6)},
    {"hidden_size": int("9" * 4000)},
    {"num_hidden_layers": 10**6},
    {"intermediate_size": 10**12},
    {"vocab_size": 10**12},
    {"conv_dim": [10**9] * 7},
    {"conv_dim": [16] * 10**5},
    {"num_conv_pos_embeddings": 10**9},
    {"add_adapter": True, "output_hidden_size": 10**5},
    {"model_type": "gpt2", "n_embd": 10**5},
]


@pytest.mark.parametrize("sizes", ABSURD, ids=lambda sizes: next(iter(sizes)))
def test_absurd_sizes_are_refused_before_anything_is_built(
    sizes, model, encoder, tmp_path, monkeypatch
):
    folder = {}
    for name, source in (("model", model), ("encoder", encoder)):
        folder[name] = tmp_path / name
        shutil.copytree(source, folder[name])
        malicious.set_keys(folder[name] / "config.json", **sizes)
    monkeypatch.setattr(torch.nn.Module, "__init__", unreachable)
    lora = LoraConfig(r=2, target_modules=["q_proj"])
    with pytest.raises(InputError, match=r"config\.json"):
        Wav2Vec2Encoder(str(folder["encoder"]), lora, freeze_layers=1)
    with pytest.raises(InputError, match=r"config\.json"):
        Recogniser(folder["model"], "cpu")


def unreachable(*args, **kwargs):
    raise AssertionError("a module is made")


def test_absurd_sizes_are_one_line_with_status_2(
    model, tmp_path, monkeypatch, capfd
):
    manifest = write_manifest(tmp_path, make_clips({"test": 1}))
    folder = tmp_path / "model"
    shutil.copytree(model, folder)
    malicious.set_keys(folder / "config.json", num_hidden_layers=10**6)
    arguments = [folder, manifest, "--output_dir", tmp_path / "report"]
    assert run_here("evaluate.py", arguments, monkeypatch) == 2
    [line] = capfd.readouterr().err.splitlines()
    assert line.startswith(f"error: {folder}/config.json: num_hidden_layers")


def test_an_attention_kernel_that_a_model_names_is_not_fetched(model, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(model, folder)
    malicious.set_keys(
        folder / "config.json", _attn_implementation="somebody/kernel"
    )
    loaded, _, _ = load_trained(folder)
    assert loaded.config._attn_implementation == "sdpa"


def test_weights_of_tensors_alone_may_be_a_pickle(encoder, tmp_path):
    """The hub has XLS-R as one: of a pretraining, named by an older torch."""
    folder = tmp_path / "encoder"
    shutil.copytree(encoder, folder)
    lora = LoraConfig(r=2, target_modules=["q_proj"])
    expected = Wav2Vec2Encoder(str(folder), lora, freeze_layers=1).state_dict()
    weights = folder / "model.safetensors"
    pretrained = Wav2Vec2ForPreTraining(tiny_config(layers=3))
    pretrained.wav2vec2.load_state_dict(load_file(weights))
    tensors = pretrained.state_dict()
    conv = "wav2vec2.encoder.pos_conv_embed.conv"
    for number, name in enumerate(("weight_g", "weight_v")):
        now = f"{conv}.parametrizations.weight.original{number}"
        tensors[f"{conv}.{name}"] = tensors.pop(now)
    torch.save(tensors, folder / "pytorch_model.bin")
    weights.unlink()
    found = Wav2Vec2Encoder(str(folder), lora, freeze_layers=1).state_dict()
    for name in expected:
        assert ".lora_" in name or found[name].equal(expected[name]), name


def test_a_checkpoint_never_runs(tmp_path, mark):
    """Whoever plants a pickle can write its hash, too."""
    project = Project(tmp_path / "project", utterances=1)
    checkpointer = make_brain(project, tmp_path / "out").checkpointer
    folder = checkpointer.save_checkpoint(name="a").path
    paths = sorted(folder.glob("*.ckpt"))
    for path in paths:
        data = path.read_bytes()
        refusals = (ValueError, SafetensorError)  # no such text or tensors
        if zipfile.is_zipfile(path):
            refusals = pickle.UnpicklingError
        torch.save(malicious.Bomb(mark), path)
        write_hashes(folder)
        with pytest.raises(refusals):
            checkpointer.recover_if_possible()
        path.write_bytes(data)
    assert len(paths) > 9
    assert not mark.exists()
    write_hashes(folder)
    assert checkpointer.recover_if_possible().path == folder


def write_hashes(folder):
    lines = (
        f"{file_sha256(path)}  {path.name}\n"
        for path in sorted(folder.iterdir())
        if path.name != HASHES
    )
    (folder / HASHES).write_text("".join(lines), encoding="utf-8")


def test_an_error_is_one_line_whatever_a_name_holds(
    tmp_path, monkeypatch, capfd
):
    name = tmp_path / "a\nerror: b\x1b[31m\u202e.yaml"
    assert run_here("preflight.py", [name], monkeypatch) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert line.isprintable()
