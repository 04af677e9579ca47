"""Command-line options of every command that reads a corpus."""

from childasr.text import InputError
from data_prep.columns import ALIASES, parse_mapping
from data_prep.readers import FORMATS
from data_prep.recording_checks import LABEL_CHECKS


def add_corpus_options(parser):
    """Add the options that say where a corpus is and how to read it."""
    parser.add_argument("--input_dir", required=True, help="the corpus")
    parser.add_argument(
        "--format",
        choices=("auto", *FORMATS),
        default="auto",
        help="layout of the corpus (%(default)s: by what is in it)",
    )
    parser.add_argument(
        "--metadata",
        metavar="FILE",
        help="of a csv corpus: its table (default: the one in input_dir)",
    )
    parser.add_argument(
        "--label_dir",
        metavar="FOLDER",
        help="of aihub540: root of the labels, where that is another one",
    )
    parser.add_argument(
        "--columns",
        default="",
        metavar="FIELD=COLUMN,...",
        help="names of the metadata's columns where they are not recognised; "
        f"fields: {', '.join(ALIASES)}; FIELD= means that it has none",
    )
    parser.add_argument(
        "--speaker_keys",
        metavar="KEY,...",
        help="what tells speakers apart, the first as their id; the others "
        "must agree with it (default: all that the layout has of column, "
        "utt2spk, file, number, name; of aihub540 there is folder as well)",
    )
    parser.add_argument(
        "--english",
        choices=("refuse", "keep"),
        default="refuse",
        help="texts with Latin letters (%(default)s)",
    )
    parser.add_argument(
        "--ignore",
        default="",
        metavar="CHECK,...",
        help="recordings may differ from their labels in these: "
        f"{', '.join(LABEL_CHECKS)}",
    )
    parser.add_argument(
        "--processes",
        type=int,
        metavar="N",
        help="that read recordings (default: one for each processor)",
    )


def corpus_settings(arguments):
    """Those options as keyword arguments of `open_corpus` and `Examination`.

    Returns
    -------
    layout : dict
        For `data_prep.readers.open_corpus`.
    checks : dict
        For `data_prep.examine.Examination`.

    Raises
    ------
    InputError
        An option has a value that means nothing.
    """
    check_processes(arguments.processes, "--processes")
    ignored = _names_in(arguments.ignore)
    if not {*LABEL_CHECKS} >= {*ignored}:
        raise InputError(
            f"--ignore {arguments.ignore}: give some of "
            f"{', '.join(LABEL_CHECKS)}"
        )
    layout = {
        "format": arguments.format,
        "metadata": arguments.metadata,
        "label_dir": arguments.label_dir,
        "columns": parse_mapping(arguments.columns),
    }
    checks = {
        "speaker_keys": _names_in(arguments.speaker_keys),
        "english": arguments.english,
        "ignored": ignored,
        "processes": arguments.processes,
    }
    return layout, checks


def check_processes(number, option):
    """Refuse fewer processes than one, where a number is given.

    Example
    -------
    >>> check_processes(-1, "--workers")
    Traceback (most recent call last):
    childasr.errors.InputError: --workers -1: give a number above 0
    """
    if number is not None and number < 1:
        raise InputError(f"{option} {number}: give a number above 0")


def _names_in(text):
    return tuple(
        name.strip() for name in (text or "").split(",") if name.strip()
    )
