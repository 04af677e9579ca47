"""Arms of a comparison: the same phase, trained in several ways."""

from datetime import UTC, datetime

from childasr.curriculum.phase_folder import read_log, refuse_other_config
from childasr.curriculum.plan import find_file, read_settings
from childasr.errors import InputError
from childasr.evaluation.compare_files import read_report
from childasr.evaluation.evaluate import evaluate
from childasr.evaluation.report_files import is_report_of
from childasr.locks import only_run
from childasr.manifest import read_summary
from childasr.studies.figures import (
    METHOD,
    difference,
    errors_of,
    wer_of,
)
from childasr.studies.runs import (
    drop_checkpoints,
    is_trained,
    measurements_of,
    seconds_of,
    time_left,
    train,
)
from childasr.studies.study import check_data, make_run, read_study
from childasr.text.files import write_json

DEFAULTS = {"arms": ["hparams/arms/plan.yaml"], "seeds": [1986]}


def read_arms(path, options):
    """Read the file of a comparison.

    Arguments
    ---------
    path : str or Path
        With the keys of a study, and `arms`, files of overrides, and `seeds`.
    options : dict
        As of `read_study`.

    Returns
    -------
    study : Study
    arms : dict
        Name of each arm's file to its runs, one a seed.
    """
    study = read_study(path, options, DEFAULTS)
    seeds = study.settings["seeds"]
    if not all(type(seed) is int for seed in seeds):
        raise InputError(f"{path}: seeds is {seeds}: give whole numbers")
    arms = {}
    for name in study.settings["arms"]:
        file = find_file(study.file, name, "arm")
        if file.stem in arms:
            raise InputError(
                f"{path}: two arms are called {file.stem}: give each file a "
                "name of its own"
            )
        overrides = read_settings(file, "arm")
        if "seed" in overrides:
            raise InputError(f"{file}: seed is set by the comparison: leave it")
        arms[file.stem] = [
            make_run(
                study,
                f"{file.stem}, seed {seed}",
                f"{file.stem}/seed{seed}",
                overrides | {"seed": seed},
            )
            for seed in dict.fromkeys(seeds)
        ]
    return study, arms


def compare_arms(study, arms, script):
    """Train what is not trained yet, and compare all on the validation split.

    Arguments
    ---------
    study : Study
    arms : dict
        From `read_arms`.
    script : str or Path
        train.py.

    Returns
    -------
    comparison : dict
        The content of arms.json.
    """
    runs = [run for of_arm in arms.values() for run in of_arm]
    check_data(runs)
    _refuse_changed(runs)
    with only_run(study.folder) as lock:
        _train_all(study, runs, script, lock)
        for number, run in enumerate(runs, start=1):
            _evaluate(run, f"model {number} of {len(runs)}")
        _refuse_changed(runs)
        comparison = _comparison(study, arms)
        write_json(study.folder / "arms.json", comparison)
    return comparison


def _train_all(study, runs, script, lock):
    done = [run for run in runs if is_trained(run)]
    waiting = [run for run in runs if not is_trained(run)]
    for run in done:
        drop_checkpoints(run)
    for run in waiting:
        took = [seconds_of(other.folder) for other in done]
        left = time_left(took, len(runs) - len(done))
        number = len(done) + 1
        print(f"training {number} of {len(runs)}: {run.name}{left}", flush=True)
        train(study, run, script, lock)
        drop_checkpoints(run)
        done.append(run)
        _refuse_changed(done)


def _refuse_changed(runs):
    for run in runs:
        refuse_other_config(run.folder, run.config)


def _evaluate(run, place):
    """Report on the validation split, unless that is done."""
    model, manifest = run.best_model, run.config["valid_manifest"]
    if not is_report_of(run.folder / "report", model, manifest):
        print(f"validation of {place}: {run.name}", flush=True)
        data_root = run.config["data_root"]
        evaluate(model, manifest, run.folder / "report", data_root)


def _comparison(study, arms):
    reports = {
        name: [read_report(run.folder / "report") for run in runs]
        for name, runs in arms.items()
    }
    errors = {name: list(map(errors_of, own)) for name, own in reports.items()}
    first = next(iter(arms))
    manifest = arms[first][0].config["valid_manifest"]
    warning = reports[first][0]["overall"]["warning"]
    return {
        "synthetic": bool(read_summary(manifest).get("synthetic")),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "phase_file": str(study.phase_file),
        "manifest": manifest,
        "method": METHOD,
        "warning": warning,
        "seeds": list(dict.fromkeys(study.settings["seeds"])),
        "arms": {
            name: {
                **wer_of(errors[name]),
                "against_first": None
                if name == first
                else difference(errors[first], errors[name], warning),
                **_costs(arms[name]),
                "overrides": arms[name][0].overrides,
            }
            for name in arms
        },
    }


def _costs(runs):
    """What an arm takes: of its runs the middle one, in speed and memory."""
    found = [measurements_of(run) for run in runs]
    found = sorted(
        (entry for entry in found if entry), key=lambda e: e["seconds_per_step"]
    )
    middle = found[len(found) // 2] if found else {}
    epochs = [read_log(run.folder)["epochs"] for run in runs]
    return {
        "trainable_params": epochs[0][-1]["model/trainable_params"],
        "epochs": [of_run[-1]["epoch"] for of_run in epochs],
        "seconds_per_step": middle.get("seconds_per_step"),
        "peak_gib": middle.get("peak_gib"),
    }
