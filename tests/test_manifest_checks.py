"""The checks before a run on manifests, recordings and speakers."""

import pytest
from small_manifests import write_manifest, write_manifests

from childasr.curriculum.manifest_checks import check_manifests


@pytest.fixture
def manifests(tmp_path):
    return write_manifests(tmp_path)


def manifest_checks(folder, **settings):
    phases = [
        {
            "manifest_folder": str(folder),
            "train_manifest": f"{folder}/phase{number}.csv",
            **settings,
        }
        for number in (1, 2, 3)
    ]
    return {check.name: check for check in check_manifests(phases)}


def test_prepared_manifests_pass(manifests):
    checks = manifest_checks(manifests)
    assert list(checks) == [
        "manifests",
        "data folder",
        "speaker ids",
        "speakers disjoint",
    ]
    assert all(check.ok for check in checks.values())


def test_a_missing_manifest_is_named_with_the_command_that_makes_it(manifests):
    (manifests / "phase2.csv").unlink()
    check = manifest_checks(manifests)["manifests"]
    assert check.fails
    assert "phase2.csv: run prepare_phase_data.py" in check.reason


def test_a_corpus_that_the_first_phase_prepares_is_enough(tmp_path):
    ready = manifest_checks(tmp_path / "none", data_folder=str(tmp_path))
    assert ready["manifests"].ok
    nowhere = manifest_checks(tmp_path / "none", data_folder="nowhere")
    assert nowhere["manifests"].fails


def test_an_empty_split_fails(manifests):
    write_manifest(manifests / "test.csv", [])
    check = manifest_checks(manifests)["manifests"]
    assert check.fails
    assert "no utterance in" in check.reason


def test_recordings_that_are_not_there_fail(manifests, tmp_path):
    (tmp_path / "corpus" / "a.wav").unlink()
    check = manifest_checks(manifests)["data folder"]
    assert check.fails
    assert "--data_root" in check.reason
    (tmp_path / "moved").mkdir()
    (tmp_path / "moved" / "a.wav").write_bytes(b"RIFF")
    moved = manifest_checks(manifests, data_root=str(tmp_path / "moved"))
    assert moved["data folder"].ok


def test_rows_without_a_speaker_fail_and_are_counted(manifests):
    write_manifest(manifests / "phase1.csv", ["A", "", ""])
    check = manifest_checks(manifests)["speaker ids"]
    assert check.fails
    assert "phase1.csv (2 of 3)" in check.reason


def test_a_manifest_without_the_speaker_column_fails(manifests):
    (manifests / "valid.csv").write_text("ID,duration\nu0,1.0\n")
    assert manifest_checks(manifests)["speaker ids"].fails


@pytest.mark.parametrize("other", ["valid", "test"])
def test_a_speaker_in_two_splits_fails(manifests, other):
    write_manifest(manifests / f"{other}.csv", ["B", "X"])
    check = manifest_checks(manifests)["speakers disjoint"]
    assert check.fails
    assert f"1 speakers are in both train.csv and {other}.csv" in check.reason
