"""The checks before a run: GPU, disk, packages, and their exit status."""

import functools

import pytest
from projects import ENVIRONMENT, RECIPE, ROOT, run_apart
from small_manifests import write_manifests

from childasr.curriculum.gpu_checks import (
    check_disk,
    check_gpu_driven,
    check_gpu_memory,
    drives,
)
from childasr.curriculum.machine import Gpu, Machine, disk_for, this_machine
from childasr.curriculum.packages import check_packages
from childasr.curriculum.plan import read_plan
from childasr.curriculum.preflight import check_plan

CURRICULUM = ROOT / "hparams" / "curriculum.yaml"

V100 = Gpu("Tesla V100-SXM2-16GB", 15.77, (7, 0))
A100 = Gpu("NVIDIA A100-SXM4-40GB", 39.4, (8, 0))
# What torch.cuda.get_arch_list() says of PyPI's wheels.
TORCH_2_11 = ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120")
TORCH_2_7 = ("sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90")
NO_GPU = Machine((), (), "2.11.0+cu130")


def test_every_gpu_that_a_process_trains_on_needs_the_memory():
    small = Gpu("small", 8.0, (8, 0))
    machine = Machine((A100, small), TORCH_2_11, "2.11.0")
    assert check_gpu_memory(machine, 15, processes=1).ok
    assert check_gpu_memory(machine, 15, processes=2).fails
    check = check_gpu_memory(machine, 1, processes=3)
    assert check.fails
    assert "--nproc_per_node" in check.reason


def test_a_v100_under_torch_2_11_is_sent_to_the_volta_requirements():
    check = check_gpu_driven(Machine((V100,), TORCH_2_11, "2.11.0"))
    assert check.fails
    assert "sm_70" in check.reason
    command = f"cd {ROOT} && pip install -r requirements-volta.txt"
    assert command in check.reason


def test_a_v100_under_torch_2_7_is_driven():
    assert check_gpu_driven(Machine((V100,), TORCH_2_7, "2.7.1")).ok


def test_a_gpu_newer_than_torch_is_not_sent_to_an_older_torch():
    check = check_gpu_driven(
        Machine((Gpu("B200", 180.0, (10, 0)),), TORCH_2_7, "2.7.1")
    )
    assert check.fails
    assert "requirements-volta.txt" not in check.reason


@pytest.mark.parametrize(
    ("architectures", "capability", "expected"),
    [
        (["sm_80"], (8, 6), True),
        (["sm_86"], (8, 0), False),
        (["sm_80"], (9, 0), False),
        (["compute_80"], (9, 0), True),
        (["compute_90"], (8, 0), False),
        (["sm_90a"], (9, 0), True),
        (["sm_100a"], (10, 3), False),
        (["sm_100f"], (10, 3), True),
        (["compute_90a"], (10, 0), False),
        (["gfx90a"], (9, 0), False),
        ([], (8, 0), False),
    ],
)
def test_code_runs_on_the_gpus_it_was_built_for(
    architectures, capability, expected
):
    assert drives(architectures, capability) is expected


def test_without_a_gpu_everything_about_it_only_warns():
    for check in (check_gpu_driven(NO_GPU), check_gpu_memory(NO_GPU, 15)):
        assert not check.ok
        assert not check.fails


def test_a_gpu_that_torch_cannot_see_fails():
    hidden = Machine((), (), "2.11.0", hidden_gpu=True)
    check = check_gpu_driven(hidden)
    assert check.fails
    assert "driver" in check.reason


def test_100_gb_of_disk_are_enough_and_less_is_not():
    assert check_disk(100, 100, required=True).ok
    short = check_disk(99.9, 100, required=True)
    assert short.fails and "99.90 GB" in short.reason
    assert not check_disk(99.9, 100, required=False).fails


def test_what_the_phases_have_written_and_no_more_counts_as_disk(tmp_path):
    folder = tmp_path / "checkpoints"
    for name in ("phase1", "other"):
        (folder / name).mkdir(parents=True)
        with open(folder / name / "model", "wb") as file:
            file.truncate(10**12)  # a hole: it takes no disk
    gained = disk_for(folder, [folder / "phase1"]) - disk_for(folder)
    assert 900 < gained < 1100


