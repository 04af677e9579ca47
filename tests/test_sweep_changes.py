"""What a sweep goes on with, and what it refuses to go on with."""

from pathlib import Path

import pytest
from projects import ROOT
from stand_in_training import save_pilot, train_here
from test_sweep import SEARCH, Sweep, calls

from childasr.errors import InputError
from childasr.studies import sweep

RATES = {"lr": SEARCH["lr"]}


@pytest.fixture
def trials(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sweep, "train", train_here)
    return Sweep()


def test_what_a_full_disk_and_a_kill_leave_of_a_journal_ends_no_sweep(trials):
    whole = trials.run("whole")
    trials.run("cut", trials=3)
    with open("cut/optuna.log", "a", encoding="utf-8") as journal:
        journal.write('{"op_code":4,"wor')
    Path("cut/optuna.log.lock").symlink_to("cut/optuna.log")
    assert trials.run("cut")["trials"] == whole["trials"]


def test_trials_from_another_model_do_not_join_a_sweep(trials):
    save_pilot()
    trials.run(trials=1, start_from="pilot", search=RATES)
    save_pilot()
    with pytest.raises(InputError, match="start from pilot is not what it was"):
        trials.run(trials=2, start_from="pilot", search=RATES)


def test_a_sweep_begins_once_the_model_it_starts_from_is_there(trials):
    with pytest.raises(InputError, match="no model pilot to start from"):
        trials.run(trials=1, start_from="pilot")
    save_pilot()
    trials.run(trials=1, start_from="pilot", search=RATES)
    assert calls() == ["trial000"]


def test_a_search_that_its_model_could_not_go_on_with_is_refused(trials):
    save_pilot()
    said = "^the search: start_from pilot: its lora_rank is 16, this "
    with pytest.raises(InputError, match=said):
        trials.run(start_from="pilot")
    assert not Path("calls.txt").exists()


def test_a_rate_of_the_file_that_no_trial_has_refuses_none(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sweep, "train", train_here)
    save_pilot()
    overrides = {"start_from": "pilot", "manifest_folder": "data"}
    overrides |= {"train_manifest": "data/phase1.csv", "final_lr": 2e-4}
    search = {"lr": {"choices": [1e-3, 5e-4]}}
    file = str(ROOT / "hparams" / "scale_direct.yaml")
    trials = Sweep(phase_file=file, overrides=overrides, search=search)
    assert trials.run(trials=1)["best"] == 0


def test_a_sweep_goes_on_with_the_same_data_at_another_place(trials):
    trials.run(trials=1)
    Path("data").rename("moved")
    trials.run(trials=2, manifest_folder="moved")
    assert calls() == ["trial000", "trial001"]


def test_a_manifest_that_a_search_names_may_not_change(trials):
    manifest = Path("data/other.csv")
    manifest.write_text(Path("data/phase1.csv").read_text())
    search = {"train_manifest": {"choices": [str(manifest)]}}
    trials.run(trials=1, search=search)
    manifest.write_text("a label is mended")
    with pytest.raises(InputError, match=r"other\.csv is not what it was"):
        trials.run(trials=2, search=search)


def test_other_settings_in_the_same_folder_are_refused(trials):
    trials.run(trials=1)
    with pytest.raises(InputError, match=r"batch_size was 16, now 8"):
        trials.run(batch_size=8)
    with pytest.raises(InputError, match=r"search\.lr was .*, now"):
        trials.run(search={"lr": {"choices": [1e-3]}})
    with pytest.raises(InputError, match=r"encoder was org/data, now data"):
        trials.run("named", trials=1, encoder="org/data")
        trials.run("named", trials=1, encoder="data")


def test_trials_on_other_data_do_not_join_a_sweep(trials):
    trials.run(trials=1)
    with open("data/valid.csv", "a", encoding="utf-8") as file:
        file.write("b,1,b.wav,s,,,,,너\n")
    with pytest.raises(InputError, match=r"valid.csv is not what it was"):
        trials.run(trials=2)


def test_data_that_changes_while_a_trial_is_trained_ends_a_sweep(
    trials, monkeypatch
):
    def train_and_mend(study, run, *rest):
        Path("data/phase1.csv").write_text("a label is mended")
        return train_here(study, run, *rest)

    monkeypatch.setattr(sweep, "train", train_and_mend)
    with pytest.raises(InputError, match=r"phase1\.csv is not what it was"):
        trials.run()
    assert calls() == ["trial000"]
