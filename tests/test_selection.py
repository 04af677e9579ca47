"""What to train on first: counted, nested, and the same however it ran."""

import csv
import json
import shutil
import signal

import numpy as np
import pytest
import selections
import soundfile
from corpora import read_rows
from kills import Killer
from selections import (
    make_corpus,
    results,
    select,
    select_together,
)

from childasr.locks import only_run
from childasr.selection.files import manifest_name
from childasr.selection.select import Choice, select_utterances

ARMS = ("active", "random")


# What is written


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """A selection from 2,000 simulated outputs, and the planted labels."""
    folder = tmp_path_factory.mktemp("simulated")
    model, manifest, planted = selections.make_simulation(folder)
    select_utterances(
        model, manifest, folder / "selection", Choice([0.5, 1], seed=3)
    )
    return folder / "selection", manifest, planted


def of_round(folder, number, arm):
    return read_rows(folder / manifest_name(number, arm))


def test_every_utterance_is_accounted_for(simulated):
    folder, manifest, _ = simulated
    figures = json.loads((folder / "selection.json").read_text())
    found = len(read_rows(manifest))
    aside = read_rows(folder / "set_aside.csv")
    unreadable = [row for row in aside if row["reason"] == "unreadable"]
    assert figures["found"] == found
    assert figures["unreadable"] == len(unreadable) == 20
    assert figures["set_aside"] == len(aside) - 20
    assert figures["reasons"]["no_text"] == 20
    assert sum(figures["reasons"].values()) == figures["set_aside"]
    for number, entry in enumerate(figures["rounds"], start=1):
        for arm in ARMS:
            rows = of_round(folder, number, arm)
            assert entry[arm]["selected"] == len(rows)
            assert found == len(aside) + len(rows) + entry[arm]["not_selected"]
            for counts in entry[arm]["distributions"].values():
                assert sum(counts.values()) == len(rows)


def test_manifests_hold_lines_of_the_source_in_its_order(simulated):
    folder, manifest, _ = simulated
    header, *lines = manifest.read_text(encoding="utf-8").splitlines()
    places = {line: place for place, line in enumerate(lines)}
    for number in (1, 2):
        for arm in ARMS:
            path = folder / manifest_name(number, arm)
            first, *rows = path.read_text(encoding="utf-8").splitlines()
            assert first == header
            order = [places[row] for row in rows]
            assert order == sorted(order)


def test_nothing_set_aside_is_selected_and_rounds_are_nested(simulated):
    folder, _, _ = simulated
    aside = {row["ID"] for row in read_rows(folder / "set_aside.csv")}
    for arm in ARMS:
        first, second = (
            {row["ID"] for row in of_round(folder, number, arm)}
            for number in (1, 2)
        )
        assert first < second
        assert not second & aside


def test_planted_label_errors_are_set_aside(simulated):
    folder, manifest, planted = simulated
    rows = read_rows(folder / "set_aside.csv")
    kept = ("no_text", "unreadable")
    aside = {row["ID"] for row in rows if row["reason"] not in kept}
    others = {row["ID"] for row in rows} - aside
    findable = planted - others
    assert len(aside & planted) >= 0.8 * len(findable)
    assert len(aside - planted) <= 0.05 * len(read_rows(manifest))


def test_arms_are_of_one_size_and_the_active_one_is_heard_worse(simulated):
    folder, manifest, _ = simulated
    figures = json.loads((folder / "selection.json").read_text())
    longest = max(float(row["duration"]) for row in read_rows(manifest))
    for entry in figures["rounds"]:
        for arm in ARMS:
            over = entry[arm]["hours"] - entry["hours"]
            assert -1e-4 < over < longest / 3600 + 1e-4
        whole = figures["from"]["wer"]
        assert entry["active"]["wer"] > 1.2 * whole
        assert abs(entry["random"]["wer"] - whole) < 0.2 * whole


def test_another_choice_decodes_nothing_and_leaves_no_old_round(simulated):
    folder, manifest, _ = simulated
    model = folder.parent / "best_model"
    copy = folder.parent / "other"
    shutil.copytree(folder, copy)
    select_utterances(model, manifest, copy, Choice([0.25], seed=4))
    names = {path.name for path in copy.glob("round*.csv")}
    assert names == {"round1.csv", "round1_random.csv"}
    # The choice of before, and each byte is as before.
    select_utterances(model, manifest, copy, Choice([0.5, 1], seed=3))
    assert results(copy) == results(folder)


