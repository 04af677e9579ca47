"""Outputs that are empty or made up."""

import random

import pytest
from scored_pairs import scored_pairs

from childasr.evaluation.analysis.outputs import is_detached, odd_outputs
from data_prep.synthetic.sentences import draw_sentences


@pytest.mark.parametrize(
    ("ref", "hyp"),
    [
        # Other words altogether.
        ("나는 밥을 먹었다", "강아지가 저기 뛰어가요"),
        # The reference, and three times as much around it.
        ("비가 와요", "그래서 오늘 아침에 비가 와요 우산을 쓰고 갔어요"),
        # Words where nothing was said.
        ("", "오늘은 학교에 가요"),
        # Something over and over.
        ("강아지가 멍멍 짖어요", "강아지가 멍멍 멍멍 멍멍 멍멍 짖어요"),
        ("저기 나비가 날아가요", "저기 나비가나비가나비가 날아가요"),
    ],
)
def test_what_is_made_up_is_listed(ref, hyp):
    odd = odd_outputs(scored_pairs(("가", "가"), (ref, hyp)))
    assert odd == {"empty": [], "hallucinated": ["u1"]}


@pytest.mark.parametrize(
    ("ref", "hyp"),
    [
        ("나는 밥을 먹었다", "나는 밥을 먹었다"),
        ("나는 밥을 먹었다", "나눈 바블 머거따"),
        ("우리는 운동장에서 축구를 했어요", "으리능 우동차에더 춤구룰 해쩌오"),
        # A short answer misheard, a part of a long one, a word too many.
        ("네", "아파"),
        ("그래서 오늘은 학교에서 친구랑 그림을 그렸다", "친구랑 그렸다"),
        ("비가 와요", "어 비가 와요"),
        # Over and over, as it was said.
        ("멍멍 멍멍 멍멍", "멍멍 멍멍 멍멍 멍멍"),
        ("", ""),
    ],
)
def test_what_is_misheard_is_not_listed(ref, hyp):
    odd = odd_outputs(scored_pairs((ref, hyp)))
    assert odd == {"empty": [], "hallucinated": []}


def test_an_output_is_empty_only_where_something_was_said():
    scored = scored_pairs(("네", ""), ("", ""), ("네", " "), ("네", "네"))
    assert odd_outputs(scored)["empty"] == ["u0", "u2"]


def test_nine_unrelated_sentences_of_ten_count_as_detached():
    said = draw_sentences("test", ["read", "free"] * 200, seed=1)
    heard = random.Random(1).sample(said, len(said))
    detached = [
        is_detached(ref, hyp)
        for ref, hyp in zip(said, heard, strict=True)
        if ref != hyp and len(hyp) >= 0.8 * len(ref)
    ]
    assert sum(detached) >= 0.9 * len(detached)
