"""Which phases a curriculum file asks for, with their settings."""

import dataclasses
import os
from pathlib import Path

from childasr.curriculum.options import merged, refuse_unknown
from childasr.curriculum.phase_file import read_keys, read_own, read_phase
from childasr.curriculum.phase_values import check_values
from childasr.errors import InputError
from childasr.export.origin import check_origin, known_origin
from childasr.plain_yaml import read_plain

DEFAULTS = {
    "phases": [],
    "full_finetune": None,
    "phase4": "auto",
    "output_folder": "checkpoints",
    "report_folder": "report",  # below output_folder
    "overrides": {},
    "phase_overrides": {},
    "nproc_per_node": 1,
    # A 16 GB card reports a little less, 15.8 GiB on a V100.
    "min_gpu_memory_gib": 15,
    "min_free_disk_gb": 100,
}
PHASE4_MODES = ("auto", "always", "never")
# What chains the phases: each trains into its own folder from the one before.
CHAIN = ("phase", "output_folder", "start_from")


@dataclasses.dataclass(frozen=True)
class Phase:
    """One phase as it is asked for.

    Arguments
    ---------
    name : str
        Such as `phase1`.
    file : Path
        Its HyperPyYAML file.
    folder : Path
        Where it trains.
    overrides : dict
        Settings that differ from the file's.
    config : dict
        All that the file sets, overrides applied, as of `read_config`.
    """

    name: str
    file: Path
    folder: Path
    overrides: dict
    config: dict

    @property
    def best_model(self):
        return self.folder / "best_model"


@dataclasses.dataclass(frozen=True)
class Plan:
    """A whole curriculum.

    Arguments
    ---------
    phases : list of Phase
        Those that must meet their gates, in order.
    full_finetune : Phase or None
        The optional last phase.
    settings : dict
        The keys of `DEFAULTS`, as the file and the command line set them;
        `report_folder` with the output folder before it.
    """

    phases: list
    full_finetune: Phase | None
    settings: dict

    @property
    def may_run(self):
        """All phases that may run: the last one too, unless it never does."""
        if self.full_finetune is None or self.settings["phase4"] == "never":
            return self.phases
        return [*self.phases, self.full_finetune]

    @property
    def manifest_folder(self):
        return Path(self.phases[0].config["manifest_folder"])


def read_plan(path, options=None):
    """Read a curriculum file.

    Arguments
    ---------
    path : str or Path
        Plain YAML with the keys of `DEFAULTS`. Phase files, and an encoder's
        folder that is not there from the current one, are looked for from its
        folder upwards; data and outputs from the current folder.
    options : dict or None
        Settings from the command line: a key of the curriculum file, or a
        setting that every phase file has, which then goes to all phases; but
        `start_from` goes to the first.

    Returns
    -------
    plan : Plan

    Raises
    ------
    InputError
        For a file or key that does not exist, and for phases that could not
        go on from one another.
    """
    path, options = Path(path), dict(options or {})
    given = read_settings(path, "curriculum")
    refuse_unknown(given, DEFAULTS, path)
    to_phases = {k: options.pop(k) for k in list(options) if k not in DEFAULTS}
    settings = merged(DEFAULTS | given, options)
    _check_settings(settings, path)
    report = Path(settings["output_folder"], settings["report_folder"])
    settings["report_folder"] = str(report)
    files = [find_file(path, name, "phase") for name in settings["phases"]]
    full = settings["full_finetune"]
    files += [find_file(path, full, "phase")] if full else []
    phases = []
    for file in files:
        before = phases[-1] if phases else None
        phases.append(_phase(path, file, settings, to_phases, before))
        # Each other one starts from the one before.
        for shared in (settings["overrides"], to_phases):
            shared.pop("start_from", None)
    _check_names(phases, settings["phase_overrides"], path)
    gated = len(settings["phases"])
    return Plan(phases[:gated], phases[gated] if full else None, settings)


