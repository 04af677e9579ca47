"""What a phase folder says about its phase: the only record of progress."""

from pathlib import Path

from safetensors import SafetensorError, safe_open

from childasr.errors import InputError
from childasr.text.files import file_sha256, read_json

# Settings that say where or how fast, and change nothing in the model.
NOT_LEARNT = {
    "manifest_folder",
    "train_manifest",
    "valid_manifest",
    "data_root",
    "data_folder",
    "skip_prep",
    "evaluate_test",
    "num_workers",
    "ckpt_interval_minutes",
    "nonfinite_patience",
    "max_unreadable_share",
    "log_examples",
    "wandb",
    "train_logger",
    "curves",
    "checkpointer",
}
MODEL_FILES = ("model.safetensors", "config.json", "preprocessor_config.json")
ADAPTER = "adapter/adapter_model.safetensors"  # as peft names it
# Hash: what it is of, and the setting that says where that lies.
CONTENTS = {
    "train_manifest_sha256": ("training manifest", "train_manifest"),
    "valid_manifest_sha256": ("validation manifest", "valid_manifest"),
    "start_model_sha256": ("model to start from", "start_from"),
}


def read_gate(folder):
    """Read `gate.json` of a phase that is done; None of one that is not.

    The gate is written last, so a phase is done when its gate and a whole
    best model are there.

    Arguments
    ---------
    folder : str or Path
        The phase folder; it may be missing.

    Returns
    -------
    gate : dict or None

    Example
    -------
    >>> read_gate(getfixture("tmp_path"))
    """
    gate = _read_json(Path(folder) / "gate.json")
    if gate is None or missing_from_model(Path(folder) / "best_model"):
        return None
    return gate


def read_log(folder):
    """Read `training_log.json`; None where training has not begun.

    Example
    -------
    >>> read_log(getfixture("tmp_path"))
    """
    return _read_json(Path(folder) / "training_log.json")


def missing_from_model(model):
    """List the files that a model folder lacks, or that are cut short.

    Example
    -------
    >>> missing_from_model(getfixture("tmp_path"))
    ['model.safetensors', 'config.json', 'preprocessor_config.json']
    """
    return [name for name in MODEL_FILES if not _is_whole(Path(model) / name)]


def refuse_damaged(folder):
    """Refuse a phase that was done and has lost what it was to leave.

    In its folder no epoch is left to train, so that train.py would write
    neither the best model nor the log anew.

    Arguments
    ---------
    folder : str or Path
        The phase folder; it may be missing.

    Raises
    ------
    InputError
        Names each file.

    Example
    -------
    >>> refuse_damaged(getfixture("tmp_path"))
    """
    folder = Path(folder)
    if _read_json(folder / "gate.json") is None:
        return
    lost = missing_from_model(folder / "best_model")
    lost = [f"best_model/{name}" for name in lost]
    if read_log(folder) is None:
        lost.append("training_log.json")
    if lost:
        raise InputError(
            f"{folder} is of a phase that is done, but without a whole "
            f"{', '.join(lost)}: move the folder away, and the phase is "
            "trained again"
        )


def content_hashes(config):
    """What the files hold that a phase learns from, judges by, starts from.

    The same names may stand for other contents than when it was trained.

    Arguments
    ---------
    config : dict
        The settings of a phase.

    Returns
    -------
    hashes : dict
        SHA-256 of the manifests and of the model to start from: of its LoRA
        and head alone, where it has them (6 MB of 1.3 GB). None where there is
        no file.

    Example
    -------
    >>> folder = getfixture("tmp_path")
    >>> _ = (folder / "model.safetensors").write_bytes(b"weights")
    >>> config = {"train_manifest": "none.csv", "start_from": folder}
    >>> hashes = content_hashes(config)
    >>> hashes["train_manifest_sha256"], hashes["start_model_sha256"][:8]
    (None, '9a129038')
    """
    start = config.get("start_from")
    files = {
        "train_manifest_sha256": config.get("train_manifest"),
        "valid_manifest_sha256": config.get("valid_manifest"),
        "start_model_sha256": start and weights_of(start),
    }
    return {
        name: file_sha256(file) if file and Path(file).is_file() else None
        for name, file in files.items()
    }


