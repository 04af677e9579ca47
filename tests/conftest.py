"""Fixtures that several test files share."""

import os
import subprocess
import sys
from pathlib import Path

# Before transformers is imported: no test waits for a hub.
os.environ["HF_HUB_OFFLINE"] = "1"

import corpora
import pytest
import torch
from staged_curriculum import finish
from tiny_models import tiny_encoder

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(autouse=True)
def fixed_random_state():
    """Each test draws the same numbers, alone or among others."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def xlsr_folder(tmp_path_factory):
    """A folder with the real architecture of XLS-R 300M, random weights."""
    return tiny_encoder(
        tmp_path_factory.mktemp("xlsr"),
        layers=24,
        width=1024,
        num_attention_heads=16,
        intermediate_size=4096,
        conv_dim=[512] * 7,
        num_conv_pos_embeddings=128,
        num_conv_pos_embedding_groups=16,
    )


@pytest.fixture
def root(tmp_path):
    """Where `clips` are written."""
    return tmp_path / "child_subset_100h"


@pytest.fixture
def clips(root):
    """A written corpus, as `corpora.write_corpus` returns it."""
    return corpora.write_corpus(root)


@pytest.fixture(scope="session")
def curriculum_kept(tmp_path_factory):
    """Where the first `finished` project leaves what it has trained."""
    return tmp_path_factory.mktemp("finished") / "checkpoints"


@pytest.fixture
def finished(tmp_path, monkeypatch, curriculum_kept):
    """A project whose four phases and report are done, run only once."""
    monkeypatch.chdir(tmp_path)
    return finish(curriculum_kept)


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of 16 MiB."""
    command = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", tmp_path]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("needs mount")
    if done.returncode:
        pytest.skip(f"needs the right to mount: {done.stderr.strip()}")
    yield tmp_path
    subprocess.run(["umount", tmp_path], check=True)


@pytest.fixture
def siblings(monkeypatch):
    """The scripts of the benchmarks import each other as siblings."""
    names = (".", "ways", "speed", "speed/sides")
    folders = [BENCHMARKS / name for name in names]
    for folder in folders:
        monkeypatch.syspath_prepend(folder)
    yield
    for folder in folders:
        for path in folder.glob("*.py"):
            sys.modules.pop(path.stem, None)
