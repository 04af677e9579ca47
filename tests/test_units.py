"""Units: what they keep of a text, and how they are learnt."""

import itertools
import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from korean_text import normalised
from small_manifests import write_manifest

from childasr.errors import InputError
from childasr.text.units import JAMO, UNIT_KINDS, TextUnits, jamo_length
from childasr.training.vocabulary import train_units_if_missing

TEXTS = [
    "도서관은 평소 보다 사람이 적어 조용했다",
    "나는 학교에 갔다가 집에 왔다",
    "집에 와서 밥을 먹었다",
]
SEEN = sorted(set("".join(TEXTS)) - {" "})
PIECE_KINDS = ("unigram", "bpe")


@pytest.fixture(scope="module")
def units(tmp_path_factory):
    folder = tmp_path_factory.mktemp("units")
    return {
        kind: TextUnits.train(kind, TEXTS, folder / f"{kind}.model")
        for kind in UNIT_KINDS
    }


def test_jamo_keep_every_syllable(units):
    syllables = [chr(code) for code in range(ord("가"), ord("힣") + 1)]
    assert len(syllables) == 11172
    jamo = units["jamo"]
    assert [jamo.decode(jamo.encode(s)) for s in syllables] == syllables


@given(normalised())
def test_jamo_keep_any_text(units, text):
    jamo = units["jamo"]
    ids = jamo.encode(text)
    assert jamo.unk_id not in ids
    assert jamo.decode(ids) == text


@pytest.mark.parametrize("kind", UNIT_KINDS)
@given(text=normalised(st.sampled_from(SEEN)))
def test_any_units_keep_text_of_seen_syllables(units, kind, text):
    assert units[kind].decode(units[kind].encode(text)) == text


@pytest.mark.parametrize("kind", UNIT_KINDS)
@given(text=normalised())
def test_unicode_forms_agree(units, kind, text):
    decomposed = unicodedata.normalize("NFD", text)
    assert units[kind].encode(decomposed) == units[kind].encode(text)


@pytest.mark.parametrize("kind", UNIT_KINDS)
@given(text=normalised(st.sampled_from(SEEN)))
def test_what_is_feasible_in_jamo_is_feasible_in_all(units, kind, text):
    ids = units[kind].encode(text)
    repeats = sum(a == b for a, b in itertools.pairwise(ids))
    assert len(ids) + repeats <= sum(jamo_length(text))


@given(normalised())
def test_jamo_length_is_what_the_jamo_units_give(units, text):
    assert jamo_length(text) == (len(units["jamo"].encode(text)), 0)


@pytest.mark.parametrize("kind", UNIT_KINDS)
@given(data=st.data())
def test_frames_decode_to_clean_composed_text(units, kind, data):
    ids = st.integers(0, units[kind].size - 1)
    text = units[kind].decode_ctc(data.draw(st.lists(ids)))
    assert text == unicodedata.normalize("NFC", text)
    assert text == " ".join(text.split())
    assert "<" not in text


def test_blanks_part_repeats_and_say_nothing(units):
    jamo = units["jamo"]
    g, a = jamo.encode("가")
    assert jamo.decode_ctc([0, g, g, 0, a, a, 0, 0]) == "가"
    assert jamo.decode_ctc([g, a, 0, a]) == "가ᅡ"
    assert jamo.decode_ctc([g, jamo.unk_id, a]) == "가"
    assert jamo.decode_ctc([]) == ""


@pytest.mark.parametrize("texts", [["가"], TEXTS])
def test_jamo_are_the_same_whatever_the_text(texts, tmp_path):
    jamo = TextUnits.train("jamo", texts, tmp_path / "jamo.model")
    assert jamo.pieces[:2] == ["<pad>", "<unk>"]
    assert set(jamo.pieces[2:]) == {*JAMO, "▁"}
    assert jamo.size == 70


@pytest.mark.parametrize("kind", UNIT_KINDS)
def test_training_ignores_the_order_of_texts(kind, tmp_path):
    # Enough text for SentencePiece's unigram model to depend on the order.
    draw = random.Random(0)
    words = ["".join(draw.choices(SEEN, k=n % 4 + 1)) for n in range(1000)]
    texts = [" ".join(draw.choices(words, k=10)) for _ in range(2000)]
    models = [tmp_path / f"{n}" / f"{kind}.model" for n in (1, 2)]
    TextUnits.train(kind, texts, models[0], vocab_size=300)
    TextUnits.train(kind, texts[::-1], models[1], vocab_size=300)
    assert models[0].read_bytes() == models[1].read_bytes()


