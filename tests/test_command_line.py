"""Every option of train.py is one that is heeded, or refused."""

from pathlib import Path

import pytest
from projects import run_here
from speechbrain.utils.run_opts import HELP_TEXTS, RunOptions
from test_phase_files import FILES

from childasr.curriculum.phase_file import read_keys
from childasr.errors import InputError
from childasr.training.command_line import KEPT, parse_arguments
from childasr.training.phase import kept_apart, read_phase_file

PHASE = str(FILES[0])


def read(*arguments):
    """The phase's settings, and SpeechBrain's options, of a command line."""
    file, run_opts, overrides = parse_arguments([PHASE, *arguments])
    return read_phase_file(file, overrides), run_opts


@pytest.mark.parametrize("name", sorted(HELP_TEXTS))
def test_an_option_of_speechbrain_is_heeded_or_a_setting_or_refused(name):
    flag = getattr(RunOptions, name) is False
    arguments = [f"--{name}"] if flag else [f"--{name}", "1"]
    if name in KEPT:
        _, run_opts = read(*arguments)
        assert run_opts.overridden_args == {name}
        text = name in ("device", "distributed_backend")
        assert getattr(run_opts, name) == ("1" if text else 1)
    elif name in read_keys(PHASE):
        config, run_opts = read(*arguments)
        assert config[name] == 1
        assert not run_opts.overridden_args
    else:
        with pytest.raises(InputError, match=f"--{name}: no such key"):
            read(*arguments)


@pytest.mark.parametrize(
    ("option", "value", "whole"),
    [
        ("--max_grad", "0.5", "--max_grad_norm"),
        ("--prec", "fp32", "--precision"),
        ("--grad_accumulation", "4", "--grad_accumulation_factor"),
        ("--debug_batch", "4", "--debug_batches"),
    ],
)
def test_the_beginning_of_an_option_is_refused(option, value, whole):
    for arguments in ([option, value], [f"{option}={value}"]):
        with pytest.raises(InputError, match=f"did you mean {whole}"):
            read(*arguments)


@pytest.mark.parametrize(
    ("key", "value"),
    [("precision", "auto"), ("ckpt_interval_minutes", 0.5), ("lr", 1e-4)],
)
def test_a_setting_may_have_every_value_of_a_phase_file(key, value):
    assert read(f"--{key}", str(value))[0][key] == value


@pytest.mark.parametrize("form", ["--output_folder {}", "--output_folder={}"])
def test_a_value_may_have_an_equals_sign(form):
    config, _ = read(*form.format("checkpoints/lr=1e-4").split())
    assert config["output_folder"] == "checkpoints/lr=1e-4"


def test_checkpoints_by_steps_beside_those_by_minutes_are_refused(
    tmp_path, monkeypatch, capfd
):
    folder = tmp_path / "out"
    arguments = [PHASE, "--output_folder", folder, "--ckpt_interval_steps", 5]
    assert run_here("train.py", arguments, monkeypatch) == 2
    assert "give --ckpt_interval_minutes 0 too" in capfd.readouterr().err
    assert not folder.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: param_file"),
        ([PHASE, "--debug_batches", "few"], "invalid int value: 'few'"),
    ],
)
def test_what_cannot_be_read_is_one_line(arguments, message):
    with pytest.raises(InputError, match=f"{message}.*see train.py --help"):
        parse_arguments(arguments)


def test_debug_trains_beside_the_output_folder_and_leaves_nothing(tmp_path):
    overrides = f"output_folder: {tmp_path}/checkpoints/phase1"
    _, run_opts, _ = parse_arguments([PHASE, "--debug"])
    with kept_apart(PHASE, overrides, run_opts) as apart:
        folder = Path(read_phase_file(PHASE, apart)["output_folder"])
        # Any disk that the machines share has it, and /tmp is none.
        assert folder.parent == tmp_path
        assert folder.is_dir()
    assert not list(tmp_path.iterdir())


def test_debug_without_a_place_is_refused_in_one_line():
    _, run_opts, _ = parse_arguments([PHASE, "--debug"])
    apart = kept_apart(PHASE, "output_folder: /proc/phase1", run_opts)
    with pytest.raises(InputError, match=r"cannot write to /proc .*give"):
        apart.__enter__()
