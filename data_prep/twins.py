"""What a corpus has twice, and the speakers who share a recording."""

import json
from pathlib import Path

from data_prep.columns import CsvFile
from data_prep.records import SPLITS

# Of two utterances with one id, or with the same samples, the one in the split
# that measures is kept. Equal ones are told apart by what they say, so that
# the order in which a corpus lists them does not choose.
KEPT_FIRST = """
    CASE split WHEN 'test' THEN 0 WHEN 'valid' THEN 1 ELSE 2 END, place,
    speaker, text, age, gender, snr, style
"""
CELLS = {"id": "ID", "content": "content"}  # column of the store -> manifests'
# A recording of more speakers is no child's, but a beep, or a file that was
# copied over others.
MOST_NAMES = 3


def find_twin_speakers(store):
    """Pairs of speakers who share recordings: likely one child, two ids.

    To be asked before `reject_twins`, which leaves one of each recording.

    Arguments
    ---------
    store : Store

    Returns
    -------
    pairs : list of tuple
        Two speakers, the first by code point first, and how many recordings
        they share. Of three who share one, two are paired with the first;
        what more than `MOST_NAMES` share links nobody.
    """
    return store.query(
        f"""
        SELECT first, speaker, COUNT(*) FROM (
            SELECT DISTINCT content, speaker,
                MIN(speaker) OVER (PARTITION BY content) AS first
            FROM utterance WHERE content IN (
                SELECT content FROM utterance WHERE content != ''
                GROUP BY content
                HAVING COUNT(DISTINCT speaker) BETWEEN 2 AND {MOST_NAMES}
            )
        ) WHERE speaker != first GROUP BY 1, 2 ORDER BY 1, 2
        """
    ).fetchall()


def as_one(pairs):
    """Who stands for each speaker of some pairs: one for all who are linked.

    Example
    -------
    >>> as_one([("A", "D", 1), ("B", "C", 9), ("C", "D", 1)])
    {'A': 'A', 'D': 'A', 'B': 'A', 'C': 'A'}
    """
    before = {}

    def first(speaker):
        while speaker in before:
            speaker = before[speaker]
        return speaker

    for one, other, _ in pairs:
        low, high = sorted((first(one), first(other)))
        if low != high:
            before[high] = low
    return {speaker: first(speaker) for pair in pairs for speaker in pair[:2]}


def describe_twins(store, pairs):
    """The pairs for the summary, those in different splits first.

    Arguments
    ---------
    store : Store
        Its speakers have their splits.
    pairs : list of tuple
        From `find_twin_speakers`.

    Returns
    -------
    twins : list of dict
        `speakers` and their `splits`, two of each, and `recordings`.
    """
    names = sorted({speaker for pair in pairs for speaker in pair[:2]})
    # A reject whose split nobody knows has none.
    splits = dict(
        store.query(
            "SELECT speaker, MAX(split) FROM ("
            "SELECT speaker, split FROM utterance UNION ALL "
            "SELECT speaker, split FROM reject"
            ") WHERE speaker IN (SELECT value FROM json_each(?)) GROUP BY 1",
            (json.dumps(names),),
        )
    )
    twins = [
        {
            "speakers": [one, other],
            "splits": [splits[one], splits[other]],
            "recordings": recordings,
        }
        for one, other, recordings in pairs
    ]
    return sorted(twins, key=lambda twin: not is_apart(twin))


def is_apart(twin):
    """Whether two who may be one child are in different splits."""
    one, other = twin["splits"]
    return one != other


def reject_twins(store, folders=()):
    """Leave one utterance of each id, and one of each recording.

    Arguments
    ---------
    store : Store
    folders : iterable of str or Path
        Of earlier manifests: what they hold is what is kept.
    """
    _reject_twins(store, folders, "id", "duplicate_id", "the same id as ")
    _reject_twins(store, folders, "content", "duplicate_content", "sounds as ")


def count_overlap(store):
    """Recordings that more than one split has in spite of `reject_twins`."""
    return store.count(
        "(SELECT 1 FROM utterance WHERE content IN "
        "(SELECT value FROM temp.twin_content) "
        "GROUP BY content HAVING COUNT(DISTINCT split) > 1)"
    )


def _reject_twins(store, folders, column, reason, said):
    twin, connection = f"temp.twin_{column}", store.connection
    connection.execute(
        f"CREATE TABLE {twin} (value TEXT PRIMARY KEY) WITHOUT ROWID"
    )
    connection.execute(
        "CREATE TABLE temp.earlier (value TEXT, speaker TEXT, "
        "PRIMARY KEY (value, speaker)) WITHOUT ROWID"
    )
    connection.execute(
        f"INSERT INTO {twin} SELECT {column} FROM utterance "
        f"WHERE {column} != '' GROUP BY 1 HAVING COUNT(*) > 1"
    )
    if store.count(twin):
        connection.executemany(
            "INSERT OR IGNORE INTO temp.earlier SELECT ?1, ?2 "
            f"WHERE ?1 IN {twin}",
            _earlier_rows(folders, CELLS[column]),
        )
    store.reject_utterances(
        f"""
        SELECT twin AS rowid, '{reason}' AS reason,
            '{said}' || first AS detail
        FROM (
            SELECT rowid AS twin, FIRST_VALUE(place) OVER same AS first,
                ROW_NUMBER() OVER same AS number
            FROM utterance WHERE {column} IN {twin}
            WINDOW same AS (PARTITION BY {column} ORDER BY
                NOT EXISTS (
                    SELECT 1 FROM temp.earlier AS earlier
                    WHERE earlier.value = utterance.{column}
                    AND earlier.speaker = utterance.speaker
                ), {KEPT_FIRST})
        ) WHERE number > 1
        """
    )
    connection.execute("DROP TABLE temp.earlier")


def _earlier_rows(folders, cell):
    """What earlier manifests have in a column, with the speaker."""
    for folder in folders:
        for split in SPLITS:
            for row in CsvFile(Path(folder, f"{split}.csv")):
                yield row.get(cell), row["spk_id"] or ""
