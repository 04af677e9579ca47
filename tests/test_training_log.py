"""Promises of what training shows: the console and the curves."""

import contextlib
import csv
import html
import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from projects import RECIPE, Project, run_here
from tensorboard.backend.event_processing.plugin_event_accumulator import (
    EventAccumulator,
)
from tensorboard.plugin_util import markdown_to_safe_html
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.util.tensor_util import make_ndarray

from childasr.manifest import Manifest
from childasr.training.console import epoch_rows, table_head
from childasr.training.curves import Curves, curve_points, example_text

HAS_WANDB = importlib.util.find_spec("wandb") is not None


def train(project, monkeypatch, number=1, **overrides):
    """Train a phase with example transcripts; what the console shows."""
    overrides = {"log_examples": 3} | overrides
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        arguments = project.arguments(number, **overrides)
        assert run_here("train.py", arguments, monkeypatch) == 0
    return shown.getvalue()


def curves_of(folder):
    """What TensorBoard reads in a phase folder: {tag: [(epoch, value)]}."""
    everything = {"tensors": 0}
    events = EventAccumulator(str(folder / "tensorboard"), everything)
    events.Reload()
    return {
        tag: [
            (event.step, make_ndarray(event.tensor_proto).item())
            for event in events.Tensors(tag)
        ]
        for tag in events.Tags()["tensors"]
    }


def points_of(curves):
    """The scalars among curves: {epoch: {tag: value}}."""
    points = {}
    for tag, values in curves.items():
        for epoch, value in values:
            if isinstance(value, float):
                assert tag not in points.setdefault(epoch, {}), "twice"
                points[epoch][tag] = value
    return points


def examples_of(curves):
    """The examples among curves, each in its epochs: [[(epoch, text)]]."""
    return [
        [(epoch, text.decode("utf-8")) for epoch, text in texts]
        for tag, texts in curves.items()
        if tag.startswith("examples/")
    ]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A project whose phase 1 is trained, and what the console showed."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        project = Project(tmp_path_factory.mktemp("project"))
        return project, train(project, monkeypatch)


ENTRY = {
    "epoch": 10,
    "train/loss": 12.3456,
    "train/lr": 5e-4,
    "grad_norm": 120.5,
    "val/loss": 10.25,
    "val/wer": 1.0,
    "val/cer": 0.0512,
    "val/phoneme_error_rate": 0.04,
    "val/wer_by_age": {str(age): 0.1234 for age in range(4, 13)},
    "val/wer_by_snr": {"<10": 1.0, "10-20": 0.2, "20-30": None, ">=30": 0.1},
    "epoch_time": 5025.4,
}


def test_rows_stand_under_their_headings_in_80_characters():
    heading = table_head(300_000_000, "valid.csv").splitlines()[-1]
    row, by_age, by_snr = epoch_rows(ENTRY, is_best=True).splitlines()
    ends = [match.end() for match in re.finditer(r"\S+( \S+)?", heading)]
    assert [row[:end].split()[-1] for end in ends] == [
        "10", "12.3456", "5.0e-04", "120.50", "10.2500", "100.00", "5.12",
        "4.00", "1:23:45",
    ]  # fmt: skip
    assert all(row[end : end + 1] == " " for end in ends)
    assert row.endswith(" *")
    assert by_snr.endswith("<10: 100.0  10-20: 20.0  20-30: -  >=30: 10.0")
    assert max(map(len, (heading, row, by_snr))) <= 80
    assert len(by_age) <= 120  # nine ages


def test_epoch_that_trains_nothing_has_no_figures_of_training():
    row = epoch_rows(ENTRY | {"epoch": 0, "train/loss": None}, False)
    assert row.split()[:2] == ["0", "-"]
    assert "*" not in row


def test_what_is_left_out_of_the_figures_is_shown_with_its_count():
    shown = epoch_rows(ENTRY | {"nonfinite_steps": 3, "val/infeasible": 2}, 0)
    assert "3 steps skipped" in shown
    assert "2 utterances not in val loss" in shown
    whole = epoch_rows(ENTRY | {"nonfinite_steps": 0, "val/infeasible": 0}, 0)
    assert "skipped" not in whole and "not in val loss" not in whole


def test_console_has_one_heading_and_one_row_for_each_epoch(trained):
    project, shown = trained
    lines = shown.splitlines()
    heads = [i for i, line in enumerate(lines) if line.startswith("epoch  ")]
    assert len(heads) == 1
    best, expected = float("inf"), []
    for entry in project.log(1)["epochs"]:
        is_best = entry["val/wer"] < best
        best = min(best, entry["val/wer"])
        expected += epoch_rows(entry, is_best).splitlines()
    start = heads[0] + 1
    assert lines[start : start + len(expected)] == expected


def test_curves_have_every_metric_of_every_epoch(trained):
    project, _ = trained
    points = points_of(curves_of(project.phase_folder(1)))
    entries = project.log(1)["epochs"]
    assert points.keys() == {entry["epoch"] for entry in entries}
    for entry in entries:
        expected = curve_points(entry)
        assert points[entry["epoch"]] == pytest.approx(expected, rel=1e-6)
        assert "val/phoneme_error_rate" in expected


