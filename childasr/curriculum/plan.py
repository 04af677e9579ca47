"""Which phases a curriculum file asks for, with their settings."""

import dataclasses
from pathlib import Path

from childasr.curriculum.options import refuse_unknown
from childasr.curriculum.phase_file import read_config, read_scalars
from childasr.curriculum.phase_values import check_values
from childasr.errors import InputError
from childasr.plain_yaml import read_plain, refuse_code

DEFAULTS = {
    "phases": [],
    "full_finetune": None,
    "phase4": "auto",
    "output_folder": "checkpoints",
    "report_folder": None,  # <output_folder>/report
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
NEEDED = (*CHAIN, "manifest_folder", "train_manifest")


@dataclasses.dataclass(frozen=True)
class Phase:
    """One phase as it is asked for.

    Arguments
    ---------
    name : str
        `phase1` to `phase4`.
    file : Path
        Its HyperPyYAML file.
    folder : Path
        Where it trains.
    overrides : dict
        Settings that differ from the file's.
    config : dict
        Every plain setting of the file, overrides applied.
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
        The gated phases, in order.
    full_finetune : Phase or None
        The optional last phase.
    settings : dict
        The curriculum file's keys, overrides applied.
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
        Plain YAML with the keys of `DEFAULTS`. Phase files are looked for
        from its folder upwards, data and outputs from the current folder.
    options : dict or None
        Settings from the command line: a key of the curriculum file, or a
        setting that every phase file has, which then goes to all phases.

    Returns
    -------
    plan : Plan

    Raises
    ------
    InputError
        For a file or key that does not exist.
    """
    path, options = Path(path), dict(options or {})
    given = read_settings(path, "curriculum")
    refuse_unknown(given, DEFAULTS, path)
    settings = DEFAULTS | given
    to_phases = {k: options.pop(k) for k in list(options) if k not in DEFAULTS}
    for key, value in options.items():
        settings[key] = _override(key, settings[key], value)
    _check_settings(settings, path)
    if settings["report_folder"] is None:
        settings["report_folder"] = f"{settings['output_folder']}/report"
    files = [find_file(path, name, "phase") for name in settings["phases"]]
    full = settings["full_finetune"]
    files += [find_file(path, full, "phase")] if full else []
    phases = []
    for file in files:
        before = phases[-1] if phases else None
        phases.append(_phase(file, settings, to_phases, before))
    _check_names(phases, settings["phase_overrides"], path)
    gated = len(settings["phases"])
    return Plan(phases[:gated], phases[gated] if full else None, settings)


def _phase(file, settings, to_phases, before):
    own = read_scalars(file)
    missing = [key for key in NEEDED if key not in own]
    if missing:
        raise InputError(f"{file} lacks {', '.join(missing)}: add it")
    folder = Path(settings["output_folder"]) / Path(own["output_folder"]).name
    overrides = {
        **settings["overrides"],
        **settings["phase_overrides"].get(own["phase"], {}),
        **to_phases,
    }
    for key in CHAIN:
        if key in overrides:
            raise InputError(
                f"{key} is set by the curriculum itself: set its "
                "output_folder or phases instead"
            )
    refuse_unknown(to_phases, [*own, *DEFAULTS], f"the curriculum or {file}")
    refuse_unknown(overrides, list(own), file)
    overrides["output_folder"] = str(folder)
    if before:
        overrides["start_from"] = str(before.best_model)
    refuse_code(overrides, f"the settings for {file}")
    config = read_config(file, overrides)
    check_values(config, file)
    return Phase(own["phase"], file, folder, overrides, config)


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


def _override(key, current, value):
    if isinstance(current, dict) and isinstance(value, dict):
        return {**current, **value}
    return value


def _check_settings(settings, path):
    def refuse(key, wanted):
        raise InputError(f"{path}: {key} is {settings[key]!r}: give {wanted}")

    if settings["phase4"] not in PHASE4_MODES:
        refuse("phase4", ", ".join(PHASE4_MODES))
    if not isinstance(settings["phases"], list) or not settings["phases"]:
        refuse("phases", "a list of phase files")
    if not isinstance(settings["output_folder"], str):
        refuse("output_folder", "a path")
    if not isinstance(settings["report_folder"], str | None):
        refuse("report_folder", "a path")
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
