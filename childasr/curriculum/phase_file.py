"""The settings of a phase file, read without building its objects."""

import contextlib
import io
from pathlib import Path

from hyperpyyaml import resolve_references
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from childasr.curriculum.options import refuse_unknown
from childasr.curriculum.phase_values import check_values
from childasr.errors import InputError
from childasr.plain_yaml import refuse_code

# What is read of it beside what its own objects take.
NEEDED = (
    *("phase", "output_folder", "start_from", "manifest_folder"),
    *("train_manifest", "valid_manifest", "data_root", "data_folder"),
    *("skip_prep", "evaluate_test", "target_wer", "acceptable_wer"),
    *("number_of_epochs", "warmup_steps", "batch_size", "fixed_batches"),
    *("precision", "seed", "num_workers", "ckpt_interval_minutes"),
    *("max_unreadable_share", "speed_perturb_prob", "units", "vocab_size"),
    *("full_finetune", "freeze_layers"),
    *("lora_rank", "lora_alpha", "lora_targets"),
)


def read_scalars(path, overrides=None):
    """Read the top-level plain values, and lists of them, of a phase file.

    References (`!ref`) are resolved; whatever would build an object is left
    out, so this takes no time and needs no GPU.

    Arguments
    ---------
    path : str or Path
        A HyperPyYAML file.
    overrides : dict or None
        Settings that take the place of the file's own.

    Returns
    -------
    scalars : dict

    Example
    -------
    >>> file = getfixture("tmp_path") / "phase1.yaml"
    >>> text = "lr: 5e-4\\nout: a\\nlog: !ref <out>/log\\nnet: !new:Net\\n"
    >>> _ = file.write_text(text)
    >>> read_scalars(file, {"out": "b"})
    {'lr': 0.0005, 'out': 'b', 'log': 'b/log'}
    """
    with _named(path), open(path, encoding="utf-8") as file:
        resolved = resolve_references(file, overrides or {})
        tree = YAML().load(io.StringIO(resolved.getvalue()))
    return {
        key: _plain(value)
        for key, value in _mapping(path, tree).items()
        if _is_data(value)
    }


def read_config(path, overrides):
    """Read all that a phase file sets: what two trainings are compared by.

    Of an object, references stay as they are written: what they stand for is
    a setting of its own. Files that it includes are read too.

    Arguments
    ---------
    path : str or Path
    overrides : dict
        As for `read_scalars`.

    Returns
    -------
    config : dict
        What `read_scalars` gives, and for each other top-level key what the
        object is made of: name to text. A tag has the name `class`.

    Example
    -------
    >>> file = getfixture("tmp_path") / "phase1.yaml"
    >>> text = "lr: 5e-4\\nadam: !name:torch.optim.AdamW\\n  lr: !ref <lr>\\n"
    >>> _ = file.write_text(text)
    >>> read_config(file, {"lr": 1})
    {'lr': 1, 'adam': {'class': '!name:torch.optim.AdamW', 'lr': '!ref <lr>'}}
    """
    plain = read_scalars(path, overrides)
    folder = Path(path).resolve().parent
    with _named(path):
        return plain | {
            key: _parts(value, folder) | _parts(overrides.get(key, {}), folder)
            for key, value in _load(path).items()
            if key not in plain
        }


def read_own(path):
    """Read the plain values of a phase file, which overrides may change.

    Arguments
    ---------
    path : str or Path

    Returns
    -------
    own : dict
        As of `read_scalars`.

    Raises
    ------
    InputError
        Also where it lacks what every phase has.

    Example
    -------
    >>> file = getfixture("tmp_path") / "arm.yaml"
    >>> _ = file.write_text("lr: 5e-4\\n")
    >>> read_own(file)
    Traceback (most recent call last):
    childasr.errors.InputError: ... lacks phase, output_folder, start_from, ...
    """
    own = read_scalars(path)
    refuse_incomplete(path, own)
    return own


def refuse_incomplete(path, keys):
    """Refuse a file that lacks what every phase has.

    Arguments
    ---------
    path : str or Path
    keys : iterable of str
        Of the file.
    """
    missing = [key for key in NEEDED if key not in keys]
    if missing:
        more = f" and {len(missing) - 4} more" if missing[4:] else ""
        raise InputError(
            f"{path} is no phase file, as it lacks {', '.join(missing[:4])}"
            f"{more}: give one, such as hparams/phase1.yaml"
        )


def read_phase(path, overrides, where):
    """Read what a training of a phase file will be told, and check it.

    Arguments
    ---------
    path : str or Path
    overrides : dict
        Settings that take the place of the file's own.
    where : str
        What to call them in messages.

    Returns
    -------
    config : dict
        As of `read_config`.

    Raises
    ------
    InputError
        For an override that the file does not have or that would be run, and
        for a value that would end the phase badly.
    """
    known = read_keys(path)
    refuse_incomplete(path, known)
    refuse_unknown(overrides, known, where)
    refuse_code(overrides, where)
    config = read_config(path, overrides)
    check_values(config, where)
    return config


def read_keys(path):
    """Read the names of all top-level keys of a phase file.

    Example
    -------
    >>> file = getfixture("tmp_path") / "phase1.yaml"
    >>> _ = file.write_text("lr: 5e-4\\nnet: !new:Net\\n")
    >>> read_keys(file)
    ['lr', 'net']
    """
    with _named(path):
        tree = _load(path)
    return list(_mapping(path, tree))


def _mapping(path, tree):
    if not isinstance(tree, dict):
        raise InputError(
            f"{path} is no phase file, as it has no keys: give one, such as "
            "hparams/phase1.yaml"
        )
    return tree


def _load(path):
    with open(path, encoding="utf-8") as file:
        return YAML().load(file)


@contextlib.contextmanager
def _named(path):
    """Name the file in what goes wrong when it is read."""
    try:
        yield
    except OSError as error:
        raise InputError(f"no phase file {path}: give its path") from error
    # HyperPyYAML raises all of these for what a file says.
    except (
        YAMLError,
        ValueError,
        TypeError,
        LookupError,
        ArithmeticError,
        RecursionError,
    ) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path} cannot be read: {reason}") from error


def _is_data(value):
    if isinstance(value, list):
        return not value.tag.value and all(map(_is_data, value))
    return value is None or isinstance(value, (bool, int, float, str))


def _plain(value):
    """Turn ruamel's lists, formatted numbers and strings into Python's own."""
    if isinstance(value, list):
        return [_plain(part) for part in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def _parts(value, folder, path=()):
    """Name to text of all that is in a value as ruamel reads it."""
    tag = getattr(getattr(value, "tag", None), "value", None) or ""
    parts = {}
    if tag.startswith("!include:"):
        file = folder / tag.removeprefix("!include:")
        parts = _parts(_load(file), file.resolve().parent, path)
    if not isinstance(value, (dict, list)):
        text = value.value if tag else value
        return parts | {".".join(path) or "class": f"{tag} {text}".strip()}
    if tag:
        parts[".".join((*path, "class"))] = tag
    inner = value if isinstance(value, dict) else dict(enumerate(value))
    for key, part in inner.items():
        parts |= _parts(part, folder, (*path, str(key)))
    return parts
