"""What kind of model a folder holds, and what may go on from it."""

from pathlib import Path

from childasr.errors import InputError
from childasr.text.files import read_json

ORIGIN = "childasr.json"
OWN = ("phase", "full_finetune")  # may differ from phase to phase


def known_origin(config):
    """What the settings of a phase say of the models that it makes.

    Arguments
    ---------
    config : dict

    Returns
    -------
    origin : dict

    Example
    -------
    >>> config = {"phase": "phase1", "units": "jamo", "full_finetune": False}
    >>> config |= {"freeze_layers": 8, "lora_rank": 16, "lora_alpha": 32}
    >>> known_origin(config | {"lora_targets": ["v_proj", "q_proj"]})
    {'phase': 'phase1', ..., 'lora_targets': ['q_proj', 'v_proj']}
    """
    return {
        "phase": config["phase"],
        "units": config["units"],
        "full_finetune": config["full_finetune"],
        "freeze_layers": config["freeze_layers"],
        "lora_rank": config["lora_rank"],
        "lora_alpha": config["lora_alpha"],
        "lora_targets": sorted(config["lora_targets"]),
    }


def read_origin(model):
    """Read what a `best_model` or `final_model` folder says of its kind.

    Arguments
    ---------
    model : str or Path

    Returns
    -------
    origin : dict

    Raises
    ------
    InputError
        It holds no model of a phase, or a damaged one.

    Example
    -------
    >>> read_origin("no/such/best_model")
    Traceback (most recent call last):
    childasr.errors.InputError: start_from no/such/best_model: no model of ...
    """
    path = Path(model) / ORIGIN
    if not path.is_file():
        raise InputError(
            f"start_from {model}: no model of an earlier phase there: "
            "train that phase first, or give --start_from"
        )
    try:
        origin = read_json(path)
        if isinstance(origin, dict):
            return origin
        raise ValueError("it holds no settings")
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read ({error}): take the model from where it "
            "was trained, or give another start_from"
        ) from error


def check_start(config, name):
    """Refuse a start from a model of another kind, as far as settings tell.

    Arguments
    ---------
    config : dict
        Of the phase.
    name : str
        What to call the training in messages.

    Raises
    ------
    InputError
        As of `read_origin` and `check_origin`.

    Example
    -------
    >>> check_start({"start_from": None}, "phase1")
    """
    start = config["start_from"]
    if start:
        where = f"{name}: start_from {start}"
        check_origin(read_origin(start), known_origin(config), where)


def check_origin(found, origin, where):
    """Refuse to go on from a model of another kind.

    Arguments
    ---------
    found, origin : dict
        What the model is, and what this phase's are; every key of the second
        must agree, but for those in `OWN`.
    where : str or Path
        For the message.

    Raises
    ------
    InputError
        The first difference by name, or a model that was trained in full: of
        that a phase would load some layers, and the rest as pretrained.

    Example
    -------
    >>> found = {"lora_rank": 16, "full_finetune": False}
    >>> check_origin(found, found | {"full_finetune": True}, "phase4")
    >>> check_origin(found, {"lora_rank": 32}, "phase2")
    Traceback (most recent call last):
    childasr.errors.InputError: phase2: its lora_rank is 16, this phase's is ...
    """
    refuse_other_origin(found, origin, where)
    if found.get("full_finetune"):
        raise InputError(
            f"{where}: every parameter of it was trained, and no phase starts "
            "from such a model: give the one that it started from"
        )


def refuse_other_origin(found, origin, where):
    """As `check_origin`, for a checkpoint: all may be trained there.

    Arguments
    ---------
    found, origin, where
        As for `check_origin`.
    """
    for key, value in origin.items():
        if key not in OWN and found.get(key) != value:
            raise InputError(
                f"{where}: its {key} is {found.get(key)}, "
                f"this phase's is {value}: keep encoder, units and LoRA the "
                "same in all phases"
            )
