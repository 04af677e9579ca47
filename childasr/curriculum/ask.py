"""What a module of ours says when it is run by itself."""

import json
import subprocess
import sys

from childasr.curriculum.child import (
    ChildFailedError,
    end_with_parent,
    explain,
)


def ask(module, *arguments):
    """Run a module as a process of its own, and read the JSON that it prints.

    One that has looked at a GPU keeps some of its memory until it ends.

    Arguments
    ---------
    module : str
        Its last line of output is a JSON object.
    *arguments : str

    Returns
    -------
    said : dict

    Raises
    ------
    ChildFailedError
        With its last line of errors.

    Example
    -------
    >>> ask("childasr.curriculum.machine")["torch_version"][0]
    '2'
    >>> ask("childasr.no_module")
    Traceback (most recent call last):
    childasr.curriculum.child.ChildFailedError: ... No module named ...
    """
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        capture_output=True,
        preexec_fn=end_with_parent,
        text=True,
    )
    if done.returncode:
        message, status = explain(module, done.returncode)
        lines = done.stderr.strip().splitlines()
        if lines and done.returncode > 0:
            message = lines[-1].removeprefix("error: ")
        raise ChildFailedError(message, status)
    return json.loads(done.stdout.splitlines()[-1])
