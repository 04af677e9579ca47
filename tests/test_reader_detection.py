"""Which layout a folder has, and what a new reader needs."""

import sqlite3
import subprocess
import sys

import corpora
import other_corpora
import pytest

from childasr.errors import InputError
from data_prep.readers import FORMATS, open_corpus

WRITERS = {
    "child_subset": corpora.write_corpus,
    "aihub540": other_corpora.write_aihub,
    "kaldi": other_corpora.write_kaldi,
    "csv": other_corpora.write_table,
}


@pytest.fixture
def root(tmp_path):
    (tmp_path / "corpus").mkdir()
    return tmp_path / "corpus"


def reader_of(root, **options):
    return open_corpus(
        root, sqlite3.connect(":memory:"), progress=False, **options
    )


@pytest.mark.parametrize("name", WRITERS)
def test_layout_is_recognised(name, root):
    clips = corpora.make_clips(utterances=1)
    WRITERS[name](root, clips)
    reader = reader_of(root)
    assert reader.format == name
    assert type(reader) is FORMATS[name]
    assert len(reader) == len(list(reader)) == len(clips)


@pytest.mark.parametrize("name", WRITERS)
def test_keys_of_the_speaker_come_with_every_utterance(name, root):
    WRITERS[name](root, corpora.make_clips(utterances=1))
    reader = reader_of(root, format=name)
    for utterance in reader:
        assert f"speaker:{reader.speaker_keys[0]}" in utterance.fields


def test_folder_of_no_known_layout_names_them(root):
    with pytest.raises(InputError) as error:
        reader_of(root)
    for name in FORMATS:
        assert f"({name})" in str(error.value)


@pytest.mark.parametrize("option", ["root", "label_dir"])
def test_folder_that_is_not_there_is_named(option, root):
    nowhere = root / "nowhere"
    where = {"root": root, option: nowhere}
    with pytest.raises(InputError, match=f"no folder {nowhere}"):
        reader_of(**where)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("kaldi", {"metadata": "x.csv"}),
        ("csv", {"label_dir": "."}),
        ("aihub540", {"columns": {"age": "a"}}),
    ],
)
def test_option_of_another_layout_is_refused(name, options, root):
    WRITERS[name](root, corpora.make_clips(utterances=1))
    with pytest.raises(InputError, match="does not go with the layout"):
        reader_of(root, format=name, **options)


def test_readers_start_without_torch():
    code = "import sys, data_prep.readers; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
