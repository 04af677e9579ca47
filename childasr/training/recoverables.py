"""What a checkpoint holds besides the parts that SpeechBrain can save."""

import functools
import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from speechbrain.utils.checkpoints import (
    mark_as_loader,
    mark_as_saver,
    register_checkpoint_hooks,
)
from speechbrain.utils.distributed import if_main_process
from speechbrain.utils.logger import get_logger

from childasr.curriculum.phase_folder import refuse_other_settings
from childasr.export.origin import refuse_other_origin
from childasr.model.adapter import copy_by_name
from childasr.text.files import write_json
from childasr.training.processes import gather, rank, world_size

logger = get_logger(__name__)


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

    def state_dict(self):
        """Name to tensor."""
        return {name: p.detach() for name, p in self.parameters.items()}

    @mark_as_saver
    def _save(self, path):
        tensors = {
            name: tensor.cpu().contiguous()
            for name, tensor in self.state_dict().items()
        }
        save_file(tensors, path)

    @mark_as_loader
    def _load(self, path, end_of_epoch):
        copy_by_name(load_file(path), self.parameters, path)


@functools.partial(register_checkpoint_hooks, save_on_main_only=False)
class RandomState:
    """torch's generators, so that dropout goes on where it stopped.

    Each process has its own. One that had no part in the checkpoint begins
    anew, with numbers that no process has drawn before.
    """

    @mark_as_saver
    def _save(self, path):
        states = {"cpu": gather(torch.get_rng_state())}
        if torch.cuda.is_available():
            states["cuda"] = gather(torch.cuda.get_rng_state())
        if if_main_process():
            torch.save(states, path)

    @mark_as_loader
    def _load(self, path, end_of_epoch):
        states = torch.load(path, weights_only=True)
        saved = len(states["cpu"])
        if saved != world_size():
            logger.warning(
                f"Checkpoint of {saved} processes loaded by {world_size()}: "
                "the same batches follow, with other units dropped out"
            )
        if rank() >= saved:
            first = states["cpu"][0].numpy().tobytes()
            digest = hashlib.sha256(first + b"%d" % rank()).digest()
            torch.manual_seed(int.from_bytes(digest[:7], "big"))
            return
        torch.set_rng_state(states["cpu"][rank()])
        if "cuda" in states and torch.cuda.is_available():
            torch.cuda.set_rng_state(states["cuda"][rank()])


@register_checkpoint_hooks
class Configuration:
    """The settings of a checkpoint; those of another phase are refused.

    A checkpoint may have been copied from elsewhere, or be older than a
    change of the phase file. To be the first after SpeechBrain's own scaler and
    counters, since what does not fit would load with a traceback, or load.

    Arguments
    ---------
    settings : dict
        What the phase file sets, and hashes of what it names.
    origin : dict
        Facts that no file says, from `origin_of`.
    precision : str
        What the training is in; another than before is said.

    Example
    -------
    >>> path = getfixture("tmp_path") / "configuration.ckpt"
    >>> Configuration({"lr": 1e-4}, {}, "fp32")._save(path)
    >>> Configuration({"lr": 2e-4}, {}, "fp32")._load(path, end_of_epoch=True)
    Traceback (most recent call last):
    childasr.errors.InputError: ... lr was 0.0001, now 0.0002; ...
    """

    def __init__(self, settings, origin, precision):
        self.settings = settings
        self.origin = origin
        self.precision = precision

    @mark_as_saver
    def _save(self, path):
        write_json(path, vars(self))

    @mark_as_loader
    def _load(self, path, end_of_epoch):
        found = json.loads(Path(path).read_text(encoding="utf-8"))
        folder = Path(path).parent
        refuse_other_settings(found["settings"], self.settings, folder)
        refuse_other_origin(found["origin"], self.origin, folder)
        was = found["precision"]
        if was != self.precision:
            logger.warning(
                f"Checkpoint of a training in {was} goes on in "
                f"{self.precision}, the best here: it ends with another model "
                "than it would have there"
            )
