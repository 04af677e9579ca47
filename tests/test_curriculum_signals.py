"""A curriculum that is stopped or killed, and the phase that it runs."""

import contextlib
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from staged_curriculum import Project

MAIN = """
from childasr.command import run_command
from staged_curriculum import run_staged
run_command(run_staged)
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Project()


@contextlib.contextmanager
def waiting_curriculum(project):
    """A curriculum in its own process, at work in phase 1."""
    project.script(phase1={"wait": True})
    here = str(Path(__file__).parent)
    process = subprocess.Popen(
        [sys.executable, "-c", f"import sys; sys.path.append({here!r})" + MAIN],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        for line in process.stdout:
            if line == "ready\n":
                break
        yield process


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_the_phase_which_saves_before_all_ends(
    project, signum
):
    with waiting_curriculum(project) as process:
        process.send_signal(signum)
        out, err = process.communicate()
    assert process.returncode == 128 + signum
    assert out == "saved\n"
    assert err.count("\n") == 1
    assert err.startswith("stopped by ")


def test_ctrl_c_that_ends_the_reader_too_stops_the_curriculum(project):
    """As in `run_curriculum.py ... 2>&1 | tee log`."""
    with waiting_curriculum(project) as process:
        process.stdout.close()
        process.stderr.close()
        process.send_signal(signal.SIGINT)
    assert process.returncode == 128 + signal.SIGINT


@pytest.mark.skipif(sys.platform != "linux", reason="asks the Linux kernel")
def test_a_killed_curriculum_leaves_no_phase_training(project):
    with waiting_curriculum(project) as process:
        process.kill()
        out, _ = process.communicate()  # ends when the phase has ended
    assert out == "saved\n"
    project.script()
    assert project.run() == 0
