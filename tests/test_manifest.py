"""The manifest of an evaluation, and what is refused before it starts."""

import corpora
import evaluation_data
import pytest

from childasr.errors import InputError
from childasr.evaluation.evaluate import evaluate
from childasr.manifest import read_manifest


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    clips = corpora.make_clips({"test": 2}, utterances=2)
    return evaluation_data.write_manifest(
        tmp_path_factory.mktemp("manifest"), clips
    )


def test_the_data_root_is_the_summarys_unless_given(manifest):
    known = read_manifest(manifest)[0].wav
    assert known.startswith(str(manifest.parent / "corpus" / "3.Test"))
    given = read_manifest(manifest, "/elsewhere")[0].wav
    assert given.startswith("/elsewhere/3.Test")


def test_a_manifest_alone_asks_for_the_data_root(manifest, tmp_path):
    lone = tmp_path / "lone.csv"
    lone.write_bytes(manifest.read_bytes())
    with pytest.raises(InputError, match="give --data_root"):
        read_manifest(lone)


@pytest.mark.parametrize(
    "change, complaint",
    [
        (lambda text: "", "no column ID"),
        (lambda text: text.replace("spk_id", "speaker"), "no column spk_id"),
        (lambda text: text.splitlines()[0], "no utterance"),
        (lambda text: text + text.splitlines()[1], "an ID twice"),
        (lambda text: text + "u9,1.0", "line 6: a field is missing"),
        (
            lambda text: text.replace(",F,", ",F,loud", 1),
            "line 2: snr is 'loud",
        ),
    ],
)
def test_a_broken_manifest_is_refused_by_place(
    manifest, tmp_path, change, complaint
):
    broken = tmp_path / "broken.csv"
    broken.write_text(
        change(manifest.read_text(encoding="utf-8")), encoding="utf-8"
    )
    with pytest.raises(InputError, match=complaint):
        read_manifest(broken, "/anywhere")


def test_wrong_input_leaves_no_report(manifest, tmp_path):
    for broken in (
        {"manifest": tmp_path / "none.csv"},
        {"model_folder": tmp_path / "none"},
        {"data_root": tmp_path},
    ):
        given = {"model_folder": tmp_path, "manifest": manifest} | broken
        with pytest.raises(InputError):
            evaluate(output_folder=tmp_path / "report", **given)
    assert not (tmp_path / "report").exists()
