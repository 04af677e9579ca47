"""Pronunciation: the examples of the standard, and how phonemes look."""

import unicodedata

import pytest
from hangulpy import standardize_pronunciation
from hypothesis import given
from korean_text import normalised

from childasr.text.exceptions import EXCEPTIONS
from childasr.text.pronounce import phonemes

# By article of the standard pronunciation (표준 발음법).
STANDARD = {
    "5": "가져 가저 다쳐 다처 희망 히망 무늬 무니 띄어쓰기 띠어쓰기 의사 의사",
    "9": "닦다 닥따 옷 옫 있다 읻따 쫓다 쫃따 부엌 부억 앞 압 덮다 덥따",
    "10": "넋 넉 앉다 안따 여덟 여덜 값 갑 밟다 밥따 넓죽하다 넙쭈카다",
    "11": "닭 닥 젊다 점따 읊고 읍꼬 맑게 말께 얽거나 얼꺼나",
    "12 ㅎ before": "놓고 노코 많고 만코 닿소 다쏘 좋습니다 조씀니다 많소 만쏘",
    "12 ㅎ after": "먹히다 머키다 맏형 마텽 앉히다 안치다 맞혀서 마처서",
    "12 ㅎ lost": "놓는 논는 않네 안네 뚫는 뚤른 낳은 나은 싫어도 시러도",
    "13": "옷이 오시 있어 이써 꽃을 꼬츨 앞으로 아프로 밭에 바테",
    "14": "넋이 넉씨 앉아 안자 닭을 달글 핥아 할타 값을 갑쓸 없어 업써",
    "15": "맛없다 마덥따 겉옷 거돋 헛웃음 허두슴 값어치 가버치",
    "16": "디귿을 디그슬 지읒이 지으시 키읔에 키으게 히읗을 히으슬",
    "17": "굳이 구지 밭이 바치 굳히다 구치다 닫혔다 다첟따 붙여 부처",
    "18": "먹는 멍는 국물 궁물 읽는 잉는 흙만 흥만 밟는 밤는 없는 엄는",
    "19": "담력 담녁 강릉 강능 막론 망논 협력 혐녁",
    "20": "난로 날로 신라 실라 칼날 칼랄 의견란 의견난 줄넘기 줄럼끼",
    "23": "국밥 국빱 깎다 깍따 있던 읻떤 옆집 엽찝 값지다 갑찌다",
    "24": "껴안다 껴안따 옮기다 옴기다 굶기다 굼기다 앉고 안꼬 닮고 담꼬",
    "25": "넓게 널께 핥다 할따",
    "26": "갈등 갈뜽 갈증 갈쯩 물질 물찔 발전 발쩐 일시 일씨",
    "27": "할걸 할껄 할게요 할께요 먹을게 머글께 길게 길게",
    "28": "문고리 문꼬리 길가 길까 아침밥 아침빱 강가 강까 등불 등뿔",
    "29": "솜이불 솜니불 맨입 맨닙 꽃잎 꼰닙 색연필 생년필 식용유 시굥뉴",
    "29 ㄹ": "들일 들릴 솔잎 솔립 물약 물략 서울역 서울력 설익다 설릭따",
    "30": "콧날 콘날 아랫니 아랜니 베갯잇 베갠닏 깻잎 깬닙 나뭇잎 나문닙",
}
FINALS = set("ᆨᆫᆮᆯᆷᆸᆼ")


def letters(pronounced):
    decomposed = unicodedata.normalize("NFD", pronounced)
    return [letter for letter in decomposed if letter not in "ᄋ "]


@pytest.mark.parametrize("article", STANDARD)
def test_examples_of_the_standard(article):
    words = STANDARD[article].split()
    spelt, pronounced = words[::2], words[1::2]
    assert [phonemes(w) for w in spelt] == [letters(w) for w in pronounced]


@pytest.mark.parametrize(
    ("text", "pronounced"),
    [
        ("나뭇잎이", "나문니피"),
        ("나뭇잎들은", "나문닙뜨른"),
        ("갈등을", "갈뜽을"),
        ("희망이", "히망이"),
        ("발전했습니다", "발쩐핻씀니다"),
        ("맛없어요", "마덥써요"),
        ("눈빛에", "눈삐체"),
    ],
)
def test_exceptions_take_particles_and_endings(text, pronounced):
    assert phonemes(text) == letters(pronounced)


def test_exceptions_say_what_the_rules_miss():
    # An entry that the rules read alike would only be a risk.
    for word, respelt in EXCEPTIONS.items():
        with_particles = [word, f"{word}을", f"{word}마다"]
        by_rule = [
            letters(standardize_pronunciation(w)) for w in with_particles
        ]
        assert [phonemes(w) for w in with_particles] != by_rule, word
        assert phonemes(word) == letters(standardize_pronunciation(respelt))


def test_eojeol_do_not_touch():
    assert phonemes("옷 한 벌") == letters("옫 한 벌")
    assert phonemes("나는 어머니의") == letters("나는 어머니의")


def test_stray_letters_of_a_hypothesis_stay():
    assert phonemes("") == []
    assert phonemes("각ᅡ") == ["ᄀ", "ᅡ", "ᆨ", "ᅡ"]
    assert phonemes("ᄒᄀ 밥") == ["ᄒ", "ᄀ", "ᄇ", "ᅡ", "ᆸ"]


@given(normalised())
def test_only_sounds_are_left(text):
    sounds = phonemes(text)
    assert "ᄋ" not in sounds
    assert {s for s in sounds if "ᆨ" <= s <= "ᇂ"} <= FINALS
    assert phonemes(unicodedata.normalize("NFD", text)) == sounds
