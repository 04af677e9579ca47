"""train.py, whose second process is killed in its third step at first."""

import os
import runpy

from kills import Killer
from projects import RECIPE

KILLED = ("1", "0")  # rank, and how often torchrun has restarted it

if __name__ == "__main__":
    if (os.environ["RANK"], os.environ["TORCHELASTIC_RESTART_COUNT"]) == KILLED:
        Killer("gradient", at=3).watch()
    runpy.run_path(str(RECIPE / "train.py"), run_name="__main__")