def test_group_rates_are_in_one_chart_each(trained):
    project, _ = trained
    curves = curves_of(project.phase_folder(1))
    _, written = curves["custom_scalars__config__"][0]
    layout = layout_pb2.Layout.FromString(written)
    entry = project.log(1)["epochs"][0]
    drawn = {
        chart.title: {
            tag
            for tag in curves
            if any(re.match(pattern, tag) for pattern in chart.multiline.tag)
        }
        for category in layout.category
        for chart in category.chart
    }
    for title, key in (
        ("by age", "val/wer_by_age"),
        ("by SNR in dB", "val/wer_by_snr"),
    ):
        assert drawn[title] == {f"{key}/{label}" for label in entry[key]}
        assert len(drawn[title]) > 1
    assert drawn["loss"] == {"train/loss", "val/loss"}
    assert drawn["validation error rates"] == {
        "val/wer", "val/cer", "val/phoneme_error_rate",
    }  # fmt: skip


def test_phase_that_is_resumed_has_every_point_and_example_once(
    tmp_path, monkeypatch
):
    project = Project(tmp_path, utterances=2)
    settings = {"number_of_epochs": 3, "patience": 9}
    train(project, monkeypatch, **settings)
    folder = project.phase_folder(1)
    # As after a kill when epoch 3 was shown and not yet saved.
    shutil.rmtree(folder / "save" / "CKPT+epoch_03")
    shown = train(project, monkeypatch, **settings)
    again = epoch_rows(project.log(1)["epochs"][2], is_best=False)
    assert shown.count(again.splitlines()[0]) == 1
    assert not re.search(r"^ +[12]  ", shown, re.MULTILINE)
    curves = curves_of(folder)
    points = points_of(curves)
    assert sorted(points) == [1, 2, 3]
    for entry in project.log(1)["epochs"]:
        expected = curve_points(entry)
        assert points[entry["epoch"]] == pytest.approx(expected, rel=1e-6)
    assert len(examples_of(curves)) == 3
    for texts in examples_of(curves):
        assert [epoch for epoch, _ in texts] == [1, 2, 3]


def test_examples_are_the_same_utterances_in_every_epoch_and_order(
    trained, tmp_path
):
    project, _ = trained
    source = project.folder / "data" / "valid.csv"
    header, *rows = source.read_text(encoding="utf-8").splitlines(True)
    (tmp_path / "valid.csv").write_text(
        header + "".join(reversed(rows)), encoding="utf-8"
    )
    curves = Curves(tmp_path, examples=3)
    manifests = [Manifest(path) for path in (source, tmp_path / "valid.csv")]
    one, other = map(curves.pick_examples, manifests)
    assert one == other
    assert len(set(one)) == 3
    texts = {row.ID: row.text for row in manifests[0]}
    examples = examples_of(curves_of(project.phase_folder(1)))
    for ID, shown in zip(one, examples, strict=True):
        assert [epoch for epoch, _ in shown] == [1, 2]
        for _, text in shown:
            written = text.splitlines()
            assert written[0].split() == ["ID", ID]
            assert written[1].split() == ["ref", *texts[ID].split()]


def test_no_transcript_is_kept_where_none_is_asked_for(trained, monkeypatch):
    project, shown = trained
    with open(project.folder / "data" / "valid.csv", encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    folder = project.folder / "none"
    shown += train(project, monkeypatch, output_folder=folder, log_examples=0)
    assert not examples_of(curves_of(folder))
    written = b"".join(
        path.read_bytes()
        for pattern in ("tensorboard/*", "*.txt", "*.json")
        for path in folder.glob(pattern)
    )
    assert not [text for text in texts if text.encode("utf-8") in written]
    assert not [text for text in texts if text in shown]


PRINTABLE = st.text(st.characters(exclude_categories=["Cs", "Cc"]))


@given(PRINTABLE, PRINTABLE, PRINTABLE)
@example("a", "</code></pre><script>alert(1)</script>", "```\n\n# [b](c)")
def test_example_stays_the_text_that_it_is_in_tensorboard(ID, ref, hyp):
    shown = markdown_to_safe_html(example_text(ID, ref, hyp))
    inside = re.fullmatch(r"<pre><code>([^<>]*)</code></pre>", shown)
    assert inside, shown
    lines = [
        f"{name:<3}  {' '.join(text.split())}".rstrip()
        for name, text in (("ID", ID), ("ref", ref), ("hyp", hyp))
    ]
    written = html.unescape(inside.group(1)).split("\n")
    assert [line.rstrip() for line in written] == [*lines, ""]


@pytest.mark.skipif(HAS_WANDB, reason="wandb is installed")
def test_wandb_that_is_not_installed_is_refused_before_anything_is_written(
    trained, tmp_path, monkeypatch, capfd
):
    project, _ = trained
    folder = tmp_path / "out"
    arguments = project.arguments(1, output_folder=folder, wandb=True)
    assert run_here("train.py", arguments, monkeypatch) == 2
    assert "pip install wandb" in capfd.readouterr().err.splitlines()[-1]
    assert not folder.exists()


@pytest.mark.skipif(not HAS_WANDB, reason="wandb is not installed")
def test_wandb_gets_the_curves_and_no_transcript(trained, tmp_path):
    project, _ = trained
    folder = tmp_path / "out"
    arguments = project.arguments(1, output_folder=folder, wandb=True)
    subprocess.run(  # W&B writes the last of it when the process ends
        [sys.executable, RECIPE / "train.py", *map(str, arguments)],
        env=os.environ | {"WANDB_MODE": "offline"},
        check=True,
    )
    ID = (folder / "wandb_run_id.txt").read_text()
    (record,) = (folder / "wandb").glob(f"offline-run-*/run-{ID}.wandb")
    assert b"val/wer_by_age" in record.read_bytes()
    written = b"".join(
        path.read_bytes()
        for path in (folder / "wandb").rglob("*")
        if path.is_file()
    )
    for utterance in Manifest(project.folder / "data" / "valid.csv"):
        assert utterance.text.encode("utf-8") not in written
