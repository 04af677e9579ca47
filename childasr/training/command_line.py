"""The command line of train.py."""

import argparse

from speechbrain.utils.run_opts import HELP_TEXTS, RunOptions

from childasr.errors import InputError

# SpeechBrain's options that work here and change nothing in the model.
KEPT = (
    "device",
    "distributed_backend",
    "noprogressbar",
    "tqdm_colored_bar",
    "ckpt_interval_steps",
    "debug",
    "debug_batches",
    "debug_epochs",
)


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise InputError(f"{message}: see train.py --help")


class PhaseRunOptions(RunOptions):
    """SpeechBrain's RunOptions, of which a phase file's keys are none.

    SpeechBrain's parser takes `--precision` and others for itself, with fewer
    values than a phase file may have; it takes the beginning of an option for
    the whole; it accepts what this training does not heed; and of a value it
    takes each `=` for a space. Here all but the options in `KEPT` are settings,
    which a phase file has or has not.

    Example
    -------
    >>> file, run_opts, overrides = PhaseRunOptions.from_command_line_args(
    ...     ["phase1.yaml", "--precision", "auto", "--debug"]
    ... )
    >>> file, run_opts.debug, overrides
    ('phase1.yaml', True, 'precision: auto')
    """

    @staticmethod
    def _create_parser():
        parser = _Parser(
            description="Train a phase.",
            epilog="Every key of the phase file is an option too: --lr 1e-4.",
            allow_abbrev=False,
        )
        parser.add_argument("param_file", help="such as hparams/phase1.yaml")
        for name in KEPT:
            default = getattr(RunOptions, name)
            if default is False:
                kind = {"action": "store_true"}
            else:
                convert = str if default is None else type(default)
                kind = {"type": convert, "default": default}
            parser.add_argument(f"--{name}", help=HELP_TEXTS[name], **kind)
        return parser

    @staticmethod
    def _convert_to_yaml(overrides):
        lines = [""]
        for argument in overrides:
            if argument.startswith("--"):
                key, _, value = argument[2:].partition("=")
                lines.append(f"{key}: {value}".rstrip())
            else:
                lines[-1] += f" {argument}"
        return "\n".join(lines).strip()


parse_arguments = PhaseRunOptions.from_command_line_args


def refuse_two_intervals(run_opts, config):
    """Refuse checkpoints by steps beside checkpoints by minutes.

    SpeechBrain refuses them too, when the model has been built.

    Arguments
    ---------
    run_opts : speechbrain.utils.run_opts.RunOptions
    config : dict
        Of the phase file.

    Raises
    ------
    InputError

    Example
    -------
    >>> _, run_opts, _ = parse_arguments(
    ...     ["phase1.yaml", "--ckpt_interval_steps", "100"]
    ... )
    >>> refuse_two_intervals(run_opts, {"ckpt_interval_minutes": 15})
    Traceback (most recent call last):
    childasr.errors.InputError: --ckpt_interval_steps 100: ...
    """
    minutes = config.get("ckpt_interval_minutes", 0)
    if run_opts.ckpt_interval_steps > 0 and minutes > 0:
        raise InputError(
            f"--ckpt_interval_steps {run_opts.ckpt_interval_steps}: every "
            f"{minutes} minutes a checkpoint is written already: give "
            "--ckpt_interval_minutes 0 too"
        )
