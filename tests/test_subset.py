"""draw_subset.py as a user runs it, and what preparation makes of it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import corpora
import other_corpora
import pytest

from childasr.errors import InputError
from data_prep.prepare import prepare
from data_prep.subset import make_subset

RECIPE = Path(__file__).resolve().parents[1] / "recipes" / "ChildASR"
LAYOUTS = {
    "aihub540": other_corpora.write_aihub,
    "tars": other_corpora.write_tars,
    "kaldi": other_corpora.write_kaldi,
    "csv": other_corpora.write_table,
    "child_subset": corpora.write_corpus,
}


def clips():
    return corpora.make_clips(speakers={"train": 16}, utterances=6)


def draw(root, output, **options):
    options = {"hours": 0.015, "seed": 3, "progress": False} | options
    return make_subset(root, output, **options)


def content(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("layout", LAYOUTS)
def test_preparation_accepts_all_that_was_drawn(layout, tmp_path):
    LAYOUTS[layout](tmp_path / "corpus", clips())
    report = draw(tmp_path / "corpus", tmp_path / "S", hours=0.02)
    summary = prepare(tmp_path / "S", tmp_path / "M", progress=False)
    assert summary["format"] == "child_subset"
    assert summary["found"] == summary["accepted"]
    assert summary["accepted"] == report["subset"]["utterances"] > 0
    for name, part in summary["splits"].items():
        drawn = report["splits"][name]
        for count in ("utterances", "speakers", "hours"):
            assert part[count] == pytest.approx(drawn[count], abs=2e-4)
        for dimension in ("age", "snr", "duration"):
            assert part["distributions"][dimension] == {
                group: round(share * drawn["utterances"])
                for group, share in drawn["shares"][dimension].items()
            }


def test_command_draws_splits_and_says_how_near_it_came(tmp_path):
    written = clips()
    other_corpora.write_aihub(tmp_path / "corpus", written)
    done = subprocess.run(
        [
            *(sys.executable, RECIPE / "draw_subset.py"),
            *("--input_dir", "corpus", "--output_dir", "S/"),
            *("--hours", "0.015", "--valid_share", "0.2"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert "share of utterances that would have to change" in done.stdout
    report = json.loads((tmp_path / "S/subset_report.json").read_bytes())
    assert report["subset"]["hours"] == pytest.approx(0.015, abs=0.0015)
    rows = corpora.read_rows(tmp_path / "S/subset_metadata_with_test.csv")
    splits = {(row["speaker_id"], row["split"]) for row in rows}
    assert len(splits) == len(dict(splits)) == report["subset"]["speakers"]
    # Whole speakers: each with the six recordings that the corpus has.
    assert len(rows) == 6 * len(splits)
    texts = {clip.stem: clip.text for clip in written}
    assert {row["text"] for row in rows} <= set(texts.values())
    assert report["files"]["linked"] == 2 * len(rows)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("S", "S.checked", "corpus")
    ]


def test_same_seed_same_subset_whatever_the_order_of_files(tmp_path):
    for name, order in (("one", clips()), ("two", clips()[::-1])):
        (tmp_path / name).mkdir()
        other_corpora.write_aihub(tmp_path / name / "corpus", order)
    runs = (("one", "C", "1"), ("two", "C.UTF-8", "2"))
    for name, locale, hash_seed in runs:
        subprocess.run(
            [
                *(sys.executable, RECIPE / "draw_subset.py", "--hours", "0.01"),
                *("--input_dir", "corpus", "--output_dir", "S"),
            ],
            cwd=tmp_path / name,
            env={
                **os.environ,
                **{"LC_ALL": locale, "PYTHONHASHSEED": hash_seed},
            },
            check=True,
            capture_output=True,
        )
    one, two = (content(tmp_path / name / "S") for name, *_ in runs)
    roots = [json.loads(c.pop("subset_report.json")) for c in (one, two)]
    assert one == two
    assert [report.pop("corpus_root") for report in roots]
    assert roots[0] == roots[1]


def test_rejected_recordings_are_counted_and_not_drawn(tmp_path):
    written = clips()
    corpora.write_corpus(tmp_path / "corpus", written)
    corpora.damage(tmp_path / "corpus", written[0], "audio_unreadable")
    report = draw(tmp_path / "corpus", tmp_path / "S", hours=0.02)
    assert report["reject_reasons"] == {"audio_unreadable": 1}
    assert report["corpus"]["utterances"] == len(written) - 1
    assert not any(written[0].stem in name for name in content(tmp_path / "S"))


def forge(path):
    """Ruin a file so that only who opens it can see it."""
    stat = path.stat()
    path.write_bytes(b" " * stat.st_size)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def test_another_draw_does_not_read_recordings_again(tmp_path):
    root, work = tmp_path / "corpus", tmp_path / "work"
    other_corpora.write_aihub(root, clips())
    draw(root, tmp_path / "one", work_dir=work)
    for path in root.rglob("*.wav"):
        forge(path)
    again = draw(root, tmp_path / "two", work_dir=work)
    assert again["reject_reasons"] == {}
    assert content(tmp_path / "one").keys() == content(tmp_path / "two").keys()


def test_label_that_changes_while_drawing_is_named(tmp_path):
    root, work = tmp_path / "corpus", tmp_path / "work"
    other_corpora.write_aihub(root, clips())
    draw(root, tmp_path / "one", work_dir=work)
    for path in root.rglob("*.json"):
        forge(path)
    with pytest.raises(InputError, match=r"K\S+\.json has changed"):
        draw(root, tmp_path / "two", work_dir=work)
    assert not (tmp_path / "two").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"output": "corpus/S"}, "would then hold its recordings twice"),
        ({"input": "nowhere"}, "no folder .*nowhere: give the corpus"),
        ({"hours": 100}, "100 h asked for where 0.03 h were accepted"),
        ({"valid_share": 0.99}, "together below 1"),
        ({"hard_share": 1.5}, "a hard share of 1.5"),
        ({"occupy": True}, "S is there already: remove it"),
        # At once: this folder is looked for only then.
        ({"input": "nowhere", "hours": -5}, "--hours -5: give"),
        ({"input": "nowhere", "hours": float("nan")}, "--hours nan: give"),
        ({"input": "nowhere", "max_reject_share": 5}, "a reject share of 5"),
    ],
)
def test_wrong_use_is_refused_and_nothing_written(options, message, tmp_path):
    other_corpora.write_aihub(tmp_path / "corpus", clips())
    before = content(tmp_path / "corpus")
    root = tmp_path / options.pop("input", "corpus")
    output = tmp_path / options.pop("output", "S")
    if options.pop("occupy", False):
        output.mkdir()
        (output / "mine.txt").write_text("keep")
    kept = content(output) if output.exists() else None
    with pytest.raises(InputError, match=message):
        draw(root, output, **options)
    assert (content(output) if output.exists() else None) == kept
    shutil.rmtree(output, ignore_errors=True)
    assert content(tmp_path / "corpus") == before


def test_a_place_that_cannot_be_written_is_refused_before_reading(tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot write to .*file"):
        draw(
            *(tmp_path / "corpus", tmp_path / "file/S"),
            work_dir=tmp_path / "work",
        )


def test_a_folder_that_a_killed_draw_left_can_be_drawn_into(tmp_path):
    other_corpora.write_aihub(tmp_path / "corpus", clips())
    left = tmp_path / "S/.S.0123.partial"
    left.mkdir(parents=True)
    (left / "half.wav").write_bytes(b"RIFF")
    report = draw(tmp_path / "corpus", tmp_path / "S")
    summary = prepare(tmp_path / "S", tmp_path / "M", progress=False)
    assert summary["found"] == report["subset"]["utterances"]


def test_lost_parts_of_a_corpus_stop_the_draw(tmp_path):
    (*_, archive) = other_corpora.write_tars(tmp_path / "corpus", clips())
    archive.write_bytes(archive.read_bytes()[:2000])
    with pytest.raises(InputError, match=f"nobody .*{archive.name}"):
        draw(tmp_path / "corpus", tmp_path / "S")
    assert not (tmp_path / "S").exists()
