"""The checks before a run on manifests, recordings and speakers."""

import pytest
from small_manifests import write_manifest, write_manifests

from childasr.curriculum.manifest_checks import check_manifests


@pytest.fixture
def manifests(tmp_path):
    return write_manifests(tmp_path)


def manifest_checks(folder, processes=1, **settings):
    phases = [
        {
            "manifest_folder": str(folder),
            "train_manifest": f"{folder}/phase{number}.csv",
            **settings,
        }
        for number in (1, 2, 3)
    ]
    return {check.name: check for check in check_manifests(phases, processes)}


def test_prepared_manifests_pass(manifests):
    checks = manifest_checks(manifests)
    assert list(checks) == [
        "manifests",
        "data folder",
        "speaker ids",
        "splits disjoint",
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


def test_a_corpus_is_not_enough_where_several_processes_train(tmp_path):
    check = manifest_checks(tmp_path / "none", 2, data_folder=str(tmp_path))
    assert check["manifests"].fails
    command = f"prepare_phase_data.py --input_dir {tmp_path} --output_dir"
    assert command in check["manifests"].reason


def test_an_empty_split_fails(manifests):
    write_manifest(manifests / "test.csv", [])
    check = manifest_checks(manifests)["manifests"]
    assert check.fails
    assert f"{manifests}/test.csv has no utterance" in check.reason


def test_a_text_that_is_not_normalised_fails(manifests):
    path = manifests / "test.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("안녕", "3개"), encoding="utf-8")
    check = manifest_checks(manifests)["manifests"]
    assert check.fails
    assert f"{path}: 1 of 1 texts are not normalised" in check.reason


def test_recordings_that_are_not_there_fail(manifests, tmp_path):
    (tmp_path / "corpus" / "a.wav").unlink()
    check = manifest_checks(manifests)["data folder"]
    assert check.fails
    assert "--data_root" in check.reason
    (tmp_path / "moved").mkdir()
    (tmp_path / "moved" / "a.wav").write_bytes(b"RIFF")
    moved = manifest_checks(manifests, data_root=str(tmp_path / "moved"))
    assert moved["data folder"].ok


def test_a_test_split_without_its_recordings_fails(manifests):
    text = (manifests / "test.csv").read_text()
    (manifests / "test.csv").write_text(text.replace("a.wav", "lost.wav"))
    check = manifest_checks(manifests)["data folder"]
    assert check.fails
    assert "lost.wav" in check.reason


def test_rows_without_a_speaker_fail_and_are_counted(manifests):
    write_manifest(manifests / "phase1.csv", ["A", "", ""])
    check = manifest_checks(manifests)["speaker ids"]
    assert check.fails
    assert "phase1.csv: 2 of 3 utterances have no spk_id" in check.reason


def test_a_manifest_without_the_speaker_column_fails(manifests):
    (manifests / "valid.csv").write_text("ID,duration\nu0,1.0\n")
    check = manifest_checks(manifests)["manifests"]
    assert check.fails
    assert "spk_id" in check.reason


@pytest.mark.parametrize("one", ["train", "phase2"])
@pytest.mark.parametrize("other", ["valid", "test"])
@pytest.mark.parametrize(
    ("row", "shared"),
    [(("B", "x"), "1 speakers"), (("X", "b1"), "1 recordings")],
)
def test_what_two_splits_share_fails(manifests, one, other, row, shared):
    speaker, content = row
    write_manifest(manifests / f"{other}.csv", ["Y", speaker], ["y", content])
    if one != "train":
        write_manifest(manifests / "train.csv", ["A"], ["a0"])
    check = manifest_checks(manifests)["splits disjoint"]
    assert check.fails
    assert f"{shared} are in both {manifests}/" in check.reason
    assert f"/{other}.csv" in check.reason


def test_manifests_without_a_content_say_what_was_not_compared(manifests):
    write_manifest(manifests / "valid.csv", ["C"])
    check = manifest_checks(manifests)["splits disjoint"]
    assert check.ok
    assert "not compared by recording" in check.reason
    assert "1 rows of valid.csv" in check.reason


def test_a_recording_inside_an_archive_is_found(manifests, tmp_path):
    (tmp_path / "corpus" / "a.tar").write_bytes(bytes(2048))
    for path in manifests.glob("*.csv"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("a.wav", "a.tar:512:1024"))
    assert manifest_checks(manifests)["data folder"].ok
    (tmp_path / "corpus" / "a.tar").write_bytes(bytes(1024))
    assert manifest_checks(manifests)["data folder"].fails
