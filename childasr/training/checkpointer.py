"""Checkpoints that are whole or not there."""

import contextlib
import hashlib
import os
import shutil

import torch
from safetensors.torch import load_file, save_file
from speechbrain.utils.checkpoints import (
    CKPT_PREFIX,
    Checkpointer,
    mark_as_loader,
    mark_as_saver,
    register_checkpoint_hooks,
)
from speechbrain.utils.distributed import if_main_process
from speechbrain.utils.logger import get_logger

from childasr.errors import InputError
from childasr.model.adapter import copy_by_name

logger = get_logger(__name__)
PARTIAL, DAMAGED = "partial+", "damaged+"
HASHES = "sha256.txt"


@register_checkpoint_hooks
class TrainedParameters:
    """What a phase trains, by name, as a recoverable of the Checkpointer.

    SpeechBrain saves a whole module (1.3 GB with LoRA on XLS-R), or, with its
    adapters, whatever has `requires_grad` at that moment. Here the names are
    fixed when the phase is built, and loading wants exactly those.

    Arguments
    ---------
    modules : dict
        Name to torch.nn.Module.

    Example
    -------
    >>> trained = TrainedParameters({"head": torch.nn.Linear(2, 3)})
    >>> sorted(trained.parameters)
    ['head.bias', 'head.weight']
    >>> trained.count()
    9
    """

    def __init__(self, modules):
        self.parameters = {
            f"{module_name}.{name}": parameter
            for module_name, module in modules.items()
            for name, parameter in module.named_parameters()
            if parameter.requires_grad
        }

    def count(self):
        """Number of trained values."""
        return sum(p.numel() for p in self.parameters.values())

    @mark_as_saver
    def _save(self, path):
        tensors = {
            name: parameter.detach().cpu().contiguous()
            for name, parameter in self.parameters.items()
        }
        save_file(tensors, path)

    @mark_as_loader
    def _load(self, path, end_of_epoch):
        copy_by_name(load_file(path), self.parameters, path)


@register_checkpoint_hooks
class RandomState:
    """torch's generators, so that dropout goes on where it stopped."""

    @mark_as_saver
    def _save(self, path):
        state = {"cpu": torch.get_rng_state()}
        if torch.cuda.is_available():
            state["cuda"] = torch.cuda.get_rng_state_all()
        torch.save(state, path)

    @mark_as_loader
    def _load(self, path, end_of_epoch):
        state = torch.load(path, weights_only=True)
        torch.set_rng_state(state["cpu"])
        if "cuda" in state and torch.cuda.is_available():
            torch.cuda.set_rng_state_all(state["cuda"])


def _hash_files(folder):
    """A line `hash  name` for each file of a checkpoint but the list."""
    lines = []
    for path in sorted(folder.iterdir()):
        if path.name != HASHES:
            digest = hashlib.sha256()
            with open(path, "rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
            lines.append(f"{digest.hexdigest()}  {path.name}\n")
    return "".join(lines)


class AtomicCheckpointer(Checkpointer):
    """Checkpointer that writes beside, hashes, and renames into place.

    SpeechBrain writes the metadata first and into the final folder: a
    checkpoint whose writing was interrupted is then listed, wins, and crashes
    with a KeyError. Here a checkpoint is listed only when all of it is on
    disk, and loaded only when its hashes agree; a damaged one is named and
    set aside, and only damaged ones is an error, never a fresh start.

    Arguments
    ---------
    checkpoints_dir, recoverables, ...
        As in SpeechBrain.

    Example
    -------
    >>> folder = getfixture("tmp_path")
    >>> head = torch.nn.Linear(2, 2)
    >>> checkpointer = AtomicCheckpointer(folder, {"head": head})
    >>> _ = checkpointer.save_checkpoint(name="epoch_01")
    >>> [path.name for path in folder.iterdir()]
    ['CKPT+epoch_01']
    """

    def _custom_checkpoint_dirpath(self, name):
        return self.checkpoints_dir / f"{PARTIAL}{CKPT_PREFIX}+{name}"

    def save_checkpoint(self, *args, **kwargs):
        """Save as SpeechBrain does, but into place only when complete."""
        checkpoint = super().save_checkpoint(*args, **kwargs)
        if checkpoint is None:  # not the main process
            return None
        folder = checkpoint.path
        (folder / HASHES).write_text(_hash_files(folder), encoding="utf-8")
        for path in [*folder.iterdir(), folder]:
            _flush(path)
        final = folder.with_name(folder.name.removeprefix(PARTIAL))
        if final.exists():
            shutil.rmtree(final)
        os.replace(folder, final)
        _flush(final.parent)
        return checkpoint._replace(path=final)

    def recover_if_possible(self, **kwargs):
        """Load the newest whole checkpoint, as SpeechBrain does."""
        if if_main_process():
            self._set_damaged_aside()
        return super().recover_if_possible(**kwargs)

    def _set_damaged_aside(self):
        for path in self.checkpoints_dir.glob(f"{PARTIAL}*"):
            shutil.rmtree(path)
        for folder in self._list_checkpoint_dirs():
            listed = None
            with contextlib.suppress(FileNotFoundError):
                listed = (folder / HASHES).read_text(encoding="utf-8")
            if listed != _hash_files(folder):
                aside = folder.with_name(DAMAGED + folder.name)
                os.replace(folder, aside)
                logger.warning(f"Damaged checkpoint set aside: {aside}")
        damaged = sorted(self.checkpoints_dir.glob(f"{DAMAGED}*"))
        if damaged and not self._list_checkpoint_dirs():
            raise InputError(
                f"only damaged checkpoints in {self.checkpoints_dir} "
                f"({damaged[0].name}): restore one, or delete the folder to "
                "start the phase again"
            )


def _flush(path):
    """Force a file or folder to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
