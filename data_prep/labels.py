"""JSON labels of AI Hub's corpora, by their English or Korean keys."""

import orjson

from data_prep.records import Rejected
from data_prep.values import known

# Field -> where a label may have it: object and key. The first that says
# something counts. "LableText" is a documented typo; the Korean objects are
# those of MediaZen's corpora and of 자유대화. Their RefinedLabelText corrects
# TransLabelText, which is what was said; OrgLabelText is what was to be said.
PLACES = {
    "text": (
        *(("Transcription", "LabelText"), ("Transcription", "LableText")),
        *(("전사정보", "LabelText"), ("전사정보", "LableText")),
        *(("전사정보", "RefinedLabelText"), ("전사정보", "TransLabelText")),
        *(("전사정보", "OrgLabelText"), ("발화정보", "stt")),
    ),
    "age": (("Speaker", "Age"), ("화자정보", "Age"), ("녹음자정보", "age")),
    "gender": (
        *(("Speaker", "Gender"), ("화자정보", "Gender")),
        ("녹음자정보", "gender"),
    ),
    "snr": (("Wav", "SignalToNoiseRatio"), ("음성정보", "SignalToNoiseRatio")),
    "rate": (
        *(("Wav", "SamplingRate"), ("음성정보", "SamplingRate")),
        ("발화정보", "recrdQuality"),
    ),
    "channels": (("Wav", "NumberOfChannel"), ("음성정보", "NumberOfChannel")),
    "bits": (("Wav", "NumberOfBit"), ("음성정보", "NumberOfBit")),
    "duration": (
        *(("File", "FileLength"), ("파일정보", "FileLength")),
        ("발화정보", "recrdTime"),
    ),
    "filename": (
        *(("File", "FileName"), ("파일정보", "FileName")),
        ("발화정보", "fileNm"),
    ),
    "version": (("Basic", "Version"), ("기본정보", "Version")),
    # Not a count, but the speaker's number.
    "speaker:number": (
        *(("Basic", "NumberOfSpeaker"), ("기본정보", "NumberOfSpeaker")),
        ("녹음자정보", "recorderId"),
    ),
    "speaker:name": (("Speaker", "SpeakerName"), ("화자정보", "SpeakerName")),
}
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def parse_label(data):
    """Read what a label says of its utterance.

    Arguments
    ---------
    data : bytes
        The file, in UTF-8.

    Returns
    -------
    fields : dict
        Field of PLACES -> str as written there; what the label does not know
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
        label = orjson.loads(data.removeprefix(BYTE_ORDER_MARK))
    except ValueError as error:
        raise Rejected("label_unreadable", str(error)) from error
    if not isinstance(label, dict):
        raise Rejected("label_unreadable", "not a JSON object")
    fields = {}
    for field, places in PLACES.items():
        for group, key in places:
            content = label.get(group)
            if content and (value := _value(content, group, key)):
                fields[field] = value
                break
    return fields


def _value(group, name, key):
    try:
        value = group.get(key)
    except AttributeError:
        raise Rejected("label_unreadable", f"{name} is not an object") from None
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        raise Rejected("label_unreadable", f"{name}.{key} is not a value")
    return known(str(value))
