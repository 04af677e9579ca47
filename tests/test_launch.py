"""How long the launcher waits for processes that do not stop."""

import os
import signal

import pytest
from kills import fork
from torch.distributed.elastic.multiprocessing.api import SubprocessContext

from childasr.curriculum import launch

# The second process is not stopped by SIGTERM; once that is so, the first
# is killed, or stops the launcher.
PROGRAM = """
import os, signal, sys
_, pipe, ending = sys.argv
if os.environ["RANK"] == "1":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    open(pipe, "w").close()
    signal.pause()
open(pipe).close()
if ending == "is killed":
    os.kill(os.getpid(), signal.SIGKILL)
os.kill(os.getppid(), signal.SIGTERM)
signal.pause()
"""


@pytest.mark.parametrize(
    ("ending", "status", "least", "most"),
    [
        ("is killed", 1, 0, 60),  # the other waits for it in vain
        ("stops", 128 + signal.SIGTERM, 100, 100),
    ],
)
def test_only_a_signal_leaves_time_to_save(
    tmp_path, ending, status, least, most
):
    script, pipe = tmp_path / "program.py", tmp_path / "pipe"
    script.write_text(PROGRAM)
    os.mkfifo(pipe)
    close = SubprocessContext._close

    def close_at_once(context, death_sig, timeout):
        with open(tmp_path / "seconds", "a") as file:
            print(timeout, file=file)
        close(context, death_sig, timeout=0)

    def work():
        SubprocessContext._close = close_at_once
        options = ["--standalone", "--nproc_per_node=2"]
        return launch.main([*options, str(script), str(pipe), ending])

    assert fork(work, tmp_path / "console")[0] == status
    seconds = (tmp_path / "seconds").read_text().split()
    assert least <= int(seconds[0]) <= most
