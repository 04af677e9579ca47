"""report.json is what report.schema.json says."""

import copy
import json
from importlib import resources

import jsonschema
import pytest
import report_data

from childasr.evaluation.analysis import analyse
from childasr.evaluation.redaction import redact
from childasr.evaluation.report import score

SCHEMA = json.loads(
    resources.files("childasr.evaluation")
    .joinpath("report.schema.json")
    .read_text(encoding="utf-8")
)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
REMOVED = object()


@pytest.fixture(scope="module")
def report():
    return report_data.make_report(report_data.make_scored())


def test_the_schema_is_one():
    VALIDATOR.check_schema(SCHEMA)


def test_a_report_is_valid(report):
    VALIDATOR.validate(json.loads(json.dumps(report)))


def test_what_the_analysis_finds_is_valid(report):
    found = report | {"analysis": analyse(report_data.make_scored(300))}
    VALIDATOR.validate(found)
    VALIDATOR.validate(redact(found))


def test_undefined_rates_are_valid():
    spoken = [item.utterance for item in report_data.make_scored(3)]
    silent = [item._replace(text="", spk_id="") for item in spoken]
    scored = score(silent, ["", "어", ""])
    VALIDATOR.validate(report_data.make_report(scored, training=[]))


def test_what_may_be_unknown_may_be_null(report):
    VALIDATOR.validate(report | {"gate": None, "test_looks": None})


@pytest.mark.parametrize(
    "place, value",
    [
        (["overall", "wer"], -0.1),
        (["overall", "wer"], "0.1"),
        (["overall", "wer_interval"], [0.1]),
        (["overall", "swer"], REMOVED),
        (["overall", "warning"], "small"),
        (["groups", "speaker"], REMOVED),
        (["groups", "accent"], {}),
        (["groups", "age", "5", "words"], 1.5),
        (["mean_over_age", "cer"], REMOVED),
        (["date"], "2026-03-14 15:09"),
        (["model_sha256"], "0123"),
        (["gate", "verdict"], "passed"),
        (["test_looks", "looks"], 0),
        (["analysis", "letters", "positions", "coda"], REMOVED),
        (["analysis", "letters", "confusions", 0, "position"], "tail"),
        (["analysis", "suspects", 0, "reason"], ""),
        (["analysis", "suspects", 0, "seen"], REMOVED),
        (["analysis", "suspects", 0, "seen", "words"], 5),
        (["analysis", "outputs", "empty"], [7]),
        (["training", 0, "epochs", 0, "val/loss"], "low"),
        (["further"], True),
    ],
)
def test_a_broken_report_is_not_valid(report, place, value):
    broken = copy.deepcopy(report)
    *path, last = place
    part = broken
    for step in path:
        part = part[step]
    if value is REMOVED:
        del part[last]
    else:
        part[last] = value
    assert not VALIDATOR.is_valid(broken)


@pytest.mark.parametrize("part", SCHEMA["required"])
def test_every_part_is_required(report, part):
    left = {name: value for name, value in report.items() if name != part}
    assert not VALIDATOR.is_valid(left)
    assert set(SCHEMA["required"]) == set(SCHEMA["properties"])
