"""The examples in the docstrings of the benchmarks run."""

import doctest
import importlib

import pytest
from projects import ROOT

SCRIPTS = [
    path
    for path in sorted(ROOT.glob("benchmarks/**/*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_examples_of_a_benchmark_run(siblings, script):
    module = importlib.import_module(script.stem)
    assert module.__file__ == str(script)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    failed, attempted = doctest.testmod(module, optionflags=flags)
    assert attempted and not failed
