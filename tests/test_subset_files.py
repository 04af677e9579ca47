"""The subset on disk: what a reader of child_subset_100h finds."""

import json
import os
import sqlite3
import tarfile
import unicodedata
from pathlib import Path
from types import SimpleNamespace

import corpora
import pytest

from childasr.errors import InputError
from data_prep.subset_files import COLUMNS, write_subset

TREE = "1.Training/원천데이터/kor_free/2021-10-24/9032"
LABELS = "1.Training/라벨링데이터/kor_free/2021-10-24/9032"
KNOWN = {
    **{"speaker": "1", "age": 9, "gender": "F", "snr": 12.5},
    **{"snr_source": "label", "duration": 2.5, "style": "free"},
    **{"text": "가 나", "label": None},
}


def read_text(data):
    return {"text": json.loads(data)["raw"]}


@pytest.fixture
def corpus(tmp_path):
    root = tmp_path / "corpus"
    root.mkdir()
    return SimpleNamespace(
        root=root, label_root=root, source="labels", parse_label=read_text
    )


def put(corpus, place, content):
    path = corpus.root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return place


def table(*utterances):
    connection = sqlite3.connect(":memory:")
    rows = [
        {"id": Path(u["place"]).stem, "wav": u["place"], **KNOWN, **u}
        for u in utterances
    ]
    connection.execute(f"CREATE TABLE utterance ({', '.join(rows[0])})")
    connection.executemany(
        f"INSERT INTO utterance VALUES ({', '.join('?' * len(rows[0]))})",
        ([row[name] for name in rows[0]] for row in rows),
    )
    return connection


def write(corpus, folder, *utterances, splits=None):
    folder.mkdir(exist_ok=True)
    splits = splits or {"1": "train"}
    return write_subset(folder, corpus, table(*utterances), splits, False)


def files_of(folder):
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".csv"
    }


def test_recording_and_label_keep_their_path_below_the_trees(corpus, tmp_path):
    wav = put(corpus, f"{TREE}/K1.wav", b"sound")
    label = put(corpus, f"{LABELS}/K1.json", '{"raw": "b/ 가, 나."}'.encode())
    utterance = {"place": wav, "label": label}
    files = write(corpus, tmp_path / "S", utterance, splits={"1": "test"})
    wav, label = (path.replace("1.Training", "3.Test") for path in (wav, label))
    assert files_of(tmp_path / "S") == {wav, label}
    assert files == {"linked": 2, "copied": 0, "extracted": 0}
    (row,) = corpora.read_rows(tmp_path / "S/subset_metadata_with_test.csv")
    assert row == {
        **{"split": "test", "wav_path": wav, "json_path": label},
        **{"speaker_id": "1", "age": "9", "gender": "F", "snr": "12.5"},
        **{"duration": "2.500", "style": "free", "text": "b/ 가, 나."},
    }


def test_names_that_macos_decomposed_are_composed(corpus, tmp_path):
    place = f"{TREE}/K1.wav"
    on_disk = put(corpus, unicodedata.normalize("NFD", place), b"sound")
    write(corpus, tmp_path / "S", {"place": place, "wav": on_disk})
    assert files_of(tmp_path / "S") == {place}


def test_other_layouts_keep_their_whole_path_and_their_ids(corpus, tmp_path):
    utterances = [
        {"place": put(corpus, f"{who}/001.flac", who.encode()), "id": name}
        for who, name in (("a", "a-001"), ("b", "b/001"))
    ]
    write(corpus, tmp_path / "S", *utterances)
    written = sorted(files_of(tmp_path / "S"))
    assert written == [
        "1.Training/원천데이터/a/a-001.flac",
        "1.Training/원천데이터/b/b_001.flac",
    ]
    rows = corpora.read_rows(tmp_path / "S/subset_metadata.csv")
    assert [row["wav_path"] for row in rows] == written
    assert {(row["json_path"], row["text"]) for row in rows} == {("", "가 나")}


def test_members_of_archives_are_extracted(corpus, tmp_path):
    content = {"K1.wav": b"sound" * 300, "K1.json": b'{"raw": "x"}'}
    address = {}
    with tarfile.open(corpus.root / "x.tar", "w") as archive:
        for name, data in content.items():
            (tmp_path / name).write_bytes(data)
            archive.add(tmp_path / name, f"kor_free/{name}")
    with tarfile.open(corpus.root / "x.tar") as archive:
        for member in archive:
            name = Path(member.name).name
            address[name] = f"x.tar:{member.offset_data}:{member.size}"
    utterance = {
        "place": "x.tar/kor_free/K1.wav",
        "wav": address["K1.wav"],
        "label": address["K1.json"],
    }
    files = write(corpus, tmp_path / "S", utterance)
    assert files["extracted"] == 2
    (row,) = corpora.read_rows(tmp_path / "S/subset_metadata.csv")
    assert row["wav_path"] == "1.Training/원천데이터/x/kor_free/K1.wav"
    for column, name in (("wav_path", "K1.wav"), ("json_path", "K1.json")):
        written = tmp_path / "S" / row[column]
        assert written.read_bytes() == content[name]
    assert row["text"] == "x"


