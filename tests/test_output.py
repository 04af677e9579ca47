"""Commands go on when nobody reads what they print any more."""

import errno
import os
import signal
import subprocess
import sys

import pytest
import torch
from kills import Killer, differences, train
from projects import Project

from childasr.output import _outliving

PROGRAM = """
import logging
logging.basicConfig()  # with a handler that holds standard error
from childasr.command import run_command
from childasr.errors import InputError

def main():
    logging.warning("said")
    {main}

run_command(main)
"""


class Unheard(Killer):
    """As a Killer, when whoever reads what the run prints has just gone.

    Arguments
    ---------
    opened : callable
        Gives the reader's end and the writer's, `os.pipe` or `os.openpty`.
    **kwargs
        As for Killer; a `signum` of 0 lets the run go on.
    """

    def __init__(self, opened, **kwargs):
        super().__init__("gradient", **kwargs)
        self.opened = opened

    def strike(self):
        reading, writing = self.opened()
        os.close(reading)
        for stream in (1, 2, sys.stderr.fileno()):
            os.dup2(writing, stream)
        super().strike()


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    torch.set_num_threads(1)
    project = Project(tmp_path_factory.mktemp("project"))
    assert train(arguments_for(project, project.phase_folder(1)))[0] == 0
    return project


def arguments_for(project, folder):
    """With the progress bar, which is written between any two batches."""
    arguments = project.arguments(1, output_folder=folder)
    return [part for part in arguments if part != "--noprogressbar"]


def test_training_stopped_together_with_its_reader_saves(project, tmp_path):
    folder = tmp_path / "stopped"
    arguments = arguments_for(project, folder)
    killer = Unheard(os.pipe, at=2, signum=signal.SIGINT)
    assert train(arguments, killer)[0] == 128 + signal.SIGINT
    assert [path.name for path in folder.glob("save/CKPT+*")] == [
        "CKPT+epoch_01_batch_2"
    ]
    assert train(arguments)[0] == 0
    assert not differences(project.phase_folder(1), folder)


@pytest.mark.parametrize("opened", [os.pipe, os.openpty])
def test_training_goes_on_without_a_reader(project, tmp_path, opened):
    folder = tmp_path / "unheard"
    killer = Unheard(opened, at=2, signum=0)
    assert train(arguments_for(project, folder), killer)[0] == 0
    assert not differences(project.phase_folder(1), folder)


def program(main):
    return [sys.executable, "-c", PROGRAM.format(main=main)]


@pytest.mark.parametrize(
    ("main", "status"),
    [
        ("print('done')", 0),
        ("return 3", 3),
        ("raise InputError('no file')", 2),
        ("raise KeyboardInterrupt", 130),
    ],
)
def test_status_is_that_of_the_work_where_nobody_reads(main, status):
    reading, writing = os.pipe()
    os.close(reading)
    unread = {"stdout": writing, "stderr": writing}
    assert subprocess.run(program(main), **unread).returncode == status
    os.close(writing)


def test_command_whose_first_lines_are_enough_ends_quietly():
    """As in `transcribe.py ... | head -n 1`."""
    command = program("print('first\\n' + 'more\\n' * 100_000)")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        assert process.stdout.readline() == "first\n"
        process.stdout.close()
        assert process.stderr.read() == "WARNING:root:said\n"
    assert process.returncode == 0


def test_output_that_a_disk_loses_is_a_failure(tmp_path):
    def lose(text):
        raise OSError(errno.EIO, "Input/output error")

    with (
        open(tmp_path / "out.tsv", "w") as file,
        pytest.raises(OSError, match="Input/output"),
    ):
        _outliving(lose, file)("transcript")


def test_output_that_finds_no_space_is_a_failure():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            program("print('done', flush=True)"),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert "No space left on device: make room" in done.stderr
    assert done.returncode != 0
