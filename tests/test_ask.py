"""A helper process: how it fails, and that it ends with its parent."""

import os
import signal
import subprocess
import sys

import pytest

from childasr.curriculum.ask import ask
from childasr.curriculum.child import ChildFailedError

KILLED = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
WAITING = """
import signal, sys

file = open(sys.argv[1], "w")
print("at work", file=file, flush=True)
# No orphan where the test fails, but a word of it.
signal.signal(signal.SIGALRM, lambda *_: sys.exit(file.write("orphan")))
signal.alarm(30)
signal.pause()
"""
PARENT = """
import sys
from childasr.curriculum.ask import ask

ask("helper", sys.argv[1])
"""


@pytest.fixture
def helper(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path / "helper.py"


def test_a_killed_helper_has_no_checkpoint_to_go_on_from(helper):
    helper.write_text(KILLED)
    with pytest.raises(ChildFailedError, match=r"out of memory$"):
        ask("helper")


def test_a_helper_ends_with_its_parent(helper, tmp_path):
    helper.write_text(WAITING)
    os.mkfifo(tmp_path / "said")
    command = [sys.executable, "-c", PARENT, str(tmp_path / "said")]
    parent = subprocess.Popen(command)
    with parent, open(tmp_path / "said", encoding="utf-8") as said:
        assert said.readline() == "at work\n"
        parent.send_signal(signal.SIGKILL)
        assert said.read() == ""
