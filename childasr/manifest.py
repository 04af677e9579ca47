"""A manifest, opened at once at any size."""

import json
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from childasr.errors import InputError
from childasr.manifest_arrow import open_table
from childasr.manifest_csv import Utterance
from childasr.text.normalise import NORMAL_FORM
from childasr.text.units import LATIN

ANEW = "prepare the corpus anew"


def read_summary(manifest):
    """What preparation wrote into `summary.json` beside a manifest.

    Returns
    -------
    summary : dict
        Empty where there is none.

    Raises
    ------
    InputError
        It is no JSON object, or its data root is no path.
    """
    path = Path(manifest).with_name("summary.json")
    if not path.is_file():
        return {}
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no JSON ({error}): {ANEW}") from error
    if not isinstance(summary, dict):
        raise InputError(f"{path} is no JSON object: {ANEW}")
    if not isinstance(summary.get("data_root", ""), str):
        raise InputError(f"{path}: data_root is no path: {ANEW}")
    return summary


class Manifest:
    """The utterances of a manifest, in its order.

    The CSV file is what counts. Its columns are read from an Arrow file beside
    it, which is made when it is first needed and again whenever the CSV file is
    another. It is mapped: workers share one copy. A pickled manifest is the
    file's name, opened anew.

    Arguments
    ---------
    path : str or Path
        A CSV file with at least the columns of `Utterance`.
    data_root : str or Path
        What `$data_root` in its paths stands for. Default: what
        `summary.json` beside it says.

    Raises
    ------
    InputError
        For the first thing that is wrong with it.

    Example
    -------
    >>> path = getfixture("tmp_path") / "test.csv"
    >>> _ = path.write_text(
    ...     "ID,duration,wav,spk_id,age,gender,snr,style,text\\n"
    ...     "u1,2.5,$data_root/a.wav,s1,7,F,20,read,안녕\\n"
    ... )
    >>> manifest = Manifest(path, data_root="/corpus")
    >>> len(manifest), manifest[0].wav
    (1, '/corpus/a.wav')
    """

    def __init__(self, path, data_root=None):
        self.path = Path(path)
        self.data_root = data_root or read_summary(path).get("data_root")
        self._table, self.sha256 = open_table(self.path)
        rows = self._table.select(Utterance._fields)
        self._pieces = [batch.columns for batch in rows.to_batches()]
        lengths = [len(columns[0]) for columns in self._pieces]
        self._starts = np.cumsum([0, *lengths])

    def __reduce__(self):
        return Manifest, (self.path, self.data_root)

    def __len__(self):
        return len(self._table)

    def __getitem__(self, row):
        row = range(len(self))[row]
        piece = int(np.searchsorted(self._starts, row, side="right")) - 1
        place = row - int(self._starts[piece])
        columns = self._pieces[piece]
        return self._utterance([column[place].as_py() for column in columns])

    def __iter__(self):
        for columns in self._pieces:
            cells = [column.to_pylist() for column in columns]
            yield from map(self._utterance, zip(*cells, strict=True))

    def _utterance(self, cells):
        utterance = Utterance(*cells)
        if "$data_root" not in utterance.wav:
            return utterance
        if self.data_root is None:
            raise InputError(
                f"{self.path}: what $data_root means in {utterance.wav} is "
                "not known: give --data_root"
            )
        wav = utterance.wav.replace("$data_root", str(self.data_root), 1)
        return utterance._replace(wav=wav)

    def column(self, name):
        """A column of `SCHEMA` as a pyarrow.ChunkedArray; nothing is read."""
        return self._table[name]

    @cached_property
    def durations(self):
        """Seconds, float64, [n]; NaN where unknown."""
        return _numbers(self.column("duration"))

    @cached_property
    def id_hashes(self):
        """What `keyed_random.hash_ids` gives for the IDs, uint64, [n]."""
        return _numbers(self.column("id_hash"))

    def check_texts(self, may_lack=False):
        """Refuse texts in another form than preparation gives them.

        Digits, punctuation and lower case would be trained as unknown, and
        scored as errors.

        Arguments
        ---------
        may_lack : bool
            Whether an utterance may have no text.

        Raises
        ------
        InputError
            How many there are, and the ID of the first.
        """
        texts = self.column("text")
        odd = pc.invert(_in_normal_form(texts))
        if may_lack:
            odd = pc.and_(odd, pc.not_equal(texts, ""))
        rows = self._table.select(["ID", "text"]).filter(odd)
        # All but none are composed already.
        composed = pc.utf8_normalize(rows["text"], form="NFC")
        odd = rows["ID"].filter(pc.invert(_in_normal_form(composed)))
        if len(odd):
            raise InputError(
                f"{self.path}: {len(odd)} of {len(self)} texts are not "
                f"normalised, such as that of {odd[0]}: prepare it anew, or "
                "write words of Korean syllables, or of A to Z, with one "
                "space between them"
            )

    def check_letters(self, pieces):
        """Refuse texts with Latin letters that no unit has.

        Each would be trained as the unknown unit: those of a corpus prepared
        with `--english keep`, for a vocabulary of one without. A syllable that
        no `syllable`, `unigram` or `bpe` unit has is let pass: that is the
        price of these units.

        Arguments
        ---------
        pieces : iterable of str
            The units, as `TextUnits.pieces` or an exported tokenizer has them.

        Raises
        ------
        InputError
            How many there are, and the ID of the first.
        """
        missing = "".join(sorted(LATIN.difference(*pieces)))
        if not missing:
            return
        found = pc.match_substring_regex(self.column("text"), f"[{missing}]")
        names = self.column("ID").filter(found)
        if len(names):
            raise InputError(
                f"{self.path}: {len(names)} of {len(self)} texts have letters "
                f"that the model's units do not know, such as that of "
                f"{names[0]}: prepare it with --english refuse, or train from "
                "phase 1 on a corpus that was prepared as this one"
            )

    def texts(self):
        """Yield the text of each utterance."""
        for piece in self.column("text").chunks:
            yield from piece.to_pylist()

    def speakers(self):
        """The speakers' ids, a set of str."""
        return set(pc.unique(self.column("spk_id")).to_pylist()) - {""}


def map_manifests(folder, names):
    """Make the Arrow files of manifests before a training waits for them.

    Arguments
    ---------
    folder : str or Path
    names : iterable of str
        Without `.csv`.
    """
    for name in names:
        Manifest(Path(folder) / f"{name}.csv")


def _in_normal_form(texts):
    pattern = f"^(?:{NORMAL_FORM.pattern})$"
    return pc.match_substring_regex(texts, pattern)


def _numbers(column):
    # The array's own to_numpy imports pandas, for 0.15 s and 18 MB.
    return np.concatenate([np.from_dlpack(piece) for piece in column.chunks])
