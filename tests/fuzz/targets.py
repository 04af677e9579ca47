"""Every parser of what users bring, and what it may answer to any bytes.

A target takes bytes and returns; what it raises is a defect. Its seeds are
whole inputs for a fuzzer to change.
"""

import io
import json
import os
import sqlite3
from pathlib import Path

import corpora
import malicious
import numpy as np
import report_targets
import soundfile
from scratch import FOLDER, Target, write_file
from small_manifests import COLUMNS

from childasr.audio import durations, read_audio
from childasr.curriculum.options import read_options, write_options
from childasr.curriculum.plan import read_plan
from childasr.errors import InputError
from childasr.manifest import Manifest, read_summary
from childasr.model.folder import check_model_folder
from childasr.plain_yaml import read_plain
from childasr.text.normalise import Normaliser, UnresolvableText
from childasr.training.phase import read_phase_file
from data_prep.columns import CsvFile, find_columns
from data_prep.header import HEAD, parse_wav
from data_prep.index import FileIndex
from data_prep.labels import parse_label
from data_prep.readers.base import ListReader
from data_prep.readers.lists import read_list
from data_prep.readers.names import speaker_number, style_name, sub_path
from data_prep.records import File, Rejected
from data_prep.samples import inspect_recording
from data_prep.tree import Entry, Problem, members
from data_prep.values import PARSERS, ValueReader

PHASE = Path(__file__).parents[2] / "hparams" / "phase1.yaml"
INDEX = FileIndex(sqlite3.connect(":memory:"), progress=False)


def _text(data):
    return data.decode("utf-8", "replace")


def label(data):
    try:
        fields = parse_label(data)
    except Rejected as error:
        assert error.reason == "label_unreadable"
        return
    assert all(isinstance(value, str) for value in fields.values())
    read = ValueReader()
    for field in PARSERS.keys() & fields.keys():
        read(field, fields[field])


def cell(data):
    """A cell as each field; an NUL would end a C string."""
    text = _text(data)
    read = ValueReader()
    for field in PARSERS:
        read(field, text)
    speaker_number(text), style_name(text), sub_path(text)


def path_cell(data):
    """No path that a cell means leaves the root."""
    reader = ListReader.__new__(ListReader)
    reader.root, reader._prefixes = FOLDER, {f"{FOLDER}/"}
    reader.index = INDEX
    try:
        path = reader.path_below_root(_text(data))
    except Rejected as error:
        assert error.reason == "path_outside_root"
        return
    joined = os.path.normpath(os.path.join(FOLDER, path))
    assert os.path.commonpath([joined, FOLDER]) == str(FOLDER), path


def transcript(data):
    try:
        text = Normaliser()(_text(data))
    except UnresolvableText:
        return
    assert Normaliser()(text) == text


def header(data):
    try:
        found = parse_wav(data[:HEAD], len(data))
    except Rejected as error:
        assert error.reason == "audio_truncated"
        return
    if found:
        assert 0 <= found.frames * found.channels * found.bits <= 8 * len(data)


def recording(data):
    path = str(write_file("a.wav", data))
    facts = inspect_recording(path, samples=True, snr=True)
    assert ("reason" in facts) != ("snr" in facts), facts
    for read in (read_audio, lambda path: durations([path])):
        try:
            read(path)
        except InputError:
            continue


def tar(data):
    path = write_file("a.tar", data)
    archive = File(path.name, path.name, len(data), 0)
    for found in members(FOLDER, archive):
        assert isinstance(found, (Entry, Problem))
        if isinstance(found, Entry):
            _, offset, size = found.address.rsplit(":", 2)
            assert 0 < int(offset) <= int(offset) + int(size) <= len(data)
            assert ".." not in found.path.split("/")


def table(data):
    path = write_file("a.csv", data)
    try:
        rows = CsvFile(path)
        list(rows)
        find_columns(rows.header, {}, "a.csv")
    except InputError:
        return


def kaldi_list(data):
    try:
        list(read_list(write_file("text", data)))
    except InputError:
        return


def manifest(data):
    try:
        rows = list(Manifest(write_file("m.csv", data), "/root"))
    except InputError:
        return
    assert all(".." not in row.wav.split("/") for row in rows)


def summary(data):
    write_file("summary.json", data)
    try:
        read_summary(FOLDER / "m.csv")
    except InputError:
        return
    finally:
        (FOLDER / "summary.json").unlink()


def plain_yaml(data):
    try:
        value = read_plain(_text(data), "a.yaml")
    except InputError:
        return
    json.dumps(value)


def options(data):
    """Options are refused, or written and read back as they are."""
    try:
        found = read_options(_text(data).split("\n"))
    except InputError:
        return
    assert repr(read_options(write_options(found))) == repr(found)


