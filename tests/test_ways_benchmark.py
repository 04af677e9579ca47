"""The comparison of the ways: what is planted, trained and told."""

import csv
import json
import sys
from pathlib import Path

import pytest
from projects import Project, run_here

from data_prep.ctc import is_feasible
from data_prep.synthetic.sentences import draw_sentences

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
FOLDERS = [BENCHMARKS / name for name in ("ways", "speed")]


@pytest.fixture(autouse=True)
def siblings(monkeypatch):
    """The scripts import each other as siblings; `ways` comes first."""
    for folder in reversed(FOLDERS):
        monkeypatch.syspath_prepend(folder)
    yield
    for folder in FOLDERS:
        for path in folder.glob("*.py"):
            sys.modules.pop(path.stem, None)


def make_rows(count=400):
    texts = draw_sentences("train", ["read", "free"] * (count // 2), seed=1)
    return [
        {"ID": f"u{number}", "duration": "4", "text": text}
        for number, text in enumerate(texts)
    ]


# What is planted


def test_as_many_of_each_kind_are_planted_and_all_are_wrong():
    from planting import KINDS, plant

    rows = make_rows()
    planted = plant(rows, 0.05, seed=1)
    kinds = [item["kind"] for item in planted.values()]
    assert {kind: kinds.count(kind) for kind in KINDS} == dict.fromkeys(
        KINDS, 5
    )
    for row in rows:
        if row["ID"] in planted:
            label = planted[row["ID"]]["label"]
            assert label != row["text"]
            assert is_feasible(label, 4.0)


def test_each_kind_is_wrong_in_its_own_way():
    from planting import plant

    rows = make_rows()
    texts = {row["ID"]: row["text"] for row in rows}
    for name, item in plant(rows, 0.5, seed=1).items():
        said, label = texts[name].split(), item["label"].split()
        kind = item["kind"]
        assert (item["label"] in texts.values()) >= (kind == "another_text")
        if kind == "words_cut_off":
            ends = said[: len(label)], said[-len(label) :]
            assert len(said) / 2 <= len(label) < len(said) and label in ends
        elif kind == "words_added":
            assert said in (label[: len(said)], label[-len(said) :])
        elif kind == "other_words":
            kept = len(said) - len(said) // 2
            assert said[:kept] == label[:kept] or said[-kept:] == label[-kept:]


def test_who_gets_a_wrong_label_depends_on_seed_and_id_alone():
    from planting import plant

    rows = make_rows()
    planted = plant(rows, 0.05, seed=1)
    assert plant(rows[::-1], 0.05, seed=1).keys() == planted.keys()
    assert plant(rows, 0.05, seed=2).keys() != planted.keys()


def test_a_label_fits_its_recording():
    from planting import plant

    rows = make_rows(40)
    lengths = [len(row["text"]) for row in rows]
    # The frames that each text needs, and some more, but not twice as many.
    for row, length in zip(rows, lengths, strict=True):
        row["duration"] = str(length * 0.07)
        assert is_feasible(row["text"], length * 0.07)
    planted = plant(rows, 0.5, seed=1)
    for row in rows:
        if row["ID"] in planted:
            label = planted[row["ID"]]["label"]
            assert is_feasible(label, float(row["duration"]))


# What is trained


@pytest.mark.parametrize("steps", [90, 100, 101])
def test_every_arm_has_as_many_steps(steps):
    from arms import MANIFESTS, parts_of

    for arm in MANIFESTS:
        assert sum(part.steps for part in parts_of(arm, steps)) == steps


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project(tmp_path_factory.mktemp("project"))


def test_a_part_ends_after_its_steps_and_this_is_proved(project, monkeypatch):
    from arms import Part, limited
    from steps import trained

    manifest = project.folder / "data" / "train.csv"
    part = Part("phase1", manifest, steps=5)
    _, *arguments = project.arguments(
        1, train_manifest=manifest, number_of_epochs=9, speed_perturb_prob=0.5
    )
    phase = limited(part, project.folder / "hparams")
    assert run_here("train.py", [phase, *arguments], monkeypatch) == 0
    epochs = project.log(1)["epochs"]
    folder = project.phase_folder(1)
    heard = trained(manifest, folder, 4, 1986, steps=5)
    assert heard["steps"] == 5 and len(epochs) == 2
    # All of the first epoch, and some of the second, come from the manifest.
    with open(manifest, encoding="utf-8") as file:
        names = {row["ID"] for row in csv.DictReader(file)}
    assert set(heard["ids"]) == names
    assert len(names) < len(heard["ids"]) < 2 * len(names)
    for other in (4, 6, 9):
        with pytest.raises(ValueError, match="was not trained"):
            trained(manifest, folder, 4, 1986, steps=other)


# What is told


def rows_of(rates):
    return [
        (f"s{number % 3}", 10, round(10 * rate))
        for number, rate in enumerate(rates)
    ]


def test_the_mean_is_that_of_the_seeds_and_pairs_are_on_the_same_utterances():
    from figures import arm_figures, pair_figures

    seeds = [rows_of([0.1, 0.2, 0.3, 0.1]), rows_of([0.2, 0.4, 0.3, 0.2])]
    figures = arm_figures(seeds)
    rates = [seed["wer"] for seed in figures["seeds"]]
    assert figures["mean"]["wer"] == pytest.approx(sum(rates) / 2)
    assert figures["deviation"] == pytest.approx(
        abs(rates[0] - rates[1]) / 2**0.5
    )
    arms = dict.fromkeys(("direct", "random", "curriculum"), seeds)
    better = [rows_of([0.0, 0.1, 0.2, 0.0]), rows_of([0.1, 0.3, 0.2, 0.1])]
    pair = pair_figures(arms | {"active": better})["active - random"]
    assert pair["mean"]["difference"] == pytest.approx(-0.1)
    # The same gain for every speaker leaves nothing to chance.
    assert pair["mean"]["interval"] == pytest.approx([-0.1, -0.1])


def test_found_labels_and_false_alarms_are_counted_apart(tmp_path):
    from figures import label_figures, labels_table
    from planted_corpus import write_rows
    from planting import KINDS

    names = [f"u{number}" for number in range(10)]
    for file, ids in (("all", names), ("aside", ["u0", "u2", "u9"])):
        write_rows(
            tmp_path / f"{file}.csv", ["ID"], [{"ID": name} for name in ids]
        )
    planted = {
        f"u{number}": {"kind": kind, "label": ""}
        for number, kind in enumerate(KINDS)
    }
    figures = label_figures(
        tmp_path / "all.csv", planted, tmp_path / "aside.csv"
    )
    assert figures["false_alarms"] == [1, 6]
    assert list(figures["found"].values()) == [[1, 1], [0, 1], [1, 1], [0, 1]]
    rows = labels_table(figures, {"a round": 0.01})["rows"]
    assert ["all wrong labels found", "2", "4", "50.0%"] in rows
    assert ["right labels set aside", "1", "6", "16.7%"] in rows


def test_columns_are_named_for_the_seeds_that_were_run():
    from figures import arm_figures, arms_table, pair_figures, pairs_table

    seeds = [rows_of([0.1, 0.2, 0.3]), rows_of([0.2, 0.4, 0.3])]
    heard = {"steps": 60, "hours": 1.0, "utterances": 9, "wrong_share": 0.0}
    direct = arm_figures(seeds) | {"heard": heard}
    table = arms_table({"direct": direct}, direct["mean"], [4, 9])
    assert table["header"][5:7] == ["WER, seed 4", "WER, seed 9"]
    assert {len(row) for row in table["rows"]} == {len(table["header"])}
    arms = dict.fromkeys(("direct", "random", "curriculum", "active"), seeds)
    header = pairs_table(pair_figures(arms), [4, 9])["header"]
    assert header[1:3] == ["seed 4", "seed 9"]


def test_arms_of_other_steps_are_refused(tmp_path):
    from compare import same

    assert same([90, 90]) == 90
    with pytest.raises(ValueError):
        same([90, 91])


def test_results_are_of_equal_steps():
    """The figures that stand in benchmarks/README.md."""
    results = json.loads(
        (BENCHMARKS / "results" / "ways.json").read_text("utf-8")
    )
    steps = {arm["heard"]["steps"] for arm in results["arms"].values()}
    assert steps == {results["options"]["steps"]}
