"""train.py as a phase of a curriculum, killed at a gradient of its training.

The environment says which: `KILL_AT`, and whom: `KILL_WHOM`.
"""

import os
import runpy
import signal

from kills import Killer
from projects import RECIPE


class CurriculumKiller(Killer):
    """Kills the curriculum, and by `all` this phase too."""

    def strike(self):
        os.kill(os.getppid(), signal.SIGKILL)
        if os.environ["KILL_WHOM"] == "all":
            super().strike()


if __name__ == "__main__":
    CurriculumKiller("gradient", int(os.environ["KILL_AT"])).watch()
    runpy.run_path(str(RECIPE / "train.py"), run_name="__main__")
