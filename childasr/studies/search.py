"""What a sweep searches, and what Optuna suggests of it."""

import itertools
import json

import numpy as np
from optuna.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import TPESampler

from childasr.errors import InputError


def read_search(search, known, where):
    """Read the part of a sweep's file that says what is searched.

    Arguments
    ---------
    search : dict
        Name to `{low, high}`, with `log: true` or `step` where wanted, for a
        setting of that name; or to `{choices: [...]}`, each a value of that
        setting or a mapping of several settings, whatever the name.
    known : dict
        The phase file's settings: what is a whole number there is one here.
    where : str or Path
        For the message.

    Returns
    -------
    space : dict
        Name to optuna's distribution; choices are JSON there.

    Raises
    ------
    InputError
        For what is no such thing.

    Example
    -------
    >>> search = {"lr": {"low": 1e-4, "high": 1e-3, "log": True}}
    >>> space = read_search(search, {"lr": 5e-4}, "sweep.yaml")
    >>> space["lr"].log
    True
    """
    if not search:
        raise InputError(f"{where}: search is empty: name settings there")
    return {
        name: _distribution(part, known.get(name), f"{where}: search of {name}")
        for name, part in search.items()
    }


def settings_of(values):
    """The overrides that suggested values stand for.

    Arguments
    ---------
    values : dict
        Name to value, as optuna keeps them.

    Returns
    -------
    settings : dict

    Example
    -------
    >>> settings_of({"lr": 1e-4, "size": '{"lora_rank": 8}', "x": "false"})
    {'lr': 0.0001, 'lora_rank': 8, 'x': False}
    """
    settings = {}
    for name, value in values.items():
        if isinstance(value, str):
            value = json.loads(value)
        settings |= value if isinstance(value, dict) else {name: value}
    return settings


def extremes(space):
    """Settings of trials: choices and ends of ranges, any two of them together.

    What else is searched has its first choice or lower end.

    Arguments
    ---------
    space : dict
        From `read_search`.

    Yields
    ------
    settings : dict

    Example
    -------
    >>> sizes = [{"lora_rank": 8}, {"freeze_layers": 12}]
    >>> search = {"size": {"choices": sizes}, "lr": {"low": 0.1, "high": 0.2}}
    >>> for settings in extremes(read_search(search, {}, "sweep.yaml")):
    ...     print(settings)
    {'lora_rank': 8, 'lr': 0.1}
    {'lora_rank': 8, 'lr': 0.2}
    {'freeze_layers': 12, 'lr': 0.1}
    {'freeze_layers': 12, 'lr': 0.2}
    """
    ends = {
        name: getattr(part, "choices", None) or (part.low, part.high)
        for name, part in space.items()
    }
    first = {name: values[0] for name, values in ends.items()}
    trials = {  # each once
        tuple((first | dict(zip(names, values, strict=True))).items()): None
        for names in itertools.combinations(ends, min(2, len(ends)))
        for values in itertools.product(*(ends[name] for name in names))
    }
    for values in trials:
        yield settings_of(dict(values))


def suggest(trial, space):
    """Let optuna fill a trial; what it had suggested before stays.

    Arguments
    ---------
    trial : optuna.trial.Trial
    space : dict
        From `read_search`.

    Returns
    -------
    settings : dict
        Overrides of the phase file.
    """
    for name, part in space.items():
        if isinstance(part, CategoricalDistribution):
            trial.suggest_categorical(name, part.choices)
        elif isinstance(part, IntDistribution):
            trial.suggest_int(
                name, part.low, part.high, step=part.step, log=part.log
            )
        else:
            trial.suggest_float(
                name, part.low, part.high, step=part.step, log=part.log
            )
    return settings_of(trial.params)


def sampler_of(seed, number, startup_trials):
    """The sampler of one trial.

    Each has its own, seeded by the trial's number: a sweep that was stopped
    suggests what one that was not stopped does.

    Arguments
    ---------
    seed : int
        Of the sweep.
    number : int
        Of the trial.
    startup_trials : int
        That are drawn at random.

    Example
    -------
    >>> type(sampler_of(1986, 0, 5)).__name__
    'TPESampler'
    """
    state = np.random.SeedSequence([seed, number]).generate_state(1)
    return TPESampler(n_startup_trials=startup_trials, seed=int(state[0]))


def _distribution(part, default, where):
    try:
        if "choices" in part:
            (choices,) = part.values()
            return CategoricalDistribution([json.dumps(c) for c in choices])
        if type(default) is not int:
            return FloatDistribution(**part)
        if any(type(value) is float for value in part.values()):
            raise ValueError(f"it is a whole number, {default} in the phase")
        return IntDistribution(**part)
    except (TypeError, KeyError, ValueError, ArithmeticError) as error:
        raise InputError(
            f"{where} cannot be read ({error}): give low and high, or choices"
        ) from error
