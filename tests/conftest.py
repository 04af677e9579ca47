"""Fixtures that several test files share."""

import os

# Before transformers is imported: no test waits for a hub.
os.environ["HF_HUB_OFFLINE"] = "1"

import pytest
import torch
from tiny_models import tiny_encoder


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
