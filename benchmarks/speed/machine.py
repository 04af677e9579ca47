"""What a machine can do, and how much a model asks of it."""

import importlib.metadata
import math
import os
import platform
import sys
import time
from pathlib import Path

import torch
from peft import LoraConfig, inject_adapter_in_model
from torch.utils.flop_counter import FlopCounterMode
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

from childasr.model.full_fp32 import full_fp32
from childasr.text.files import write_json

SAMPLE_RATE = 16_000
DTYPES = {
    "fp32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}
# [rows, inner] x [inner, columns]: square ones, and a feed-forward layer's.
SHAPES = {
    "cpu": [(2048, 2048, 2048), (1600, 1024, 4096), (1600, 4096, 1024)],
    "cuda": [(8192, 8192, 8192), (4096, 4096, 4096), (16384, 1024, 4096)],
}
PRODUCTS = 4  # in a row, without waiting for the device between them
WARM_UP_SECONDS = 0.1  # of a shape
MEASURE_SECONDS = {"cpu": 1, "cuda": 0.25}
PACKAGES = (
    *("torch", "transformers", "peft", "speechbrain", "accelerate"),
    *("numpy", "childasr"),
)
JAMO_UNITS = 70  # outputs of the head
REFERENCE_SECONDS = 10


def add_device(parser):
    """Options for the device and the precision of a benchmark."""
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--precision", choices=DTYPES, default="fp32")


def describe(device):
    """The machine in words and numbers.

    Arguments
    ---------
    device : str
        "cpu" or "cuda".
    """
    facts = {
        "system": platform.platform(),
        "cpu": _cpu_name(),
        "cores": len(os.sched_getaffinity(0)),
        "threads": torch.get_num_threads(),
    }
    if device.startswith("cuda"):
        properties = torch.cuda.get_device_properties(device)
        facts["gpu"] = properties.name
        facts["gpu_memory_bytes"] = properties.total_memory
    return facts


def _cpu_name():
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def versions():
    """Versions of what takes part, None where it is not installed."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


@full_fp32()
def time_products(device, precision):
    """Time matrix products for some seconds.

    Arguments
    ---------
    device : str
    precision : str
        One of `DTYPES`, of the factors.

    Returns
    -------
    list of tuple
        (GFLOP, seconds) of each time, over all shapes.
    """
    kind = torch.device(device).type
    options = {"device": device, "dtype": DTYPES[precision]}
    return [
        (2 * math.prod(shape) / 1e9, seconds)
        for shape in SHAPES[kind]
        for seconds in _times(shape, options)
    ]


def best_rate(times):
    """The highest rate among `time_products`, in GFLOP/s."""
    return max(gflop / seconds for gflop, seconds in times)


def sustained_rate(times):
    """The rate over all of `time_products`, in GFLOP/s."""
    gflop, seconds = map(sum, zip(*times, strict=True))
    return gflop / seconds


def _times(shape, options):
    rows, inner, columns = shape
    left = torch.randn(rows, inner, **options)
    right = torch.randn(inner, columns, **options)
    _times_for(WARM_UP_SECONDS, left, right)
    return _times_for(MEASURE_SECONDS[left.device.type], left, right)


def _times_for(seconds, left, right):
    times, deadline = [], time.perf_counter() + seconds
    while time.perf_counter() < deadline:
        times.append(_seconds(left, right, PRODUCTS))
    return times


def _seconds(left, right, count):
    """Of one product, over `count` of them."""
    synchronize(left.device)
    start = time.perf_counter()
    for _ in range(count):
        left @ right
    synchronize(left.device)
    return (time.perf_counter() - start) / count


def synchronize(device):
    """Wait until a GPU has done what it was given; a CPU has.

    Arguments
    ---------
    device : str or torch.device
    """
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize(device)


def gflop_per_second_of_audio(model_folder, freeze_layers):
    """What a second of an utterance of 10 s costs, counted and not timed.

    Training is LoRA on q, k and v above a part that is frozen for good: no
    gradient crosses it.

    Arguments
    ---------
    model_folder : str or Path
    freeze_layers : int

    Returns
    -------
    dict
        "forward" and "training" in GFLOP.
    """
    config = Wav2Vec2Config.from_pretrained(
        model_folder,
        vocab_size=JAMO_UNITS,
        apply_spec_augment=False,
        layerdrop=0.0,
    )
    with torch.device("meta"):
        model = Wav2Vec2ForCTC(config)
        wav = torch.zeros(1, REFERENCE_SECONDS * SAMPLE_RATE)
    model.requires_grad_(False)
    model.freeze_feature_encoder()
    lora = LoraConfig(
        r=16,
        target_modules=["q_proj", "k_proj", "v_proj"],
        layers_to_transform=list(
            range(freeze_layers, config.num_hidden_layers)
        ),
        layers_pattern="layers",
    )
    with torch.no_grad(), FlopCounterMode(display=False) as forward:
        model.eval()(wav)
    inject_adapter_in_model(lora, model)
    model.to("meta").lm_head.requires_grad_(True)
    with FlopCounterMode(display=False) as training:
        model.train()(wav).logits.sum().backward()
    return {
        "forward": forward.get_total_flops() / REFERENCE_SECONDS / 1e9,
        "training": training.get_total_flops() / REFERENCE_SECONDS / 1e9,
    }


def write_results(path, content):
    """Write a benchmark's figures with what is needed to make them again.

    Arguments
    ---------
    path : str or Path
        A JSON file.
    content : dict
        Its `device` says what of the machine matters; default "cpu".
    """
    facts = {
        "command": " ".join(["python", *sys.argv]),
        "machine": describe(content.get("device", "cpu")),
        "versions": versions(),
    }
    write_json(path, facts | content)
