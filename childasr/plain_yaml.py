"""YAML that is data: nothing in it is run, whoever wrote it."""

import re

from ruamel.yaml import YAML, tokens
from ruamel.yaml.error import YAMLError

from childasr.errors import InputError

PLAIN = (dict, list, str, bool, int, float)
STARTS = (
    tokens.BlockMappingStartToken,
    tokens.BlockSequenceStartToken,
    tokens.FlowMappingStartToken,
    tokens.FlowSequenceStartToken,
)
ENDS = (
    tokens.BlockEndToken,
    tokens.FlowMappingEndToken,
    tokens.FlowSequenceEndToken,
)
DEEPEST = 20
LARGEST = 2**20  # characters; a curriculum file has some thousand
# HyperPyYAML takes a value in parentheses for a tuple and reads its inside
# with a loader that runs `!!python/object/apply`; it resolves a `<reference>`
# to whatever attribute it names. Both even in a quoted value.
RUN_BY_HYPERPYYAML = re.compile(r"\s*\(|.*<[^>]*>", re.DOTALL)


def read_plain(text, where):
    """Read YAML made of mappings, lists and plain values alone.

    Arguments
    ---------
    text : str
    where : str or Path
        What to call it in messages.

    Returns
    -------
    value : dict, list, str, int, float, bool or None

    Raises
    ------
    InputError
        It is no YAML; it has a tag, which can run code; an alias, with which
        a few lines can become gigabytes; a value of another kind, such as a
        date; or more than `LARGEST` and `DEEPEST` allow.

    Example
    -------
    >>> read_plain("lr: 5e-4\\nphases: [a.yaml]", "curriculum.yaml")
    {'lr': 0.0005, 'phases': ['a.yaml']}
    >>> read_plain("lr: !new:os.system [ls]", "curriculum.yaml")
    Traceback (most recent call last):
    childasr.errors.InputError: curriculum.yaml has a tag (!), ...
    """
    if len(text) > LARGEST:
        raise InputError(
            f"{where} has {len(text)} characters, at most {LARGEST} are read: "
            "give settings alone"
        )
    try:
        _refuse_more_than_data(text, where)
        value = YAML(typ="safe", pure=True).load(text)
    except InputError:
        raise
    # Of a key that is a list, a TypeError.
    except (YAMLError, ValueError, TypeError, ArithmeticError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{where} cannot be read ({reason}): give plain YAML"
        ) from error
    for part in parts(value):
        if not (part is None or isinstance(part, PLAIN)):
            raise InputError(
                f"{where}: {part} is a {type(part).__name__}: put quotes "
                "around it"
            )
        keys = part if isinstance(part, dict) else ()
        if not all(isinstance(key, str) for key in keys):
            raise InputError(
                f"{where}: a key of {part} is no name: put quotes around it"
            )
    return value


def _refuse_more_than_data(text, where):
    depth = 0
    for token in YAML(typ="safe", pure=True).scan(text):
        depth += isinstance(token, STARTS) - isinstance(token, ENDS)
        if depth > DEEPEST:
            raise InputError(
                f"{where} is nested more than {DEEPEST} deep: give settings "
                "alone"
            )
        if isinstance(token, tokens.TagToken):
            raise InputError(
                f"{where} has a tag (!), which can run code: only a phase file "
                "may have one; give plain values"
            )
        if isinstance(token, (tokens.AliasToken, tokens.AnchorToken)):
            raise InputError(
                f"{where} has an anchor or alias (& or *): write it out, or "
                "put quotes around the value"
            )


def refuse_code(settings, where):
    """Refuse values that HyperPyYAML would run when it builds a phase file.

    Arguments
    ---------
    settings : dict
        From `read_plain`, to go over the values of a phase file.
    where : str or Path
        What to call them in messages.

    Example
    -------
    >>> refuse_code({"lr": 1e-4, "encoder": "a (new)/b"}, "curriculum.yaml")
    >>> refuse_code({"lr": "(!!python/name:os.system )"}, "curriculum.yaml")
    Traceback (most recent call last):
    childasr.errors.InputError: curriculum.yaml: the value '(!!python/name:...
    """
    for part in parts(settings):
        if isinstance(part, str) and RUN_BY_HYPERPYYAML.match(part):
            raise InputError(
                f"{where}: the value {part!r} would be run, as it begins with "
                "a parenthesis or has a <reference>: only a phase file may "
                "have one"
            )


def parts(value):
    """The value and all that is in it, keys included.

    Example
    -------
    >>> list(parts({"a": [1]}))
    [{'a': [1]}, 'a', [1], 1]
    """
    waiting = [value]
    while waiting:
        value = waiting.pop()
        yield value
        if isinstance(value, dict):
            waiting += [*reversed(value.values()), *reversed(value)]
        elif isinstance(value, list):
            waiting += reversed(value)
