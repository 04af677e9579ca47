"""Reader of a Kaldi-style folder: wav.scp, text, utt2spk."""

import heapq
import itertools
import posixpath

from childasr.text import InputError
from data_prep.readers.base import ListReader
from data_prep.readers.lists import read_list
from data_prep.records import Reject, Rejected, Utterance
from data_prep.tree import refuse_outside
from data_prep.values import parse_split

LISTS = ("wav.scp", "text", "utt2spk")
SPEAKER_LISTS = {"age": "spk2age", "gender": "spk2gender"}


class KaldiFolder(ListReader):
    """Yields an Utterance or a Reject for each key of the lists.

    The lists are in the root, or in a folder for each split just below it.
    They are sorted, as Kaldi wants them, and read side by side.

    Arguments
    ---------
    root : str or Path
        Paths in wav.scp are relative to it or to the folder of the wav.scp.
    index : FileIndex
        Of that folder, scanned.

    Raises
    ------
    InputError
        A list is missing, not sorted or not UTF-8, or there are `segments`.
    """

    format = "kaldi"
    source = "wav.scp"
    speaker_keys = ("utt2spk",)

    def __init__(self, root, index):
        super().__init__(root, index)
        self.folders = find_folders(self.root)
        if not self.folders:
            raise InputError(f"no wav.scp in {root} or in a folder just below")
        self._length = 0
        for folder in self.folders:
            if (folder / "segments").exists():
                raise InputError(
                    f"{folder} has segments: cut the recordings into "
                    "utterances first, e.g. with extract-segments"
                )
            for name in (*LISTS, *SPEAKER_LISTS.values()):
                if (folder / name).exists():
                    refuse_outside(root, folder / name)
            # All are read once, so that an unsorted one is found at once.
            counts = [sum(1 for _ in read_list(folder / n)) for n in LISTS]
            self._length += counts[0]

    def __len__(self):
        """Lines of every wav.scp."""
        return self._length

    def rows(self):
        """Folder, speaker lists, key, and its value in each list."""
        for folder in self.folders:
            speakers = {
                field: dict(read_list(folder / name, in_order=False))
                for field, name in SPEAKER_LISTS.items()
                if (folder / name).exists()
            }
            lines = heapq.merge(*(tagged(folder / name) for name in LISTS))
            for key, group in itertools.groupby(lines, lambda line: line[0]):
                values = {name: value for _, name, value in group}
                yield folder, speakers, key, values

    def name(self, row):
        """What wav.scp calls the recording."""
        return row[-1].get("wav.scp", "")

    def reject(self, row, error):
        """The Reject of a key."""
        folder, _, key, _ = row
        split = parse_split(folder.name) or ""
        return Reject(key, self.name(row), error.reason, error.detail, split)

    def utterance(self, row):
        """The Utterance of a key."""
        folder, speakers, key, values = row
        recording = self._recording(folder, self.name(row))
        if not values.get("text"):
            raise Rejected("label_missing", "no words for it in text")
        speaker = values.get("utt2spk", "")
        fields = {
            "id": key,
            "split": parse_split(folder.name) or "",
            "text": values["text"],
            "speaker:utt2spk": speaker,
        }
        for field, values_by_speaker in speakers.items():
            fields[field] = values_by_speaker.get(speaker, "")
        return Utterance(recording, fields)

    def _recording(self, folder, cell):
        if not cell:
            raise Rejected("audio_missing", "no line for it in wav.scp")
        if cell.startswith("|") or cell.endswith("|"):
            raise Rejected("audio_command", cell)
        below = folder.relative_to(self.root).as_posix()
        try:
            return self.recording(posixpath.join(below, cell))
        except Rejected:
            return self.recording(cell)


def find_folders(root):
    """The folders of a corpus that have a wav.scp: root, or some below it."""
    if (root / "wav.scp").exists():
        return [root]
    return sorted(path.parent for path in root.glob("[!.]*/wav.scp"))


def tagged(path):
    """(key, name of the list, value) of each line."""
    return ((key, path.name, value) for key, value in read_list(path))
