"""Training one phase, from its file to its gate."""

import contextlib
import fcntl
from pathlib import Path

import speechbrain as sb
import torch
from speechbrain.utils.distributed import (
    if_main_process,
    infer_device,
)
from speechbrain.utils.logger import get_logger

from childasr.curriculum.device import find_device
from childasr.curriculum.gate import judge, log_of_start
from childasr.curriculum.phase_folder import (
    content_hashes,
    refuse_other_config,
)
from childasr.evaluation.evaluate import evaluate
from childasr.export.origin import check_start
from childasr.export.replacement import recover_folders
from childasr.locks import only_run
from childasr.manifest_splits import check_disjoint, open_for_training
from childasr.text.files import write_json
from childasr.training.agreement import (
    first_alone,
    refuse_differences,
    refuse_unshared,
    together,
)
from childasr.training.batching import DurationBatchSampler
from childasr.training.brain import CTCBrain
from childasr.training.dataset import (
    batch_loader,
    utterance_dataset,
    validation_loader,
)
from childasr.training.log import TrainingLog
from childasr.training.phase import (
    load_phase_file,
    load_start,
    origin_of,
    refuse_lost_checkpoints,
)
from childasr.training.precision import resolve_precision
from childasr.training.processes import rank, world_size
from childasr.training.vocabulary import train_units_if_missing

logger = get_logger(__name__)

# Settings that machines may each have their own of.
OF_A_MACHINE = ("data_root", "num_workers")


def train_phase(hparams_file, run_opts, overrides, config):
    """Train, export and judge the phase of one file.

    Arguments
    ---------
    hparams_file : str
    run_opts : speechbrain.utils.run_opts.RunOptions
    overrides : str
        YAML, as `parse_arguments` gives it.
    config : dict
        What the file sets, from `read_phase_file`.

    Returns
    -------
    dict
        The content of `gate.json`.

    Raises
    ------
    InputError
        For what is wrong with the input, before the output folder is made, or
        if another run is at work in that.
    """
    with together():
        check_start(config, config["phase"])
        refuse_other_config(config["output_folder"], config)
        refuse_lost_checkpoints(config["output_folder"])
    refuse_differences(
        {k: v for k, v in config.items() if k not in OF_A_MACHINE}
    )
    disjoint = first_alone(check_disjoint, config["manifest_folder"], [config])
    first_alone(
        train_units_if_missing,
        config.get("units_from", config["manifest_folder"]),
        config["units"],
        config["vocab_size"],
    )
    with together():
        device = device_of(run_opts)
        data_root = config["data_root"]
        train = open_for_training(config["train_manifest"], data_root)
        valid = open_for_training(config["valid_manifest"], data_root)
        hashes = content_hashes(config)
        run_options = resolve_precision(config["precision"], device)
        hparams = load_phase_file(hparams_file, overrides) | run_options
        for manifest in (train, valid):
            manifest.check_letters(hparams["text_units"].pieces)
        origin = origin_of(hparams)
        load_start(hparams, origin)
    refuse_differences(hashes | origin | run_options)
    if rank() > 0:  # all have one seed, and would drop out the same units
        torch.manual_seed(hparams["seed"] + rank())
    with _alone_in(config["output_folder"]):
        sb.create_experiment_directory(
            config["output_folder"], hparams_file, overrides
        )
        logger.info(disjoint)
        loaders = make_loaders(hparams, train, valid, device)
        return _train(hparams, run_opts, origin, config | hashes, loaders)


@contextlib.contextmanager
def _alone_in(folder):
    """Keep other runs out of a phase folder, and tidy what one had left."""
    with contextlib.ExitStack() as stack:
        with together():
            if if_main_process():
                # A lock that a loader's workers do not inherit: they may
                # outlive this process for some seconds.
                stack.enter_context(only_run(folder, fcntl.lockf))
                recover_folders(folder)
        refuse_unshared(folder)
        yield


def device_of(run_opts):
    """The name of the device to train on.

    Raises
    ------
    InputError
        Where it cannot be used.
    """
    device = run_opts.device or infer_device()
    find_device(device)
    return device


def _train(hparams, run_opts, origin, config, loaders):
    """From the objects of a phase to its gate."""
    folder = Path(config["output_folder"])
    start_log = log_of_start(config["start_from"])
    log = TrainingLog(folder, hparams["phase"], config)
    brain = build_brain(hparams, run_opts, origin, log, loaders)
    brain.fit(hparams["epoch_counter"], brain.train_loader, brain.valid_loader)
    brain.ema.swap()
    brain.export("final_model")
    gate = judge(log.content, start_log)
    if if_main_process():
        write_json(folder / "gate.json", gate)
        if config["evaluate_test"]:
            evaluate(
                folder / "best_model",
                Path(config["manifest_folder"]) / "test.csv",
                folder / "test_report",
                data_root=config["data_root"],
                device=brain.device,
            )
    return gate


def make_loaders(hparams, train, valid, device):
    """Loaders of the phase's training data and of the validation split.

    Arguments
    ---------
    hparams : dict
    train, valid : Manifest
    device : str

    Returns
    -------
    tuple of DataLoader
    """
    speed_perturb = None
    if hparams["speed_perturb_prob"] > 0:
        speed_perturb = hparams["augmentation"]["speed_perturb"]
    units = hparams["text_units"]
    sampler = DurationBatchSampler(
        train.id_hashes,
        train.durations,
        hparams["batch_size"],
        hparams["seed"],
        speed_perturb,
        fixed=hparams["fixed_batches"],
        rank=rank(),
        world_size=world_size(),
    )
    workers, pin = hparams["num_workers"], device.startswith("cuda")
    train_set = utterance_dataset(train, units, speed_perturb)
    valid_set = utterance_dataset(valid, units)
    return (
        batch_loader(train_set, sampler, workers, pin),
        validation_loader(
            valid_set,
            hparams["batch_size"],
            workers,
            pin,
            rank=rank(),
            world_size=world_size(),
        ),
    )


def build_brain(hparams, run_opts, origin, log, loaders):
    """The Brain of a phase whose objects are built and loaded."""
    train_loader, valid_loader = loaders
    return CTCBrain(
        hparams["modules"],
        hparams["text_units"],
        log,
        origin,
        train_loader,
        valid_loader,
        opt_class=hparams["opt_class"],
        hparams=hparams,
        run_opts=run_opts,
        checkpointer=hparams["checkpointer"],
    )
