"""Reader of AI Hub 540: a label for each recording, in two trees."""

import itertools
import os
from pathlib import Path

from childasr.text import InputError
from childasr.text.files import read_file
from data_prep.index import FileIndex
from data_prep.labels import parse_label
from data_prep.readers.base import Reader
from data_prep.readers.names import (
    speaker_number,
    split_names,
    style_name,
    sub_path,
)
from data_prep.readers.pairing import Pairing
from data_prep.records import Reject, Rejected, Utterance, stem


class AIHub540(Reader):
    """Yields an Utterance or a Reject for each recording, then a Reject for
    each label that has none.

    Label and recording have the same stem, whatever folders and archives
    they are in; the sub-path tells namesakes apart.

    Arguments
    ---------
    root : str or Path
        The corpus, or its tree of recordings.
    index : FileIndex
        Of that folder, scanned.
    label_dir : str or Path, optional
        The tree of labels, where it is not below the root.

    Raises
    ------
    InputError
        There are no recordings or no labels.
    """

    format = "aihub540"
    options = ("label_dir",)
    speaker_keys = ("file", "number", "name")
    more_speaker_keys = ("folder",)
    parse_label = staticmethod(parse_label)

    def __init__(self, root, index, label_dir=None):
        super().__init__(root, index)
        self.labels = index
        if label_dir:
            self.labels = FileIndex(
                index.connection, "label_file", index.progress
            )
            self.labels.scan(label_dir)
            self.label_root = Path(label_dir)
        counts = index.count("audio"), self.labels.count("label")
        if not all(counts):
            raise InputError(self._nothing(*counts))
        outer = Path(os.path.abspath(root))
        self._outer = split_names(f"{outer.parent.name}/{outer.name}/")

    def _nothing(self, recordings, labels):
        found = f"{recordings} recordings, {labels} labels"
        for problem in self._problems():
            found += f"; {problem.wav}: {problem.detail}"
            break
        return (
            f"no corpus in {self.root} ({found}): give a folder with labels "
            "and recordings (aihub540), subset_metadata.csv (child_subset), "
            "wav.scp (kaldi) or one CSV file (csv)"
        )

    def __len__(self):
        """Recordings; labels without one come on top."""
        return self.index.count("audio")

    def __iter__(self):
        pairing = Pairing(self.index, self.labels, place, self.label_root)
        pairing.learn_names(self._name_in_label)
        for recording, labels, twins in pairing.recordings():
            try:
                label = pairing.choose(recording, labels, twins)
                yield self._utterance(recording, label)
            except Rejected as error:
                yield from self._reject(recording, error, self.labels, "label")
        lost = Rejected("audio_missing", "no recording for this label")
        alone = pairing.without_recording(), pairing.left_over()
        for label in itertools.chain(*alone):
            yield from self._reject(label, lost, self.index, "audio")
        yield from map(self.placed, self._problems())

    def lost_parts(self):
        """Folders and archives that cannot be read, of both trees."""
        for index in dict.fromkeys((self.index, self.labels)):
            yield from index.lost_parts()

    def split_of(self, path):
        """The split that a path names, or else the folders above it."""
        return next(iter([*split_names(path), *self._outer]), "")

    def _utterance(self, recording, label):
        splits = {*split_names(recording.path), *split_names(label.path)}
        if len(splits) > 1:
            raise Rejected("split_conflict", f"its label is {label.path}")
        name, folder = stem(recording.path), recording.path.split("/")[-2:-1]
        number = speaker_number(name)
        fields = {
            "split": splits.pop() if splits else self.split_of(""),
            "style": style_name(recording.path) or style_name(label.path),
            "speaker:file": number,
            "speaker:folder": "".join(folder),
        }
        return Utterance(recording, fields, label)

    def _reject(self, file, error, partners, kind):
        """The Reject of a file, unless its partner is rejected for both."""
        name = stem(file.path)
        is_alone = error.reason in ("label_missing", "audio_missing")
        if is_alone and partners.problem_by_stem(name, kind):
            return
        yield self.placed(Reject(name, file.path, error.reason, error.detail))

    def _problems(self):
        if self.labels is self.index:
            yield from self.index.problems()
        else:
            yield from self.index.problems(without="label")
            yield from self.labels.problems(without="audio")

    def _name_in_label(self, label):
        """The recording that a label names; one that cannot be read, none."""
        try:
            content = read_file(self.label_root / label.address)
            return parse_label(content).get("filename", "")
        except (OSError, Rejected):
            return ""


def place(path):
    """What a recording and its label have in common beside the name."""
    return *split_names(path), style_name(path), sub_path(path)
