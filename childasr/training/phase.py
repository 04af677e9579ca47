"""From a phase file to a phase that is ready to train."""

import contextlib
import difflib
import os
import shutil
import tempfile
from pathlib import Path

import yaml
from hyperpyyaml import load_hyperpyyaml
from speechbrain.utils.checkpoints import CKPT_PREFIX
from speechbrain.utils.distributed import if_main_process
from speechbrain.utils.run_opts import HELP_TEXTS

from childasr.curriculum.phase_file import (
    read_keys,
    read_phase,
    refuse_incomplete,
)
from childasr.errors import InputError
from childasr.export.model import encoder_fingerprint
from childasr.export.origin import check_origin, known_origin, read_origin
from childasr.model.adapter import load_adapter, load_layers
from childasr.plain_yaml import read_plain, refuse_code
from childasr.text.files import NO_SPACE
from childasr.training.agreement import first_alone
from childasr.training.command_line import KEPT
from childasr.training.vocabulary import vocabulary_hash

# SpeechBrain's options that this training does not have, and what has.
INSTEAD = {
    "test_only": "test a model with evaluate.py",
    "eval_precision": "give --precision",
    "auto_mix_prec": "give --precision fp16",
    "bfloat16_mix_prec": "give --precision bf16",
    "optimizer_step_limit": "give --number_of_epochs",
}


def read_phase_file(path, overrides):
    """The values of a phase file, without building its objects.

    Arguments
    ---------
    path : str
        A HyperPyYAML file.
    overrides : str
        YAML, as `parse_arguments` gives it.

    Returns
    -------
    dict
        As of `read_config`.

    Raises
    ------
    InputError
        No such file, a key that it does not have, a value that would end the
        phase badly, or an override that would be run: code belongs in the
        file alone.
    """
    if not os.path.isfile(path):
        raise InputError(f"no phase file {path}: give hparams/phase1.yaml")
    settings, known = _plain_overrides(overrides), read_keys(path)
    refuse_incomplete(path, known)
    for key in settings:
        if key not in known:
            near = difflib.get_close_matches(str(key), [*known, *KEPT], 1)
            hint = f"did you mean --{near[0]}?" if near else f"see {path}"
            if key in HELP_TEXTS:
                hint = INSTEAD.get(key, f"add it to {path}")
            raise InputError(f"--{key}: no such key in {path}: {hint}")
    return read_phase(path, settings, path)


@contextlib.contextmanager
def kept_apart(path, overrides, run_opts):
    """Let `--debug` train into a folder that goes when it ends.

    SpeechBrain does so with checkpoints alone: the model and the gate of a
    few batches would take the place of those of a phase.

    Arguments
    ---------
    path : str
        The phase file. The folder is made above its output folder, on a disk
        that all machines share.
    overrides : str
        YAML, as `parse_arguments` gives it.
    run_opts : speechbrain.utils.run_opts.RunOptions

    Yields
    ------
    overrides : str
    """
    if not run_opts.debug:
        yield overrides
        return
    folder = first_alone(_make_folder_above, path, overrides)
    settings = _plain_overrides(overrides) | {"output_folder": folder}
    try:
        yield yaml.safe_dump(settings)
    finally:
        if if_main_process():
            _remove(folder)


def _make_folder_above(path, overrides):
    asked = Path(read_phase_file(path, overrides)["output_folder"]).absolute()
    parent = asked.parent
    try:
        parent = next(folder for folder in asked.parents if folder.is_dir())
        return tempfile.mkdtemp(prefix="debug.", dir=parent)
    except OSError as error:
        if error.errno in NO_SPACE:
            raise
        raise InputError(
            f"cannot write to {parent} ({error.strerror}): give another "
            "output_folder"
        ) from error


def _remove(folder):
    shutil.rmtree(folder, ignore_errors=True)
    # A network disk keeps the logs, which are open until the process ends.
    if os.path.exists(folder):
        print(f"delete {folder} yourself: its disk does not let it go yet")


def load_phase_file(path, overrides):
    """Build the objects of a phase file that `read_phase_file` has checked."""
    with open(path, encoding="utf-8") as file:
        return load_hyperpyyaml(file, _plain_overrides(overrides))


def _plain_overrides(text):
    where = f"overrides {text!r}"
    settings = read_plain(text, where) or {}
    if not isinstance(settings, dict):
        raise InputError(f"{where}: no settings: give them as --key value")
    refuse_code(settings, where)
    return settings


def origin_of(hparams):
    """What a model of this phase must share with the one it starts from.

    Arguments
    ---------
    hparams : dict
        Before LoRA is merged.

    Returns
    -------
    dict
    """
    return known_origin(hparams) | {
        "vocabulary_sha256": vocabulary_hash(hparams["text_units"]),
        "encoder_sha256": encoder_fingerprint(hparams["wav2vec2"]),
    }


def refuse_lost_checkpoints(folder):
    """Refuse to train a phase anew that is done.

    Arguments
    ---------
    folder : str or Path
        The phase folder; it may be missing.

    Raises
    ------
    InputError
        Its gate is there, and no checkpoint that says that nothing is left to
        train: the model and the log would be overwritten.

    Example
    -------
    >>> refuse_lost_checkpoints(getfixture("tmp_path"))
    """
    save = Path(folder, "save")
    is_done = Path(folder, "gate.json").is_file()
    if is_done and not any(save.glob(f"{CKPT_PREFIX}*")):
        raise InputError(
            f"{folder} is of a phase that is done, and {save} has no "
            "checkpoint any more: nothing is left to train; to train it "
            "again, move the folder away"
        )


def load_start(hparams, origin):
    """Give the modules the weights that the phase starts from.

    A phase that has a checkpoint will load everything from that.

    Arguments
    ---------
    hparams : dict
        Its `wav2vec2` and `ctc_head` are changed in place.
    origin : dict
        From `origin_of`.
    """
    encoder, head = hparams["wav2vec2"], hparams["ctc_head"]
    start = hparams["start_from"]
    if start:
        check_origin(read_origin(start), origin, start)
        if encoder.lora is None:
            load_layers(encoder, head, start)
        else:
            load_adapter(encoder, head, f"{start}/adapter")
    if hparams["full_finetune"]:
        encoder.merge_and_unfreeze()
