"""What the processes of a distributed run agree on before they train."""

import contextlib
import socket
import time
import uuid
from pathlib import Path

from speechbrain.utils.distributed import if_main_process

from childasr.errors import InputError, RunError
from childasr.training.processes import gather

# Network disks show new files late, NFS by default within a minute.
PATIENCE = 60  # seconds


@contextlib.contextmanager
def together():
    """A `with` block after which all processes go on, or none.

    An InputError or RunError of one is raised in all: they would wait, for
    hours on GPUs, for one that has gone. The block may not ask other
    processes for anything.

    Example
    -------
    >>> with together():
    ...     raise InputError("no folder corpus/: give --data_folder")
    Traceback (most recent call last):
    childasr.errors.InputError: no folder corpus/: give --data_folder
    """
    refused = None
    try:
        yield
    except (InputError, RunError) as error:
        refused = error
    here = socket.gethostname()
    for host, error in gather((here, refused)):
        if error is not None:
            raise error if host == here else type(error)(f"on {host}: {error}")


def first_alone(function, *args, **kwargs):
    """Call a function in the first process, for all of them.

    Every process must call it. SpeechBrain's `run_on_main` leaves the others
    waiting where the function fails.

    Arguments
    ---------
    function : callable
        Asks other processes for nothing; what it returns can be pickled.
    *args, **kwargs
        Its arguments.

    Returns
    -------
    object
        What it returned, in every process.

    Example
    -------
    >>> first_alone(max, 1, 2)
    2
    """
    value = None
    with together():
        if if_main_process():
            value = function(*args, **kwargs)
    return gather(value)[0]


def refuse_differences(facts):
    """Refuse processes that would not train the same thing.

    On several machines each has its own command line and files.

    Arguments
    ---------
    facts : dict
        Name to value, in the same order in every process.

    Raises
    ------
    InputError
        In every process; it names the first difference.

    Example
    -------
    >>> refuse_differences({"lr": 1e-4})
    """
    (first, expected), *others = gather((socket.gethostname(), facts))
    for place, (host, found) in enumerate(others, start=1):
        for name, value in expected.items():
            if found.get(name) != value:
                raise InputError(
                    f"{name} is {found.get(name)} for process {place} on "
                    f"{host}, {value} for process 0 on {first}: start all "
                    "with the same options and files"
                )


def refuse_unshared(folder):
    """Refuse a folder that is not the same one for every process.

    Checkpoints are written by the first process and read by all.

    Arguments
    ---------
    folder : str or Path
        Where the first process can write.

    Raises
    ------
    InputError
        In every process; it names a machine that does not see the folder.

    Example
    -------
    >>> refuse_unshared(getfixture("tmp_path"))
    """
    sign = Path(folder) / f".shared.{first_alone(lambda: uuid.uuid4().hex)}"
    first_alone(sign.touch)
    seen = gather((socket.gethostname(), _appears(sign)))
    first_alone(sign.unlink)
    first, _ = seen[0]
    for place, (host, there) in enumerate(seen):
        if not there:
            raise InputError(
                f"process {place} on {host} does not see {folder} of {first}: "
                "give an output_folder on a disk that all machines share"
            )


def _appears(path):
    deadline = time.monotonic() + PATIENCE
    while not path.exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(1)
    return True
