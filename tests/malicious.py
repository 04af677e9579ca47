"""What an attacker would bring: each thing leaves a mark if it is run."""

import io
import json
import pickle
import shutil
import struct
import tarfile

import torch

CODE = """
import transformers
open({mark!r}, "w").close()
class Config(transformers.Wav2Vec2Config): model_type = "evil"
class Model(transformers.Wav2Vec2Model): pass
class Tokenizer(transformers.PreTrainedTokenizerFast): pass
class Extractor(transformers.Wav2Vec2FeatureExtractor): pass
"""


class Bomb:
    """Unpickled, it leaves the mark."""

    def __init__(self, mark):
        self.mark = str(mark)

    def __reduce__(self):
        return open, (self.mark, "w")


def tagged_values(mark):
    """Values of a setting that a careless YAML loader would run."""
    run = f"[{str(mark)!r}, w]"
    return [
        f"!new:io.FileIO {run}",
        f"!apply:builtins.open {run}",
        f"!applyref:builtins.open {run}",
        f"!name:builtins.open {run}",
        f"!!python/object/apply:builtins.open {run}",
        f"!!python/object/new:io.FileIO {run}",
        f"(!!python/object/apply:builtins.open {run})",
        f'"(!!python/object/apply:builtins.open {run})"',
        "!include:/etc/passwd",
        "!copy <seed>",
        "!ref <seed>",
        "!module:this",
        "<seed.__class__>",
        f"1\nlr: !apply:builtins.open {run}",
        f"{{a: !apply:builtins.open {run}}}",
    ]


def set_keys(path, **keys):
    """Change keys of a JSON file."""
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | keys), encoding="utf-8")


def _code(folder, mark):
    (folder / "evil.py").write_text(CODE.format(mark=str(mark)))


def pickled_weights(folder, mark):
    (folder / "model.safetensors").unlink()
    torch.save({"w": Bomb(mark)}, folder / "pytorch_model.bin")


def pickled_speechbrain_weights(folder, mark):
    (folder / "model.safetensors").unlink()
    torch.save(Bomb(mark), folder / "wav2vec2.ckpt")


def pickle_named_safetensors(folder, mark):
    (folder / "model.safetensors").write_bytes(pickle.dumps(Bomb(mark)))


def custom_config(folder, mark):
    _code(folder, mark)
    classes = {"AutoConfig": "evil.Config", "AutoModel": "evil.Model"}
    set_keys(folder / "config.json", auto_map=classes, model_type="evil")


def custom_extractor(folder, mark):
    _code(folder, mark)
    set_keys(
        folder / "preprocessor_config.json",
        auto_map={"AutoFeatureExtractor": "evil.Extractor"},
    )


def custom_tokenizer(folder, mark):
    _code(folder, mark)
    config = folder / "tokenizer_config.json"
    if not config.is_file():
        config.write_text("{}")
    classes = {"AutoTokenizer": [None, "evil.Tokenizer"]}
    set_keys(config, auto_map=classes, tokenizer_class="Tokenizer")


def other_base_model(folder, mark):
    other = folder.with_name(f"{folder.name}_other")
    shutil.copytree(folder, other)
    adapter = {"peft_type": "LORA", "base_model_name_or_path": str(other)}
    (folder / "adapter_config.json").write_text(json.dumps(adapter))


def weights_elsewhere(folder, mark):
    outside = folder.with_name(f"{folder.name}_outside.safetensors")
    (folder / "model.safetensors").rename(outside)
    index = {"metadata": {}, "weight_map": {"w": f"../{outside.name}"}}
    path = folder / "model.safetensors.index.json"
    path.write_text(json.dumps(index))


def quantised_by_another_package(folder, mark):
    quantisation = {"quant_method": "bitsandbytes", "load_in_8bit": True}
    set_keys(folder / "config.json", quantization_config=quantisation)


def link_to_a_secret(folder, mark):
    secret = folder.with_name(f"{folder.name}_secret")
    secret.write_text("s3cret")
    (folder / "config.json").unlink()
    (folder / "config.json").symlink_to(secret)


MODEL_FOLDERS = (
    pickled_weights,
    pickled_speechbrain_weights,
    pickle_named_safetensors,
    custom_config,
    custom_extractor,
    custom_tokenizer,
    other_base_model,
    weights_elsewhere,
    quantised_by_another_package,
    link_to_a_secret,
)


def flac_bomb(rate=96_000, channels=8, samples=2**36 - 1):
    """A FLAC of 42 bytes whose header claims 2 TiB of samples."""
    bits = 24
    packed = rate << 44 | (channels - 1) << 41 | (bits - 1) << 36 | samples
    info = struct.pack(">HH3s3sQ16s", 4096, 4096, b"", b"", packed, b"")
    return b"fLaC" + b"\x80\x00\x00\x22" + info


def tar_of(members):
    """A tar archive.

    Arguments
    ---------
    members : list of tuple
        Name, content, and further fields of its `tarfile.TarInfo`.
    """
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, content, fields in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            for field, value in fields.items():
                setattr(member, field, value)
            tar.addfile(member, io.BytesIO(content))
    return file.getvalue()