@pytest.mark.parametrize("kind", UNIT_KINDS)
def test_training_is_quiet(kind, tmp_path, capfd):
    TextUnits.train(kind, TEXTS, tmp_path / f"{kind}.model")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", UNIT_KINDS)
def test_long_texts_are_learnt_from(kind, tmp_path):
    texts = [*TEXTS, "끝" * 5000]  # SentencePiece's own limit is 4,192 bytes
    units = TextUnits.train(kind, texts, tmp_path / f"{kind}.model")
    assert units.decode(units.encode("끝")) == "끝"


@pytest.mark.parametrize("kind", PIECE_KINDS)
def test_vocabulary_beyond_the_text_takes_what_there_is(kind, tmp_path):
    units = TextUnits.train(
        kind, ["나는 간다"], tmp_path / f"{kind}.model", vocab_size=30000
    )
    assert units.size < 30


@pytest.mark.parametrize("kind", PIECE_KINDS)
def test_vocabulary_below_the_letters_says_how_many(kind, tmp_path):
    file = tmp_path / f"{kind}.model"
    with pytest.raises(InputError, match="give 7 or more"):
        TextUnits.train(kind, ["나는 간다"], file, vocab_size=6)
    assert list(tmp_path.iterdir()) == []
    assert TextUnits.train(kind, ["나는 간다"], file, vocab_size=7).size == 7


def test_mistakes_are_named(tmp_path):
    with pytest.raises(InputError, match="no text to learn jamo"):
        TextUnits.train("jamo", [], tmp_path / "jamo.model")
    for text in ("", "ok", "가  나", "각\u11a8"):
        with pytest.raises(InputError, match="no normalised text"):
            TextUnits.train("jamo", [text], tmp_path / "jamo.model")
    with pytest.raises(InputError, match=r"bpe units go to bpe\.model"):
        TextUnits.train("bpe", TEXTS, tmp_path / "jamo.model")
    with pytest.raises(InputError, match="the kind one of jamo"):
        TextUnits.train("word", TEXTS, tmp_path / "word.model")
    with pytest.raises(InputError, match=r"no unit model .*jamo\.model"):
        TextUnits(tmp_path / "jamo.model")
    TextUnits.train("bpe", TEXTS, tmp_path / "bpe.model")
    (tmp_path / "bpe.model").rename(tmp_path / "jamo.model")
    with pytest.raises(InputError, match="does not hold jamo units"):
        TextUnits(tmp_path / "jamo.model")


@pytest.mark.parametrize("kind", UNIT_KINDS)
def test_vocabulary_of_another_size_is_refused_where_sizes_differ(
    kind, tmp_path
):
    write_manifest(tmp_path / "train.csv", ["A"])
    model = train_units_if_missing(tmp_path, kind, 2000)
    assert train_units_if_missing(tmp_path, kind, 2000) == model
    if kind not in PIECE_KINDS:
        assert train_units_if_missing(tmp_path, kind, 4000) == model
        return
    with pytest.raises(InputError, match="with vocab_size 2000, not 4000"):
        train_units_if_missing(tmp_path, kind, 4000)


def test_vocabulary_of_a_size_that_was_not_noted_is_taken(tmp_path):
    write_manifest(tmp_path / "train.csv", ["A"])
    model = train_units_if_missing(tmp_path, "bpe", 2000)
    noted = model.with_suffix(".train_sha256")
    noted.write_text(noted.read_text().split()[0])
    assert train_units_if_missing(tmp_path, "bpe", 4000) == model


def test_vocabulary_that_cannot_be_written_is_one_line(tmp_path):
    write_manifest(tmp_path / "train.csv", ["A"])
    (tmp_path / "units").write_text("in the way of the folder")
    with pytest.raises(InputError, match=r"cannot write .*/jamo\.model .*copy"):
        train_units_if_missing(tmp_path, "jamo", 2000)


def test_a_text_that_cannot_be_learnt_is_counted_and_not_shown(tmp_path):
    write_manifest(tmp_path / "train.csv", ["A", "B"])
    table = tmp_path / "train.csv"
    odd = table.read_text("utf-8").replace("안녕", "너와 3개", 1)
    table.write_text(odd, "utf-8")
    with pytest.raises(InputError, match="1 of 2 texts") as error:
        train_units_if_missing(tmp_path, "jamo", 2000)
    assert "3개" not in str(error.value)
