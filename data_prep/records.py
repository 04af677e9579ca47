"""What every reader yields: an utterance, or the reason why there is none."""

import dataclasses
import posixpath
import unicodedata

SPLITS = ("train", "valid", "test")


def nfc(text):
    """Compose Hangul: macOS unpacks file names decomposed (NFD).

    Example
    -------
    >>> len(nfc("원"))
    1
    """
    return unicodedata.normalize("NFC", text)


def stem(path):
    """Name of a recording without folder and suffix, composed.

    Paths from Windows have backslashes.

    Example
    -------
    >>> stem("1.Training/a/K01.wav")
    'K01'
    """
    name = posixpath.basename(nfc(path).replace("\\", "/"))
    return posixpath.splitext(name)[0]


@dataclasses.dataclass(frozen=True, slots=True)
class Utterance:
    """One utterance of a corpus, whatever the corpus.

    Arguments
    ---------
    wav : str
        Path of the recording below the data root, with `/`, as on disk.
    split : str
        One of SPLITS.
    speaker : str
        Never empty.
    text : str
        As transcribed; normalised once the utterance is accepted.
    age : int, optional
        Years.
    gender : str
        `F`, `M`, or empty when unknown.
    snr : float, optional
        dB.
    style : str
        `read`, `free`, or empty when unknown.
    duration : float, optional
        Seconds, from the header of the recording; readers leave it out.
    """

    wav: str
    split: str
    speaker: str
    text: str
    age: int | None = None
    gender: str = ""
    snr: float | None = None
    style: str = ""
    duration: float | None = None

    @property
    def id(self):
        """The file's stem, which the corpus makes unique."""
        return stem(self.wav)

    @property
    def place(self):
        """Key of the file order: composed path, by code point."""
        return nfc(self.wav)


@dataclasses.dataclass(frozen=True, slots=True)
class Reject:
    """An input that is in no manifest, and why."""

    id: str
    wav: str
    reason: str
    detail: str


class Rejected(ValueError):
    """Raised by a check; becomes a Reject.

    Arguments
    ---------
    reason : str
        A slug that counts can be kept under.
    detail : str
        What was seen.
    """

    def __init__(self, reason, detail):
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
