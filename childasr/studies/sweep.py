"""A search for better settings of a phase, by Optuna."""

import json
import shutil

import optuna
import yaml
from optuna.pruners import MedianPruner
from optuna.trial import Trial, TrialState

from childasr.curriculum.child import ChildFailedError
from childasr.curriculum.phase_file import read_config, read_scalars
from childasr.curriculum.phase_folder import (
    content_hashes,
    refuse_other_config,
    refuse_other_settings,
)
from childasr.errors import InputError, RunError
from childasr.locks import only_run
from childasr.manifest import read_summary
from childasr.studies.journal import open_journal
from childasr.studies.runs import (
    drop_checkpoints,
    is_trained,
    seconds_of,
    time_left,
    train,
)
from childasr.studies.search import (
    extremes,
    read_search,
    sampler_of,
    settings_of,
    suggest,
)
from childasr.studies.study import check_data, make_run, read_study
from childasr.studies.watch import Watch
from childasr.text.files import write_atomically, write_json

DEFAULTS = {
    "trials": 20,
    "search_seed": 1986,
    "startup_trials": 5,
    "first_epoch": 2,
    "search": {},
}
# What decides on which data a trial is judged.
DATA = ("manifest_folder", "valid_manifest", "data_root")
# In a row: what is wrong with them is wrong with the next one too.
MOST_FAILURES = 3
BEST = """\
# Trial {number} of {folder}: {wer:.2f} % validation WER with one seed, the best
# of {count}. To see whether it holds, add this file to the arms of arms.yaml.
# Its trials share: {shared}
"""


def read_sweep(path, options):
    """Read the file of a sweep.

    Arguments
    ---------
    path : str or Path
        With the keys of a study; `trials`; `search_seed`;
        `startup_trials`, that are drawn at random and trained to their end;
        `first_epoch` after which a trial may be stopped; and `search`, as of
        `read_search`.
    options : dict
        As of `read_study`.

    Returns
    -------
    sweep : Study
    space : dict
        From `read_search`.
    """
    sweep = read_study(path, options, DEFAULTS)
    known = read_scalars(sweep.phase_file)
    space = read_search(sweep.settings["search"], known, sweep.file)
    for key in DATA:
        if any(key in settings for settings in extremes(space)):
            raise InputError(
                f"{path}: search varies {key}: trials on different data "
                "cannot be compared"
            )
    _outermost(sweep, space)
    return sweep, space


def run_sweep(sweep, space, script):
    """Train trials until there are as many as asked for.

    Arguments
    ---------
    sweep : Study
    space : dict
        From `read_sweep`.
    script : str or Path
        train.py.

    Returns
    -------
    result : dict
        The content of sweep.json: among others `trials`, and `best`, the
        number of one of them; None where none was trained to its end.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with only_run(sweep.folder) as lock:
        check_data(_outermost(sweep, space))
        study = _open(sweep)
        while trial := _next_trial(study, sweep):
            _run_trial(study, trial, sweep, space, script, lock)
            _tidy(study, sweep)
            _stop_after_failures(study)
        result = _result(study, sweep)
        write_json(sweep.folder / "sweep.json", result)
        if result["best"] is not None:
            _write_best(result, sweep)
    return result


def _open(sweep):
    """Optuna's study, which goes on with the same settings only."""
    asked = sweep.settings
    study = optuna.create_study(
        storage=open_journal(sweep.folder),
        study_name="sweep",
        load_if_exists=True,
        pruner=MedianPruner(asked["startup_trials"], asked["first_epoch"]),
    )
    settings = _settings(sweep)
    if "settings" not in study.user_attrs:
        study.set_user_attr("settings", settings)
    refuse_other_settings(study.user_attrs["settings"], settings, sweep.folder)
    for trial in study.trials:
        run = _run_of(sweep, trial.number, settings_of(trial.params))
        refuse_other_config(run.folder, run.config)
    return study


def _settings(sweep):
    """What all trials share, and the contents that it stands for."""
    config = _shared_config(sweep)
    settings = config | content_hashes(config)
    settings |= {k: v for k, v in sweep.settings.items() if k in DEFAULTS}
    for key in ("trials", "output_folder"):
        del settings[key]
    return settings


def _shared_config(sweep):
    """That of no trial: unchecked, for it lacks what the search sets."""
    return read_config(sweep.phase_file, sweep.settings["overrides"])