def test_one_of_the_requirement_files_is_enough(tmp_path):
    usual, volta = tmp_path / "requirements.txt", tmp_path / "volta.txt"
    usual.write_text("torch==0.1\nno-such-package\n-e .\n")
    volta.write_text("torch>=2  # any\n-r common.txt\n\n-e .\n")
    common = tmp_path / "common.txt"
    common.write_text("pytest\n")
    assert check_packages([usual, volta]).ok
    common.write_text("pytest<1\n")
    assert check_packages([volta, usual]).fails
    check = check_packages([usual, common])
    assert "pytest" in check.reason, "the nearest is advised"
    check = check_packages([usual])
    assert check.fails
    assert "no-such-package is missing" in check.reason
    assert "is not ==0.1" in check.reason
    assert f"cd {tmp_path} && pip install -r requirements.txt" in check.reason


def test_a_build_suffix_is_no_other_version(tmp_path):
    file = tmp_path / "requirements.txt"
    version = this_machine().torch_version.partition("+")[0]
    file.write_text(f"torch=={version}\n")
    assert check_packages([file]).ok


@pytest.fixture
def manifests(tmp_path):
    return write_manifests(tmp_path)


@pytest.fixture
def plan(manifests):
    options = {"manifest_folder": str(manifests)}
    return read_plan(CURRICULUM, options)


def test_disk_is_required_with_a_gpu_and_a_warning_without(plan):
    def fails(machine):
        return [c.name for c in check_plan(plan, machine, 20.0) if c.fails]

    assert fails(NO_GPU) == []
    assert fails(Machine((A100,), TORCH_2_11, "2.11.0")) == ["disk"]


@pytest.mark.parametrize("says", [True, False], ids=["plan", "says_nothing"])
@pytest.mark.parametrize(
    ("gib", "disk_gb", "failed"),
    [
        (15.0, 100, []),
        (14.99, 100, ["GPU memory"]),
        (15.0, 99.9, ["disk"]),
    ],
)
def test_a_curriculum_asks_for_15_gib_and_100_gb(
    manifests, tmp_path, says, gib, disk_gb, failed
):
    file = CURRICULUM
    if not says:
        file = tmp_path / "curriculum.yaml"
        file.write_text(f"phases: [{ROOT}/hparams/phase1.yaml]")
    plan = read_plan(file, {"manifest_folder": str(manifests)})
    machine = Machine((Gpu("x", gib, (8, 0)),), TORCH_2_11, "2.11.0")
    checks = check_plan(plan, machine, disk_gb)
    assert [check.name for check in checks if check.fails] == failed


@pytest.mark.parametrize(("processes", "passes"), [(1, True), (2, False)])
def test_only_one_process_prepares_a_corpus(tmp_path, processes, passes):
    options = {
        "manifest_folder": str(tmp_path / "none"),
        "data_folder": str(tmp_path),
        "nproc_per_node": processes,
    }
    plan = read_plan(CURRICULUM, options)
    assert check_plan(plan, NO_GPU, 100)[0].ok is passes


@pytest.fixture
def run_preflight(tmp_path, monkeypatch):
    """Runs it where there is no GPU."""
    monkeypatch.setitem(ENVIRONMENT, "CUDA_VISIBLE_DEVICES", "")
    return functools.partial(run_apart, RECIPE / "preflight.py", cwd=tmp_path)


def test_preflight_ends_with_0_when_only_warnings_are_left(
    run_preflight, manifests
):
    result = run_preflight([CURRICULUM, "--manifest_folder", manifests])
    assert result.returncode == 0, result.stdout + result.stderr
    assert "FAILED" not in result.stdout
    assert "warning  GPU memory" in result.stdout


def test_preflight_ends_with_1_when_a_check_fails(run_preflight, tmp_path):
    result = run_preflight([CURRICULUM])
    assert result.returncode == 1, result.stdout + result.stderr
    assert "FAILED   manifests: no data/train.csv" in result.stdout
    assert result.stderr == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.yaml"], "no curriculum file nowhere.yaml"),
        ([CURRICULUM, "--phase_4", "auto"], "is it phase4?"),
        ([CURRICULUM, "--lr", "!!python/name:os.system"], "give plain values"),
    ],
)
def test_wrong_use_ends_with_2_and_one_line(run_preflight, arguments, words):
    result = run_preflight(arguments)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert words in result.stderr
