"""The Python that is asked for is one that the packages run on."""

import tomllib
from importlib.metadata import metadata, version

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from projects import ROOT


def lowest_python():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["project"]["requires-python"].removeprefix(">=")


def series(text):
    return Version(text).release[:2]


def pinned_packages():
    """Those installed in the first series that their requirement allows.

    On an older Python pip may choose an older version of the others.
    """
    names = []
    file = ROOT / "requirements-common.txt"
    for line in file.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            first = min(Version(each.version) for each in requirement.specifier)
            if series(version(requirement.name)) == series(str(first)):
                names.append(requirement.name)
    return names


def test_packages_run_on_the_python_that_is_asked_for():
    names = pinned_packages()
    refusing = [
        name
        for name in names
        if lowest_python()
        not in SpecifierSet(metadata(name)["Requires-Python"] or "")
    ]
    assert names and not refusing


@pytest.mark.parametrize("name", ["README.md", "README.ko.md", "Makefile"])
def test_people_are_told_which_python(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert f"Python {lowest_python()}" in text
