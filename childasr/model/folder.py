"""Model folders from strangers: data that is loaded, never code that is run."""

import json
from pathlib import Path

from childasr.errors import InputError

CONFIGS = ("config.json", "preprocessor_config.json", "tokenizer_config.json")
# Each makes transformers import code or read files that the folder names:
# custom classes, other packages, and weights elsewhere.
FOREIGN = ("auto_map", "quantization_config")
ADAPTER = "adapter_config.json"
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
    for path in folder.glob("*.index.json"):
        for name in dict(_read_object(path).get("weight_map") or {}).values():
            if name != Path(str(name)).name:
                raise InputError(
                    f"{path} names weights outside the folder ({name}): give "
                    "a whole model"
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
