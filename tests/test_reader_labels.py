"""Labels of AI Hub 540 and of its sisters, whatever their keys."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_prep.labels import OBJECTS, parse_label
from data_prep.records import Rejected
from data_prep.values import UNKNOWN, ValueReader


def parse(label):
    return parse_label(json.dumps(label, ensure_ascii=False).encode())


# The real keys of corpus 540; "?" stands where no value is public.
AIHUB540 = {
    "Basic": {"Language": "KOR", "Version": "?", "NumberOfSpeaker": "9032"},
    "Wav": {
        "SamplingRate": "16000",
        "NumberOfBit": "16",
        "NumberOfChannel": "1",
        "SignalToNoiseRatio": "+35dB",
    },
    "File": {
        "FileName": "K08509032-AFG22-L1N2D1-I-K0KK-01380410.wav",
        "FileLength": "6.52",
    },
    "Speaker": {"SpeakerName": "?", "Gender": "F", "Age": "9"},
    "Transcription": {"LabelText": "도서관은 조용했다", "ErrorTagged": "?"},
}
# A real label of MediaZen's, shortened.
MEDIAZEN = {
    "기본정보": {"Version": "N/A", "NumberOfSpeaker": "6030"},
    "음성정보": {
        "SamplingRate": "48000",
        "NumberOfBit": "16",
        "NumberOfChannel": "1",
        "SignalToNoiseRatio": "N/A",
    },
    "전사정보": {
        "OrgLabelText": "몇 리터로 드릴까요?",
        "TransLabelText": "몇 리터로 드릴까요?",
        "RefinedLabelText": "",
        "ModifyLabelText": "0",
    },
    "화자정보": {"SpeakerName": "KJW", "Gender": "Male", "Age": "10~19"},
    "파일정보": {
        "FileName": "6030_G1A1E7_KJW_000001.wav",
        "FileLength": 1.88,
    },
}
# A label of 자유대화; its publisher masked the values.
FREE_TALK = {
    "발화정보": {
        "stt": "안녕하세요. 연습입니다.",
        "fileNm": "일반남여_wwww.wav",
        "recrdTime": "5.000",
        "recrdQuality": "16K",
    },
    "녹음자정보": {"gender": "여", "recorderId": "r12", "age": "[age]"},
}


def test_label_of_540_is_read_with_every_field():
    assert parse(AIHUB540) == {
        "text": "도서관은 조용했다",
        "age": "9",
        "gender": "F",
        "snr": "+35dB",
        "rate": "16000",
        "channels": "1",
        "bits": "16",
        "duration": "6.52",
        "filename": "K08509032-AFG22-L1N2D1-I-K0KK-01380410.wav",
        "speaker:number": "9032",
    }


def test_sister_label_is_read_by_its_korean_keys():
    fields = parse(MEDIAZEN)
    assert fields == {
        "text": "몇 리터로 드릴까요?",
        "age": "10~19",
        "gender": "Male",
        "rate": "48000",
        "channels": "1",
        "bits": "16",
        "duration": "1.88",
        "filename": "6030_G1A1E7_KJW_000001.wav",
        "speaker:number": "6030",
        "speaker:name": "KJW",
    }
    values = ValueReader()
    assert values("age", fields["age"]) is None
    assert values.not_understood == {("age", "10~19"): 1}
    assert (values("rate", "48000"), values("gender", "Male")) == (48000, "M")


def test_free_talk_label_is_read():
    fields = parse(FREE_TALK)
    assert fields["text"] == "안녕하세요. 연습입니다."
    assert (fields["gender"], fields["speaker:number"]) == ("여", "r12")
    values = ValueReader()
    assert values("rate", fields["rate"]) == 16_000
    assert values("duration", fields["duration"]) == 5.0


@pytest.mark.parametrize(
    ("transcription", "text"),
    [
        ({"LabelText": "가"}, "가"),
        ({"LableText": "가"}, "가"),
        ({"LabelText": "", "LableText": "가"}, "가"),
        ({"LabelText": 3}, "3"),
    ],
)
def test_misspelt_key_and_numbers_are_read(transcription, text):
    assert parse({"Transcription": transcription}) == {"text": text}


def test_refined_text_counts_before_what_was_to_be_said():
    texts = {"OrgLabelText": "3시", "TransLabelText": "세 시"}
    assert parse({"전사정보": texts})["text"] == "세 시"
    texts["RefinedLabelText"] = "세시"
    assert parse({"전사정보": texts})["text"] == "세시"


@pytest.mark.parametrize("unknown", sorted(UNKNOWN))
def test_unknown_values_are_left_out(unknown):
    assert parse({"Speaker": {"SpeakerName": f" {unknown} "}}) == {}


def test_objects_may_be_missing_and_a_byte_order_mark_is_no_matter():
    assert parse({}) == parse({"Speaker": None, "Wav": {}}) == {}
    assert parse_label(b"\xef\xbb\xbf{}") == {}


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"{", b"[]", b'"text"', b"\xff\xfe{", b'{"Speaker": 3}'),
        *(b'{"Speaker": {"Age": [9]}}', b"[" * 5000, b'{"Wav": {"a": NaN}}'),
        b'{"Transcription": {"LabelText": "\\ud800"}}',
        '{"Transcription": {"LabelText": "가"}}'.encode("cp949"),
    ],
)
def test_label_that_is_broken_says_so(data):
    with pytest.raises(Rejected) as error:
        parse_label(data)
    assert error.value.reason == "label_unreadable"


FIELDS = {field for keys in OBJECTS.values() for field in keys.values()}


def check(data):
    try:
        fields = parse_label(data)
    except Rejected as error:
        assert error.reason == "label_unreadable"
        return
    assert set(fields) <= {
        f for keys in OBJECTS.values() for f in keys.values()
    }
    for value in fields.values():
        assert value == value.strip() != ""
        value.encode("utf-8")


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_are_fields_or_a_reason(data):
    check(data)


KEYS = sorted({*OBJECTS, *(key for keys in OBJECTS.values() for key in keys)})
VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.floats()


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(KEYS),
        VALUES | st.dictionaries(st.sampled_from(KEYS), VALUES),
    )
)
def test_any_values_are_fields_or_a_reason(label):
    check(json.dumps(label).encode())
