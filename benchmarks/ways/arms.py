"""The ways to train on a corpus, each for as many steps."""

import json
import shutil
from typing import NamedTuple

from commands import RECIPE, ROOT, run

ENCODER = RECIPE / "demo_encoder"
# Constant after the warm-up, so that a part that stops within an epoch has
# trained at the same rates as one that does not. Each part warms up anew.
RATES = ("--lr=5e-4", "--final_lr=4.99e-4", "--warmup_steps=10")
PILOT_STEPS = 240  # of 4 utterances: a fifth or so of the words are wrong
ROUND_SHARE = 1 / 7  # as 500 h of 3,500: the active and random arms


class Part(NamedTuple):
    """A training run of an arm.

    Arguments
    ---------
    phase : str
        Of `hparams/`.
    manifest : str
        What it trains on.
    steps : int
    """

    phase: str
    manifest: str
    steps: int


def parts_of(arm, steps):
    """The training runs of an arm, one after the other.

    Example
    -------
    >>> parts_of("direct", 90)
    [Part(phase='scale_direct', manifest='train', steps=90)]
    >>> [(part.manifest, part.steps) for part in parts_of("curriculum", 100)]
    [('phase1', 33), ('phase2', 33), ('phase3', 34)]
    """
    if arm != "curriculum":
        return [Part("scale_direct", MANIFESTS[arm], steps)]
    hours = ("500h", "1500h", "3500h")
    ends = [steps * turn // len(hours) for turn in range(len(hours) + 1)]
    return [
        Part(f"scale_{of}", f"phase{turn + 1}", ends[turn + 1] - ends[turn])
        for turn, of in enumerate(hours)
    ]


MANIFESTS = {
    "direct": "train",
    "curriculum": None,
    "active": "round1",
    "random": "round1_random",
}


def train_pilot(manifests, folder):
    """A model that has heard some of the speakers, and errs still."""
    if not (folder / "gate.json").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        settings = (
            f"--train_manifest={manifests / 'pilot.csv'}",
            *("--batch_size=4", "--number_of_epochs=12", "--warmup_steps=40"),
        )
        part = Part("phase1", "pilot", PILOT_STEPS)
        phase = limited(part, folder.with_name("pilot_hparams"))
        _train(phase, manifests, folder, settings)
    return folder / "best_model"


def select(manifests, model, folder, seed, hours):
    """Round 1 of the active and the random arm, for one seed.

    What was decoded is shared by the seeds.

    Returns
    -------
    folder : Path
        With the manifests of the seed.
    """
    done = folder / f"seed{seed}"
    if not (done / "selection.json").is_file():
        run(
            "select_utterances",
            *(model, manifests / "train.csv", "--output_dir", folder),
            *("--hours", hours, "--seed", seed, "--device", "cpu"),
            log=folder / f"seed{seed}.log",
        )
        done.mkdir(exist_ok=True)
        names = ("round1.csv", "round1_random.csv", "summary.json")
        for name in (*names, "set_aside.csv", "selection.json"):
            shutil.copy(folder / name, done)
    return done


def train_arm(parts, manifests, start, folder, batch_size, seed):
    """Train an arm's parts, each from the last model of the one before.

    Arguments
    ---------
    parts : list of Part
        Their manifests are paths.
    manifests : Path
        The folder with the validation split.
    start : Path
        The model of the first part.
    folder : Path
        Gets a folder for each part.
    batch_size, seed : int

    Returns
    -------
    model : Path
        As it is after the last step: whoever validates more often would have
        the better best one.
    """
    for part in parts:
        output = folder / part.phase
        if not (output / "gate.json").is_file():
            # Begun and killed: a run that resumes counts its steps anew.
            shutil.rmtree(output, ignore_errors=True)
            settings = (
                f"--train_manifest={part.manifest}",
                f"--start_from={start}",
                f"--units_from={manifests}",
                f"--batch_size={batch_size}",
                f"--seed={seed}",
                *("--number_of_epochs=99", "--patience=99", *RATES),
            )
            phase = limited(part, folder / "hparams")
            _train(phase, manifests, output, settings)
        start = output / "final_model"
    return start


def limited(part, folder):
    """A copy of a phase's file that ends after the part's steps.

    `optimizer_step_limit` is SpeechBrain's, and is heeded in a file alone:
    train.py has no such option.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source = ROOT / "hparams"
    shutil.copy(source / "augmentation.yaml", folder)
    text = (source / f"{part.phase}.yaml").read_text("utf-8")
    path = folder / f"{part.phase}.yaml"
    path.write_text(f"{text}\noptimizer_step_limit: {part.steps}\n", "utf-8")
    return path


def _train(phase, manifests, output, settings):
    run(
        "train",
        phase,
        f"--manifest_folder={manifests}",
        f"--output_folder={output}",
        f"--encoder={ENCODER}",
        *("--freeze_layers=2", "--num_workers=0", "--device=cpu"),
        *settings,
        "--noprogressbar",
        log=output.with_name(f"{output.name}.log"),
    )


def evaluate(model, manifest, folder):
    """The report of a model, read.

    Returns
    -------
    report : dict
    """
    if not (folder / "report.json").is_file():
        run(
            "evaluate",
            *(model, manifest, f"--output_dir={folder}", "--device=cpu"),
            log=folder.with_name(f"{folder.name}.log"),
        )
    return json.loads((folder / "report.json").read_text("utf-8"))
