"""From a model and a corpus to nested manifests of what to train on first."""

import contextlib
import itertools
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from childasr.errors import InputError
from childasr.evaluation.recogniser import Recogniser
from childasr.evaluation.report_files import make_folder
from childasr.evaluation.weights import refuse_replaced, weights_sha256
from childasr.locks import only_run
from childasr.manifest import Manifest, read_summary
from childasr.model.folder import check_model_folder
from childasr.model.keyed_random import uniform, utterance_keys
from childasr.selection.decode import decode
from childasr.selection.files import write_selection
from childasr.selection.heard import Heard
from childasr.selection.pick import Coverage, pick_rounds
from childasr.selection.set_aside import label_errors
from childasr.selection.shards import Shards
from childasr.selection.spread import describe
from childasr.selection.team import Team

HELD_OUT = ("valid", "test")
# One of them is beside the summary.json of each selection.
OWN = ("decoded", "selection.json")


class Choice(NamedTuple):
    """What to pick.

    Arguments
    ---------
    hours : list of float
        Of each round, rising.
    seed : int
        Of the random arm, and of the order of equal error rates.
    coverage : Coverage
    """

    hours: list
    seed: int = 0
    coverage: Coverage = Coverage()


def select_utterances(
    model_folder,
    manifest,
    output_folder,
    choice,
    data_root=None,
    device=None,
    batch_seconds=None,
    shard_size=500,
):
    """Decode a corpus and pick what the model hears worst, in rounds.

    The utterances with the highest WER come first, equal ones in a random
    order, under the quotas of `pick_rounds`; beside each round stands one
    that was picked at random under the same quotas. What looks like a label
    error is in neither. Started again, it goes on where it was stopped, and
    decodes nothing anew for another `choice`.

    Arguments
    ---------
    model_folder : str or Path
        A `best_model`.
    manifest : str or Path
        What to pick from, such as `train.csv`.
    output_folder : str or Path
        Gets the files of `write_selection`, and the shards in `decoded/`.
    choice : Choice
    data_root : str or Path
        Default: what `summary.json` beside the manifest says.
    device : str
        Default: with torchrun a GPU for each process, where there are GPUs.
    batch_seconds : float
        As for `Recogniser`.
    shard_size : int
        Utterances that are decoded and saved at a time, at most.

    Returns
    -------
    selection : dict
        The content of selection.json; None in all processes but the first.

    Raises
    ------
    InputError
        Something given is wrong, `decoded/` is of something else, another
        selection is at work there, or the processes were given another model,
        manifest or folder each.
    RunError
        The model was replaced meanwhile.
    """
    team = Team()
    with contextlib.ExitStack() as stack:
        with team.together():
            if team.rank == 0:
                _check(choice, manifest, output_folder, shard_size)
                make_folder(output_folder)
                stack.enter_context(only_run(output_folder))
                _open_first(choice, manifest, data_root, output_folder)
        team.refuse_unshared(output_folder)
        table, origin = _open_alike(team, model_folder, manifest, data_root)
        origin |= {"shard_size": team.gather(shard_size)[0]}
        shards = Shards(Path(output_folder, "decoded"), len(table), origin)
        missing = team.first_alone(shards.missing)
        recogniser = None
        with team.together():
            if missing:
                recogniser = Recogniser(
                    model_folder, team.device(device), batch_seconds
                )
                refuse_replaced(model_folder, origin["model_sha256"], "loaded")
                table.check_letters(recogniser.tokenizer.get_vocab())
        decode(table, shards, missing, team, recogniser)
        if team.rank > 0:
            return None
        heard = Heard(table, shards.read())
        names = {"model": str(model_folder), "manifest": str(manifest)}
        return _select(heard, choice, names | origin, output_folder)


def _select(heard, choice, names, output_folder):
    # Whatever the choice, the same ones are set aside.
    aside = label_errors(heard, _draws(heard.manifest, 0, "blocks"))
    rounds = _pick(heard, aside, choice)
    summary = read_summary(heard.manifest.path)
    selection = {
        "synthetic": bool(summary.get("synthetic")),
        **names,
        "seed": choice.seed,
        **choice.coverage._asdict(),
        **describe(heard, aside, rounds, choice.hours),
    }
    write_selection(output_folder, heard, aside, rounds, selection)
    return selection


