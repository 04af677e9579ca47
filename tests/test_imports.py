"""What may import what, as CONTRIBUTING.md says."""

import ast

import pytest
from projects import RECIPE, ROOT

PARTS = ("childasr", "data_prep", "recipes", "benchmarks", "tests")


def read_table():
    """What each folder of the table may import."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    cells = [[c.strip() for c in row.strip("|").split("|")] for row in rows]
    return {name.strip("`"): rule for name, _, rule in cells}


TABLE = read_table()
HELD = [name for name in TABLE if name.startswith(("childasr/", "data_prep/"))]


def imports(file):
    """Full names of what a file imports, of this project or not."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def may_import(folder, name):
    """Whether the table lets a folder import what has this name."""
    top, part, *_ = [*name.split("."), ""]
    own, rule = folder.strip("/").removeprefix("childasr/"), TABLE[folder]
    if top != "childasr":
        return top == own
    if own == "data_prep":
        return part == "text"
    beside = own == "*.py" and (ROOT / "childasr" / f"{part}.py").is_file()
    if part in ("errors", own) or beside:
        return True
    if rule.startswith("not "):
        return f"`{part}`" not in rule
    return rule == "all of `childasr`" or f"`{part}`" in rule


def test_the_table_has_every_folder_with_code():
    folders = {path.parent for path in ROOT.glob("childasr/*/__init__.py")}
    names = {f"childasr/{folder.name}/" for folder in folders}
    assert names | {"childasr/*.py", "data_prep/"} == set(HELD)


@pytest.mark.parametrize("folder", HELD)
def test_a_folder_imports_what_the_table_lets_it(folder):
    path = ROOT / folder
    files = [*(ROOT.glob(folder) if "*" in folder else path.rglob("*.py"))]
    assert files
    for file in files:
        of_project = [n for n in imports(file) if n.split(".")[0] in PARTS]
        wrong = [name for name in of_project if not may_import(folder, name)]
        assert not wrong, file


def test_nobody_imports_a_command():
    commands = {path.stem for path in RECIPE.glob("*.py")} | {"recipes"}
    files = [file for part in PARTS for file in (ROOT / part).rglob("*.py")]
    for file in files:
        tops = {name.split(".")[0] for name in imports(file)}
        assert not tops & commands, file
