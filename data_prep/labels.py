"""JSON labels of AI Hub's corpora, by their English or Korean keys."""

from typing import Literal

import msgspec

from data_prep.records import Rejected
from data_prep.values import known

# Object -> key -> field. Where several have a field, the first that says
# something counts. "LableText" is a documented typo; the Korean objects are
# those of MediaZen's corpora and of 자유대화. Their RefinedLabelText corrects
# TransLabelText, which is what was said; OrgLabelText is what was to be said.
TEXTS = {"LabelText": "text", "LableText": "text"}
SPEAKER = {"Age": "age", "Gender": "gender", "SpeakerName": "speaker:name"}
WAV = {
    "SignalToNoiseRatio": "snr",
    "SamplingRate": "rate",
    "NumberOfChannel": "channels",
    "NumberOfBit": "bits",
}
FILE = {"FileLength": "duration", "FileName": "filename"}
# Not a count of speakers, but the speaker's number.
BASIC = {"Version": "version", "NumberOfSpeaker": "speaker:number"}
OBJECTS = {
    "Transcription": TEXTS,
    "전사정보": {
        **TEXTS,
        "RefinedLabelText": "text",
        "TransLabelText": "text",
        "OrgLabelText": "text",
    },
    **{"Speaker": SPEAKER, "화자정보": SPEAKER},
    **{"Wav": WAV, "음성정보": WAV},
    **{"File": FILE, "파일정보": FILE},
    **{"Basic": BASIC, "기본정보": BASIC},
    "발화정보": {
        "stt": "text",
        "recrdQuality": "rate",
        "recrdTime": "duration",
        "fileNm": "filename",
    },
    "녹음자정보": {
        "age": "age",
        "gender": "gender",
        "recorderId": "speaker:number",
    },
}
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def _struct(types):
    """A type for `msgspec` with these keys, of which each may be missing."""
    fields = [
        (f"key{number}", kind, msgspec.field(name=key, default=None))
        for number, (key, kind) in enumerate(types.items())
    ]
    return msgspec.defstruct("Label", fields, gc=False)


# What is not asked for is not built, which takes a third of the time that all
# of a label does. An object that is not filled in can be written as "".
_decode = msgspec.json.Decoder(
    _struct(
        {
            name: _struct(dict.fromkeys(keys, str | int | float | bool | None))
            | Literal[""]
            | None
            for name, keys in OBJECTS.items()
        }
    )
).decode
_FIELDS = [tuple(keys.values()) for keys in OBJECTS.values()]


def parse_label(data):
    """Read what a label says of its utterance.

    Arguments
    ---------
    data : bytes
        The file, in UTF-8.

    Returns
    -------
    fields : dict
        Field of OBJECTS -> str as written there; what the label does not know
        is left out.

    Raises
    ------
    Rejected
        `label_unreadable`: not JSON, or not made of objects and values.

    Example
    -------
    >>> parse_label(b'{"Speaker": {"Age": 9}, "Wav": {"NumberOfBit": "+16"}}')
    {'age': '9', 'bits': '+16'}
    """
    try:
        label = _decode(data.removeprefix(BYTE_ORDER_MARK))
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Rejected("label_unreadable", str(error)) from error
    fields = {}
    for names, content in zip(_FIELDS, _values(label), strict=True):
        if not content:
            continue
        for field, value in zip(names, _values(content), strict=True):
            if value is not None and (text := known(str(value))):
                fields.setdefault(field, text)
    return fields


_values = msgspec.structs.astuple
