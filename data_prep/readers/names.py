"""What AI Hub's file and folder names say."""

import posixpath
import re

from data_prep.records import nfc

AUDIO_TREE, LABEL_TREE = "원천데이터", "라벨링데이터"
STYLE_FOLDERS = {"kor_formatted": "read", "kor_free": "free"}

# "1.Training", and the archives TS_… (recordings) and TL_… (labels).
SPLIT_PATTERNS = {
    "train": re.compile(r"(\d+\.\s*)?training|t[sl]_.*", re.IGNORECASE),
    "valid": re.compile(
        r"(\d+\.\s*)?validation(_split)?|v[sl]_.*", re.IGNORECASE
    ),
    "test": re.compile(r"(\d+\.\s*)?test", re.IGNORECASE),
}
ARCHIVE_NAMES = re.compile(
    rf"[tv][sl]_.*|.*\.tar|.*({'|'.join(STYLE_FOLDERS)}).*", re.IGNORECASE
)
TREE_NAMES = re.compile(r".*(?:원천|라벨).*")

# K08509032-AFG22-L1N2D1-I-K0KK-01380410; the number can have a letter.
FILE_NAME = re.compile(r"K([0-9A-Z]{8})-[A-Z][FM]G\d{2}-")


def speaker_number(stem):
    """The speaker's number in a file name; empty where there is none.

    Example
    -------
    >>> speaker_number("K0001A013-BMG20-L1N2D1-E-K0KK-04705616")
    '0001A013'
    """
    found = FILE_NAME.match(stem)
    return found[1] if found else ""


def split_names(path):
    """The splits that folders and archives of a path name.

    Example
    -------
    >>> split_names("2.Validation/원천데이터/VS_kor_free_01.tar/x.wav")
    ['valid']
    >>> split_names("x.wav")
    []
    """
    folders = nfc(path).split("/")[:-1]
    return [
        split
        for split, pattern in SPLIT_PATTERNS.items()
        if any(map(pattern.fullmatch, folders))
    ]


def style_name(path):
    """`read`, `free`, or empty, by a path's innermost folder that says so.

    Example
    -------
    >>> style_name("1.Training/TS_kor_formatted_01.tar/9032/x.wav")
    'read'
    """
    found = re.findall("|".join(STYLE_FOLDERS), nfc(path).lower())
    return STYLE_FOLDERS[found[-1]] if found else ""


def sub_path(path):
    """What a label's path and its recording's have in common.

    It is without tree, archive, style and suffix.

    Example
    -------
    >>> sub_path("라벨링데이터/TL_kor_free_01/kor_free/1/9032/x.json")
    '1/9032/x'
    """
    *folders, name = nfc(path).split("/")
    trees = [i for i, f in enumerate(folders) if TREE_NAMES.fullmatch(f)]
    kept = [
        folder
        for folder in folders[trees[-1] + 1 if trees else 0 :]
        if not ARCHIVE_NAMES.fullmatch(folder)
    ]
    return "/".join([*kept, posixpath.splitext(name)[0]])


def label_path(path):
    """Where the label of a recording is by the corpus's layout.

    Example
    -------
    >>> label_path("3.Test/원천데이터/kor_free/2022-01-04/4522/K00014522.wav")
    '3.Test/라벨링데이터/kor_free/2022-01-04/4522/K00014522.json'
    """
    base = posixpath.splitext(nfc(path))[0]
    return base.replace(AUDIO_TREE, LABEL_TREE) + ".json"
