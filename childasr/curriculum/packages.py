"""Whether the installed packages are those that the recipe was tested with."""

import importlib.metadata
import shlex
from pathlib import Path

from packaging.requirements import Requirement

from childasr.curriculum.check import Check

ROOT = Path(__file__).resolve().parents[2]
VOLTA = ROOT / "requirements-volta.txt"
REQUIREMENTS = [ROOT / "requirements.txt", VOLTA]  # one of them is enough


def check_packages(requirement_files):
    """One of the requirement files is met as a whole.

    Arguments
    ---------
    requirement_files : list of Path
        Alternatives; the one that is nearest to being met is advised.

    Returns
    -------
    check : Check

    Example
    -------
    >>> file = getfixture("tmp_path") / "requirements.txt"
    >>> _ = file.write_text("torch>=99\\n-e .\\n")
    >>> print(check_packages([file]))
    FAILED   packages: torch ... is not >=99: cd ... && pip install -r ...
    """
    unmet = {file: unmet_requirements(file) for file in requirement_files}
    nearest = min(unmet, key=lambda file: len(unmet[file]))
    if not unmet[nearest]:
        return Check("packages", True, f"as in {Path(nearest).name}")
    reason = f"{', '.join(unmet[nearest])}: {install_command(nearest)}"
    return Check("packages", False, reason)


def install_command(file):
    """What installs a requirements file, from wherever it is typed.

    Its `-e .` is relative to the current folder.

    Example
    -------
    >>> install_command("/home/a b/requirements.txt")
    "cd '/home/a b' && pip install -r requirements.txt"
    """
    file = Path(file)
    folder = shlex.quote(str(file.parent.absolute()))
    return f"cd {folder} && pip install -r {shlex.quote(file.name)}"


def unmet_requirements(file):
    """List the requirements of a file that are missing or of another version.

    Example
    -------
    >>> file = getfixture("tmp_path") / "requirements.txt"
    >>> _ = file.write_text("no-such-package  # why\\ntorch>=2\\n")
    >>> unmet_requirements(file)
    ['no-such-package is missing']
    """
    unmet = []
    for line in Path(file).read_text(encoding="utf-8").splitlines():
        line = line.partition("#")[0].strip()
        if line.startswith("-r "):
            unmet += unmet_requirements(Path(file).parent / line[3:].strip())
        if not line or line.startswith("-"):  # an option of pip, as -e .
            continue
        requirement = Requirement(line)
        if requirement.marker and not requirement.marker.evaluate():
            continue
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            unmet.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            unmet.append(
                f"{requirement.name} {version} is not {requirement.specifier}"
            )
    return unmet
