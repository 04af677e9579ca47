"""What is foretold: phases with the data that they will train on."""

import dataclasses
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.stats import norm

from childasr.curriculum.phase_file import read_keys, read_phase
from childasr.curriculum.plan import CHAIN, Phase, read_plan
from childasr.errors import InputError
from childasr.manifest import Manifest
from childasr.manifest_splits import open_for_training


class Size(NamedTuple):
    """Utterances and hours of audio."""

    utterances: int
    hours: float


class Corpus(NamedTuple):
    """Its splits, for as long as it is not prepared."""

    train: Size
    valid: Size
    test: Size


PILOT = Corpus(Size(57_746, 136.19), Size(2_715, 7.78), Size(2_216, 4.89))
# Of a whole, preparation deals out 5 % each to validation and test, and leaves
# 18 times as much to train on.
HELD_OUT = Size(1_770_000 // 18, 3500 / 18)
FULL = Corpus(Size(1_770_000, 3500.0), HELD_OUT, HELD_OUT)
# Phase: (corpus, share of its training split).
PLANNED = {
    "phase1": (PILOT, 0.2),
    "phase2": (PILOT, 0.6),
    "phase3": (PILOT, 1.0),
    "phase4": (PILOT, 1.0),
    "scale_direct": (FULL, 1.0),
    "scale_500h": (FULL, 500 / 3500),
    "scale_1500h": (FULL, 1500 / 3500),
    "scale_3500h": (FULL, 1.0),
}
# Of the logarithm of durations that are not known.
SPREAD = 0.45
LONGEST = 20.0  # seconds

# Settings that change nothing about what a step costs. SpecAugment's share
# is one: drawing and filling a mask is nothing beside the layers.
FREE = {
    *CHAIN,
    *("manifest_folder", "train_manifest", "valid_manifest", "data_root"),
    *("data_folder", "units_from", "skip_prep", "evaluate_test"),
    *("target_wer", "acceptable_wer", "number_of_epochs", "patience"),
    *("min_delta", "lr", "final_lr", "warmup_steps", "weight_decay"),
    *("max_grad_norm", "ema_decay", "nonfinite_patience", "seed"),
    *("max_unreadable_share", "ckpt_interval_minutes", "log_examples"),
    *("wandb", "spec_augment_prob"),
}


@dataclasses.dataclass(frozen=True)
class Job:
    """A phase and its data.

    Arguments
    ---------
    phase : Phase
    hashes : numpy.ndarray
        Of the training utterances, as a Manifest's `id_hashes`, [n].
    train : numpy.ndarray
        Their seconds, [n].
    valid : numpy.ndarray
        Those of the validation split.
    test : float
        Seconds of the whole test split.
    prepared : bool
        Whether they come from manifests, and not from the plan.
    optional : bool
        Whether it may be left out.
    """

    phase: Phase
    hashes: np.ndarray
    train: np.ndarray
    valid: np.ndarray
    test: float
    prepared: bool
    optional: bool = False

    @property
    def kind(self):
        """What jobs share whose steps cost the same."""
        return tuple(
            sorted(
                (key, str(value))
                for key, value in self.phase.config.items()
                if key not in FREE and not isinstance(value, dict)
            )
        )

    @property
    def hours(self):
        return float(self.train.sum() / 3600)


def make_job(phase, optional=False):
    """A phase with the durations of its manifests, or of the plan.

    Raises
    ------
    InputError
        There is no manifest, and the plan does not have such a phase.
    """
    config = phase.config
    corpus, share = PLANNED.get(phase.name, (PILOT, None))
    test = _test_seconds(config, corpus)
    names = ("train_manifest", "valid_manifest")
    if all(Path(config[name]).is_file() for name in names):
        train, valid = (
            open_for_training(config[name], config["data_root"])
            for name in names
        )
        durations = train.durations, valid.durations
        return Job(phase, train.id_hashes, *durations, test, True, optional)
    if share is None:
        raise InputError(
            f"no manifest {config['train_manifest']}, and the plan has no "
            f"{phase.name}: run prepare_phase_data.py first"
        )
    whole = corpus.train
    size = Size(round(share * whole.utterances), share * whole.hours)
    train, valid = likely_durations(size), likely_durations(corpus.valid)
    return Job(phase, _numbered(train), train, valid, test, False, optional)


def _test_seconds(config, corpus):
    path = Path(config["manifest_folder"]) / "test.csv"
    if not path.is_file():
        return corpus.test.hours * 3600
    durations = Manifest(path).durations
    return float(np.nanmean(durations) * len(durations))


def _numbered(durations):
    return np.arange(len(durations), dtype=np.uint64)


def likely_durations(size):
    """Durations of a corpus of which only the size is known.

    Log-normal, with a mean that gives the hours.

    Arguments
    ---------
    size : Size

    Returns
    -------
    durations : numpy.ndarray
        Seconds, [utterances].

    Example
    -------
    >>> durations = likely_durations(Size(1000, 2.0))
    >>> len(durations), round(float(durations.sum()) / 3600, 6)
    (1000, 2.0)
    """
    places = (np.arange(size.utterances) + 0.5) / size.utterances
    shape = np.exp(SPREAD * norm.ppf(places))
    mean = size.hours * 3600 / size.utterances
    durations = np.minimum(shape * mean / shape.mean(), LONGEST)
    return durations * (mean / durations.mean())


def part_of(job, name, hours):
    """A job on so many hours of another's data, of all durations alike.

    Arguments
    ---------
    job : Job
    name : str
    hours : float
        All of it, where that is less.

    Returns
    -------
    part : Job
    """
    share = min(1.0, hours / job.hours)
    count = max(1, round(share * len(job.train)))
    rows = ((np.arange(count) + 0.5) * len(job.train) / count).astype(int)
    train = np.sort(job.train)[rows]
    phase = dataclasses.replace(job.phase, name=name)
    return dataclasses.replace(
        job, phase=phase, hashes=_numbered(train), train=train
    )


def read_way(file, pilot):
    """The phases of a way to the full corpus.

    Arguments
    ---------
    file : str or Path
        A phase file, or a curriculum file.
    pilot : Phase
        Whose settings of the model and its batches hold here too, where they
        are not those of its file.

    Returns
    -------
    jobs : list of Job
    """
    given = {k: v for k, v in pilot.overrides.items() if k not in FREE}
    keys = read_keys(file)
    if "phases" in keys:
        return [make_job(phase) for phase in read_plan(file, given).phases]
    given = {key: value for key, value in given.items() if key in keys}
    config = read_phase(file, given, f"the settings for {file}")
    folder = Path(config["output_folder"])
    return [make_job(Phase(config["phase"], file, folder, given, config))]