def weights_of(model):
    """Which file of a model is hashed, as a phase starts from it.

    Example
    -------
    >>> weights_of("pilot").as_posix()
    'pilot/model.safetensors'
    """
    adapter = Path(model, ADAPTER)
    return adapter if adapter.is_file() else Path(model, "model.safetensors")


def refuse_other_config(folder, asked):
    """Refuse a phase folder that was trained with other settings or data.

    Arguments
    ---------
    folder : str or Path
        The phase folder; nothing is recorded before its first epoch.
    asked : dict
        What is read now of its phase file, with overrides.

    Raises
    ------
    InputError
        Names each setting that differs, and each manifest or model that is
        not what it was.

    Example
    -------
    >>> asked = {"output_folder": "checkpoints/phase1_20h", "lr": 1e-4}
    >>> refuse_other_config(getfixture("tmp_path"), asked)
    """
    log = read_log(folder)
    if log is not None:
        asked = asked | content_hashes(asked)
        refuse_other_settings(log["config"], asked, folder)


def refuse_other_settings(recorded, asked, where):
    """As `refuse_other_config`, for settings that are read already.

    Arguments
    ---------
    recorded, asked : dict
        Those of the training, and those of now, each with `content_hashes`.
    where : str or Path
        For the message.
    """
    root = Path(asked.get("output_folder", "")).parent
    different = [
        (key, was, now)
        for key, was, now in _pairs(recorded, asked)
        if not _same(key, was, now, root)
    ]
    remedy = "ask for the same, or move the folder away"
    if all(_is_gone(key, asked) for key, _, _ in different):
        remedy = "put it back"
    if different:
        said = "; ".join(_difference(*values, asked) for values in different)
        raise InputError(
            f"{where} was trained with other settings or data: {said}; {remedy}"
        )


def _difference(key, was, now, asked):
    if key in CONTENTS:
        what, setting = CONTENTS[key]
        said = "is not there" if _is_gone(key, asked) else "is not what it was"
        return f"the {what} {_show(asked.get(setting))} {said}"
    return f"{key} was {_show(was)}, now {_show(now)}"


def _is_gone(key, asked):
    """Whether a file is asked for that there is not."""
    _, setting = CONTENTS.get(key, (None, None))
    return bool(asked.get(setting)) and asked.get(key) is None


def _pairs(recorded, asked):
    """What teaches, as it was and as it is asked for; objects part by part."""
    for key in recorded | asked:
        was, now = recorded.get(key), asked.get(key)
        if key in NOT_LEARNT:
            continue
        if isinstance(was, dict) and isinstance(now, dict):
            for part in was | now:
                yield f"{key}.{part}", was.get(part), now.get(part)
        else:
            yield key, was, now


def _same(key, recorded, asked, root):
    if recorded == asked:
        return True
    if not isinstance(asked, str):
        return False
    path, was = Path(asked), Path(str(recorded))
    # From elsewhere an encoder's folder is found by its absolute path; that its
    # weights are the same is told by their hash.
    if key == "encoder" and path.is_absolute() != was.is_absolute():
        short, long = sorted((path.parts, was.parts), key=len)
        return path.is_dir() and long[-len(short) :] == short
    # Where the phases lie is no setting: the same folders may be reached by
    # another path, so only what comes below their root is compared.
    if root == Path():
        return path.absolute() == was.absolute()
    if not path.is_relative_to(root) or path == root:
        return False
    below = path.relative_to(root).parts
    return was.parts[-len(below) :] == below


def _show(value):
    if isinstance(value, dict):  # an object, by its class
        return value.get("class", "set")
    return "not set" if value is None else str(value)


def _is_whole(path):
    if not path.is_file() or path.stat().st_size == 0:
        return False
    if path.suffix != ".safetensors":
        return True
    try:
        # Opening compares the size with the header and reads no tensor.
        with safe_open(path, framework="numpy"):
            return True
    except SafetensorError:
        return False


def _read_json(path):
    try:
        return read_json(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}): let it be read, or "
            "move it away"
        ) from error
    except ValueError as error:
        raise InputError(
            f"{path} is damaged ({error}): move its folder away, and the "
            "phase is trained again"
        ) from error
