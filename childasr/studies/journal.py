"""The file in which Optuna keeps the trials of a sweep."""

from pathlib import Path

from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

NAME = "optuna.log"


def open_journal(folder):
    """Open a sweep's journal, without what a kill or a full disk left of it.

    Optuna's lock is a symbolic link beside the journal. One that is left
    behind would be waited for, for ever where it names a relative path; and
    half a line cannot be read.

    Arguments
    ---------
    folder : str or Path
        Of the sweep, in which no other run is at work.

    Returns
    -------
    storage : optuna.storages.JournalStorage

    Example
    -------
    >>> folder = getfixture("tmp_path")
    >>> _ = (folder / "optuna.log").write_text('{"op_code":')
    >>> open_journal(folder).get_all_studies()
    []
    """
    path = Path(folder, NAME).absolute()
    path.with_name(f"{NAME}.lock").unlink(missing_ok=True)
    if path.is_file():
        with open(path, "rb+") as file:
            file.truncate(file.read().rfind(b"\n") + 1)
    return JournalStorage(JournalFileBackend(str(path)))