def overrides(data):
    try:
        config = read_phase_file(str(PHASE), _text(data))
    except InputError:
        return
    assert json.loads(json.dumps(config)).keys() == config.keys()


def curriculum(data):
    folder = FOLDER / "hparams"
    folder.mkdir(exist_ok=True)
    (folder / "phase1.yaml").write_bytes(PHASE.read_bytes())
    try:
        read_plan(write_file("hparams/curriculum.yaml", data))
    except InputError:
        return


def model_folder(data):
    folder = FOLDER / "model"
    folder.mkdir(exist_ok=True)
    for name in ("config.json", "model.safetensors.index.json"):
        (folder / name).write_bytes(data)
    try:
        check_model_folder(folder, needed=())
    except InputError:
        return


def _sound(form, subtype=None, rate=16_000):
    file = io.BytesIO()
    soundfile.write(file, np.sin(np.arange(800)), rate, subtype, format=form)
    return file.getvalue()


SOUNDS = [
    _sound("WAV"),
    _sound("WAV", "FLOAT"),
    _sound("WAVEX", "PCM_24", 44_100),
    _sound("FLAC"),
    _sound("OGG"),
    malicious.flac_bomb(),
]
CLIP = corpora.make_clips()[0]
LABEL = json.dumps(
    {
        "Basic": {"Version": "1", "NumberOfSpeaker": "9032"},
        "Wav": {"SamplingRate": "16000", "SignalToNoiseRatio": "+35dB"},
        "File": {"FileName": "K1.wav", "FileLength": "6.52"},
        "Speaker": {"Gender": "F", "Age": 9, "SpeakerName": "?"},
        "전사정보": {"LabelText": "안녕", "OrgLabelText": None},
    },
    ensure_ascii=False,
).encode()
ROW = "u1,2.5,$data_root/a.wav,s1,7,F,20,read,안녕"
CURRICULUM = "phases: [phase1.yaml]\noverrides: {lr: 1e-4, units: jamo}\n"
VALUES = [
    "만 9세",
    "-3.5 dB",
    "44.1 kHz",
    "1:30",
    "Mono",
    "여자",
    "2.Validation",
]
TARGETS = {
    **report_targets.TARGETS,
    "label": Target(label, [LABEL, b'{"Speaker": ""}', b"\xef\xbb\xbf{}"]),
    "cell": Target(cell, [value.encode() for value in VALUES]),
    "path_cell": Target(
        path_cell,
        [CLIP.path().encode(), b"..\\a", b"/etc/x", f"{FOLDER}//x".encode()],
    ),
    "transcript": Target(transcript, ["(3개)/(세 개) b/ 나는*".encode()]),
    "header": Target(header, SOUNDS[:3]),
    "recording": Target(recording, SOUNDS),
    "tar": Target(
        tar,
        [
            malicious.tar_of(
                [("a/b.wav", b"x" * 600, {}), ("가" * 120 + ".json", b"{}", {})]
            ),
            malicious.tar_of(
                [("../a.wav", b"x", {}), ("l.wav", b"", {"type": b"2"})]
            ),
        ],
    ),
    "table": Target(
        table, ["wav,화자,text\na.wav,1,안녕\n".encode(), b'wav,spk\n"a\n",2\n']
    ),
    "kaldi_list": Target(kaldi_list, ["u1 나는 밥을\nu2\t가\n".encode()]),
    "manifest": Target(manifest, [f"{COLUMNS}\n{ROW}\n".encode()]),
    "summary": Target(summary, [b'{"data_root": "/a", "synthetic": true}']),
    "plain_yaml": Target(
        plain_yaml,
        [
            CURRICULUM.encode(),
            b"a: &b [x]\nc: *b",
            b"- !new:x 2001-1-1",
            b"- ? - - -",
        ],
    ),
    "options": Target(
        options,
        ["--lr\n1e-4\n--units=자모\n--a={: [1]}".encode(), b"--lr\n.inf"],
    ),
    "overrides": Target(
        overrides,
        [
            b"lr: 1e-4\nencoder: a/b\noutput_folder: x",
            b"wav2vec2: {source: 1/0}\nlr: (1, 2)\nencoder: <lr>",
        ],
    ),
    "curriculum": Target(
        curriculum,
        [CURRICULUM.encode(), b"phases: [phase1.yaml]\noutput_folder: 1/0"],
    ),
    "model_folder": Target(
        model_folder,
        [
            b'{"weight_map": {"a": "../b"}}',
            b'{"auto_map": {}, "vocab_size": 1}',
        ],
    ),
}
