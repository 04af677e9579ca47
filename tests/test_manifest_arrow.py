"""The Arrow file beside a manifest is used when it is right, and only then."""

import os
import struct
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pytest
from disks import fill_but
from small_manifests import write_manifest

from childasr.errors import RunError
from childasr.manifest import Manifest
from childasr.manifest_arrow import CLOCK_TICK_NS, SCHEMA, arrow_path

LONG_AGO_NS = 10**18


@pytest.fixture
def path(tmp_path):
    """A manifest that was written long ago."""
    path = tmp_path / "train.csv"
    write_manifest(path, ["A", "B", "C"])
    os.utime(path, ns=(LONG_AGO_NS, LONG_AGO_NS))
    return path


def settle(path):
    """Wait until its time is evidence."""
    while time.time_ns() - path.stat().st_ctime_ns <= CLOCK_TICK_NS:
        pass


def speakers(path):
    return [utterance.spk_id for utterance in Manifest(path, "/root")]


def test_it_is_made_once(path):
    assert speakers(path) == ["A", "B", "C"]
    made = arrow_path(path).stat()
    assert speakers(path) == ["A", "B", "C"]
    assert arrow_path(path).stat() == made
    assert sorted(p.name for p in path.parent.iterdir()) == [
        "train.arrow",
        "train.csv",
    ]


def test_it_is_what_is_read(path):
    """Its table is trusted for the very file that it was made for."""
    write_manifest(path, ["Anna", "Berta"])
    settle(path)
    Manifest(path)
    arrow = arrow_path(path)
    arrow.write_bytes(arrow.read_bytes().replace(b"Berta", b"BERTA"))
    assert speakers(path) == ["Anna", "BERTA"]


def test_one_from_elsewhere_that_points_out_of_itself_is_not_trusted(path):
    """Reading it would take a process down, or show what is in its memory."""
    Manifest(path)
    arrow = arrow_path(path)
    ends, beyond = struct.pack("<4i", 0, 1, 2, 3), struct.pack("<i", 10**6)
    data = arrow.read_bytes()
    assert ends in data
    arrow.write_bytes(data.replace(ends, ends[:12] + beyond))
    os.utime(path)
    assert speakers(path) == ["A", "B", "C"]
    assert arrow.read_bytes() != data.replace(ends, ends[:12] + beyond)


def test_a_copied_csv_file_of_the_same_content_keeps_it(path):
    Manifest(path)
    made = arrow_path(path).stat()
    os.utime(path)
    assert speakers(path) == ["A", "B", "C"]
    assert arrow_path(path).stat() == made


def test_a_changed_csv_file_has_it_made_again(path):
    Manifest(path)
    write_manifest(path, ["A", "X"])
    assert speakers(path) == ["A", "X"]
    path.write_bytes(path.read_bytes().replace(b",X,", b",Y,"))
    assert speakers(path) == ["A", "Y"]


def test_a_second_write_at_the_time_of_the_first_is_seen(path):
    """As within one tick of the clock, which has not gone by yet."""
    still_to_come = time.time_ns() + 10**12
    for speaker in "XYZ":
        write_manifest(path, ["A", speaker])
        os.utime(path, ns=(still_to_come, still_to_come))
        assert speakers(path) == ["A", speaker]


@pytest.mark.parametrize("share", [0, 0.3, 0.9, 0.999])
def test_a_part_of_it_is_not_trusted(path, share):
    settle(path)
    Manifest(path)
    arrow = arrow_path(path)
    whole = arrow.read_bytes()
    arrow.write_bytes(whole[: int(share * len(whole))])
    assert speakers(path) == ["A", "B", "C"]
    assert arrow.read_bytes() == whole


def write_arrow(path, schema):
    with pa.ipc.new_file(str(path), schema) as writer:
        empty = pa.table({name: [] for name in schema.names}, schema=schema)
        writer.write_table(empty)


@pytest.mark.parametrize(
    "schema",
    [
        SCHEMA,
        SCHEMA.with_metadata({"format": "another"}),
        pa.schema([("ID", pa.string())], {"format": "another"}),
    ],
)
def test_another_arrow_file_is_not_trusted(path, schema):
    write_arrow(arrow_path(path), schema)
    assert speakers(path) == ["A", "B", "C"]


def test_the_arrow_file_of_another_manifest_is_not_trusted(path):
    other = path.with_name("other.csv")
    write_manifest(other, ["D", "E", "F"])
    Manifest(other)
    arrow_path(other).rename(arrow_path(path))
    assert speakers(path) == ["A", "B", "C"]


def test_a_folder_that_cannot_be_written_does_not_matter(path):
    arrow_path(path).mkdir()  # what no file can be renamed to
    assert speakers(path) == ["A", "B", "C"]
    assert [*arrow_path(path).iterdir()] == []
    assert len([*path.parent.iterdir()]) == 2


def test_its_columns_lie_where_the_file_is_mapped(path):
    """So all processes share one copy."""
    Manifest(path)
    manifest = Manifest(path)
    mapped = [
        range(*(int(address, 16) for address in line.split()[0].split("-")))
        for line in Path("/proc/self/maps").read_text().splitlines()
        if line.endswith(f" {arrow_path(path)}")
    ]
    for name in SCHEMA.names:
        for piece in manifest.column(name).chunks:
            for buffer in filter(None, piece.buffers()):
                assert any(buffer.address in addresses for addresses in mapped)


def test_an_open_manifest_outlives_its_files(path):
    manifest = Manifest(path, "/root")
    arrow_path(path).unlink()
    path.unlink()
    assert manifest[2].spk_id == "C"


def test_a_full_disk_is_no_fault_of_the_manifest(small_disk, monkeypatch):
    path = small_disk / "train.csv"
    write_manifest(path, ["A", "B", "C"])
    fill_but(small_disk, 0)
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    with pytest.raises(RunError, match=r"cannot write .*train\.arrow.*room"):
        Manifest(path)
    (small_disk / "other").unlink()
    assert speakers(path) == ["A", "B", "C"]
