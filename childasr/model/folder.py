"""Model folders from strangers: data that is loaded, never code that is run."""

import json
from pathlib import Path

from transformers import Wav2Vec2Config

from childasr.errors import InputError

CONFIGS = ("config.json", "preprocessor_config.json", "tokenizer_config.json")
# Each makes transformers import code or read files that the folder names:
# custom classes, other packages, and weights elsewhere.
FOREIGN = ("auto_map", "quantization_config")
ADAPTER = "adapter_config.json"
# Beyond any wav2vec 2.0: of XLS-R 2B, 7,680 wide inside, 48 layers.
LARGEST, MOST_LAYERS = 2**20, 2**10
SIZES = (
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "vocab_size",
)
# What `from_pretrained` needs to hear. It would ask on the terminal whether
# custom code may run, and fetch an attention kernel that config.json names.
SAFE_LOADING = {"trust_remote_code": False, "weights_only": True}
ATTENTION = {"attn_implementation": "sdpa"}


def check_model_folder(folder, needed=(*CONFIGS, "model.safetensors")):
    """Refuse a folder in Hugging Face form that is more than data.

    Arguments
    ---------
    folder : str or Path
    needed : iterable of str
        Files that must be there.

    Raises
    ------
    InputError
        Naming the file, and what it lacks or asks for.

    Example
    -------
    >>> folder = getfixture("tmp_path")
    >>> _ = (folder / "config.json").write_text('{"auto_map": {}}')
    >>> check_model_folder(folder, needed=["config.json"])
    Traceback (most recent call last):
    childasr.errors.InputError: .../config.json asks for auto_map, ...
    """
    folder = Path(folder)
    for name in needed:
        if not (folder / name).is_file():
            raise InputError(
                f"no trained model in {folder}: it has no {name}; "
                "give one such as checkpoints/phase3_100h/best_model"
            )
    if (folder / ADAPTER).exists():
        raise InputError(
            f"{folder} has {ADAPTER}, which names another model: merge the "
            "adapter, or give a whole model"
        )
    for path in filter(Path.is_file, map(folder.joinpath, CONFIGS)):
        for key in FOREIGN:
            if key in _read_object(path):
                raise InputError(
                    f"{path} asks for {key}, with which a model brings code "
                    "or packages of its own: give a plain one"
                )
    if (folder / "config.json").is_file():
        _check_sizes(folder / "config.json")
    for path in folder.glob("*.index.json"):
        for name in dict(_read_object(path).get("weight_map") or {}).values():
            if name != Path(str(name)).name:
                raise InputError(
                    f"{path} names weights outside the folder ({name}): give "
                    "a whole model"
                )


def _check_sizes(path):
    """Refuse a model for which there are no weights, before it is built."""
    config = _read_object(path)
    if config.get("model_type") != "wav2vec2" or config.get("add_adapter"):
        raise InputError(
            f"{path} is of no plain wav2vec2 model: give one whose model_type "
            "is wav2vec2, without add_adapter"
        )
    for key, value in config.items():
        values = value if isinstance(value, list) else [value]
        largest = MOST_LAYERS if "layers" in key else LARGEST
        numbers = [number for number in values if isinstance(number, int)]
        if len(values) > MOST_LAYERS or max(numbers, default=0) > largest:
            raise InputError(
                f"{path}: {key} is beyond that of any wav2vec2 model: export "
                "the model again"
            )
    least, there = _least_weights(config), _weight_bytes(path.parent)
    if least > there:
        raise InputError(
            f"{path} describes {least:,} weights or more, for which {there:,} "
            "bytes are there: export the model again"
        )


def _least_weights(config):
    """Of the transformer layers and the head; 0 of sizes that are no sizes."""
    settings = Wav2Vec2Config().to_dict() | config
    sizes = [settings[key] for key in SIZES]
    if not all(isinstance(size, int) for size in sizes):
        return 0
    width, inner, layers, units = map(abs, sizes)
    return layers * (4 * width**2 + 2 * width * inner) + width * units


def _weight_bytes(folder):
    return sum(
        path.stat().st_size
        for path in folder.iterdir()
        if path.suffix in (".safetensors", ".bin")
    )


def _read_object(path):
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"{path} is no JSON ({error}): export the model again"
        ) from error
    if not isinstance(content, dict):
        raise InputError(f"{path} is no JSON object: export the model again")
    return content
