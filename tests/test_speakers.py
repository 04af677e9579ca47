"""What tells speakers apart must divide the utterances in one way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from childasr.errors import InputError
from data_prep.speakers import SpeakerKeys


def seen(utterances, keys=("file", "number")):
    """Keys that have seen utterances: (split, a name for each key)."""
    speakers = SpeakerKeys(keys)
    for number, (split, *names) in enumerate(utterances):
        fields = {
            f"speaker:{key}": name
            for key, name in zip(keys, names, strict=True)
        }
        speakers.see(fields | {"split": split}, f"{number}.wav")
    return speakers


@given(
    st.lists(st.sampled_from("ABCD"), min_size=1),
    st.permutations("wxyz"),
)
def test_the_same_speakers_under_other_names_agree(speakers, names):
    renamed = dict(zip("ABCD", names, strict=True))
    utterances = [("train", name, renamed[name]) for name in speakers]
    seen(utterances).refuse_disagreement()


def test_two_speakers_under_one_name_are_refused_by_name():
    keys = seen([("train", "A", "1"), ("test", "B", "1"), ("test", "C", "2")])
    with pytest.raises(InputError) as error:
        keys.refuse_disagreement()
    assert str(error.value) == (
        "speaker keys file and number disagree: number 1 is file A and B "
        "(0.wav, 1.wav); correct the corpus, or give the keys to trust, e.g. "
        "--speaker_keys file"
    )


def test_one_speaker_under_two_names_is_refused_by_name():
    keys = seen([("train", "A", "1"), ("train", "A", "2")])
    with pytest.raises(InputError, match="file A is number 1 and 2"):
        keys.refuse_disagreement()


def test_many_disagreements_are_counted_and_three_are_named():
    keys = seen([("train", str(n), "1") for n in range(100)])
    with pytest.raises(InputError, match="is file 0 and 1 and 10 and 97 more"):
        keys.refuse_disagreement()


def test_a_key_that_is_not_known_says_nothing():
    keys = seen([("train", "A", ""), ("train", "B", ""), ("train", "A", "1")])
    keys.refuse_disagreement()
    assert keys.describe() == {
        "used": "file",
        "checked": ["number"],
        "absent": [],
    }
    assert seen([("train", "A", "")]).describe()["absent"] == ["number"]


def test_speaker_of_two_splits_is_refused_by_name():
    keys = seen([("train", "A", "1"), ("test", "A", "1"), ("test", "B", "2")])
    with pytest.raises(InputError, match="in both test and train: A; move"):
        keys.refuse_shared()


def test_composed_and_decomposed_names_are_one_speaker():
    keys = seen([("train", "\uac00", "1"), ("test", "\u1100\u1161", "1")])
    keys.refuse_disagreement()
    with pytest.raises(InputError, match="in both test and train"):
        keys.refuse_shared()


@pytest.mark.parametrize("split", ["", "dev2"])
def test_speaker_of_a_split_that_is_none_is_not_shared(split):
    seen([("train", "A", "1"), (split, "A", "1")]).refuse_shared()
