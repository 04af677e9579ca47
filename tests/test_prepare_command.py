"""prepare_phase_data.py as a user runs it."""

import corpora
import pytest
from projects import RECIPE, run_apart

from childasr.errors import InputError
from data_prep.prepare import prepare

COMMAND = RECIPE / "prepare_phase_data.py"


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "child_subset_100h"
    corpora.write_corpus(root, corpora.make_clips(utterances=8))
    return root


def test_writes_manifests_and_prints_how_far_phases_are(root, tmp_path):
    arguments = ["--input_dir", root, "--output_dir", tmp_path / "M"]
    done = run_apart(COMMAND, arguments)
    assert done.returncode == 0, done.stderr
    assert "found 56, accepted 56, rejected 0" in done.stdout
    phase1 = [r for r in done.stdout.split("\n") if r.startswith("phase1")]
    assert phase1[0].split()[1] == "5"
    assert phase1[1].split()[4] == "50.0%"
    assert len(corpora.read_rows(tmp_path / "M/phase1.csv")) == 5


def test_locale_and_hash_seed_do_not_change_the_result(root, tmp_path):
    outputs = []
    for locale, seed in (("C", "1"), ("C.UTF-8", "2")):
        output = tmp_path / locale
        arguments = ["--input_dir", "child_subset_100h"]
        arguments += ["--output_dir", locale, "--order", "stratified"]
        environment = {"LC_ALL": locale, "PYTHONHASHSEED": seed}
        done = run_apart(COMMAND, arguments, environment, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        # The others hold times of files.
        kept = (".csv", ".json", ".html")
        outputs.append(
            {
                path.name: path.read_bytes()
                for path in output.iterdir()
                if path.suffix in kept
            }
        )
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--input_dir", "nowhere"], "no folder nowhere: give the corpus"),
        (["--columns", "speaker_id=who"], "columns found in subset_metadata"),
        (["--columns", "speaker=who"], "write field=column"),
        (["--phase1_ratio", "0.9"], "phase ratios 0.9, 0.6, 1.0"),
        (["--max_reject_share", "-1"], "a reject share of -1: give one of 0"),
        (["--max_reject_share", "nan"], "a reject share of nan"),
        (["--ignore", "duration"], "--ignore duration: give some of label_"),
        (["--processes", "-1"], "--processes -1: give a number above 0"),
        (["--speaker_keys", "file,numbr"], "no speaker key numbr in the lay"),
        (["--valid_share", "0.1"], "--valid_share is for --split speakers"),
        (["--seed", "0"], "--seed is for --split speakers: add that"),
        (["--keep_splits", "data"], "--keep_splits is for --split speakers"),
        (["--split", "speakers", "--keep_splits", "x"], "no x/train.csv"),
        (["--order", "random"], "invalid choice: 'random'"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(arguments, message, root, tmp_path):
    given = ["--input_dir", root, "--output_dir", tmp_path / "M"]
    done = run_apart(COMMAND, [*given, *arguments])
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    errors = [line for line in done.stderr.split("\n") if "error: " in line]
    assert len(errors) == 1
    assert not (tmp_path / "M/summary.json").exists()


@pytest.mark.parametrize(
    "options",
    [
        {"split_shares": (0.6, 0.5)},
        {"max_reject_share": 5},
        {"max_reject_share": float("nan")},
        {"phase_ratios": (0, 0.5, 1)},
        {"keep_splits": "data"},
    ],
)
def test_an_option_that_means_nothing_is_refused_at_once(options, tmp_path):
    with pytest.raises(InputError) as error:
        prepare(tmp_path / "nowhere", tmp_path / "M", **options)
    assert "nowhere" not in str(error.value)
    assert not (tmp_path / "M").exists()


def test_the_demo_corpus_needs_a_process(tmp_path):
    arguments = ["--output_dir", tmp_path / "demo", "--workers", "-1"]
    done = run_apart(RECIPE / "make_demo_corpus.py", arguments)
    assert done.returncode == 2
    assert done.stderr == "error: --workers -1: give a number above 0\n"
