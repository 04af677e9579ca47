"""Whether a phase's largest batch fits into memory, tried before training.

> python -m childasr.training.worst_batch PROCESSES hparams/phase1.yaml ...

Prints a JSON object. A process of its own, since one that has used a GPU
keeps some of its memory until it ends.
"""

import json
import sys

import numpy as np
import speechbrain as sb
import torch

from childasr.audio import SAMPLE_RATE
from childasr.command import run_command
from childasr.errors import RunError
from childasr.manifest_splits import open_for_training
from childasr.training.batch import ReadableBatch
from childasr.training.batching import JITTER
from childasr.training.command_line import parse_arguments
from childasr.training.log import TrainingLog
from childasr.training.phase import load_phase_file, load_start, origin_of
from childasr.training.precision import resolve_precision
from childasr.training.run import build_brain, device_of, make_loaders

TOKENS = 20  # a second: fast speech in jamo, the smallest units
SHORTER = 0.05  # seconds, two of the encoder's frames


def worst_shapes(sampler, batch_size):
    """The batches of an epoch that may need most memory.

    What a layer keeps grows with a batch's padded audio, what attention keeps
    with the square of its length; neither alone says which batch is worst. How
    an epoch is cut depends on its speeds and its order, so that each utterance
    is taken to end a batch with as many before it as one may have, and all to
    be played at the slowest speed.

    Arguments
    ---------
    sampler : DurationBatchSampler
    batch_size : int
        In place of the sampler's own.

    Returns
    -------
    list of tuple
        (utterances, seconds of the longest), one or two.

    Example
    -------
    >>> from childasr.training.batching import DurationBatchSampler
    >>> sampler = DurationBatchSampler(np.arange(30), [5.0] * 30, 8, seed=1)
    >>> worst_shapes(sampler, 8)
    [(8, 5.0)]
    """
    slowest = min([100, *getattr(sampler.speed_perturb, "speeds", [])])
    durations = np.sort(sampler.durations) * 100 / slowest
    total = len(durations)
    if sampler.fixed:
        return [(min(batch_size, total), float(durations[-1]))]
    audio = np.concatenate([[0.0], np.cumsum(durations)])
    share = audio[-1] / -(-total // batch_size)
    # As they are sorted by jittered durations, some may be that much shorter.
    share *= (1 + JITTER) / (1 - JITTER)
    first = np.searchsorted(audio, audio[:-1] - share)
    counts = np.arange(1, total + 1) - first
    shapes = list(zip(counts.tolist(), durations.tolist(), strict=True))
    worst = [
        max(shapes, key=lambda shape: shape[0] * shape[1] ** power)
        for power in (1, 2)
    ]
    return list(dict.fromkeys(worst))


def noise(utterances, seconds):
    """A batch of so many utterances of noise, as the Brain wants it.

    One is shorter than the others, as in training: of a batch without padding
    transformers drops the mask, and attention takes less memory without one.
    """
    lengths = [seconds] * utterances
    if utterances > 1:
        lengths[-1] = max(seconds - SHORTER, seconds / 2)
    return ReadableBatch(
        [_utterance(str(i), length) for i, length in enumerate(lengths)]
    )


def _utterance(ID, seconds):
    return {
        "id": ID,
        "sig": torch.randn(int(seconds * SAMPLE_RATE)),
        "tokens": torch.arange(int(TOKENS * seconds) + 1) % 2 + 1,
        "text": "",
        "age": None,
        "snr": None,
    }


def largest_that_fits(brain, batch_size, processes=1):
    """Halve the batch size until the worst batches can be trained on.

    Arguments
    ---------
    brain : CTCBrain
        As it is when an epoch begins; it is spoilt.
    batch_size : int
        Where to begin.
    processes : int
        That deal out each batch.

    Returns
    -------
    fits : int
        0 where not even 1 does.
    shape : tuple
        (utterances, seconds) of the batch in which memory ran out, in one
        process at `batch_size`; where none did, of the worst.
    """
    _make_optimizer_state(brain)
    # Several processes gather gradients in buckets before they send them.
    spare = torch.empty(
        brain.trained.count() if processes > 1 else 0, device=brain.device
    )
    shape, fits = None, batch_size
    while fits:
        worst = worst_shapes(brain.train_sampler, fits)
        worst = [(-(-count // processes), length) for count, length in worst]
        failed = next((s for s in worst if not _trains_on(brain, s)), None)
        shape = shape or failed or worst[0]
        if failed is None:
            break
        fits //= 2
    del spare
    return fits, shape


def _make_optimizer_state(brain):
    """As an applied step would: an fp16 scaler skips the first ones."""
    for parameter in brain.trained.parameters.values():
        parameter.grad = torch.zeros_like(parameter)
    brain.optimizer.step()
    brain.optimizer.zero_grad(set_to_none=True)


def _trains_on(brain, shape):
    try:
        brain.fit_batch(noise(*shape))
    except RunError:  # out of memory
        fits = False
    else:
        fits = True
    brain.optimizer.zero_grad(set_to_none=True)
    torch.cuda.empty_cache()
    return fits


def build_phase(arguments):
    """The Brain of a phase, as `train.py` builds it.

    Arguments
    ---------
    arguments : list of str
        As for `train.py`.

    Returns
    -------
    CTCBrain
    """
    file, run_opts, overrides = parse_arguments(arguments)
    hparams = load_phase_file(file, overrides)
    device = device_of(run_opts)
    hparams |= resolve_precision(hparams["precision"], device)
    train, valid = (
        open_for_training(hparams[name], hparams["data_root"])
        for name in ("train_manifest", "valid_manifest")
    )
    origin = origin_of(hparams)
    load_start(hparams, origin)
    log = TrainingLog(hparams["output_folder"], hparams["phase"], {})
    loaders = make_loaders(hparams, train, valid, device)
    return build_brain(hparams, run_opts, origin, log, loaders)


def brain_of(arguments):
    """The Brain of a phase, at the beginning of its first epoch.

    Arguments
    ---------
    arguments : list of str
        As for `train.py`.

    Returns
    -------
    CTCBrain
    """
    brain = build_phase(arguments)
    brain.init_optimizers()
    brain.modules.train()
    brain.step = brain.batch_counts[1]  # the last of an epoch is a step
    brain.on_stage_start(sb.Stage.TRAIN, 1)
    return brain


def main():
    processes, *arguments = sys.argv[1:]
    brain = brain_of(arguments)
    size = brain.hparams.batch_size
    fits, (utterances, seconds) = largest_that_fits(brain, size, int(processes))
    result = {
        "batch_size": size,
        "fits": fits,
        "utterances": utterances,
        "seconds": seconds,
    }
    if torch.cuda.is_available():
        result["peak_gib"] = torch.cuda.max_memory_reserved() / 2**30
    print(json.dumps(result))


if __name__ == "__main__":
    run_command(main)
