"""Models with the architecture of real ones, and nothing to download."""

import json
from pathlib import Path

import torch
from transformers import (
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2Model,
)

DEMO = Path(__file__).parents[2] / "recipes" / "ChildASR" / "demo_encoder"
# Of facebook/wav2vec2-xls-r-300m, as published.
XLS_R = {
    "feat_extract_norm": "layer",
    "conv_bias": True,
    "do_stable_layer_norm": True,
    "hidden_dropout": 0.1,
    "attention_dropout": 0.1,
    "activation_dropout": 0.0,
    "feat_proj_dropout": 0.1,
    "final_dropout": 0.0,
    "layerdrop": 0.1,
    "mask_time_prob": 0.075,
    "mask_time_length": 10,
    "mask_feature_prob": 0.0,
}
SIZES = {
    "xls-r-300m": {
        "hidden_size": 1024,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "intermediate_size": 4096,
        "num_conv_pos_embeddings": 128,
        "num_conv_pos_embedding_groups": 16,
    },
    "tiny": {
        "hidden_size": 32,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "conv_dim": [16] * 7,
        "num_conv_pos_embeddings": 16,
        "num_conv_pos_embedding_groups": 2,
    },
}
NAMES = (*SIZES, "demo")


def make_model(name, folder):
    """A model's folder; random weights are written once and reused.

    Arguments
    ---------
    name : str
        One of `NAMES`: "demo" is the recipe's own encoder.
    folder : str or Path
        Where folders of random models are kept.

    Returns
    -------
    folder : Path
        In Hugging Face form, for `Wav2Vec2Model` and the recipe's `encoder`.
    """
    if name == "demo":
        return DEMO
    model_folder = Path(folder) / name
    done = model_folder / "preprocessor_config.json"
    if not done.is_file():
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            model = Wav2Vec2Model(Wav2Vec2Config(**XLS_R, **SIZES[name]))
        model.save_pretrained(model_folder)
        Wav2Vec2FeatureExtractor(
            do_normalize=True, return_attention_mask=True
        ).save_pretrained(model_folder)
    return model_folder


def frozen_layers(folder):
    """Transformer layers frozen from below: a third, 8 of XLS-R's 24."""
    config = json.loads(Path(folder, "config.json").read_text("utf-8"))
    return config["num_hidden_layers"] // 3
