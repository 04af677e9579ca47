"""A study's file, and the trainings that it asks for."""

import dataclasses
from pathlib import Path

from childasr.curriculum.options import merged, refuse_unknown
from childasr.curriculum.phase_file import read_phase
from childasr.curriculum.phase_folder import weights_of
from childasr.curriculum.plan import Phase, find_file, read_settings
from childasr.errors import InputError
from childasr.export.origin import check_start

DEFAULTS = {
    "phase_file": "hparams/phase1.yaml",
    "output_folder": "checkpoints/study",
    "overrides": {},
    "nproc_per_node": 1,
}
MANIFESTS = ("train_manifest", "valid_manifest")
# What a study sets itself.
OWN = ("phase", "output_folder", "evaluate_test")


@dataclasses.dataclass(frozen=True)
class Study:
    """What the trainings of a study share.

    Arguments
    ---------
    file : Path
        The study's own.
    phase_file : Path
        That each training is of.
    settings : dict
        The keys of the study's file, those of the command line applied.
    """

    file: Path
    phase_file: Path
    settings: dict

    @property
    def folder(self):
        return Path(self.settings["output_folder"])


def read_study(path, options, more):
    """Read the file of a study.

    Arguments
    ---------
    path : str or Path
        Plain YAML with the keys of `DEFAULTS` and `more`. Other files are
        looked for from its folder upwards.
    options : dict
        From the command line: a key of the study's file, `overrides` over the
        file's own; or a setting of its phase file, which then goes to every
        training.
    more : dict
        Key to default: what this kind of study has besides.

    Returns
    -------
    study : Study

    Raises
    ------
    InputError
        For a file or key that does not exist, and for a value of another
        kind than the default's.
    """
    path, defaults = Path(path), DEFAULTS | more
    settings = read_settings(path, "study")
    refuse_unknown(settings, defaults, path)
    settings = defaults | settings
    for key, value in options.items():
        if key == "overrides":
            settings = merged(settings, {key: value})
        elif key in defaults:
            settings[key] = value
    for key, default in defaults.items():
        if not _fits(settings[key], default):
            raise InputError(
                f"{path}: {key} is {settings[key]!r}: give {_kind(default)}"
            )
    rest = {k: v for k, v in options.items() if k not in defaults}
    settings = merged(settings, {"overrides": rest})
    phase_file = find_file(path, settings["phase_file"], "phase")
    return Study(path, phase_file, settings)


def make_run(study, name, folder, overrides):
    """One training of a study, its settings checked.

    Arguments
    ---------
    study : Study
    name : str
    folder : str
        Below the study's own.
    overrides : dict
        On top of what all its trainings share.

    Returns
    -------
    run : Phase
        Of that name, whatever its file says.

    Raises
    ------
    InputError
        For a setting that the phase file does not have or that the study sets
        itself, for a value that would end the phase badly, and where the
        validation manifest is not valid.csv.
    """
    folder = study.folder / folder
    where = f"the settings of {name} in {study.file}"
    overrides = merged(study.settings["overrides"], overrides)
    for key in OWN:
        if key in overrides:
            raise InputError(f"{where}: {key} is set by the study: leave it")
    overrides["output_folder"] = str(folder)
    config = read_phase(study.phase_file, overrides, where)
    if Path(config["valid_manifest"]).name != "valid.csv":
        raise InputError(
            f"{where}: valid_manifest {config['valid_manifest']}: nothing is "
            "chosen on other data than valid.csv, least of all on the test "
            "split"
        )
    return Phase(name, study.phase_file, folder, overrides, config)


def check_data(runs):
    """Refuse runs that are validated on different data, or have none yet.

    Arguments
    ---------
    runs : list of Phase

    Raises
    ------
    InputError
        Two runs have other validation manifests, a manifest or the model to
        start from is not there, or that model is of another kind.
    """
    first = runs[0]
    for run in runs:
        if run.config["valid_manifest"] != first.config["valid_manifest"]:
            raise InputError(
                f"{first.name} is validated on "
                f"{first.config['valid_manifest']}, and {run.name} on "
                f"{run.config['valid_manifest']}: give one manifest_folder to "
                "both, as only on the same data can they be compared"
            )
    for path in {run.config[key]: None for run in runs for key in MANIFESTS}:
        if not Path(path).is_file():
            raise InputError(
                f"no manifest {path}, and all runs are to have the same: run "
                "prepare_phase_data.py first"
            )
    for model in {run.config["start_from"]: None for run in runs}:
        if model and not weights_of(model).is_file():
            raise InputError(
                f"no model {model} to start from: train it first, or give "
                "another start_from"
            )
    for run in runs:
        check_start(run.config, run.name)


def _fits(value, default):
    if type(value) is not type(default):
        return False
    if isinstance(value, int):
        return value >= 1
    return bool(value) or not default


def _kind(default):
    words = {dict: "a mapping", list: "a list", str: "a path"}
    return words.get(type(default), "a whole number, 1 or more")
