"""Every check of every utterance: what is accepted, what is not, and why."""

import collections
import dataclasses
import itertools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tqdm import tqdm

from childasr.text.normalise import Normaliser, UnresolvableText
from data_prep.audio import read_duration
from data_prep.ctc import is_feasible
from data_prep.records import Reject, Rejected, nfc

# Reading headers waits for the disk, not for the processor.
HEADER_THREADS = 8

# Headers are read ahead by so many utterances.
BATCH = 1000

# Of two utterances with one id the one in the split that measures is kept.
KEPT_FIRST = ("test", "valid", "train")


@dataclasses.dataclass
class Examined:
    """What came out of a corpus; accepted + rejects = found.

    Arguments
    ---------
    accepted : list of Utterance
        In file order within a split, texts normalised.
    rejects : list of Reject
        In file order.
    speakers : dict
        Split -> set of speakers, those of rejected utterances included.
    text_rules : dict
        Normalisation rule -> times applied.
    """

    accepted: list
    rejects: list
    speakers: dict
    text_rules: dict


def examine(corpus, progress=True):
    """Run all checks over a corpus.

    Arguments
    ---------
    corpus : iterable
        A reader: yields Utterance and Reject, knows its length and `root`.
    progress : bool
        Show rate and time left.

    Returns
    -------
    examined : Examined
    """
    normalise = Normaliser()
    accepted, rejects = [], []
    speakers = collections.defaultdict(set)
    for item, duration in _with_durations(corpus, progress):
        if isinstance(item, Reject):
            rejects.append(item)
            continue
        speakers[item.split].add(item.speaker)
        try:
            accepted.append(_checked(item, duration, normalise))
        except (Rejected, UnresolvableText) as error:
            rejects.append(_reject(item, error))
    accepted, duplicates = _one_of_each_id(accepted)
    return Examined(
        accepted=accepted,
        rejects=sorted(rejects + duplicates, key=_order_of_reject),
        speakers=dict(speakers),
        text_rules=dict(sorted(normalise.counts.items())),
    )


def _with_durations(corpus, progress):
    """Pair each item with its duration, or with what is wrong with it."""

    def read(item):
        if isinstance(item, Reject):
            return item, None
        try:
            return item, read_duration(Path(corpus.root, item.wav))
        except Rejected as error:
            return item, error

    items = iter(corpus)
    bar = tqdm(
        total=len(corpus),
        desc="checking",
        unit=" utterances",
        disable=not progress,
    )
    with bar, ThreadPoolExecutor(HEADER_THREADS) as pool:
        while batch := list(itertools.islice(items, BATCH)):
            for result in pool.map(read, batch):
                yield result
                bar.update()


def _checked(utterance, duration, normalise):
    """The utterance as it goes into a manifest."""
    if isinstance(duration, Rejected):
        raise duration
    text = normalise(utterance.text)
    utterance = dataclasses.replace(utterance, text=text, duration=duration)
    # Validation and test are never made easier: they keep such utterances.
    if utterance.split == "train" and not is_feasible(text, duration):
        raise Rejected("ctc_infeasible", f"{duration:.2f} s for {text!r}")
    return utterance


def _one_of_each_id(utterances):
    kept, duplicates = {}, []
    for utterance in sorted(utterances, key=_order_of_keeping):
        first = kept.setdefault(utterance.id, utterance)
        if first is not utterance:
            error = Rejected("duplicate_id", f"the same id as {first.wav}")
            duplicates.append(_reject(utterance, error))
    return list(kept.values()), duplicates


def _reject(utterance, error):
    return Reject(utterance.id, utterance.wav, error.reason, error.detail)


def _order_of_keeping(utterance):
    """The same whatever the order of the metadata's rows."""
    split = KEPT_FIRST.index(utterance.split)
    return split, utterance.place, str(utterance)


def _order_of_reject(reject):
    return nfc(reject.wav), reject.id, reject.reason, reject.detail
