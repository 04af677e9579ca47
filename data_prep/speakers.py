"""Who speaks, and whether everything that says so agrees."""

import collections
import itertools

from childasr.text import InputError
from childasr.text.spreadsheet import guard
from data_prep.records import SPLITS, nfc
from data_prep.refusals import NAMED, listed


class SpeakerKeys:
    """The keys by which a corpus tells its speakers apart.

    A file name, a label's number, a name: where two of them divide the
    utterances differently, one of them is wrong, and a split by the other
    may have a speaker on both sides.

    Arguments
    ---------
    keys : tuple of str
        The first identifies the speaker; the others must divide the
        utterances as it does, where they are known.

    Attributes
    ----------
    splits : dict
        Split -> set of speakers, those of rejected utterances included.

    Example
    -------
    >>> keys = SpeakerKeys(("file", "number"))
    >>> keys.see({"speaker:file": "K1", "speaker:number": "7"}, "a.wav")
    'K1'
    >>> keys.see({"speaker:file": "K2", "speaker:number": "7"}, "b.wav")
    'K2'
    >>> keys.refuse_disagreement()
    Traceback (most recent call last):
    childasr.errors.InputError: speaker keys file and number disagree: number 7
    is file K1 and K2 (a.wav, b.wav); correct the corpus, or give the keys to
    trust, e.g. --speaker_keys file
    """

    def __init__(self, keys):
        self.keys = tuple(keys)
        self.splits = collections.defaultdict(set)
        self._first_wav = {}

    def of(self, fields):
        """The speaker by the first key; empty where that is not known."""
        return _name(fields, self.keys[0])

    def see(self, fields, wav):
        """Note what an utterance says of its speaker.

        Arguments
        ---------
        fields : dict
            With `speaker:KEY` for the keys that are known, and `split`.
        wav : str
            Named where keys disagree.

        Returns
        -------
        speaker : str
            As `of` gives it.
        """
        names = tuple(_name(fields, key) for key in self.keys)
        self._first_wav.setdefault(names, wav)
        if names[0]:
            self.splits[fields.get("split", "")].add(names[0])
        return names[0]

    def describe(self):
        """What the summary says: keys used, checked and absent."""
        known = [
            any(names[at] for names in self._first_wav)
            for at in range(len(self.keys))
        ]
        others = list(zip(self.keys, known, strict=True))[1:]
        return {
            "used": self.keys[0],
            "checked": [key for key, is_known in others if is_known],
            "absent": [key for key, is_known in others if not is_known],
        }

    def refuse_shared(self):
        """Raise InputError naming the speakers that two splits share."""
        for one, other in itertools.combinations(sorted(SPLITS), 2):
            shared = self.splits[one] & self.splits[other]
            if shared:
                raise InputError(
                    f"speakers in both {one} and {other}: {listed(shared)}; "
                    "move each to one split, or split anew with --split "
                    "speakers"
                )

    def refuse_disagreement(self):
        """Raise InputError where a key divides the utterances otherwise."""
        for at in range(1, len(self.keys)):
            for here, there in ((0, at), (at, 0)):
                found = self._disagreements(here, there)
                if found:
                    raise self._error(here, there, found)

    def _disagreements(self, here, there):
        """Names by one key that are several by the other, with recordings."""
        seen = collections.defaultdict(dict)
        for names, wav in self._first_wav.items():
            if names[here] and names[there]:
                seen[names[here]].setdefault(names[there], wav)
        return {
            name: others for name, others in seen.items() if len(others) > 1
        }

    def _error(self, here, there, found):
        key, other = self.keys[here], self.keys[there]
        named = [
            f"{key} {name} is {other} {listed(others, ' and ')} "
            f"({listed(others.values())})"
            for name, others in sorted(found.items())[:NAMED]
        ]
        more = f"; {len(found) - NAMED} more" if len(found) > NAMED else ""
        both = " and ".join(self.keys[i] for i in sorted((here, there)))
        return InputError(
            f"speaker keys {both} disagree: {'; '.join(named)}{more}; correct "
            "the corpus, or give the keys to trust, e.g. --speaker_keys "
            f"{self.keys[0]}"
        )


def _name(fields, key):
    return guard(nfc(fields.get(f"speaker:{key}", "")))
