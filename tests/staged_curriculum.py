"""A project for the curriculum whose training only writes its files."""

import json
import shutil
import sys
from pathlib import Path

from small_manifests import COLUMNS

from childasr.curriculum.plan import read_plan
from childasr.curriculum.runner import run_plan
from childasr.errors import RunError
from childasr.locks import only_run

PROGRAM = [sys.executable, str(Path(__file__).with_name("phase_program.py"))]
TRAIN, EVALUATE = [*PROGRAM, "train"], [*PROGRAM, "evaluate"]
PHASE = """
phase: {name}
start_from: null
output_folder: checkpoints/{name}_x
manifest_folder: data
train_manifest: data/train.csv
valid_manifest: data/valid.csv
target_wer: {target}
acceptable_wer: {acceptable}
lr: 5e-4
"""
# What else every phase file has.
SETTINGS = """
data_root: null
data_folder: null
skip_prep: false
evaluate_test: false
number_of_epochs: 2
warmup_steps: 0
batch_size: 16
fixed_batches: false
precision: auto
seed: 1
num_workers: 4
ckpt_interval_minutes: 15
max_unreadable_share: 0.01
speed_perturb_prob: 0.0
units: jamo
vocab_size: 2000
full_finetune: false
freeze_layers: 8
lora_rank: 16
lora_alpha: 32
lora_targets: [q_proj]
"""
GATES = {
    "phase1": (0.25, 0.30),
    "phase2": (0.18, 0.22),
    "phase3": (0.15, 0.18),
    "phase4": (0.14, 0.15),
}
CURRICULUM = """
phases: [hparams/phase1.yaml, hparams/phase2.yaml, hparams/phase3.yaml]
full_finetune: hparams/phase4.yaml
"""
PHASES = list(GATES)
GOOD = {
    "phase1": {"wers": [0.5, 0.28]},
    "phase2": {"wers": [0.28, 0.20]},
    "phase3": {"wers": [0.20, 0.17, 0.16]},
    "phase4": {"wers": [0.16, 0.145]},
}


class Project:
    """A project in the current folder, and what was run in it."""

    def __init__(self):
        for folder in ("hparams", "data"):
            Path(folder).mkdir()
        for name, (target, acceptable) in GATES.items():
            text = PHASE.format(name=name, target=target, acceptable=acceptable)
            Path(f"hparams/{name}.yaml").write_text(text + SETTINGS)
        Path("hparams/curriculum.yaml").write_text(CURRICULUM)
        rows = ("a,1800,a.wav,s,,,,,", "b,5400,b.wav,s,,,,,")
        Path("data/train.csv").write_text("\n".join((COLUMNS, *rows)))
        for name in ("valid", "test"):
            Path(f"data/{name}.csv").write_text(COLUMNS)
        Path("data/summary.json").write_text('{"synthetic": true}')
        self.script()

    def script(self, **phases):
        Path("script.json").write_text(json.dumps({**GOOD, **phases}))

    def run(self, **options):
        Path("calls.txt").unlink(missing_ok=True)
        try:
            return run_staged(options)
        except RunError as error:  # as `run_command` does
            print(f"error: {error}", file=sys.stderr)
            return error.status

    @property
    def calls(self):
        path = Path("calls.txt")
        return path.read_text().splitlines() if path.is_file() else []


def finish(kept):
    """A project in the current folder whose phases and report are done.

    Arguments
    ---------
    kept : Path
        Gets what the first one has trained, for those that follow.
    """
    project = Project()
    if kept.exists():
        shutil.copytree(kept, "checkpoints")
    else:
        assert project.run() == 0
        shutil.copytree("checkpoints", kept)
        Path("calls.txt").unlink()
    return project


def move_away_from(phase):
    """Leave the phases before one."""
    for name in PHASES[PHASES.index(phase) :]:
        shutil.rmtree(f"checkpoints/{name}_x")


def run_staged(options=None):
    """Run the curriculum in the current folder."""
    plan = read_plan("hparams/curriculum.yaml", options)
    with only_run(plan.settings["output_folder"]) as lock:
        return run_plan(plan, TRAIN, EVALUATE, lock)


def evaluation_of(phase):
    return f"evaluate checkpoints/{phase}_x/best_model"
