"""Readers: a corpus in some layout in, utterance records out."""

from pathlib import Path

from childasr.text import InputError
from data_prep.index import FileIndex
from data_prep.readers.aihub import AIHub540
from data_prep.readers.child_subset import METADATA_FILES, ChildSubset
from data_prep.readers.kaldi import KaldiFolder, find_folders
from data_prep.readers.table import Table

FORMATS = {
    reader.format: reader
    for reader in (ChildSubset, AIHub540, KaldiFolder, Table)
}


def open_corpus(root, connection, format="auto", progress=True, **options):
    """Look through a corpus and give the reader of its layout.

    Arguments
    ---------
    root : str or Path
        The corpus.
    connection : sqlite3.Connection
        Where the index of its files is kept.
    format : str
        One of FORMATS, or `auto`: by what is in the folder.
    progress : bool
        Show how many files were seen.
    **options
        `metadata` and `columns` of tables, `label_dir` of AI Hub's layout;
        what is empty is not given.

    Returns
    -------
    reader : Reader

    Raises
    ------
    InputError
        There is no corpus, or an option is not of its layout.

    Example
    -------
    >>> import sqlite3
    >>> folder = getfixture("tmp_path")
    >>> _ = (folder / "K01.wav").write_bytes(b"RIFF")
    >>> _ = (folder / "list.csv").write_text("wav,speaker,text\\nK01.wav,1,a")
    >>> reader = open_corpus(folder, sqlite3.connect(":memory:"), progress=False)
    >>> [utterance.fields["text"] for utterance in reader]
    ['a']
    """  # noqa: E501
    root = Path(root)
    options = {name: value for name, value in options.items() if value}
    for folder in (root, Path(options.get("label_dir", root))):
        if not folder.is_dir():
            raise InputError(f"no folder {folder}: give the corpus's")
    if format == "auto":
        format = detect(root, **options)
    reader = FORMATS[format]
    for name in options:
        if name not in reader.options:
            raise InputError(
                f"--{name} does not go with the layout {format} of {root}: "
                "leave it out, or give another --format"
            )
    index = FileIndex(connection, progress=progress)
    index.scan(root, skip=reader.skip)
    return reader(root, index, **options)


def detect(root, metadata=None, label_dir=None, columns=None):
    """The format of a corpus, by what is in its folder.

    Example
    -------
    >>> detect(getfixture("tmp_path"), metadata="recordings.csv")
    'csv'
    """
    if any((root / name).exists() for name in METADATA_FILES):
        return ChildSubset.format
    if label_dir:
        return AIHub540.format
    if metadata or columns:
        return Table.format
    if find_folders(root):
        return KaldiFolder.format
    is_table = len(list(root.glob("[!.]*.csv"))) == 1
    return Table.format if is_table else AIHub540.format
