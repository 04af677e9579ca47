"""Recordings of a manifest to shards of what a model hears in them."""

import numpy as np
from tqdm import tqdm

from childasr.audio import durations, read_audio
from childasr.errors import InputError
from childasr.evaluation.rates import count_errors
from childasr.evaluation.recogniser import PROGRESS

SAMPLE = 20  # recordings, to tell a dead folder from a disk that is away


def decode(manifest, shards, missing, team, recogniser):
    """Make the shards that are missing, together with the other processes.

    A process reads of the manifest and of the recordings only what is in its
    shards.

    Arguments
    ---------
    manifest : Manifest
    shards : Shards
    missing : list of int
        Numbers of shards, the same in every process.
    team : Team
    recogniser : Recogniser
        None where nothing is missing.
    """
    seconds = np.rint(np.nan_to_num(manifest.durations)).astype(int)
    total = int(seconds.sum())
    left = sum(int(seconds[shards.rows(number)].sum()) for number in missing)
    with tqdm(
        total=total,
        initial=total - left,
        bar_format=PROGRESS,
        unit="s",
        disable=team.rank > 0,
    ) as progress:
        for number in team.share(missing):
            rows = shards.rows(number)
            utterances = [manifest[row] for row in rows]
            shards.write(number, _rows(recogniser, utterances, manifest))
            done = team.add("seconds", int(seconds[rows].sum()))
            progress.update(total - left + done - progress.n)
    team.finish()


def _rows(recogniser, utterances, manifest):
    paths = [utterance.wav for utterance in utterances]
    heard, unreadable = _hear(recogniser, paths)
    if not heard and not _has_recordings(manifest):
        raise InputError(
            f"none of {len(paths)} recordings can be read, the first being "
            f"{paths[0]}: check that the disk is there, or give --data_root"
        )
    rows = [{"unreadable": unreadable.get(path)} for path in paths]
    for row, utterance in zip(rows, utterances, strict=True):
        if utterance.wav in heard:
            seconds, transcript = heard[utterance.wav]
            row["seconds"] = seconds
            row["hyp"] = transcript.text
            row["confidence"] = transcript.confidence
            row |= count_errors(utterance.text, transcript.text)._asdict()
    return rows


def _has_recordings(manifest):
    """Whether one of some recordings from all over a manifest can be read."""
    rows = np.linspace(0, len(manifest) - 1, SAMPLE).astype(int)
    return bool(_try(_duration, [manifest[row].wav for row in rows])[0])


def _hear(recogniser, paths):
    """What is heard where something can be read, and why not elsewhere.

    Returns
    -------
    heard : dict
        Path to (seconds, Transcript).
    unreadable : dict
        Path to the reason.
    """
    lengths, unreadable = _try(_duration, paths)
    try:
        transcripts = recogniser.transcribe_files(
            list(lengths), list(lengths.values()), show_progress=False
        )
    # A header can be read, and what follows not.
    except InputError:
        read, broken = _try(read_audio, lengths)
        if not broken:
            raise
        heard, more = _hear(recogniser, list(read))
        return heard, unreadable | broken | more
    heard = zip(lengths.values(), transcripts, strict=True)
    return dict(zip(lengths, heard, strict=True)), unreadable


def _duration(path):
    return durations([path])[0]


def _try(function, paths):
    results, errors = {}, {}
    for path in paths:
        try:
            results[path] = function(path)
        except InputError as error:
            errors[path] = str(error)
    return results, errors
