"""A training that is measured ends as one that is not."""

import json
import sys

import pytest

from childasr.studies import measured

SCRIPT = """
import sys
import torch

parameter = torch.nn.Parameter(torch.ones(1))
optimizer = torch.optim.SGD([parameter], lr=0.1)
for _ in range(3):
    parameter.sum().backward()
    optimizer.step()
sys.exit(int(sys.argv[1]))
"""


@pytest.fixture
def training(tmp_path):
    path = tmp_path / "training.py"
    path.write_text(SCRIPT)
    return path


def measure(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["measured.py", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        measured.main()
    return end.value.code


@pytest.mark.parametrize("status", [0, 143])
def test_what_was_measured_is_written_and_the_status_kept(
    training, tmp_path, monkeypatch, status
):
    result = tmp_path / "measured.json"
    assert measure(monkeypatch, result, training, status) == status
    assert json.loads(result.read_text())["steps"] == 3


def test_a_result_that_cannot_be_written_fails_no_training(
    training, monkeypatch, capsys
):
    nowhere = training / "measured.json"
    assert measure(monkeypatch, nowhere, training, 0) == 0
    assert f"{nowhere} is not written: " in capsys.readouterr().err
