"""Splits by speaker: dealt out, or kept from an earlier preparation."""

from pathlib import Path

from childasr.text import InputError
from data_prep.cells import read_cells
from data_prep.columns import CsvFile
from data_prep.draw import split_speakers
from data_prep.records import SPLITS


def deal_out(store, shares, seed, kept):
    """Give every input of a store the split that its speaker is drawn for.

    Arguments
    ---------
    store : Store
        Its utterances and rejects get their `split`.
    shares : tuple of float
        Of the audio, in validation and test.
    seed : int
    kept : dict
        Speaker -> split that is not drawn, from `read_splits`; or empty.

    Returns
    -------
    found : int
        Speakers whose split was kept.

    Raises
    ------
    InputError
        None of `kept` is there, or the speakers cannot be dealt out.
    """
    splits = split_speakers(read_cells(store.connection), *shares, seed, kept)
    found = len(kept.keys() & splits.keys())
    if kept and not found:
        raise InputError(
            f"none of the {len(kept)} speakers of --keep_splits is in this "
            "corpus: give a folder that was prepared with the --speaker_keys "
            "of this one"
        )
    with store.connection as connection:
        connection.execute(
            "CREATE TEMP TABLE dealt (speaker TEXT PRIMARY KEY, split TEXT)"
        )
        connection.executemany(
            "INSERT INTO dealt VALUES (?, ?)", splits.items()
        )
        for table in ("utterance", "reject"):
            connection.execute(
                f"UPDATE {table} SET split = (SELECT split FROM dealt "
                f"WHERE speaker = {table}.speaker) "
                "WHERE speaker IN (SELECT speaker FROM dealt)"
            )
        connection.execute("DROP TABLE dealt")
    return found


def read_splits(folder):
    """Read the split of each speaker from the manifests of a preparation.

    Arguments
    ---------
    folder : str or Path
        Where it wrote them.

    Returns
    -------
    splits : dict
        Speaker -> `train`, `valid` or `test`.

    Raises
    ------
    InputError
        A manifest is missing or cannot be read, or two have a speaker.

    Example
    -------
    >>> folder = getfixture("tmp_path")
    >>> for split in SPLITS:
    ...     _ = (folder / f"{split}.csv").write_text(f"ID,spk_id\\nu,{split}1")
    >>> read_splits(folder)
    {'train1': 'train', 'valid1': 'valid', 'test1': 'test'}
    """
    splits = {}
    for split in SPLITS:
        for speaker in sorted(_speakers(Path(folder, f"{split}.csv"))):
            other = splits.setdefault(speaker, split)
            if other != split:
                raise InputError(
                    f"{folder} has speaker {speaker} in both {other} and "
                    f"{split}: give manifests that keep speakers apart as "
                    "--keep_splits"
                )
    return splits


def _speakers(path):
    if not path.is_file():
        raise InputError(
            f"no {path}: give the folder of earlier manifests as --keep_splits"
        )
    rows = CsvFile(path)
    if "spk_id" not in rows.header:
        raise InputError(f"{path} has no column spk_id: prepare it anew")
    return {row["spk_id"] for row in rows} - {"", None}
