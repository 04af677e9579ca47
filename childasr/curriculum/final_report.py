"""The report on the test split, made once for the model that is shipped."""

import json
from pathlib import Path

from childasr.curriculum.child import run_child
from childasr.evaluation.report_files import is_report_of


def report_on_test(plan, phase, evaluate, lock):
    """Evaluate a phase's best model on the test split, unless it is done.

    Arguments
    ---------
    plan : Plan
    phase : Phase
        The one whose model is shipped.
    evaluate : list of str
        The command, as for `run_plan`.
    lock : io.IOBase
        From `only_run`.

    Returns
    -------
    report : dict
        The content of `report.json`.
    """
    path = Path(plan.settings["report_folder"]) / "report.json"
    test = plan.manifest_folder / "test.csv"
    if is_report_of(path.parent, phase.best_model, test):
        print(f"test report: done before, {path}")
        return _read(path)
    command = [*evaluate, str(phase.best_model)]
    command += [str(test)]
    command += ["--output_dir", str(path.parent)]
    if phase.config.get("data_root"):
        command += ["--data_root", str(phase.config["data_root"])]
    run_child(command, "the test report", lock)
    return _read(path)


def _read(path):
    return json.loads(path.read_text(encoding="utf-8"))
