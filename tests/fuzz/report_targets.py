"""Parsers of what lies beside a model, and of reports that are read again."""

import json

import numpy as np
from safetensors.numpy import save_file
from scratch import FOLDER, Target, write_file

from childasr.errors import InputError
from childasr.evaluation.compare_files import FIELDS, read_report
from childasr.evaluation.history import gate_of, training_of
from childasr.evaluation.page.curves import curves
from childasr.evaluation.report_files import is_report_of, read_hypotheses
from childasr.text.files import write_json
from childasr.text.percent import percent


def _write_model():
    """Files that make a folder a whole model, to whoever opens no tensor."""
    model = FOLDER / "phase" / "best_model"
    model.mkdir(parents=True)
    save_file({"a": np.zeros(1)}, model / "model.safetensors")
    for name in ("config.json", "preprocessor_config.json"):
        (model / name).write_text("{}")
    return model


MODEL = _write_model()


def gate(data):
    """A gate that is taken can be shown, and written again."""
    write_file("phase/gate.json", data)
    try:
        found = gate_of(MODEL)
    except InputError:
        return
    if found is not None:
        write_json(FOLDER / "a.json", found)
        for name in ("wer", "target", "acceptable"):
            percent(found[name])


def training_log(data):
    """A log that is taken can be drawn, and written again."""
    write_file("phase/training_log.json", data)
    try:
        found = training_of(MODEL)
    except InputError:
        return
    write_json(FOLDER / "a.json", found)
    json.dumps(curves(found), allow_nan=False)


def report(data):
    """A report that is taken can be written again."""
    path = write_file("report.json", data)
    assert not is_report_of(FOLDER, MODEL, path)
    try:
        write_json(FOLDER / "a.json", read_report(FOLDER))
    except InputError:
        return


def hypotheses(data):
    try:
        read_hypotheses(write_file("hypotheses.csv", data))
    except InputError:
        return


GATE = {"phase": "phase1", "wer": 0.2, "target": 0.18, "acceptable": 0.22}
GATE |= {"verdict": "acceptable", "next": {"step": "phase2"}}
EPOCH = {"epoch": 1, "train/loss": 2.5, "val/wer": 0.2, "train/lr": 1e-4}
LOG = {"phase": "phase1", "epochs": [EPOCH, EPOCH | {"val/wer": None}]}
LOG |= {"config": {"start_from": "a/b", "start_model_sha256": "0" * 64}}
REPORT = {field: kind() for field, kind in FIELDS.items()}
TARGETS = {
    "gate": Target(gate, [json.dumps(GATE).encode()]),
    "training_log": Target(training_log, [json.dumps(LOG).encode()]),
    "report": Target(report, [json.dumps(REPORT).encode()]),
    "hypotheses": Target(
        hypotheses, ["ID,spk_id,ref,hyp\nu,s,'=1,안녕\nu,s\n".encode()]
    ),
}
