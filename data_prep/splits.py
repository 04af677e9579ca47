"""Splits by speaker: dealt out, or kept from earlier preparations."""

from pathlib import Path
from typing import NamedTuple

from childasr.text import InputError
from data_prep.cells import read_cells
from data_prep.columns import CsvFile
from data_prep.draw import split_speakers
from data_prep.records import SPLITS
from data_prep.twins import as_one

# What to do where a corpus has none of the speakers of earlier manifests.
REMEDIES = {
    "--keep_splits": "give a folder that was prepared with the --speaker_keys "
    "of this one",
    "--output_dir": "give another one, or the --speaker_keys of before, or "
    "move its train.csv, valid.csv and test.csv elsewhere",
}


class Earlier(NamedTuple):
    """Manifests whose speakers stay in their splits.

    Arguments
    ---------
    option : str
        That gave their folder: `--keep_splits` or `--output_dir`.
    folder : Path
    splits : dict
        Speaker -> `train`, `valid` or `test`.
    """

    option: str
    folder: Path
    splits: dict


def find_earlier(output_dir, keep_splits=None):
    """The manifests that speakers keep their splits of.

    A model may have learnt from any of them: a child that changes its split
    would be scored by a model that has heard it.

    Arguments
    ---------
    output_dir : str or Path
        Manifests that are there already count.
    keep_splits : str or Path, optional
        Folder of others, which must be there.

    Returns
    -------
    earlier : list of Earlier

    Raises
    ------
    InputError
        Manifests of `keep_splits`, or some of those in `output_dir`, are
        missing, some cannot be read, or two of them have a speaker in
        different splits.
    """
    earlier, here = [], Path(output_dir)
    if keep_splits:
        folder = Path(keep_splits)
        earlier.append(Earlier("--keep_splits", folder, read_splits(folder)))
    is_kept = keep_splits and here.resolve() == Path(keep_splits).resolve()
    if not is_kept and _is_prepared(here):
        earlier.append(Earlier("--output_dir", here, read_splits(here)))
    if len(earlier) == 2:
        _refuse_conflict(*earlier)
    return earlier


def _is_prepared(folder):
    """Whether manifests are there; one without the others is refused."""
    names = [f"{split}.csv" for split in SPLITS]
    lost = [name for name in names if not (folder / name).is_file()]
    if 0 < len(lost) < len(names) and not _is_first_killed(folder, lost):
        raise InputError(
            f"no {' and '.join(lost)} in {folder}, and so nobody knows in "
            "which splits its children were: put back what is missing, or "
            f"move {', '.join(names)} elsewhere to deal all out anew"
        )
    return not lost


def _is_first_killed(folder, lost):
    """Whether a first preparation can have been killed as it moved its files.

    They come by name, and the summary last.
    """
    is_left = lost in (["valid.csv"], ["train.csv", "valid.csv"])
    return is_left and not (folder / "summary.json").exists()


def _refuse_conflict(pilot, here):
    for speaker in sorted(pilot.splits.keys() & here.splits.keys()):
        one, other = pilot.splits[speaker], here.splits[speaker]
        if one != other:
            raise InputError(
                f"speaker {speaker} is in {one} by {pilot.folder} and in "
                f"{other} by {here.folder}: give another --output_dir, or "
                f"move the manifests in {here.folder} elsewhere"
            )


def deal_out(store, shares, seed, earlier=(), twins=()):
    """Give every input of a store the split that its speaker is drawn for.

    Arguments
    ---------
    store : Store
        Its utterances and rejects get their `split`.
    shares : tuple of float
        Of the audio, in validation and test.
    seed : int
    earlier : list of Earlier
        From `find_earlier`: their speakers are not drawn.
    twins : list of tuple
        From `find_twin_speakers`: those who are linked are drawn as one. Who
        is linked with earlier speakers of several splits follows those in
        train, or else in valid: what was heard cannot be measured by.

    Returns
    -------
    kept : list of dict
        Of each of `earlier`, for the summary: `option`, `folder`, its
        `speakers`, and how many of them were `found`.

    Raises
    ------
    InputError
        None of an earlier folder's speakers is there, or the speakers cannot
        be dealt out.
    """
    cells, one = read_cells(store.connection), as_one(twins)
    there = {cell.speaker for cell in cells} | one.keys()
    kept = [_describe(manifests, there) for manifests in earlier]
    own = {k: v for manifests in earlier for k, v in manifests.splits.items()}
    stays = {}
    for speaker, split in own.items():
        name = one.get(speaker, speaker)
        stays[name] = min(split, stays.get(name, split), key=SPLITS.index)
    drawn = split_speakers(
        [c._replace(speaker=one.get(c.speaker, c.speaker)) for c in cells],
        *(*shares, seed, stays),
    )
    splits = {who: drawn.get(one.get(who, who)) for who in there} | {
        who: own[who] for who in there & own.keys()
    }
    # Of a child whose every recording was rejected nothing is drawn.
    _write_splits(store, {w: split for w, split in splits.items() if split})
    return kept


def _describe(manifests, there):
    """What the summary says of manifests whose speakers stay."""
    found = len(manifests.splits.keys() & there)
    option, folder = manifests.option, manifests.folder
    if not found:
        raise InputError(
            f"none of the {len(manifests.splits)} speakers of {option} "
            f"{folder} is in this corpus: {REMEDIES[option]}"
        )
    return {
        "option": option,
        "folder": str(folder.absolute()),
        "speakers": len(manifests.splits),
        "found": found,
    }


def _write_splits(store, splits):
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
                    f"{split}, and nobody knows where to keep it: give "
                    "another folder, or move its manifests elsewhere"
                )
    return splits


def _speakers(path):
    if not path.is_file():
        raise InputError(
            f"no {path}: give the folder of earlier manifests as --keep_splits"
        )
    rows = CsvFile(path)
    if "spk_id" not in rows.header:
        raise InputError(
            f"{path} has no column spk_id: give another folder, or move it "
            "elsewhere"
        )
    return {row["spk_id"] for row in rows} - {"", None}
