"""What labels and recordings say, read by several processes, remembered."""

import collections
import itertools
import json
import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import NamedTuple

import msgspec

from childasr.text import RunError
from childasr.text.files import read_file
from data_prep.records import Rejected
from data_prep.samples import inspect_recording
from data_prep.values import parse_decibel

# Goes up when what is read of a file changes: older facts are read anew.
VERSION = 3

BATCH = 2000  # utterances that are looked up, read and remembered at once
CHUNK = 250  # jobs that one process takes at once
AHEAD = 2  # batches that are read while an earlier one is worked on
# Below so many utterances processes would start for longer than they work.
WORTH_PROCESSES = 1000


class Facts(NamedTuple):
    """What is known of one utterance's files.

    Arguments
    ---------
    label : dict
        Field -> what the label says; empty without a label. Of one that
        cannot be used: `reason`, `detail`, and `unread` as a recording's.
    recording : dict
        From `data_prep.samples.inspect_recording`.
    """

    label: dict
    recording: dict


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Facts).decode


class Job(NamedTuple):
    """The files of an utterance.

    Arguments
    ---------
    label, recording : str
        What `read_file` takes; no label is empty.
    snr : str
        What the metadata says. Without a number there or in the label the
        ratio is estimated.
    """

    label: str
    recording: str
    snr: str


def read_jobs(jobs, samples, parse_label):
    """Read the files of some jobs.

    Arguments
    ---------
    jobs : list of Job
    samples : bool
        Whether to decode every recording, or those of unknown SNR alone.
    parse_label : callable
        The reader's: bytes to fields.

    Returns
    -------
    facts : list of bytes
        Facts as they are remembered.
    """
    facts = []
    for address, recording, snr in jobs:
        label = _read_label(address, parse_label) if address else {}
        estimate = _is_snr_unknown(snr, label)
        found = inspect_recording(recording, samples, estimate)
        facts.append(_pack(Facts(label, found)))
    return facts


def _is_snr_unknown(snr, label):
    label_snr = label.get("snr", "")
    return parse_decibel(label_snr) is None and parse_decibel(snr) is None


def _read_label(address, parse_label):
    try:
        return parse_label(read_file(address))
    except Rejected as error:
        return {"reason": error.reason, "detail": error.detail}
    except OSError as error:
        detail = error.strerror or ""
        return {"reason": "label_unreadable", "detail": detail, "unread": True}


class FactReader:
    """Reads the files of utterances, except what is known and unchanged.

    Arguments
    ---------
    corpus : reader
        Its roots and its `parse_label` are used.
    connection : sqlite3.Connection
        With the table `fact` of `data_prep.store`.
    samples : bool
        As for `read_jobs`.
    processes : int, optional
        Default: as many as there are processors for this one.

    Attributes
    ----------
    read : int
        Utterances with a file that was not known.
    """

    def __init__(self, corpus, connection, samples=True, processes=None):
        self.corpus = corpus
        self.connection = connection
        self.samples = samples
        self.processes = processes or len(os.sched_getaffinity(0))
        self.read = 0

    def __call__(self, utterances):
        """Pair each utterance with its Facts, in the order given.

        Arguments
        ---------
        utterances : iterable of Utterance

        Yields
        ------
        pair : tuple of Utterance and Facts

        Raises
        ------
        RunError
            A process that reads was killed; what was read before is kept.
        """
        pool = self._pool()
        waiting = collections.deque()
        try:
            for batch in _batches(utterances, BATCH):
                waiting.append(self._begin(batch, pool))
                if len(waiting) > AHEAD:
                    yield from self._finish(*waiting.popleft())
            while waiting:
                yield from self._finish(*waiting.popleft())
        except BrokenProcessPool as error:
            raise RunError(
                "a process that reads recordings was killed, as happens where "
                "memory runs out: the same command goes on, with fewer "
                "--processes"
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)

    def _pool(self):
        if self.processes == 1 or len(self.corpus) < WORTH_PROCESSES:
            return ThreadPoolExecutor(1)
        return ProcessPoolExecutor(
            self.processes,
            # A fork would copy locks that other threads hold.
            mp_context=multiprocessing.get_context("forkserver"),
            # Ctrl-C is for the process that the user started.
            initializer=signal.signal,
            initargs=(signal.SIGINT, signal.SIG_IGN),
        )

    def _begin(self, batch, pool):
        stamps = [_stamp(utterance) for utterance in batch]
        known = self._recall(batch, stamps)
        jobs = [
            self._job(utterance)
            for utterance, facts in zip(batch, known, strict=True)
            if facts is None
        ]
        self.read += len(jobs)
        parse = self.corpus.parse_label
        results = [
            pool.submit(read_jobs, chunk, self.samples, parse)
            for chunk in _batches(jobs, CHUNK)
        ]
        return batch, stamps, known, results

    def _job(self, utterance):
        label, corpus = utterance.label, self.corpus
        return Job(
            f"{corpus.label_root}/{label.address}" if label else "",
            f"{corpus.root}/{utterance.recording.address}",
            utterance.fields.get("snr", ""),
        )

    def _finish(self, batch, stamps, known, results):
        read = itertools.chain.from_iterable(r.result() for r in results)
        new = []
        for utterance, stamp, facts in zip(batch, stamps, known, strict=True):
            if facts is None:
                content = next(read)
                new.append((utterance.recording.path, stamp, content))
                facts = _unpack(content)
            yield utterance, facts
        self.connection.executemany(
            "INSERT OR REPLACE INTO fact VALUES (?, ?, ?)", new
        )
        self.connection.commit()

    def _recall(self, batch, stamps):
        """Of each utterance the facts that are known and suffice, or None."""
        paths = [utterance.recording.path for utterance in batch]
        rows = self.connection.execute(
            "SELECT path, stamp, content FROM fact "
            "WHERE path IN (SELECT value FROM json_each(?))",
            (json.dumps(paths),),
        )
        known = {path: known for path, *known in rows}
        return [
            self._sufficient(utterance, stamp, *known.get(path, (None, None)))
            for utterance, stamp, path in zip(batch, stamps, paths, strict=True)
        ]

    def _sufficient(self, utterance, stamp, known_stamp, content):
        if stamp != known_stamp:
            return None
        label, recording = facts = _unpack(content)
        # What a right to read or a sound disk would mend has the same stamp.
        if "unread" in label or "unread" in recording:
            return None
        snr = utterance.fields.get("snr", "")
        suffices = "reason" in recording or (
            ("content" in recording or not self.samples)
            and ("snr" in recording or not _is_snr_unknown(snr, label))
        )
        return facts if suffices else None


def _stamp(utterance):
    """Changes when a file of the utterance does."""
    recording, label = utterance.recording, utterance.label or ("",) * 4
    return "{} {} {} {} {} {} {}".format(VERSION, *recording[1:], *label[1:])


def _batches(items, size):
    items = iter(items)
    while batch := list(itertools.islice(items, size)):
        yield batch
