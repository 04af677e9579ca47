"""A prepared tiny corpus and encoder, and the real commands run on them."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

from corpora import make_clips, write_corpus
from tiny_models import tiny_encoder

from data_prep.prepare import prepare

ROOT = Path(__file__).resolve().parent.parent
RECIPE = ROOT / "recipes" / "ChildASR"
# One thread, so that sums come in the same order in every run.
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}


class Project:
    """A folder with `data/` (manifests) and `encoder/`, where phases train.

    Arguments
    ---------
    folder : Path
    utterances : int
        Of each of the seven speakers.
    seed : int
        Of the recordings.
    """

    def __init__(self, folder, utterances=4, seed=0):
        self.folder = folder
        clips = make_clips(utterances=utterances, seed=seed)
        write_corpus(folder / "corpus", clips)
        prepare(
            folder / "corpus",
            folder / "data",
            phase_ratios=(0.5, 0.75, 1.0),
            progress=False,
        )
        tiny_encoder(folder / "encoder", layers=3, width=32)

    def arguments(self, number, **overrides):
        """What `train.py` is called with for phase `number`."""
        settings = {
            "manifest_folder": self.folder / "data",
            "encoder": self.folder / "encoder",
            "output_folder": self.phase_folder(number),
            "freeze_layers": 1,
            "batch_size": 4,
            "number_of_epochs": 2,
            "warmup_steps": 2,
            "num_workers": 0,
        }
        if number > 1:
            before = self.phase_folder(number - 1)
            settings["start_from"] = before / "best_model"
        arguments = [str(ROOT / "hparams" / f"phase{number}.yaml")]
        for key, value in (settings | overrides).items():
            arguments += [f"--{key}", str(value)]
        return [*arguments, "--noprogressbar", "--device", "cpu"]

    def phase_folder(self, number):
        return self.folder / "checkpoints" / f"phase{number}"

    def log(self, number):
        path = self.phase_folder(number) / "training_log.json"
        return json.loads(path.read_text(encoding="utf-8"))


def command(script, arguments):
    """A function that runs a command of the recipe, for `kills.fork`."""

    def work():
        sys.argv = [script, *map(str, arguments)]
        runpy.run_path(str(RECIPE / script), run_name="__main__")

    return work


def run_here(script, arguments, monkeypatch):
    """Run a command of the recipe in this process.

    Returns
    -------
    int
        Its exit status.
    """
    monkeypatch.setattr(sys, "argv", [script, *map(str, arguments)])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    try:
        runpy.run_path(str(RECIPE / script), run_name="__main__")
    except SystemExit as end:
        return end.code
    raise AssertionError(f"{script} did not exit")


def run_apart(script, arguments, environment=(), **options):
    """Run a command of the recipe as its own process, to its end."""
    return subprocess.run(
        [sys.executable, str(script), *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=ENVIRONMENT | dict(environment),
        check=False,
        **options,
    )
