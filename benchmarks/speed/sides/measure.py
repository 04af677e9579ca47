"""What every side of the training benchmark measures, in the same way."""

import argparse
import contextlib
import ctypes
import json
import re
import time
from pathlib import Path

import numpy as np
import torch

from childasr.model.full_fp32 import full_fp32

SAMPLE_RATE = 16_000
LORA = re.compile(r"layers\.(\d+)\.attention\.([qkv]_proj)\.")
AFTER = 2  # batches that a loader reads ahead and nobody trains
WARM_UP = 2  # utterances
PRECISIONS = ("fp32", "bf16", "fp16")


def make_parser():
    """The command line that all sides share."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--freeze_layers", type=int, required=True)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--batch_size", type=int, default=16)
    parser.add_argument("--precision", choices=PRECISIONS, default="fp32")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", required=True)
    return parser


def spread(batches, durations, options):
    """A fair sample of an epoch whose batches are ordered by length.

    The timed ones lie evenly over the lengths, and come in random order; what
    is skipped before and read ahead after them is drawn at random.

    Arguments
    ---------
    batches : list of list of int
        Rows of each batch.
    durations : sequence of float
        Of the rows.
    options : argparse.Namespace

    Returns
    -------
    list of list of int
    """
    rng = np.random.default_rng(options.seed)
    ordered = sorted(batches, key=lambda rows: max(durations[r] for r in rows))
    share = len(ordered) / options.steps
    places = (rng.permutation(options.steps) + rng.uniform()) * share
    others = rng.integers(len(ordered), size=options.skip + AFTER)
    chosen = [*others[AFTER:], *places.astype(int), *others[:AFTER]]
    return [ordered[place] for place in chosen]


def shortest(durations):
    """Rows of the small batch of the warm-up."""
    return np.argsort(durations, kind="stable")[:WARM_UP].tolist()


@contextlib.contextmanager
def same_kernels():
    """A `with` block in which every side has the same of torch's kernels.

    Without TF32, which SpeechBrain allows where it is imported, and without
    cuDNN's attention, as `use_lean_attention` has it for ours: on an H100 or
    B200 each side would pay for a plan at each new shape of a batch.
    """
    torch.backends.cuda.enable_cudnn_sdp(False)
    with full_fp32():
        yield


def kernels():
    """What `same_kernels` is about, as it is now."""
    backends = torch.backends
    return {
        "tf32": backends.cuda.matmul.allow_tf32 or backends.cudnn.allow_tf32,
        "cudnn_attention": backends.cuda.cudnn_sdp_enabled(),
    }


class Meter:
    """Time, audio and memory of the steps after a warm-up.

    The clock runs from the arrival of the first timed batch to the end of the
    last step: `steps` steps, and the waits for all batches but the first. The
    peak of memory is of the skipped steps, too: between them and the timed
    ones nothing is given back to the system, no more than in a long training.

    Arguments
    ---------
    options : argparse.Namespace
        With `steps`, `skip` (steps before them that count for nothing), and
        `device`.
    """

    def __init__(self, options):
        self.options = options
        self.cuda = options.device == "cuda"
        self.left_to_skip = options.skip
        self.memory = None
        self.running = False
        self.steps = 0
        self.waited = 0.0
        self.inputs = []

    def open_loader(self):
        """The next batch is asked for."""
        self.asked = time.perf_counter()

    def batch_arrives(self):
        """It is there."""
        if self.memory is None:
            self._mark_memory()
        if self.running:
            self.waited += time.perf_counter() - self.asked
        elif self.left_to_skip == 0 and self.steps == 0:
            self.running = True
            self.first_timed = len(self.inputs)
            self.kernels = kernels()
            self._synchronize()
            self.start = time.perf_counter()

    def add_input(self, wav, lengths):
        """What enters the model: waveforms, [batch, samples], and lengths.

        Arguments
        ---------
        lengths : torch.Tensor or numpy.ndarray
            [batch], in samples, or relative to the longest.
        """
        if self.memory is not None and self.steps < self.options.steps:
            # Looked at when the clock has stopped: it would wait for a GPU.
            self.inputs.append((wav.shape, torch.as_tensor(lengths).clone()))

    def step_ends(self):
        """The optimiser has stepped."""
        if self.running:
            self.steps += 1
            if self.steps == self.options.steps:
                self._synchronize()
                self.seconds = time.perf_counter() - self.start
                self.peak = self._peak_memory()
                self.running = False
        else:
            self.left_to_skip -= 1
        self.open_loader()

    def _synchronize(self):
        if self.cuda:
            torch.cuda.synchronize()

    def _mark_memory(self):
        if self.cuda:
            torch.cuda.reset_peak_memory_stats()
            self.memory = torch.cuda.memory_allocated()
        else:
            # Freed memory that the allocator keeps would hide a peak.
            ctypes.CDLL("libc.so.6").malloc_trim(0)
            Path("/proc/self/clear_refs").write_text("5")
            self.memory = _status("VmRSS")

    def _peak_memory(self):
        if self.cuda:
            return torch.cuda.max_memory_allocated() - self.memory
        return _status("VmHWM") - self.memory

    def counts(self):
        """Seconds of audio that were timed, and of the largest batch of all."""
        padded = [shape[0] * shape[1] for shape, _ in self.inputs]
        timed = sum(padded[self.first_timed :])
        audio = sum(
            _samples(shape, lengths)
            for shape, lengths in self.inputs[self.first_timed :]
        )
        return {
            "audio_seconds": audio / SAMPLE_RATE,
            "padded_seconds": timed / SAMPLE_RATE,
            "largest_batch_seconds": max(padded) / SAMPLE_RATE,
            "padding_share": 1 - audio / timed,
        }

    def write(self, model, **facts):
        """Write the figures of this run to `--out`.

        Arguments
        ---------
        model : torch.nn.Module
            What was trained.
        **facts
            Further ones of this side.
        """
        counts = self.counts()
        content = {
            **vars(self.options),
            **counts,
            "seconds": self.seconds,
            "audio_seconds_per_second": counts["audio_seconds"] / self.seconds,
            "waiting_share": self.waited / self.seconds,
            "peak_memory_bytes": self.peak,
            **trained_parts(model),
            "threads": torch.get_num_threads(),
            **self.kernels,
            **facts,
        }
        Path(self.options.out).write_text(json.dumps(content, indent=2))


def _status(key):
    """Bytes, from /proc/self/status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    line = next(line for line in lines if line.startswith(f"{key}:"))
    return int(line.split()[1]) * 1024


