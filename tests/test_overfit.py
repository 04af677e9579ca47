"""The recipe can learn: ten utterances by heart, from the demo's encoder."""

import json

import pytest
from projects import RECIPE, ROOT, run_here

from childasr.evaluation.evaluate import evaluate
from data_prep.prepare import prepare
from data_prep.synthetic.corpus import CORPUS, make_corpus


@pytest.fixture
def ten_utterances(tmp_path):
    """Manifests of a synthetic corpus with ten utterances to train on."""
    sizes = {"train": (10, 2), "valid": (2, 2), "test": (2, 2)}
    make_corpus(tmp_path, sizes, seed=3, workers=1)
    prepare(tmp_path / CORPUS, tmp_path / "data", progress=False)
    return tmp_path / "data"


def test_loss_of_ten_utterances_falls_to_near_zero(
    ten_utterances, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    settings = {
        "manifest_folder": ten_utterances,
        "train_manifest": ten_utterances / "train.csv",
        "encoder": RECIPE / "demo_encoder",
        "output_folder": out,
        "freeze_layers": 2,
        "batch_size": 5,
        "number_of_epochs": 60,
        "lr": 5e-3,
        "warmup_steps": 10,
        "patience": 60,
        "ema_decay": 0.9,
        "spec_augment_prob": 0.0,
        "lora_dropout": 0.0,
        "num_workers": 0,
    }
    arguments = [ROOT / "hparams" / "phase1.yaml", "--noprogressbar"]
    for key, value in settings.items():
        arguments += [f"--{key}", value]
    assert run_here("train.py", arguments, monkeypatch) == 0
    log = json.loads((out / "training_log.json").read_text())
    losses = [entry["train/loss"] for entry in log["epochs"]]
    assert losses[0] > 1
    assert losses[-1] < 0.05
    report = evaluate(
        out / "final_model", ten_utterances / "train.csv", tmp_path / "report"
    )
    assert report["overall"]["wer"] == 0
