"""Normalisation: each mark of Korean corpora, and what is refused."""

import pickle
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from korean_text import normalised

from childasr.evaluation.rates import count_errors
from childasr.text.normalise import (
    KOREAN_FORM,
    NORMAL_FORM,
    Normaliser,
    UnresolvableText,
)
from childasr.text.pronounce import phonemes
from childasr.text.units import TextUnits, jamo_length

LETTERS = "가각뷁힣 ㄱᄀᆨ/()+*.,?~'’#&@%3buDé\t\u200bＡ"
MARKS = [
    "b/",
    "u/",
    "음/",
    "그+",
    "(SN:)",
    "(SN:버)",
    "(3개)/(세개)",
    ")/(",
    "@이름1",
    "#이름#",
]
LATIN = re.compile("[A-Za-z]")
MARKED = st.lists(st.sampled_from([*LETTERS, *MARKS]), max_size=12).map("".join)


def outcome(normaliser, text):
    try:
        return normaliser(text)
    except UnresolvableText as error:
        return error.reason


@given(normalised())
def test_normal_text_stays_as_it_is(text):
    normaliser = Normaliser()
    assert normaliser(text) == text
    assert not normaliser.counts


@given(MARKED | st.text(), st.sampled_from(["keep", "refuse"]))
def test_result_is_in_the_normal_form_and_final(text, english):
    normaliser = Normaliser(english=english)
    result = outcome(normaliser, text)
    if not result.startswith("text_"):
        form = NORMAL_FORM if english == "keep" else KOREAN_FORM
        assert form.fullmatch(result)
        assert normaliser(result) == result


@given(MARKED)
def test_keeping_english_changes_nothing_about_korean(text):
    result = outcome(Normaliser(), text)
    if KOREAN_FORM.fullmatch(result) and not LATIN.search(text):
        assert Normaliser(english="keep")(text) == result


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("WE CALL IT BEAR", "WE CALL IT BEAR"),
        ("We don't, we won’t!", "WE DON'T WE WON'T"),
        ("'tis the dogs' \"bone\"", "TIS THE DOGS BONE"),
        ("rock'n'roll을 TV로", "ROCK'N'ROLL을 TV로"),
        ("T-shirt b/ (TV)/(티비)", "T SHIRT TV"),
        ("a / b", "text_symbol"),
        ("bear 3", "text_digits"),
        ("café", "text_latin"),
        ("ＯＫ", "text_latin"),
        ("well u/", "text_unintelligible"),
        ("(NO:bear)", "text_tagged_speech"),
        ("'", "text_empty"),
    ],
)
def test_english_words_are_kept_when_asked(given, expected):
    assert outcome(Normaliser(english="keep"), given) == expected


def test_units_rates_and_phonemes_work_on_english(tmp_path):
    text = "WE DON'T CALL IT 곰"
    units = TextUnits.train("jamo", [text], tmp_path / "jamo.model")
    ids = units.encode(text)
    assert units.unk_id not in ids
    assert units.decode(ids) == text
    assert jamo_length(text) == (len(ids), 1)
    counts = count_errors(text, "WE DON'T CAL IT 곰")
    assert (counts.words, counts.word_errors) == (5, 1)
    assert (counts.char_errors, counts.phoneme_errors) == (1, 1)
    assert phonemes("BEAR") == list("BEAR")


@given(MARKED)
def test_unicode_forms_agree(text):
    composed = unicodedata.normalize("NFC", text)
    decomposed = unicodedata.normalize("NFD", text)
    normaliser = Normaliser()
    assert outcome(normaliser, decomposed) == outcome(normaliser, composed)


