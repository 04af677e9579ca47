"""How a page finds an utterance's recording."""

import base64
import io
import os
from pathlib import Path
from urllib.parse import quote

import soundfile

from childasr.text.files import member_of, read_file

MEDIA_TYPES = {"WAV": "wav", "FLAC": "flac", "OGG": "ogg", "MP3": "mpeg"}


def link(address, page):
    """The address of a recording for a page that lies beside it.

    Arguments
    ---------
    address : str
        A recording's path, or that of an archive's member.
    page : str or Path
        The page's file.

    Returns
    -------
    url : str or None
        Relative and percent-encoded; None for an archive's member.

    Example
    -------
    >>> link("/data/아이 #1.wav", "/data/report/report.html")
    '../%EC%95%84%EC%9D%B4%20%231.wav'
    >>> link("/data/a.tar:512:1000", "/data/report/report.html") is None
    True
    """
    if member_of(address):
        return None
    # As bytes, as a file's name need not be UTF-8.
    return quote(os.fsencode(os.path.relpath(address, Path(page).parent)))


def embedded(address):
    """A recording's bytes as an address that holds them.

    Arguments
    ---------
    address : str
        A recording's path, or that of an archive's member.

    Returns
    -------
    url : str
        `data:audio/wav;base64,...`.
    """
    data = read_file(address)
    kind = soundfile.info(io.BytesIO(data)).format
    kind = MEDIA_TYPES.get(kind, kind.lower())
    return f"data:audio/{kind};base64,{base64.b64encode(data).decode()}"
