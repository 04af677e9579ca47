"""What every reader yields: an utterance, or the reason why there is none."""

import posixpath
import unicodedata
from typing import NamedTuple

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


class File(NamedTuple):
    """A file of a corpus, or a member of an archive there.

    Arguments
    ---------
    path : str
        Composed, below the corpus root, with `/`; a member's is
        `ARCHIVE.tar/MEMBER`. It is the key of the file order, by code point.
    address : str
        What `childasr.text.files.open_file` opens once it is joined to the
        root: the path as on disk, or `ARCHIVE.tar:OFFSET:SIZE`.
    size : int
        Bytes.
    mtime_ns : int
        When it was last written; of a member, when its archive was.
    """

    path: str
    address: str
    size: int
    mtime_ns: int


class Utterance(NamedTuple):
    """One utterance of a corpus, whatever the corpus.

    Arguments
    ---------
    recording : File
    fields : dict
        Field -> what the corpus says, as it is written there: `id` (default:
        the recording's stem), `split`, `text`, `age`, `gender`, `snr`,
        `style`; `duration` (seconds), `rate`, `channels`, `bits` to hold
        against the recording's header; `version`; and `speaker:KEY` for each
        of the reader's speaker keys. What is empty or absent is unknown.
    label : File, optional
        Has more fields; those here win.
    """

    recording: File
    fields: dict
    label: File | None = None


class Reject(NamedTuple):
    """An input that is in no manifest, and why."""

    id: str
    wav: str
    reason: str
    detail: str
    split: str = ""
    speaker: str = ""


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
