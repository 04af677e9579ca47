"""What a model heard in a manifest's recordings, kept in shards."""

import json
import math
from pathlib import Path

import pyarrow as pa

from childasr.errors import InputError
from childasr.evaluation.rates import UtteranceCounts
from childasr.text.files import write_atomically

SCHEMA = pa.schema(
    [
        ("unreadable", pa.string()),  # why; null where it was read
        ("seconds", pa.float64()),
        ("hyp", pa.string()),
        ("confidence", pa.float64()),
        *((name, pa.int32()) for name in UtteranceCounts._fields),
    ]
)
# What the shards of a folder have in common, as a user would call it.
NAMES = {
    "model_sha256": "model",
    "manifest_sha256": "manifest",
    "data_root": "--data_root",
    "shard_size": "--shard_size",
}


class Shards:
    """A folder with a file for each run of a manifest's rows.

    A file appears when it is complete, so that work which was stopped goes on
    where it was. It says of which model and manifest it is.

    Arguments
    ---------
    folder : str or Path
    utterances : int
        Of the manifest.
    origin : dict
        Of the keys of `NAMES`; `shard_size` is the most rows of a shard, and
        all have as many, or one less.

    Example
    -------
    >>> origin = dict.fromkeys(NAMES, "") | {"shard_size": 500}
    >>> shards = Shards(getfixture("tmp_path"), 1001, origin)
    >>> [shards.rows(number) for number in range(shards.count)]
    [range(0, 333), range(333, 667), range(667, 1001)]
    >>> shards.missing()
    [0, 1, 2]
    """

    def __init__(self, folder, utterances, origin):
        self.folder = Path(folder)
        self.origin = origin
        self.count = math.ceil(utterances / origin["shard_size"])
        self._utterances = utterances

    def rows(self, number):
        """The rows of the manifest in a shard, a range."""
        return range(
            number * self._utterances // self.count,
            (number + 1) * self._utterances // self.count,
        )

    def missing(self):
        """The numbers of the shards that are not there, or damaged.

        Returns
        -------
        numbers : list of int

        Raises
        ------
        InputError
            One is of something else; it is said of what.
        """
        return [
            number for number in range(self.count) if self._open(number) is None
        ]

    def read(self):
        """All shards as one pyarrow.Table, in the manifest's order."""
        tables = [self._open(number) for number in range(self.count)]
        if None in tables:
            raise InputError(
                f"{self._path(tables.index(None))} is not there: --output_dir "
                "must be on a disk that all processes share"
            )
        return pa.concat_tables(tables)

    def write(self, number, rows):
        """Write a shard.

        Arguments
        ---------
        number : int
        rows : list of dict
            By the columns of `SCHEMA`; what is left out is null.
        """
        stamp = {"origin": json.dumps(self.origin)}
        table = pa.Table.from_pylist(rows, SCHEMA.with_metadata(stamp))
        with (
            write_atomically(self._path(number)) as file,
            pa.ipc.new_file(file.buffer, table.schema) as writer,
        ):
            writer.write_table(table)

    def _path(self, number):
        return self.folder / f"{number:06d}.arrow"

    def _open(self, number):
        try:
            with pa.memory_map(str(self._path(number))) as file:
                table = pa.ipc.open_file(file).read_all()
            origin = json.loads(table.schema.metadata[b"origin"])
        except (OSError, ValueError, TypeError, KeyError, pa.ArrowException):
            return None
        self._check(origin)
        if not table.schema.equals(SCHEMA):
            return None
        return table if len(table) == len(self.rows(number)) else None

    def _check(self, origin):
        for key, name in NAMES.items():
            if origin.get(key) != self.origin[key]:
                raise InputError(
                    f"{self.folder} was decoded with another {name} "
                    f"({origin.get(key)}, now {self.origin[key]}): give that "
                    "one, or another --output_dir"
                )
