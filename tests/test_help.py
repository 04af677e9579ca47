"""Each command says what it takes."""

import argparse
import re

import pytest
from projects import RECIPE, run_here

COMMANDS = sorted(path.name for path in RECIPE.glob("*.py"))


@pytest.fixture
def added(monkeypatch):
    """The arguments that parsers are given."""
    actions = []
    add = argparse.ArgumentParser.add_argument

    def note(*arguments, **options):
        actions.append(add(*arguments, **options))
        return actions[-1]

    monkeypatch.setattr(argparse._ActionsContainer, "add_argument", note)
    return actions


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_every_argument(command, added, monkeypatch, capsys):
    assert run_here(command, ["--help"], monkeypatch) == 0
    said = capsys.readouterr().out
    assert len(added) > 1  # --help is one
    for action in added:
        names = action.option_strings or [action.metavar or action.dest]
        for name in names:
            assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", said)
