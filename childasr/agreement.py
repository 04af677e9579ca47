"""What processes agree on before they begin to work together."""

import contextlib
import socket
import time
import uuid
from pathlib import Path

from childasr.errors import InputError, RunError

# Network disks show new files late, NFS by default within a minute.
PATIENCE = 60  # seconds


class Agreement:
    """Processes of which all go on, or none.

    A subclass has `rank`, this process's place, and `gather(value)`, which
    every process calls, and which gives the values of all in the order of
    their ranks.

    Example
    -------
    >>> class Alone(Agreement):
    ...     rank = 0
    ...
    ...     def gather(self, value):
    ...         return [value]
    >>> alone = Alone()
    >>> alone.first_alone(max, 1, 2)
    2
    >>> alone.refuse_differences({"lr": 1e-4})
    >>> alone.refuse_unshared(getfixture("tmp_path"))
    >>> with alone.together():
    ...     raise InputError("no folder corpus/: give --data_folder")
    Traceback (most recent call last):
    childasr.errors.InputError: no folder corpus/: give --data_folder
    """

    @contextlib.contextmanager
    def together(self):
        """A `with` block after which all processes go on, or none.

        An InputError or RunError of one is raised in all: they would wait,
        for hours on GPUs, for one that has gone. The block may not ask other
        processes for anything.
        """
        refused = None
        try:
            yield
        except (InputError, RunError) as error:
            refused = error
        self._share(refused)

    def first_alone(self, function, *args, **kwargs):
        """Call a function in the first process, for all of them.

        Every process must call it. SpeechBrain's `run_on_main` leaves the
        others waiting where the function fails.

        Arguments
        ---------
        function : callable
            Asks other processes for nothing; what it returns can be gathered.
        *args, **kwargs
            Its arguments.

        Returns
        -------
        object
            What it returned, in every process.
        """
        refused = value = None
        try:
            if self.rank == 0:
                value = function(*args, **kwargs)
        except (InputError, RunError) as error:
            refused = error
        return self._share(refused, value)[0]

    def _share(self, refused, value=None):
        """Every process's value, unless one of them has refused."""
        here = socket.gethostname()
        why = refused and (isinstance(refused, InputError), str(refused))
        found = self.gather((here, why, value))
        for host, why, _ in found:
            if why is not None:
                of_input, text = why
                kind = InputError if of_input else RunError
                raise kind(text if host == here else f"on {host}: {text}")
        return [value for *_, value in found]

    def refuse_differences(self, facts):
        """Refuse processes that would not work at the same thing.

        On several machines each has its own command line and files.

        Arguments
        ---------
        facts : dict
            Name to value, in the same order in every process.

        Raises
        ------
        InputError
            In every process; it names the first difference.
        """
        (first, expected), *others = self.gather((socket.gethostname(), facts))
        for place, (host, found) in enumerate(others, start=1):
            for name, value in expected.items():
                if found.get(name) != value:
                    raise InputError(
                        f"{name} is {found.get(name)} for process {place} on "
                        f"{host}, {value} for process 0 on {first}: start all "
                        "with the same options and files"
                    )

    def refuse_unshared(self, folder):
        """Refuse a folder that is not the same one for every process.

        Arguments
        ---------
        folder : str or Path
            Where the first process can write.

        Raises
        ------
        InputError
            In every process; it names a machine that does not see the folder.
        """
        name = self.first_alone(lambda: uuid.uuid4().hex)
        sign = Path(folder) / f".shared.{name}"
        self.first_alone(sign.touch)
        seen = self.gather((socket.gethostname(), _appears(sign)))
        self.first_alone(sign.unlink)
        first, _ = seen[0]
        for place, (host, there) in enumerate(seen):
            if not there:
                raise InputError(
                    f"process {place} on {host} does not see {folder} of "
                    f"{first}: give a folder on a disk that all machines share"
                )


def _appears(path):
    deadline = time.monotonic() + PATIENCE
    while not path.exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(1)
    return True
