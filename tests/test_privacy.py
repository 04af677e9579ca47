"""What children say, and who they are, stands in no log."""

import csv
import shutil

import corpora
import pytest
from evaluation_data import write_model
from projects import RECIPE, Project, run_apart

from childasr.errors import InputError
from data_prep.prepare import prepare


def private(folder):
    """Every text, utterance and speaker of the manifests of a folder."""
    found = set()
    for name in ("train", "valid", "test"):
        path = folder / f"{name}.csv"
        with open(path, encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found |= {row["ID"], row["text"], row["spk_id"]}
    assert len(found) > 30
    return found


def leaks(names, *texts):
    return {name for name in names for text in texts if name in text}


def read(path):
    return path.read_bytes().decode("utf-8", "replace")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A phase that was trained by the command, and what the command said."""
    project = Project(tmp_path_factory.mktemp("project"))
    arguments = project.arguments(1, number_of_epochs=1)
    done = run_apart(RECIPE / "train.py", arguments)
    assert done.returncode == 0, done.stderr
    return project, done


def test_training_says_and_logs_nothing_of_them(run):
    project, done = run
    names = private(project.folder / "data")
    files = [p for p in project.phase_folder(1).rglob("*") if p.is_file()]
    assert {"train_log.txt", "log.txt", "training_log.json"} <= {
        path.name for path in files
    }
    assert not leaks(names, done.stdout, done.stderr)
    for path in files:
        assert not leaks(names, read(path)), path


def test_preparation_says_nothing_of_them(run, tmp_path):
    project, _ = run
    names = private(project.folder / "data")
    clips = corpora.make_clips()
    valid = next(clip for clip in clips if clip.split == "valid")
    valid.text = "사과 3개"
    clips[0].text = "사과 3개"
    one, other = clips[2], clips[5]
    other.text, other.seconds = one.text, one.seconds
    root = tmp_path / "corpus"
    corpora.write_corpus(root, clips)
    corpora.damage(root, clips[1], "audio_nonfinite")
    shutil.copy(root / one.path(), root / other.path())
    arguments = ["--input_dir", root]
    arguments += ["--output_dir", tmp_path / "M"]
    refused = run_apart(RECIPE / "prepare_phase_data.py", arguments)
    assert refused.returncode == 2
    arguments += ["--max_reject_share", "0.5"]
    done = run_apart(RECIPE / "prepare_phase_data.py", arguments)
    assert done.returncode == 0, done.stderr
    assert "text_digits: 2" in done.stdout
    assert "may be one child: 1, in different splits 0" in done.stdout
    said = [refused.stdout, refused.stderr, done.stdout, done.stderr]
    assert not leaks(names | {"사과"}, *said)


def test_evaluation_says_nothing_of_them(run, tmp_path):
    project, _ = run
    data = project.folder / "data"
    arguments = [write_model(tmp_path), data / "test.csv"]
    arguments += ["--output_dir", tmp_path / "R", "--device", "cpu"]
    done = run_apart(RECIPE / "evaluate.py", arguments)
    assert done.returncode == 0, done.stderr
    assert not leaks(private(data), done.stdout, done.stderr)


def test_a_text_is_never_part_of_an_error(tmp_path):
    clips = corpora.make_clips()
    for clip in clips:
        clip.text = "비밀 3개"
    corpora.write_corpus(tmp_path / "corpus", clips)
    with pytest.raises(InputError, match="text_digits 28") as error:
        prepare(tmp_path / "corpus", tmp_path / "M", progress=False)
    assert "비밀" not in str(error.value)