# The command


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """The folder, arguments and results of a selection without a stop."""
    folder = tmp_path_factory.mktemp("corpus")
    arguments = make_corpus(folder)
    assert select(arguments, folder / "whole")[0] == 0
    return folder, arguments, results(folder / "whole")


def console(folder):
    return folder.with_suffix(".console").read_text(encoding="utf-8")


def test_console_has_figures_and_no_words(corpus):
    folder, _, files = corpus
    printed = console(folder / "whole")
    assert "36 utterances: 0 unreadable" in printed
    assert "SYNTHETIC" in printed
    rows = files["round2.csv"].decode().splitlines()
    for row in csv.DictReader(rows):
        assert not {row["ID"], row["text"]} & set(printed.split("\n"))
        assert row["ID"] not in printed and row["text"] not in printed


def test_killed_at_any_write_it_goes_on(corpus, tmp_path):
    _, arguments, files = corpus
    # Of 22 writes, the first 8 of shards.
    for at, shards in ((1, 0), (2, 0), (6, 2), (9, 4), (14, 4), (21, 4)):
        folder = tmp_path / f"killed{at}"
        killer = Killer("write", at)
        assert select(arguments, folder, killer)[0] == -signal.SIGKILL
        assert len(list(folder.glob("decoded/*.arrow"))) == shards
        status, writes = select(arguments, folder, Killer("write"))
        assert (status, writes) == (0, 2 * (4 - shards) + 14)
        assert results(folder) == files
        assert not list(folder.rglob("*.partial"))


def test_only_what_a_killed_selection_left_half_written_goes(corpus, tmp_path):
    folder, arguments, files = corpus
    copy = tmp_path / "copy"
    shutil.copytree(folder / "whole" / "decoded", copy / "decoded")
    own = (".round1.csv.7.partial", "decoded/.000001.arrow.7.partial")
    others = ("checkpoints/.log.json.7.partial", ".model.partial/weights")
    for name in (*own, *others):
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_text("half")
    assert select(arguments, copy)[0] == 0
    assert results(copy) == files
    assert not any((copy / name).exists() for name in own)
    assert all((copy / name).exists() for name in others)


def test_a_finished_shard_is_not_decoded_again(corpus, tmp_path):
    folder, arguments, files = corpus
    copy = tmp_path / "copy"
    shutil.copytree(folder / "whole" / "decoded", copy / "decoded")
    shards = sorted((copy / "decoded").iterdir())
    shards[1].write_bytes(shards[1].read_bytes()[:100])  # damaged
    times = [path.stat().st_mtime_ns for path in shards]
    assert select(arguments, copy)[0] == 0
    changed = [
        path.stat().st_mtime_ns != time
        for path, time in zip(shards, times, strict=True)
    ]
    assert changed == [False, True, False, False]
    assert results(copy) == files


def test_several_processes_select_as_one(corpus, tmp_path):
    _, arguments, files = corpus
    folder = tmp_path / "together"
    assert select_together(arguments, folder, 3) == [0, 0, 0]
    assert results(folder) == files
    assert console(folder).count("36 utterances") == 1


@pytest.mark.parametrize(
    ("change", "name"),
    [("model", "model"), ("manifest", "manifest"), ("size", "--shard_size")],
)
def test_shards_of_something_else_are_refused_by_name(
    corpus, tmp_path, change, name
):
    folder, arguments, _ = corpus
    copy = tmp_path / "copy"
    shutil.copytree(folder / "whole", copy)
    arguments = list(arguments)
    if change == "model":
        arguments[0] = str(shutil.copytree(arguments[0], tmp_path / "model"))
        with open(tmp_path / "model" / "model.safetensors", "ab") as file:
            file.write(b" ")
    elif change == "manifest":
        for file in ("train.csv", "summary.json"):
            shutil.copy(folder / file, tmp_path / file)
        arguments[1] = str(tmp_path / "train.csv")
        lines = (tmp_path / "train.csv").read_text().splitlines()
        (tmp_path / "train.csv").write_text("\n".join(lines[:-1]))
    else:
        arguments[arguments.index("--shard_size") + 1] = "10"
    before = results(copy)
    assert select(arguments, copy)[0] == 2
    (error,) = console(copy).splitlines()
    assert f"another {name} " in error
    assert results(copy) == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--hours", "2", "1"], "each more than the one before"),
        (["--hours", "0.5", "1"], "ask for less"),
        (["--hours", "nan"], "above 0"),
        (["--age_tolerance", "2"], "from 0 to 1"),
        (["--shard_size", "0"], "give 1 or more"),
        (["--data_root", "/nowhere"], "none of 9 recordings can be read"),
    ],
)
def test_wrong_options_are_refused_in_one_line(corpus, tmp_path, options, said):
    _, arguments, _ = corpus
    assert select([*arguments, *options], tmp_path / "none")[0] == 2
    error = console(tmp_path / "none").splitlines()[-1]
    assert error.startswith("error: ") and said in error