def _samples(shape, lengths):
    if lengths.is_floating_point():
        lengths = torch.round(lengths * shape[1])
    return int(lengths.sum())


def trained_parts(model):
    """How many parameters are trained, and in which projections."""
    lora, other, projections = 0, 0, set()
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        found = LORA.search(name)
        if found:
            lora += parameter.numel()
            projections.add(f"{int(found[1]):02}.{found[2]}")
        else:
            other += parameter.numel()
    return {
        "lora_parameters": lora,
        "head_parameters": other,
        "projections": sorted(projections),
    }


def train_brain(brain, encoder, loader, small_batch, options):
    """Train SpeechBrain's Brain through its own `fit`, and measure it.

    Arguments
    ---------
    brain : speechbrain.core.Brain
    encoder : torch.nn.Module
        Called with waveforms and relative lengths.
    loader : DataLoader
    small_batch : PaddedBatch
        For the warm-up, a whole step before all others.
    options : argparse.Namespace

    Returns
    -------
    Meter
    """
    meter = Meter(options)
    fit_batch = brain.fit_batch
    warm_up = [small_batch]

    def measured(batch):
        while warm_up:
            fit_batch(warm_up.pop())
        meter.batch_arrives()
        loss = fit_batch(batch)
        meter.step_ends()
        return loss

    encoder.register_forward_pre_hook(
        lambda module, inputs: meter.add_input(*inputs[:2])
    )
    brain.fit_batch = measured
    brain.optimizer_step_limit = 1 + options.skip + options.steps
    with same_kernels():
        brain.fit(range(1, 2), loader, progressbar=False)
    return meter
