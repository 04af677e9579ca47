"""The demo's file asks for what there is."""

import json

from projects import ROOT

from childasr.curriculum.plan import read_plan

HPARAMS = ROOT / "hparams"


def test_the_demo_has_the_phases_of_the_plan_and_an_encoder_that_is_here():
    demo, plan = (
        read_plan(HPARAMS / f"{name}.yaml") for name in ("demo", "curriculum")
    )
    assert [p.file for p in demo.may_run] == [p.file for p in plan.may_run]
    for phase in demo.may_run:
        encoder = ROOT / phase.config["encoder"] / "config.json"
        layers = json.loads(encoder.read_text("utf-8"))["num_hidden_layers"]
        assert phase.config["freeze_layers"] < layers
