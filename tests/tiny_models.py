"""Model folders small enough to make in a test."""

from pathlib import Path

import torch
from transformers import (
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
    Wav2Vec2Model,
)


def tiny_config(layers=2, width=16, **overrides):
    """XLS-R's shape (layer norm, stable layer norm, 320-fold CNN), narrow."""
    settings = {
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": 2,
        "intermediate_size": 2 * width,
        "feat_extract_norm": "layer",
        "conv_bias": True,
        "do_stable_layer_norm": True,
        "conv_dim": [width] * 7,
        "conv_kernel": [10, 3, 3, 3, 3, 2, 2],
        "conv_stride": [5, 2, 2, 2, 2, 2, 2],
        "num_conv_pos_embeddings": 16,
        "num_conv_pos_embedding_groups": 2,
        # Above 0, or the model would have no learned mask embedding.
        "mask_time_prob": 0.075,
    }
    return Wav2Vec2Config(**(settings | overrides))


def tiny_encoder(folder, layers=2, width=16, seed=0, **overrides):
    """Write a random `Wav2Vec2Model` folder in Hugging Face form.

    Arguments
    ---------
    folder : str or Path
        Where config.json, model.safetensors and preprocessor_config.json go.
    layers, width : int
        Transformer layers and their width; the CNN has the same width.
    seed : int
        Of the random weights; the caller's random state is left alone.
    **overrides
        Of `Wav2Vec2Config`.

    Returns
    -------
    folder : Path
    """
    return _save(
        Wav2Vec2Model, tiny_config(layers, width, **overrides), folder, seed
    )


def tiny_recogniser(folder, units, layers=2, width=16, seed=0):
    """Write a random exported model: CTC head, tokenizer, feature extractor.

    Arguments
    ---------
    units : childasr.text.units.TextUnits
        What the head's outputs mean.
    """
    from childasr.export.tokenizer import save_tokenizer

    config = tiny_config(
        layers,
        width,
        vocab_size=units.size,
        pad_token_id=units.blank_id,
        bos_token_id=None,
        eos_token_id=None,
    )
    save_tokenizer(units, _save(Wav2Vec2ForCTC, config, folder, seed))
    return Path(folder)


def _save(model_class, config, folder, seed):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model_class(config).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(
        feature_size=1,
        sampling_rate=16000,
        padding_value=0.0,
        do_normalize=True,
        return_attention_mask=True,
    ).save_pretrained(folder)
    return Path(folder)
