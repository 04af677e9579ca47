"""Settings given on a command line as `--key value`."""

import difflib
import json

from childasr.errors import InputError
from childasr.plain_yaml import read_plain

# JSON's words for these are plain words in YAML.
NOT_FINITE = {"Infinity": ".inf", "-Infinity": "-.inf", "NaN": ".nan"}


def read_options(arguments):
    """Read `--key value` pairs; a value is plain YAML without tags.

    Arguments
    ---------
    arguments : list of str

    Returns
    -------
    options : dict

    Example
    -------
    >>> read_options(["--lr", "5e-4", "--phases=[a.yaml]"])
    {'lr': 0.0005, 'phases': ['a.yaml']}
    """
    options, rest = {}, list(arguments)
    while rest:
        key, given, value = rest.pop(0).partition("=")
        if not key.startswith("--") or not (given or rest):
            raise InputError(f"cannot read {key!r}: give --key value")
        text = value if given else rest.pop(0)
        options[key[2:]] = read_plain(text, f"{key} {text!r}")
    return options


def write_options(settings):
    """Write settings as the arguments that train.py reads back the same.

    Example
    -------
    >>> write_options({"lr": 5e-4, "start_from": None, "units": "jamo"})
    ['--lr', '0.0005', '--start_from', 'null', '--units', 'jamo']
    >>> write_options({"score": float("inf")})
    ['--score', '.inf']
    """
    arguments = []
    for key, value in settings.items():
        plain = isinstance(value, str) and _reads_back(value)
        text = value if plain else _write_value(value)
        arguments += [f"--{key}", text]
    return arguments


def merged(settings, given):
    """Put settings over others; mappings in them are merged, not replaced.

    Arguments
    ---------
    settings, given : dict
        Neither is changed.

    Returns
    -------
    both : dict

    Example
    -------
    >>> merged({"phase1": {"lr": 1e-4, "seed": 1}}, {"phase1": {"seed": 2}})
    {'phase1': {'lr': 0.0001, 'seed': 2}}
    """
    both = dict(settings)
    for key, value in given.items():
        old = settings.get(key)
        nested = isinstance(old, dict) and isinstance(value, dict)
        both[key] = merged(old, value) if nested else value
    return both


def refuse_unknown(keys, known, where):
    """Refuse the first key that is not known, and name the nearest.

    Example
    -------
    >>> refuse_unknown(["phase_4"], ["phase4", "phases"], "curriculum.yaml")
    Traceback (most recent call last):
    childasr.errors.InputError: no setting phase_4 in curriculum.yaml: ...
    """
    for key in keys:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1, cutoff=0)
            raise InputError(f"no setting {key} in {where}: is it {near[0]}?")


def _write_value(value):
    text = json.dumps(value, ensure_ascii=False)
    return NOT_FINITE.get(text, text)


def _reads_back(text):
    try:
        return read_plain(text, "") == text
    except InputError:
        return False
