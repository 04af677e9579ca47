"""What every target is, and the folder of the files that it is tried on."""

import tempfile
from pathlib import Path
from typing import NamedTuple

SCRATCH = tempfile.TemporaryDirectory(prefix="fuzz")
FOLDER = Path(SCRATCH.name)


class Target(NamedTuple):
    """What is tried, and with what a fuzzer begins."""

    run: callable
    seeds: list


def write_file(name, data):
    path = FOLDER / name
    path.write_bytes(data)
    return path