@pytest.mark.parametrize(
    ("given", "expected", "rules"),
    [
        ("나는  집에\t갔다\n", "나는 집에 갔다", {"whitespace": 1}),
        (
            unicodedata.normalize("NFD", "나는 간다"),
            "나는 간다",
            {"unicode_form": 1},
        ),
        ("안녕, 나야. 누구?", "안녕 나야 누구", {"punctuation": 3}),
        ("안녕,나야！", "안녕 나야", {"punctuation": 2}),
        ("'엄마'가 “야~”", "엄마가 야", {"quote": 5}),
        ("안\u200b녕\ufeff", "안녕", {"invisible": 2}),
        ("b/ 그래서 l/ o/ n/", "그래서", {"noise_tag": 4}),
        ("그래서b/ 갔다", "그래서 갔다", {"noise_tag": 1}),
        ("그래* 갔다", "그래 갔다", {"unclear_mark": 1}),
        ("음/ 그+ 그래서", "음 그 그래서", {"filler": 1, "repetition": 1}),
        ("그+그래서", "그 그래서", {"repetition": 1}),
        ("음*/, 응~/", "음 응", None),
        ("(SN:) 갔다(NO: )", "갔다", {"empty_tag": 2}),
        ("(그거)/(그 거)를 샀다", "그거를 샀다", {"dual": 1}),
        ("(그거) / (그 거)를", "그거를", {"dual": 1}),
        ("(b/ 그거)/(그 거)", "그거", {"dual": 1, "noise_tag": 1}),
        ("(3개)/(세 개)", "세 개", {"dual": 1, "dual_other_side": 1}),
        ("(세 개)/(3개)", "세 개", {"dual": 1}),
        (
            "(TV)/(티비) (5%)/(오 프로)",
            "티비 오 프로",
            {"dual": 2, "dual_other_side": 2},
        ),
    ],
)
def test_marks_are_resolved_and_counted(given, expected, rules):
    normaliser = Normaliser()
    assert normaliser(given) == expected
    assert rules is None or normaliser.counts == rules


@pytest.mark.parametrize(
    ("given", "reason", "detail"),
    [
        ("", "text_empty", "''"),
        (" ?! b/ ", "text_empty", "?!"),
        ("사과 3개", "text_digits", "'3'"),
        ("３개", "text_digits", "'３'"),
        ("(3개)/(3 개)", "text_digits", "'3'"),
        ("나는 OK", "text_latin", "'OK'"),
        ("a/ 나는", "text_latin", "'a'"),
        ("ＯＫ", "text_latin", "'ＯＫ'"),
        ("@이름1이 왔어", "text_anonymised", "'@이름1이'"),
        ("#이름# 왔어", "text_anonymised", "'#이름#'"),
        ("&이름& 왔어", "text_anonymised", "'&이름&'"),
        ("그래서 u/", "text_unintelligible", "'u/'"),
        ("(( )) 갔다", "text_unintelligible", "'(( ))'"),
        ("(NO:지금) 갔다", "text_tagged_speech", "'(NO:지금)'"),
        ("ㅋㅋ 웃겨", "text_jamo", "'ㅋㅋ'"),
        ("각\u11a8", "text_jamo", "'\u11a8'"),
        ("(웃음) 네", "text_symbol", "'('"),
        ("{laughing} 네", "text_latin", "'laughing'"),
        ("엄마/아빠", "text_symbol", "'/'"),
        ("漢字", "text_symbol", "'漢'"),
    ],
)
def test_what_stays_open_is_refused_by_name(given, reason, detail):
    normaliser = Normaliser()
    with pytest.raises(UnresolvableText) as error:
        normaliser(given)
    assert error.value.reason == reason
    assert detail in error.value.detail
    assert "\n" not in str(error.value)
    assert not normaliser.counts


def test_counts_add_up_over_texts():
    normaliser = Normaliser()
    for text in ("안녕.", "왜?", "3."):
        outcome(normaliser, text)
    assert normaliser.counts == {"punctuation": 2}


def test_refusals_cross_processes():
    error = pickle.loads(pickle.dumps(UnresolvableText("text_latin", "'a'")))
    assert (error.reason, error.detail) == ("text_latin", "'a'")


def test_options_are_checked():
    with pytest.raises(ValueError, match="english"):
        Normaliser(english="drop")
