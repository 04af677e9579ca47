"""What the values of a phase file may be."""

import math

from childasr.errors import InputError
from childasr.text.units import UNIT_KINDS


def _is_number(value):
    return type(value) in (int, float) and math.isfinite(value)


def _is_text(value):
    return isinstance(value, str) and value != ""


def _is_names(value):
    return isinstance(value, list) and all(map(_is_text, value))


def _is_count(value):
    return type(value) is int and value >= 0


POSITIVE = "a number above 0"
NOT_NEGATIVE = "a number, 0 or more"
SHARE = "a number from 0 to 1"
COUNT = "a whole number, 0 or more"
FROM_1 = "a whole number, 1 or more"
SWITCH = "True or False"
NAME = "a name"
NAMES = "a list of names"
PATH = "a path"
ANY_PATH = "a path, or null"
UNITS = f"one of {', '.join(UNIT_KINDS)}"
RATE = "a fraction, such as 0.15 for 15 %"
GAIN = "a fraction, such as 0.005 for half a point"
# With more errors than words a WER is above 1; above 2, percent are meant.
HIGHEST_RATE = 2
LARGEST_GAIN = 0.1  # half a point in percent is 0.5
FITS = {
    POSITIVE: lambda value: _is_number(value) and value > 0,
    NOT_NEGATIVE: lambda value: _is_number(value) and value >= 0,
    SHARE: lambda value: _is_number(value) and 0 <= value <= 1,
    COUNT: _is_count,
    FROM_1: lambda value: _is_count(value) and value > 0,
    SWITCH: lambda value: isinstance(value, bool),
    NAME: _is_text,
    NAMES: _is_names,
    PATH: _is_text,
    ANY_PATH: lambda value: value is None or _is_text(value),
    UNITS: lambda value: value in UNIT_KINDS,
    RATE: lambda value: _is_number(value) and 0 < value <= HIGHEST_RATE,
    GAIN: lambda value: _is_number(value) and 0 <= value <= LARGEST_GAIN,
}
WANTED = {
    POSITIVE: ("lr", "max_grad_norm", "lora_alpha"),
    NOT_NEGATIVE: ("final_lr", "weight_decay", "ckpt_interval_minutes"),
    RATE: ("target_wer", "acceptable_wer"),
    GAIN: ("min_delta",),
    NAME: ("phase",),
    NAMES: ("lora_targets",),
    PATH: (
        *("manifest_folder", "train_manifest", "valid_manifest"),
        *("output_folder", "encoder", "units_from"),
    ),
    ANY_PATH: ("start_from", "data_root", "data_folder"),
    UNITS: ("units",),
    SHARE: (
        *("ema_decay", "max_unreadable_share", "spec_augment_prob"),
        *("speed_perturb_prob", "lora_dropout"),
    ),
    COUNT: (
        *("seed", "warmup_steps", "nonfinite_patience", "num_workers"),
        *("freeze_layers", "lora_rank", "log_examples"),
    ),
    FROM_1: (
        *("number_of_epochs", "batch_size", "grad_accumulation_factor"),
        *("patience", "vocab_size"),
    ),
    SWITCH: (
        *("skip_prep", "evaluate_test", "fixed_batches", "full_finetune"),
        "wandb",
    ),
}
HINTS = {
    "max_grad_norm": ", such as 1e9 where nothing is to be clipped",
    "encoder": ", or a name on the hub",
    "lora_targets": ", such as [q_proj, v_proj]",
}


def check_values(config, where):
    """Refuse values with which a phase would end badly, or train nothing.

    Arguments
    ---------
    config : dict
        As of `read_scalars`; settings that it lacks are not looked at.
    where : str or Path
        For the message.

    Raises
    ------
    InputError
        Names the first that is wrong, and what may be given.

    Example
    -------
    >>> check_values({"patience": 4, "lr": 5e-4}, "phase1.yaml")
    >>> check_values({"patience": 0}, "phase1.yaml")
    Traceback (most recent call last):
    childasr.errors.InputError: phase1.yaml: patience is 0: give a whole ...
    """
    for wanted, keys in WANTED.items():
        for key in keys:
            if key in config and not FITS[wanted](config[key]):
                raise InputError(
                    f"{where}: {key} is {config[key]!r}: give {wanted}"
                    f"{HINTS.get(key, '')}"
                )
    target, acceptable = map(config.get, WANTED[RATE])
    if None not in (target, acceptable) and target > acceptable:
        raise InputError(
            f"{where}: target_wer is {target}, above acceptable_wer, "
            f"{acceptable}: give a lower target, or accept more"
        )
    rate, final = config.get("lr"), config.get("final_lr")
    if None not in (rate, final) and final >= rate:
        raise InputError(
            f"{where}: final_lr is {final}, not below lr, {rate}: give a "
            "lower one, as the rate falls from lr to it"
        )
