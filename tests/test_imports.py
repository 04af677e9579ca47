"""What may import what, as CONTRIBUTING.md says."""

import re

import pytest
from projects import ROOT

ROW = re.compile(r"^\| `(childasr/\w+/)` .*\| not `training` \|$", re.MULTILINE)
APART = ROW.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
TRAINING = re.compile(
    r"^\s*(from|import) childasr(\.| import )training", re.MULTILINE
)


def test_the_table_names_parts_that_stay_apart_from_training():
    assert "childasr/curriculum/" in APART


@pytest.mark.parametrize("folder", APART)
def test_parts_that_are_apart_from_training_do_not_import_it(folder):
    files = list((ROOT / folder).rglob("*.py"))
    assert files
    for file in files:
        assert not TRAINING.search(file.read_text(encoding="utf-8")), file