def test_labels_of_another_root_are_brought(corpus, tmp_path):
    corpus.label_root = tmp_path / "labels"
    corpus.label_root.mkdir()
    (corpus.label_root / "K1.json").write_bytes(b'{"raw": "x"}')
    wav = put(corpus, "K1.wav", b"sound")
    write(corpus, tmp_path / "S", {"place": wav, "label": "K1.json"})
    assert (tmp_path / "S/1.Training/라벨링데이터/K1.json").exists()


def test_text_of_metadata_wins_over_its_labels(corpus, tmp_path):
    corpus.source = "subset_metadata.csv"
    wav = put(corpus, f"{TREE}/K1.wav", b"sound")
    label = put(corpus, f"{LABELS}/K1.json", b'{"raw": "corrected since"}')
    write(corpus, tmp_path / "S", {"place": wav, "label": label})
    (row,) = corpora.read_rows(tmp_path / "S/subset_metadata.csv")
    assert row["text"] == "가 나"


def test_what_is_unknown_or_estimated_is_left_empty(corpus, tmp_path):
    wav = put(corpus, "K1.wav", b"sound")
    unknown = {
        "age": None,
        "gender": "",
        "style": "",
        "snr_source": "estimated",
    }
    write(corpus, tmp_path / "S", {"place": wav, **unknown})
    (row,) = corpora.read_rows(tmp_path / "S/subset_metadata.csv")
    for column in ("age", "gender", "style", "snr", "json_path"):
        assert row[column] == ""


def test_metadata_files_have_every_split_and_all_but_test(corpus, tmp_path):
    utterances = [
        {"place": put(corpus, f"{n}.wav", b"%d" % n), "speaker": str(n)}
        for n in range(5)
    ]
    splits = {"1": "train", "2": "valid", "3": "test"}
    write(corpus, tmp_path / "S", *utterances, splits=splits)
    for name, kept in (
        ("subset_metadata_with_test.csv", splits),
        ("subset_metadata.csv", {"1": "train", "2": "valid"}),
    ):
        rows = corpora.read_rows(tmp_path / "S" / name)
        assert {row["speaker_id"]: row["split"] for row in rows} == kept
        assert tuple(rows[0]) == COLUMNS
    assert len(files_of(tmp_path / "S")) == 3


def test_other_file_systems_get_copies(corpus, tmp_path):
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK) or (
        memory.stat().st_dev == tmp_path.stat().st_dev
    ):
        pytest.skip("one file system only")
    corpus.root = memory / f"childasr-test-{os.getpid()}"
    wav = corpus.root / "K1.wav"
    try:
        put(corpus, "K1.wav", b"sound")
        files = write(corpus, tmp_path / "S", {"place": "K1.wav"})
    finally:
        wav.unlink()
        corpus.root.rmdir()
    assert files == {"linked": 0, "copied": 1, "extracted": 0}
    copy = tmp_path / "S/1.Training/원천데이터/K1.wav"
    assert copy.read_bytes() == b"sound"


def test_links_become_the_files_that_they_lead_to(corpus, tmp_path):
    put(corpus, "real.wav", b"sound")
    (corpus.root / "K1.wav").symlink_to("real.wav")
    write(corpus, tmp_path / "S", {"place": "K1.wav"})
    written = tmp_path / "S/1.Training/원천데이터/K1.wav"
    assert not written.is_symlink()
    assert written.read_bytes() == b"sound"


def test_two_recordings_of_one_name_are_refused(corpus, tmp_path):
    utterances = [
        {"place": put(corpus, f"{top}/원천데이터/K1.wav", b"sound"), "id": "x"}
        for top in ("1.Training", "2.Validation")
    ]
    with pytest.raises(InputError, match="two recordings would be x"):
        write(corpus, tmp_path / "S", *utterances)


def test_recording_that_is_gone_is_refused(corpus, tmp_path):
    with pytest.raises(InputError, match="No such file"):
        write(corpus, tmp_path / "S", {"place": "K1.wav"})
