"""Two launchers, each a machine of its own as torchrun sees it, train as one.

Slurm's commands are stand-ins: they start on this machine what Slurm would
start on two.
"""

import os
import random
import signal
import subprocess
import sys

import pytest
from kills import differences, train
from projects import ENVIRONMENT, RECIPE, ROOT, Project
from ranks import GLOO, free_port, train_together

OPTIONS = {
    "batch_size": 3,
    "fixed_batches": True,
    "ckpt_interval_minutes": 0,
    "ckpt_interval_steps": 1,
    "number_of_epochs": 2,
}
DEADLOCK = 400  # seconds; a start is 10 s of imports, and others may run
KILLED_RANK = ROOT / "tests" / "killed_rank.py"
SRUN = """
while [[ $1 == --* ]]; do shift; done
pids=()
for ((node = 0; node < SLURM_NNODES; node++)); do
    SLURM_NODEID=$node SLURM_PROCID=$node "$@" &
    pids+=($!)
done
status=0
for pid in "${pids[@]}"; do
    wait "$pid" || status=$?
done
exit $status
"""
# A task until it gets a signal; one to srun itself is a kill of the task.
SRUN_UNTIL_TERM = """
sleep 300 &
task=$!
trap 'kill -KILL $task; echo killed' TERM
echo $task > "$(dirname "$0")/task"
echo ready
wait $task
"""
SCANCEL = """
[ "$*" = "--signal=TERM 1" ] && kill -TERM "$(cat "$(dirname "$0")/task")"
"""
SCONTROL = """
case $1 in
show) echo localhost; echo another ;;
requeue) echo "requeued $2" ;;
esac
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("project"))


def arguments_for(project, folder):
    return project.arguments(1, **OPTIONS, output_folder=folder)


@pytest.fixture(scope="module")
def together(project):
    """The phase folder of two processes of one machine."""
    folder = project.folder / "together"
    assert train_together(arguments_for(project, folder), 2) == [0, 0]
    return folder


def test_two_launchers_with_a_fixed_address_train_as_one(
    project, together, tmp_path
):
    arguments = arguments_for(project, tmp_path / "out")
    launch = [sys.executable, "-m", "torch.distributed.run"]
    address = ["--master_addr=127.0.0.1", f"--master_port={free_port()}"]
    program = ["--nproc_per_node=1", RECIPE / "train.py", *arguments, *GLOO]
    launchers = [
        subprocess.Popen(
            [*launch, "--nnodes=2", f"--node_rank={node}", *address, *program],
            env=ENVIRONMENT,
            stderr=subprocess.PIPE,
            text=True,
        )
        for node in range(2)
    ]
    for launcher in launchers:
        _, errors = launcher.communicate(timeout=DEADLOCK)
        assert launcher.returncode == 0, errors
    assert not differences(together, tmp_path / "out")


def programs(folder, **scripts):
    """A folder with programs, for the PATH."""
    folder.mkdir()
    for name, text in scripts.items():
        path = folder / name
        path.write_text(f"#!/bin/bash\n{text}")
        path.chmod(0o755)
    return folder


def sbatch(arguments, bin_folder, job=1):
    """Run train.sbatch as Slurm's first machine does."""
    environment = ENVIRONMENT | {
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "SLURM_JOB_ID": str(job),
        "SLURM_JOB_NODELIST": "node[1-2]",
        "SLURM_NNODES": "2",
        "SLURM_GPUS_ON_NODE": "1",
        "SLURM_CPUS_PER_TASK": "16",
    }
    return subprocess.Popen(
        ["bash", RECIPE / "slurm" / "train.sbatch", *arguments],
        cwd=RECIPE,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_slurm_job_goes_on_after_a_process_of_one_machine_is_killed(
    project, together, tmp_path
):
    bin_folder = programs(
        tmp_path / "bin",
        srun=SRUN,
        scontrol=SCONTROL,
        # Whose second process is killed in its third step.
        python=f'exec {sys.executable} "${{@/#train.py/{KILLED_RANK}}}"',
    )
    arguments = [*arguments_for(project, tmp_path / "out"), *GLOO]
    ports = random.Random(os.getpid()).sample(range(20_000, 30_000), 50)
    job = sbatch(arguments, bin_folder, free_port(ports) - 20_000)
    output, _ = job.communicate(timeout=DEADLOCK)
    assert job.returncode == 0, output
    assert "exitcode: -9" in output, "it was never killed"
    assert "requeued" not in output
    assert not differences(together, tmp_path / "out")


@pytest.mark.parametrize(
    ("signum", "requeued"),
    [(signal.SIGUSR1, ["requeued 1"]), (signal.SIGTERM, [])],
    ids=["time_limit", "cancelled"],
)
def test_slurm_job_is_queued_again_at_its_time_limit_alone(
    tmp_path, signum, requeued
):
    bin_folder = programs(
        tmp_path / "bin",
        srun=SRUN_UNTIL_TERM,
        scontrol=SCONTROL,
        scancel=SCANCEL,
    )
    job = sbatch(["hparams/phase1.yaml"], bin_folder)
    assert job.stdout.readline() == "ready\n"
    job.send_signal(signum)
    if signum == signal.SIGTERM:  # Slurm sends it to the tasks too
        os.kill(int((bin_folder / "task").read_text()), signal.SIGTERM)
    output, _ = job.communicate(timeout=60)
    assert job.returncode != 0
    assert output.splitlines() == requeued


def test_tasks_of_a_slurm_job_have_its_cpus(tmp_path):
    scripts = {"srun": "echo $*", "scontrol": SCONTROL}
    job = sbatch([], programs(tmp_path / "bin", **scripts))
    output, _ = job.communicate(timeout=60)
    options, _, _ = output.partition(" python ")
    assert "--cpus-per-task=16" in options.split()


def test_train_alone_needs_no_launcher_within_a_slurm_job(
    project, tmp_path, monkeypatch
):
    monkeypatch.setenv("SLURM_PROCID", "3")
    monkeypatch.setenv("SLURM_NTASKS", "8")
    assert train(arguments_for(project, tmp_path / "out"))[0] == 0
    assert (tmp_path / "out" / "gate.json").is_file()
