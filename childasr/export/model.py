"""Model folders that plain transformers loads, and the facts they carry."""

import hashlib
import shutil
from pathlib import Path

import torch
from transformers import Wav2Vec2ForCTC

from childasr.export.origin import ORIGIN
from childasr.export.replacement import put_in_place
from childasr.export.tokenizer import save_tokenizer
from childasr.model.adapter import merged_state_dict, save_adapter
from childasr.text.files import flush, write_json


def to_wav2vec2_for_ctc(encoder, head, blank_id):
    """The trained graph as a plain Wav2Vec2ForCTC, LoRA folded in.

    Arguments
    ---------
    encoder : Wav2Vec2Encoder
    head : torch.nn.Linear
    blank_id : int

    Returns
    -------
    transformers.Wav2Vec2ForCTC
        On the CPU, in eval mode.
    """
    config = type(encoder.config).from_dict(encoder.config.to_dict())
    config.vocab_size = head.out_features
    config.pad_token_id = blank_id
    config.bos_token_id = config.eos_token_id = None
    config.architectures = ["Wav2Vec2ForCTC"]
    state = {
        f"wav2vec2.{name}": tensor.detach().cpu().contiguous()
        for name, tensor in merged_state_dict(encoder.model).items()
    }
    for name, tensor in head.state_dict().items():
        state[f"lm_head.{name}"] = tensor.detach().cpu()
    with torch.device("meta"):
        model = Wav2Vec2ForCTC(config)
    model.load_state_dict(state, assign=True)
    return model.eval()


def save_model(encoder, head, units, folder, origin):
    """Write a model folder beside, then put it in the old one's place.

    Arguments
    ---------
    encoder : Wav2Vec2Encoder
    head : torch.nn.Linear
    units : TextUnits
    folder : str or Path
        Gets `model.safetensors`, `config.json`, `preprocessor_config.json`,
        the tokenizer's files, `childasr.json` (`origin`), and, where LoRA is
        trained, `adapter/`.
    origin : dict
        What `check_origin` compares when the next phase starts from here.
    """
    folder = Path(folder)
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        _write_model(encoder, head, units, partial, origin)
        for path in partial.rglob("*"):
            flush(path)
    except Exception:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    put_in_place(partial, folder)


def _write_model(encoder, head, units, folder, origin):
    model = to_wav2vec2_for_ctc(encoder, head, units.blank_id)
    model.save_pretrained(folder)
    encoder.feature_extractor.save_pretrained(folder)
    save_tokenizer(units, folder)
    write_json(folder / ORIGIN, origin)
    if encoder.lora is not None:
        save_adapter(encoder, head, folder / "adapter")


def encoder_fingerprint(encoder):
    """A hash that tells one pretrained encoder from another.

    The first values of every weight that LoRA leaves as it was: whole, XLS-R's
    1.3 GB would take seconds to no further use.

    Arguments
    ---------
    encoder : Wav2Vec2Encoder
        Before anything is merged or trained in full.

    Returns
    -------
    str
        Hexadecimal.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(encoder.model.state_dict().items()):
        if ".lora_" not in name:
            digest.update(name.encode("utf-8"))
            values = tensor.detach().flatten()[:256].float().cpu()
            digest.update(values.numpy().tobytes())
    return digest.hexdigest()
