"""What was read of a file once is not read again until the file changes."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest
import soundfile

from childasr.errors import RunError
from data_prep.facts import FactReader
from data_prep.records import File, Utterance
from data_prep.store import Store


class Folder:
    """A reader of a folder of recordings and labels, for these tests."""

    def __init__(self, root, count):
        self.root = self.label_root = root
        self.count = count
        noise = np.random.default_rng(0)
        for number in range(count):
            samples = noise.integers(-9999, 9999, 800, dtype="int16")
            soundfile.write(root / f"{number:05d}.wav", samples, 16_000)
            (root / f"{number:05d}.json").write_text("snr 20")

    def __len__(self):
        return self.count

    def __iter__(self):
        for number in range(self.count):
            yield Utterance(
                self._file(f"{number:05d}.wav"),
                {},
                self._file(f"{number:05d}.json"),
            )

    def _file(self, name):
        stat = os.stat(self.root / name)
        return File(name, name, stat.st_size, stat.st_mtime_ns)

    @staticmethod
    def parse_label(data):
        field, value = data.decode().split()
        return {field: value}


def read(folder, corpus, **options):
    """All facts, and for how many utterances files were read."""
    with Store(folder) as store:
        reader = FactReader(corpus, store.connection, **options)
        facts = [facts for _, facts in reader(corpus)]
    return facts, reader.read


@pytest.fixture
def corpus(tmp_path):
    (tmp_path / "corpus").mkdir()
    return Folder(tmp_path / "corpus", 20)


def test_second_run_reads_only_what_changed(corpus, tmp_path):
    first, count = read(tmp_path, corpus)
    assert count == 20
    assert read(tmp_path, corpus) == (first, 0)
    (corpus.root / "00003.json").write_text("snr 5")
    samples, rate = soundfile.read(corpus.root / "00007.wav")
    soundfile.write(corpus.root / "00007.wav", samples[:500], rate)
    second, count = read(tmp_path, corpus)
    assert count == 2
    assert second[3].label == {"snr": "5"}
    assert second[3].recording == first[3].recording
    assert second[7].recording["frames"] == 500
    others = [n for n in range(20) if n not in (3, 7)]
    assert [second[n] for n in others] == [first[n] for n in others]


def test_bad_files_are_remembered_as_such(corpus, tmp_path):
    (corpus.root / "00002.wav").write_bytes(b"no recording")
    first, _ = read(tmp_path, corpus)
    assert first[2].recording["reason"] == "audio_unreadable"
    assert read(tmp_path, corpus) == (first, 0)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("00002.wav", "audio_missing"), ("00002.json", "label_unreadable")],
)
def test_what_the_system_did_not_let_read_is_read_again(
    name, reason, corpus, tmp_path, monkeypatch
):
    listed = list(corpus)  # stamps that do not change, as after a chmod
    monkeypatch.setattr(Folder, "__iter__", lambda _: iter(listed))
    (corpus.root / name).rename(tmp_path / name)
    first, _ = read(tmp_path, corpus)
    assert reason in [facts.get("reason") for facts in first[2]]
    (tmp_path / name).rename(corpus.root / name)
    second, count = read(tmp_path, corpus)
    assert count == 1
    assert second[2].label == {"snr": "20"}
    assert second[2].recording["frames"] == 800


def test_headers_alone_do_not_pass_for_samples(corpus, tmp_path):
    headers, _ = read(tmp_path, corpus, samples=False)
    assert "content" not in headers[0].recording
    samples, count = read(tmp_path, corpus)
    assert count == 20 and samples[0].recording["content"]
    assert read(tmp_path, corpus, samples=False) == (samples, 0)


def test_unknown_snr_is_estimated_from_the_samples(corpus, tmp_path):
    (corpus.root / "00004.json").write_text("snr N/A")
    facts, _ = read(tmp_path, corpus, samples=False)
    estimated = [n for n, known in enumerate(facts) if "snr" in known.recording]
    assert estimated == [4]


def test_interrupted_run_goes_on_where_it_was(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr("data_prep.facts.BATCH", 5)
    with Store(tmp_path) as store:
        facts = FactReader(corpus, store.connection)(corpus)
        for _ in range(13):
            next(facts)
        # What follows the last commit is lost, as when the process is killed.
        store.connection.rollback()
    assert read(tmp_path, corpus)[1] == 10


def test_processes_read_what_one_reads_and_in_order(tmp_path):
    (tmp_path / "corpus").mkdir()
    corpus = Folder(tmp_path / "corpus", 1100)
    one = read(tmp_path / "one", corpus, processes=1)
    assert read(tmp_path / "two", corpus, processes=2) == one
    assert len({facts.recording["content"] for facts in one[0]}) == 1100


def test_facts_of_a_moved_corpus_are_known(corpus, tmp_path):
    first, _ = read(tmp_path, corpus)
    corpus.root = corpus.label_root = Path(
        os.rename(corpus.root, tmp_path / "moved") or tmp_path / "moved"
    )
    assert read(tmp_path, corpus) == (first, 0)


class Deadly(Folder):
    """One of its labels ends the process that reads it."""

    @staticmethod
    def parse_label(data):
        if data == b"snr 999":
            os.kill(os.getpid(), signal.SIGKILL)
        return Folder.parse_label(data)


def test_a_reading_process_that_is_killed_is_told_and_the_next_run_goes_on(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("data_prep.facts.BATCH", 300)
    (tmp_path / "corpus").mkdir()
    corpus = Deadly(tmp_path / "corpus", 1100)
    label = tmp_path / "corpus" / "01099.json"
    label.write_text("snr 999")
    with pytest.raises(RunError, match=r"was killed.* fewer --processes"):
        read(tmp_path, corpus, processes=2)
    label.write_text("snr 20")
    facts, count = read(tmp_path, corpus, processes=2)
    assert len(facts) == 1100
    assert count < 1100
