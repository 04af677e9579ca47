"""Preparation of child_subset_100h: what is in the manifests."""

import dataclasses
import json
import random
import shutil
from pathlib import Path

import corpora
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from speechbrain.dataio.dataio import load_data_csv

from data_prep.prepare import prepare


def contents(folder):
    """What training reads: all but the memory of what was checked."""
    return {
        path.name: path.read_bytes()
        for path in Path(folder).iterdir()
        if path.suffix != ".sqlite"
    }


def test_manifest_has_the_columns_and_values_of_the_contract(root, tmp_path):
    clips = corpora.make_clips()
    clips[0] = dataclasses.replace(clips[0], snr="+35dB", age="9세")
    clips[1] = dataclasses.replace(clips[1], snr="N/A", age="", gender="M")
    corpora.write_corpus(root, clips)
    rows = [clip.row() for clip in clips]
    rows[1]["gender"] = "?"
    corpora.write_metadata(root, rows)
    prepare(root, tmp_path / "M")
    header = (tmp_path / "M" / "train.csv").read_text("utf-8").split("\n")[0]
    assert header == (
        "ID,duration,wav,spk_id,age,gender,snr,style,text,snr_source,content"
    )
    found = {r["ID"]: r for r in corpora.read_rows(tmp_path / "M/train.csv")}
    assert found[clips[0].stem] == {
        "ID": clips[0].stem,
        "duration": str(clips[0].seconds),
        "wav": "$data_root/" + clips[0].path(),
        "spk_id": clips[0].speaker,
        "age": "9",
        "gender": "F",
        "snr": "35",
        "style": "read",
        "text": clips[0].text,
        "snr_source": "label",
        "content": found[clips[0].stem]["content"],
    }
    assert len({row["content"] for row in found.values()}) == len(found)
    unknown = found[clips[1].stem]
    # The metadata's ? is the label's M; nothing says the age.
    assert (unknown["age"], unknown["gender"]) == ("", "M")
    # Tones without a pause tell nothing of their noise.
    assert (unknown["snr"], unknown["snr_source"]) == ("", "")
    assert unknown["style"] == "free"


def test_speechbrain_opens_every_recording_of_a_manifest(root, clips, tmp_path):
    prepare(root, tmp_path / "M")
    data_root = json.loads((tmp_path / "M/summary.json").read_bytes())[
        "data_root"
    ]
    for name in ("train", "valid", "test"):
        data = load_data_csv(
            tmp_path / f"M/{name}.csv", {"data_root": data_root}
        )
        for row in data.values():
            duration = soundfile.info(row["wav"]).duration
            assert row["duration"] == pytest.approx(duration, abs=1e-6)


def test_duration_is_the_headers_whatever_the_metadata_and_rate(root, tmp_path):
    clips = corpora.make_clips()
    corpora.write_corpus(root, clips)
    samples = corpora.waveform(clips[0]).repeat(3)
    soundfile.write(root / clips[0].path(), samples, 48_000)
    corpora.write_metadata(
        root, [{**clip.row(), "duration": "99"} for clip in clips]
    )
    prepare(root, tmp_path / "M")
    for row in corpora.read_rows(tmp_path / "M/train.csv"):
        clip = next(clip for clip in clips if clip.stem == row["ID"])
        assert float(row["duration"]) == pytest.approx(clip.seconds, abs=1e-4)


def test_manifests_are_in_file_order_by_code_point(root, clips, tmp_path):
    prepare(root, tmp_path / "M")
    for name in ("train", "valid", "test", "phase1", "phase2", "phase3"):
        wavs = [r["wav"] for r in corpora.read_rows(tmp_path / f"M/{name}.csv")]
        assert wavs == sorted(wavs)
    train = (tmp_path / "M/train.csv").read_bytes()
    assert train.startswith((tmp_path / "M/phase1.csv").read_bytes())
    assert train.startswith((tmp_path / "M/phase2.csv").read_bytes())
    assert train == (tmp_path / "M/phase3.csv").read_bytes()


def test_summary_counts_agree_with_the_manifests(root, clips, tmp_path):
    corpora.damage(root, clips[0], "audio_missing")
    prepare(root, tmp_path / "M")
    summary = json.loads((tmp_path / "M/summary.json").read_bytes())
    assert summary["found"] == summary["accepted"] + summary["rejected"] == 28
    for name, part in {**summary["splits"], **summary["phases"]}.items():
        rows = corpora.read_rows(tmp_path / f"M/{name}.csv")
        assert part["utterances"] == len(rows)
        assert part["speakers"] == len({row["spk_id"] for row in rows})
        hours = sum(float(row["duration"]) for row in rows) / 3600
        assert part["hours"] == pytest.approx(hours, abs=1e-4)
        for counts in part["distributions"].values():
            assert sum(counts.values()) == len(rows)


def test_summary_says_what_the_labels_say_of_being_synthetic(
    root, clips, tmp_path
):
    assert prepare(root, tmp_path / "M")["synthetic"] is True
    for path in root.rglob("*.json"):
        text = path.read_text("utf-8").replace("synthetic", "1.0")
        path.write_text(text, "utf-8")
    assert prepare(root, tmp_path / "M")["synthetic"] is False
    shutil.rmtree(root / "1.Training/라벨링데이터")
    assert prepare(root, tmp_path / "M")["synthetic"] is False