def _run_of(sweep, number, settings):
    return make_run(sweep, f"trial {number}", _folder(number), settings)


def _outermost(sweep, space):
    """Where none of these runs is refused, no trial will be."""
    return [
        make_run(sweep, "the search", "trial", settings)
        for settings in extremes(space)
    ]


def _folder(number):
    return f"trial{number:03d}"


def _refuse_changed(study, sweep, run):
    """Refuse to go on where the data are not what they were."""
    recorded = study.user_attrs["settings"]
    refuse_other_settings(recorded, _settings(sweep), sweep.folder)
    refuse_other_config(run.folder, run.config)


def _next_trial(study, sweep):
    """The trial that was stopped, or a new one; None where all are done."""
    running = study.get_trials(deepcopy=False, states=[TrialState.RUNNING])
    number = running[0].number if running else len(study.trials)
    if number >= sweep.settings["trials"]:
        return None
    startup = sweep.settings["startup_trials"]
    study.sampler = sampler_of(sweep.settings["search_seed"], number, startup)
    return Trial(study, running[0]._trial_id) if running else study.ask()


def _run_trial(study, trial, sweep, space, script, lock):
    """Train a trial to its end, or until it is stopped, and tell Optuna."""
    settings = suggest(trial, space)
    run = _run_of(sweep, trial.number, settings)
    _refuse_changed(study, sweep, run)
    print(_heading(study, trial.number, sweep, settings), flush=True)
    told = study.trials[trial.number].intermediate_values
    watch = Watch(trial, run, told)
    try:
        if not watch.is_pruned and not is_trained(run):
            train(sweep, run, script, lock, watch)
    except ChildFailedError as error:
        drop_checkpoints(run)
        print(f"{run.name} failed: {error}", flush=True)
        study.tell(trial, state=TrialState.FAIL)
        return
    drop_checkpoints(run)
    _refuse_changed(study, sweep, run)
    if watch():
        last = max(watch.told)
        print(f"{run.name} stopped after epoch {last}: it was behind")
        study.tell(trial, state=TrialState.PRUNED)
    else:
        study.tell(trial, min(watch.told.values()))


def _heading(study, number, sweep, settings):
    trials = sweep.settings["trials"]
    folders = [sweep.folder / _folder(before) for before in range(number)]
    took = [seconds_of(folder) for folder in folders]
    left = time_left([s for s in took if s is not None], trials - number)
    chosen = ", ".join(f"{key} {value}" for key, value in settings.items())
    return f"trial {number} (of {trials}, from 0): {chosen}{left}"


def _tidy(study, sweep):
    """Keep the model of the best trial alone."""
    best = _best(study)
    for trial in study.trials:
        if trial.number != best:
            model = sweep.folder / _folder(trial.number) / "best_model"
            shutil.rmtree(model, ignore_errors=True)


def _stop_after_failures(study):
    last = [trial.state for trial in study.trials[-MOST_FAILURES:]]
    if last == [TrialState.FAIL] * MOST_FAILURES:
        raise RunError(
            f"{MOST_FAILURES} trials in a row failed: see above why; the same "
            "command goes on with the next"
        )


def _best(study):
    """The number of the best trial; None before one was trained to its end."""
    done = study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])
    return min(done, key=lambda t: t.value).number if done else None


def _result(study, sweep):
    manifest = _shared_config(sweep)["valid_manifest"]
    return {
        "synthetic": bool(read_summary(manifest).get("synthetic")),
        "manifest": manifest,
        "phase_file": str(sweep.phase_file),
        "best": _best(study),
        "trials": [
            {
                "number": trial.number,
                "state": trial.state.name.lower(),
                "epochs": len(trial.intermediate_values),
                "wer": min(trial.intermediate_values.values(), default=None),
                "settings": settings_of(trial.params),
            }
            for trial in study.trials
        ],
    }


def _write_best(result, sweep):
    """The best settings as a file of overrides, in the form of an arm."""
    best = result["trials"][result["best"]]
    text = BEST.format(
        number=best["number"],
        folder=sweep.folder,
        shared=json.dumps(sweep.settings["overrides"], ensure_ascii=False),
        wer=100 * best["wer"],
        count=len(result["trials"]),
    )
    with write_atomically(sweep.folder / "best.yaml") as file:
        file.write(text)
        yaml.safe_dump(best["settings"], file, sort_keys=False)
