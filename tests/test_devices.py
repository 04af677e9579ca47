"""What a device lacks is said at once, and what it does is not waited for."""

import pytest
import torch
from evaluation_data import write_model
from projects import Project, run_here
from speechbrain.utils.run_opts import RunOptions

from childasr.curriculum.device import find_device
from childasr.curriculum.machine import Gpu, Machine
from childasr.errors import InputError
from childasr.evaluation import recogniser
from childasr.training import precision
from childasr.training.ema import ExponentialMovingAverage
from childasr.training.processes import any_process, join_processes

A100 = Gpu("A100", 39.4, (8, 0))
V100 = Gpu("Tesla V100", 15.8, (7, 0))


@pytest.fixture
def both_gpus(monkeypatch):
    """A machine with a GPU that torch has code for, and one that it has not."""
    machine = Machine((A100, V100), ("sm_75", "sm_80"), "2.11.0")
    monkeypatch.setattr("childasr.curriculum.device.look", lambda: machine)


def test_a_gpu_without_code_in_torch_is_refused_by_name(both_gpus):
    with pytest.raises(InputError, match=r"V100 .*requirements-volta.txt"):
        find_device("cuda:1")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a cuda:0")
def test_another_gpu_without_code_does_not_matter(both_gpus):
    with pytest.raises(InputError, match="no device 'cuda:0' here"):
        find_device("cuda:0")


def test_a_gpu_that_is_not_there_stops_training_before_anything_is_made(
    tmp_path, monkeypatch, capfd
):
    project = Project(tmp_path / "project")
    arguments = [*project.arguments(1), "--device", "cuda:99"]
    assert run_here("train.py", arguments, monkeypatch) == 2
    error = capfd.readouterr().err
    assert "error: no device 'cuda:99' here (" in error
    assert "Traceback" not in error
    assert not project.phase_folder(1).exists()


@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_one_gpu_for_all_processes_is_refused(device, monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "1")
    options = RunOptions.from_dictionary({"device": device})
    with pytest.raises(InputError, match=f"--device {device}: all processes"):
        join_processes(options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"distributed_backend": "mpi"}, "backend mpi: give nccl or gloo"),
        ({"device": "cpu"}, "--device cpu: NCCL is for GPUs alone: give"),
        ({}, "process 99 has no GPU, there are .*: lower --nproc_per_node"),
    ],
)
def test_what_processes_cannot_meet_with_is_refused(
    options, message, monkeypatch
):
    monkeypatch.setenv("LOCAL_RANK", "99")
    with pytest.raises(InputError, match=message):
        join_processes(RunOptions.from_dictionary(options))


def test_a_gpu_without_code_is_refused_before_the_processes_meet(
    both_gpus, monkeypatch
):
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", lambda device: None)
    with pytest.raises(InputError, match=r"V100 .*requirements-volta.txt"):
        join_processes(RunOptions())


def test_emulated_bf16_is_refused_and_never_chosen(tmp_path, monkeypatch):
    for module in (precision, recogniser):
        monkeypatch.setattr(module, "has_bf16", lambda device: False)
    with pytest.raises(InputError, match=r"precision bf16: .* give auto, fp16"):
        precision.resolve_precision("bf16", "cuda:0")
    assert precision.best_precision("cuda:0") == "fp16"
    folder = write_model(tmp_path)
    with pytest.raises(InputError, match=r"precision bf16: .* give fp32"):
        recogniser.Recogniser(folder, "cpu", precision="bf16")


# Nothing can be read from torch's "meta" device, so what does would fail.
def test_the_average_moves_without_reading_from_the_device():
    weight = torch.nn.Parameter(torch.zeros(2, device="meta"))
    ema = ExponentialMovingAverage([weight])
    for _ in range(2):
        ema.update()
    assert int(ema.n_averaged) == 2


def test_one_process_does_not_ask_the_device_what_it_wants():
    assert any_process(True, False, device="meta") == [True, False]