def test_text_comes_from_the_label_when_the_metadata_has_none(root, tmp_path):
    clips = corpora.write_corpus(root)
    rows = [clip.row() for clip in clips]
    for row in rows:
        del row["text"], row["json_path"], row["snr"]
    corpora.write_metadata(root, rows)
    prepare(root, tmp_path / "M")
    texts = {clip.stem: (clip.text, clip.snr) for clip in clips}
    for row in corpora.read_rows(tmp_path / "M/train.csv"):
        assert (row["text"], row["snr"]) == texts[row["ID"]]


def test_snr_that_nothing_states_is_estimated_and_said_to_be(root, tmp_path):
    clips = corpora.make_clips()
    clips[0].snr = "N/A"
    corpora.write_corpus(root, clips)
    noise = np.random.default_rng(0).standard_normal(16_000) * 0.01
    noise[4000:12_000] *= 10  # 20 dB, with a pause at both ends
    clips[0].seconds = 1.0
    soundfile.write(root / clips[0].path(), noise, 16_000)
    corpora.write_metadata(root, [clip.row() for clip in clips])
    label = root / clips[0].path("라벨링데이터", ".json")
    label.unlink()
    summary = prepare(root, tmp_path / "M")
    rows = corpora.read_rows(tmp_path / "M/train.csv")
    by_id = {row["ID"]: row for row in rows}
    assert by_id[clips[0].stem]["snr_source"] == "estimated"
    assert float(by_id[clips[0].stem]["snr"]) == pytest.approx(20, abs=2)
    assert by_id[clips[1].stem]["snr_source"] == "label"
    assert summary["snr_sources"]["train"] == {
        "label": 11,
        "estimated": 1,
        "unknown": 0,
    }


def test_misspelt_label_key_is_read(root, tmp_path):
    clips = corpora.write_corpus(root)
    corpora.write_metadata(root, [{**c.row(), "text": ""} for c in clips])
    for path in root.rglob("*.json"):
        text = path.read_text("utf-8").replace("LabelText", "LableText")
        path.write_text(text, "utf-8")
    assert prepare(root, tmp_path / "M")["accepted"] == len(clips)


def test_split_comes_from_the_folder_when_the_metadata_has_none(
    root, clips, tmp_path
):
    rows = [clip.row() for clip in clips]
    for row in rows:
        del row["split"]
    corpora.write_rows(root / "subset_metadata_with_test.csv", rows)
    summary = prepare(root, tmp_path / "M")
    counts = {k: v["utterances"] for k, v in summary["splits"].items()}
    assert counts == {"train": 12, "valid": 8, "test": 8}


def test_backup_folder_is_never_read(root, clips, tmp_path):
    prepare(root, tmp_path / "before")
    shutil.copytree(root / "2.Validation_split", root / "2.Validation")
    prepare(root, tmp_path / "after")
    assert contents(tmp_path / "before") == contents(tmp_path / "after")


def test_file_with_every_row_is_preferred_to_the_one_without_test(
    root, clips, tmp_path
):
    (root / "subset_metadata.csv").write_text("stale\n1\n", "utf-8")
    assert prepare(root, tmp_path / "M")["accepted"] == len(clips)
    (root / "subset_metadata_with_test.csv").unlink()
    corpora.write_rows(root / "subset_metadata.csv", (c.row() for c in clips))
    assert prepare(root, tmp_path / "M")["accepted"] == len(clips)


@settings(max_examples=15, deadline=None)
@given(
    defects=st.lists(
        st.sampled_from([None, None, *corpora.AUDIO_DEFECTS]), max_size=12
    ),
    seed=st.integers(0, 1000),
)
def test_every_input_is_accounted_for_in_any_order_of_rows(
    tmp_path_factory, defects, seed
):
    root = tmp_path_factory.mktemp("corpus") / "child_subset_100h"
    clips = corpora.write_corpus(root, corpora.make_clips(seed=seed))
    random.Random(seed).shuffle(clips)
    planted = {}
    # One clip of each speaker stays whole, so that no split becomes empty.
    spared = {clip.speaker: clip.number for clip in clips}.values()
    damaged = [clip for clip in clips if clip.number not in spared]
    for clip, defect in zip(damaged, defects, strict=False):
        if defect:
            corpora.damage(root, clip, defect)
            planted[clip.stem] = defect
    outputs = []
    for turn in range(2):
        corpora.write_metadata(root, [clip.row() for clip in clips])
        summary = prepare(root, root.parent / f"M{turn}", max_reject_share=1)
        outputs.append(contents(root.parent / f"M{turn}"))
        clips.reverse()
    assert outputs[0] == outputs[1]
    rejects = corpora.read_rows(root.parent / "M0/rejects.csv")
    assert {row["ID"]: row["reason"] for row in rejects} == planted
    assert summary["accepted"] + summary["rejected"] == summary["found"] == 28
    rows = {
        name: corpora.read_rows(root.parent / f"M0/{name}.csv")
        for name in ("train", "valid", "test")
    }
    assert sum(map(len, rows.values())) == summary["accepted"]
    speakers = [{row["spk_id"] for row in split} for split in rows.values()]
    assert sum(map(len, speakers)) == len(set().union(*speakers))