def _phase(path, file, settings, to_phases, before):
    own = read_own(file)
    check_values({key: own[key] for key in CHAIN}, file)
    name = own["phase"]
    folder = Path(settings["output_folder"]) / Path(own["output_folder"]).name
    alone = settings["phase_overrides"].get(name, {})
    overrides = merged(settings["overrides"], alone)
    check_values(overrides, path)
    if "encoder" in overrides:
        overrides["encoder"] = _find_encoder(path, overrides["encoder"])
    overrides = merged(overrides, to_phases)
    for key in CHAIN:
        if key in overrides and (before or key != "start_from"):
            raise InputError(
                f"{key} of {name} is set by the curriculum itself: set "
                "its output_folder or phases, or start_from of the first phase"
            )
    known = [*read_keys(file), *DEFAULTS]
    refuse_unknown(to_phases, known, f"the curriculum or {file}")
    overrides["output_folder"] = str(folder)
    if before:
        overrides["start_from"] = str(before.best_model)
    config = read_phase(file, overrides, f"the settings for {file}")
    if before:
        where = f"{name}: start_from {before.best_model}"
        check_origin(_kind(before.config), _kind(config), where)
    return Phase(name, file, folder, overrides, config)


def _kind(config):
    """What must be the same in all phases, as far as settings tell."""
    shared = {key: config.get(key) for key in ("encoder", "vocab_size")}
    return known_origin(config) | shared


def _find_encoder(path, encoder):
    """A folder below one above the file, where that is none from here."""
    above = [str(folder / encoder) for folder in path.resolve().parents]
    return next(filter(os.path.isdir, [encoder, *above]), encoder)


def read_settings(path, kind):
    """Read a file of plain `key: value` lines.

    Arguments
    ---------
    path : Path
    kind : str
        What to call it where there is none, such as `curriculum`.

    Returns
    -------
    settings : dict
    """
    try:
        value = read_plain(path.read_text(encoding="utf-8"), path)
    except OSError as error:
        raise InputError(f"no {kind} file {path}: give its path") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: save it as UTF-8") from error
    if not isinstance(value, dict):
        raise InputError(f"{path} is no mapping: give `key: value` lines")
    return value


def _check_settings(settings, path):
    def refuse(key, wanted):
        raise InputError(f"{path}: {key} is {settings[key]!r}: give {wanted}")

    if settings["phase4"] not in PHASE4_MODES:
        refuse("phase4", ", ".join(PHASE4_MODES))
    if not isinstance(settings["phases"], list) or not settings["phases"]:
        refuse("phases", "a list of phase files")
    for key in ("output_folder", "report_folder"):
        if not isinstance(settings[key], str):
            refuse(key, "a path")
    for key in ("overrides", "phase_overrides"):
        if not isinstance(settings[key], dict):
            refuse(key, "a mapping")
    if not all(
        isinstance(v, dict) for v in settings["phase_overrides"].values()
    ):
        refuse("phase_overrides", "a mapping for each phase")
    for key in ("min_gpu_memory_gib", "min_free_disk_gb"):
        if type(settings[key]) not in (int, float):
            refuse(key, "a number")
    processes = settings["nproc_per_node"]
    if type(processes) is not int or processes < 1:
        refuse("nproc_per_node", "a whole number, 1 or more")


def _check_names(phases, phase_overrides, path):
    names = [phase.name for phase in phases]
    for part in (names, [phase.folder for phase in phases]):
        if len(set(part)) < len(part):
            raise InputError(
                f"{path}: two phases share a name or folder "
                f"({', '.join(map(str, part))}): give each its own"
            )
    refuse_unknown(phase_overrides, names, f"phase_overrides of {path}")


def find_file(path, name, kind):
    """Find a file that another names, from that one's folder upwards.

    Arguments
    ---------
    path : Path
        Of the file that names it.
    name : str
    kind : str
        What to call it where there is none, such as `phase`.

    Returns
    -------
    file : Path
    """
    folders = path.resolve().parents
    for folder in folders:
        if (folder / str(name)).is_file():
            return folder / str(name)
    raise InputError(
        f"no {kind} file {name} beside or above {path}: mend its path"
    )