def test_a_folder_that_is_lost_is_set_aside_and_the_rest_is_decoded(
    corpus, tmp_path
):
    folder, arguments, _ = corpus
    shutil.copytree(folder / "corpus", tmp_path / "corpus")
    shard = [row["wav"] for row in read_rows(folder / "train.csv")[:9]]
    for wav in shard:
        (tmp_path / "corpus" / wav.removeprefix("$data_root/")).unlink()
    options = ["--data_root", str(tmp_path / "corpus")]
    assert select([*arguments, *options], tmp_path / "some")[0] == 0
    figures = json.loads((tmp_path / "some" / "selection.json").read_text())
    assert figures["unreadable"] == len(shard)


def test_a_folder_of_manifests_is_not_written_to(corpus, tmp_path):
    folder, arguments, _ = corpus
    other = tmp_path / "data"
    other.mkdir()
    shutil.copy(folder / "summary.json", other)
    before = (folder / "summary.json").read_bytes()
    for manifests in (folder, other):
        assert select(arguments, manifests)[0] == 2
        assert "give another folder" in console(manifests)
        assert (manifests / "summary.json").read_bytes() == before


def test_two_selections_do_not_write_to_one_folder(corpus, tmp_path):
    _, arguments, _ = corpus
    with only_run(tmp_path / "one"):
        assert select(arguments, tmp_path / "one")[0] == 2
    assert "another run is at work" in console(tmp_path / "one")
    assert select(arguments, tmp_path / "one")[0] == 0


def test_held_out_manifests_are_refused(corpus, tmp_path):
    folder, arguments, _ = corpus
    shutil.copy(folder / "train.csv", folder / "test.csv")
    arguments = [arguments[0], str(folder / "test.csv"), *arguments[2:]]
    assert select(arguments, tmp_path / "none")[0] == 2
    assert "held out" in console(tmp_path / "none")


@pytest.mark.parametrize(
    ("added", "said"), [("1", "1 of"), (" TV", "the model's units do not know")]
)
def test_texts_that_training_refuses_are_refused_first(
    corpus, tmp_path, added, said
):
    folder, arguments, _ = corpus
    lines = (folder / "train.csv").read_text("utf-8").splitlines()
    odd = tmp_path / "odd.csv"
    odd.write_text("\n".join([*lines[:-1], lines[-1] + added]) + "\n", "utf-8")
    options = ["--data_root", str(folder / "corpus")]
    arguments = [arguments[0], str(odd), *arguments[2:], *options]
    assert select(arguments, tmp_path / "none")[0] == 2
    assert said in console(tmp_path / "none")
    assert not (tmp_path / "none" / "decoded").exists()


def test_what_cannot_be_read_is_counted_and_named(corpus, tmp_path):
    folder, arguments, _ = corpus
    shutil.copytree(folder / "corpus", tmp_path / "corpus")
    first, second, *_ = sorted((tmp_path / "corpus").rglob("*.wav"))
    first.unlink()
    # A header that can be read, and samples that are no numbers.
    soundfile.write(second, np.full(16_000, np.nan), 16_000, subtype="FLOAT")
    options = ["--data_root", str(tmp_path / "corpus")]
    assert select([*arguments, *options], tmp_path / "some")[0] == 0
    figures = json.loads((tmp_path / "some" / "selection.json").read_text())
    assert figures["unreadable"] == 2
    aside = read_rows(tmp_path / "some" / "set_aside.csv")
    names = {row["wav"].rpartition("/")[2] for row in aside}
    assert {first.name, second.name} <= names
