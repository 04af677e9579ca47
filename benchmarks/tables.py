#!/usr/bin/env python3
"""Print the tables of benchmarks/results/, or put them into the READMEs.

> python benchmarks/tables.py
> python benchmarks/tables.py --write

There a table stands between two marks with the name of its JSON file; a test
compares the two, so that no figure is edited by hand.
"""

import argparse
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "speed"))

READMES = (
    HERE / "README.md",
    HERE.parent / "README.md",
    HERE.parent / "README.ko.md",
)
MARKED = re.compile(
    r"(<!-- results/(\w+)\.json -->\n)(.*?)(<!-- end -->)", re.DOTALL
)


def section(path):
    """A results file as Markdown: what, how, on what, and the table."""
    from table import markdown

    found = json.loads(path.read_text("utf-8"))
    machine = found["machine"]
    on = machine.get("gpu") or f"{machine['cores']} cores of {machine['cpu']}"
    title = found.get("title", path.stem)
    return f"{title}, on {on}:\n`{found['command']}`\n\n" + markdown(
        found["table"]
    )


def fill(text, results):
    """A README with the tables of the results that there are.

    Arguments
    ---------
    text : str
    results : Path
        The folder of JSON files.
    """

    def filled(match):
        start, name, _, end = match.groups()
        path = results / f"{name}.json"
        table = f"\n{section(path)}\n\n" if path.is_file() else "Not run yet.\n"
        return start + table + end

    return MARKED.sub(filled, text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="into the READMEs")
    if parser.parse_args().write:
        for readme in READMES:
            text = fill(readme.read_text("utf-8"), HERE / "results")
            readme.write_text(text, "utf-8")
        return
    for path in sorted((HERE / "results").glob("*.json")):
        print(f"{section(path)}\n")


if __name__ == "__main__":
    main()