def _pick(heard, aside, choice):
    """The first round that has each row, for each arm."""
    free = heard.readable.copy()
    free[list(aside)] = False
    rows = np.flatnonzero(free)
    if not rows.size:
        raise InputError(
            f"{heard.manifest.path} has nothing to pick from: all is "
            "unreadable or set aside, see its texts"
        )
    orders = {
        "active": np.lexsort(
            [
                _draws(heard.manifest, choice.seed, "ties")[rows],
                -heard.errors[rows] / heard.words[rows],
            ]
        ),
        "random": np.argsort(
            _draws(heard.manifest, choice.seed, "random arm")[rows],
            kind="stable",
        ),
    }
    rounds = {}
    for arm, order in orders.items():
        rounds[arm] = np.zeros(len(free), dtype=int)
        rounds[arm][rows] = pick_rounds(
            order,
            np.rint(heard.seconds[rows] * 1e6).astype(np.int64),
            heard.groups("speaker")[1][rows],
            heard.groups("age")[1][rows],
            choice.hours,
            choice.coverage,
        )
    return rounds


def _draws(manifest, seed, purpose):
    keys = utterance_keys(manifest.id_hashes, seed, 0, f"selection/{purpose}")
    return uniform(keys)[:, 0]


def _open_first(choice, manifest, data_root, output_folder):
    """What one process does before others read the manifest."""
    for folder in (Path(output_folder), Path(output_folder, "decoded")):
        for path in filter(Path.is_file, folder.glob(".*.partial")):
            path.unlink()  # of a kill
    # The Arrow file beside it is made once.
    table = Manifest(manifest, data_root)
    # Training would refuse what is selected.
    table.check_texts(may_lack=True)
    _check_hours(choice.hours, table)


def _open_alike(team, model_folder, manifest, data_root):
    """The manifest, and what shards of it and of the model have in common."""
    with team.together():
        check_model_folder(model_folder)
        table = Manifest(manifest, data_root)
        table[0]  # says so where $data_root is not known
        alike = {
            "model_sha256": weights_sha256(model_folder),
            "manifest_sha256": table.sha256,
        }
    team.refuse_differences(alike)
    # A machine may have the recordings elsewhere: the first one's counts.
    root = table.data_root and str(table.data_root)
    return table, alike | {"data_root": team.gather(root)[0]}


def _check(choice, manifest, output_folder, shard_size):
    hours = choice.hours
    rising = all(a < b for a, b in itertools.pairwise(hours))
    if not rising or not all(0 < asked < math.inf for asked in hours):
        raise InputError(
            f"--hours {' '.join(f'{asked:g}' for asked in hours)}: give hours "
            "above 0, each more than the one before"
        )
    for name, value in choice.coverage._asdict().items():
        if not 0 <= value <= 1:
            raise InputError(f"--{name} {value:g}: give a share from 0 to 1")
    if shard_size < 1:
        raise InputError(f"--shard_size {shard_size}: give 1 or more")
    if Path(output_folder).resolve() == Path(manifest).resolve().parent:
        raise InputError(
            f"--output_dir {output_folder} holds {Path(manifest).name}, whose "
            "summary.json would be lost: give another folder"
        )
    own = any(Path(output_folder, name).exists() for name in OWN)
    if Path(output_folder, "summary.json").exists() and not own:
        raise InputError(
            f"--output_dir {output_folder} holds the summary.json of other "
            "manifests, which would be lost: give another folder"
        )
    if Path(manifest).stem in HELD_OUT:
        raise InputError(
            f"{manifest} is held out: give a manifest to train on, such as "
            "train.csv"
        )


def _check_hours(hours, manifest):
    there = manifest.durations.sum() / 3600  # NaN where one is not known
    # The last round may ask for all that there is, and more.
    for asked in hours[:-1]:
        if asked >= there:
            raise InputError(
                f"--hours: {manifest.path} has {there:.4g} h, which a round "
                f"of {asked:g} h uses up: ask for less"
            )
