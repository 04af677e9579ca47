"""Which speakers make up a subset or a split: whole ones, near a target."""

import hashlib
from collections import Counter

import numpy as np

from childasr.text import InputError
from data_prep.cells import hours as hours_of
from data_prep.cells import shares
from data_prep.records import SPLITS

# Searches from several beginnings, of which the best is taken: a search ends
# where no single step helps, and among few speakers that is often no good.
MOST_STARTS, FEWEST_STARTS, ENOUGH_STARTS = 100, 3, 10_000

# Machines add up in different orders: what differs by less is the same.
DIGITS = 9

FREE = ""  # the split of a speaker who is still to be dealt out


def draw_speakers(cells, hours, target, seed, least=1, most=None, kept=()):
    """Choose speakers who together are near a length and a spread.

    From a seeded beginning each speaker in turn is exchanged for the one
    that serves best, or for none, or one is added, until nothing of that
    helps. The length is missed by half the longest speaker's at most, where
    `least`, `most` and `kept` allow.

    Arguments
    ---------
    cells : iterable of Cell
        In any order.
    hours : float
        Above 0, and at most what there is.
    target : dict
        Dimension -> group -> share of the utterances, as
        `data_prep.cells.shares` gives it. What is made small is the sum of
        the dimensions' total variation distances and of the share of the
        hours by which the length is missed.
    seed : int or str
        Another seed, another choice; the same one, the same on any machine.
    least, most : int
        Speakers; the default `most` is all of them.
    kept : collection of str
        Speakers who are chosen in any case; they count among the others.

    Returns
    -------
    speakers : list of str
        By code point.

    Raises
    ------
    InputError
        No hours are asked for, or more than there are.

    Example
    -------
    >>> from data_prep.cells import Cell
    >>> cells = [
    ...     Cell(name, age, ">=30", "3-6", 10, 3_600_000_000)
    ...     for name, age in [("A", 5), ("B", 5), ("C", 9), ("D", 9)]
    ... ]
    >>> drawn = draw_speakers(cells, 2.0, shares(cells), seed=1)
    >>> len(drawn), len({"A", "B"} & set(drawn))
    (2, 1)
    """
    cells = list(cells)
    there = hours_of(cells)
    if not 0 < hours <= there:
        raise InputError(
            f"{hours:g} h asked for where {there:.2f} h were accepted: "
            "ask for more than none and at most those (--hours)"
        )
    search = _Search(cells, round(hours * 3.6e9), target, least, most, kept)
    starts = min(
        MOST_STARTS, max(FEWEST_STARTS, ENOUGH_STARTS // search.nobody)
    )
    found = [search.run(f"{seed}/{start}") for start in range(starts)]
    _, chosen = min(found, key=lambda pair: pair[0])
    return [search.speakers[number] for number in chosen]


def check_shares(valid_share, test_share, hard_share=0.5):
    """Refuse shares that no split, or no subset, can have.

    Example
    -------
    >>> check_shares(0.5, 0.5)
    Traceback (most recent call last):
    childasr.errors.InputError: shares of 0.5 for valid and 0.5 for test: ...
    """
    if not (valid_share > 0 < test_share and valid_share + test_share < 1):
        raise InputError(
            f"shares of {valid_share:g} for valid and {test_share:g} for test: "
            "both must be above 0, and together below 1"
        )
    if not 0 <= hard_share <= 1:
        raise InputError(f"a hard share of {hard_share:g}: give one of 0 to 1")


def split_speakers(cells, valid_share, test_share, seed, kept=None):
    """Deal out speakers to train, valid and test, each spread as the whole.

    Arguments
    ---------
    cells : iterable of Cell
        In any order; `data_prep.cells.read_cells(connection)` counts them.
    valid_share, test_share : float
        Of the hours; train has the rest. Test is drawn first.
    seed : int or str
        As for `draw_speakers`.
    kept : dict, optional
        Speaker -> split that is not drawn; speakers without a cell are left
        out. They count for the shares, which they can exceed.

    Returns
    -------
    splits : dict
        Speaker -> `train`, `valid` or `test`, by speaker. Each split has a
        speaker, and where there are enough to deal out at least two.

    Raises
    ------
    InputError
        Shares that leave nothing, or too few speakers.

    Example
    -------
    >>> from data_prep.cells import Cell
    >>> cells = [
    ...     Cell(f"K{n}", 9, ">=30", "3-6", 10, 10_000_000) for n in range(9)
    ... ]
    >>> splits = split_speakers(cells, 0.2, 0.2, seed=1, kept={"K4": "test"})
    >>> splits["K4"], sorted(splits.values())
    ('test', ['test', 'test', 'train', 'train', 'train', 'train', 'train',
              'valid', 'valid'])
    """
    cells = list(cells)
    check_shares(valid_share, test_share)
    splits = {
        speaker: (kept or {}).get(speaker, FREE)
        for speaker in sorted({cell.speaker for cell in cells})
    }
    free, needed = Counter(splits.values())[FREE], _lacking(splits, 1)
    if free < needed:
        raise InputError(
            f"{free} speakers cannot be dealt out: {needed} or more are needed "
            "for one in each of train, valid and test (where some share a "
            "recording, they count as one)"
        )
    least = 2 if free >= _lacking(splits, 2) else 1
    target, total = shares(cells), hours_of(cells)
    for name, share, others in (
        ("test", test_share, ("valid", "train")),
        ("valid", valid_share, ("train",)),
    ):
        own = {who for who, split in splits.items() if split == name}
        some = [cell for cell in cells if splits[cell.speaker] in (FREE, name)]
        most = len({cell.speaker for cell in some})
        most -= _lacking(splits, least, others)
        wanted = min(share * total, hours_of(some))
        for speaker in draw_speakers(
            some, wanted, target, f"{seed}/{name}", least, most, own
        ):
            splits[speaker] = name
    return {who: split or "train" for who, split in splits.items()}


def _lacking(splits, least, names=SPLITS):
    """How many speakers are needed until each split has so many."""
    there = Counter(splits.values())
    return sum(max(0, least - there[name]) for name in names)


class _Search:
    """The speakers as rows of counts; the last row is nobody.

    Nobody for a speaker drops that one, a speaker for nobody adds one, so
    that each step is an exchange.
    """

    def __init__(self, cells, asked, target, least, most, kept):
        self.speakers = sorted({cell.speaker for cell in cells})
        self.nobody = len(self.speakers)
        self.kept = np.array([name in kept for name in self.speakers] + [False])
        self.asked = asked
        self.least = min(least, self.nobody)
        self.most = self.nobody if most is None else most
        row = {name: number for number, name in enumerate(self.speakers)}
        columns = {
            pair: number
            for number, pair in enumerate(
                sorted(
                    {pair for cell in cells for pair in cell.groups.items()}
                    | {(name, g) for name in target for g in target[name]}
                )
            )
        }
        self.target = np.array(
            [target.get(name, {}).get(g, 0.0) for name, g in columns]
        )
        self.counts = np.zeros((self.nobody + 1, len(columns)), np.int64)
        self.utterances = np.zeros(self.nobody + 1, np.int64)
        self.time = np.zeros(self.nobody + 1, np.int64)
        for cell in cells:
            who = row[cell.speaker]
            self.utterances[who] += cell.utterances
            self.time[who] += cell.microseconds
            for pair in cell.groups.items():
                self.counts[who, columns[pair]] += cell.utterances

    def run(self, seed):
        """Search from the beginning that `seed` gives.

        Returns
        -------
        cost : float
        chosen : list of int
            Numbers of the speakers, in order.
        """
        chosen = self._begin(seed)
        # Steps may not lead further off than a beginning may be.
        self.far = max(self._off(chosen), int(self.time.max()) // 2)
        cost, helped = np.inf, True
        while helped:
            helped = False
            for out in [self.nobody, *np.flatnonzero(chosen & ~self.kept)]:
                costs = self._costs(chosen, out)
                into = int(np.argmin(costs))
                if costs[into] < cost:
                    chosen[out], chosen[into] = False, True
                    chosen[self.nobody] = False
                    cost, helped = costs[into], True
        return cost, np.flatnonzero(chosen).tolist()

    def _begin(self, seed):
        """Mark speakers, shuffled, while each brings the hours nearer."""
        order = sorted(
            range(self.nobody),
            key=lambda number: hashlib.sha256(
                f"{seed}/{self.speakers[number]}".encode()
            ).digest(),
        )
        chosen = self.kept.copy()
        missing = self.asked - self.time[chosen].sum()
        for number in order:
            nearer = abs(missing - self.time[number]) < abs(missing)
            if nearer and not chosen[number] and chosen.sum() < self.most:
                chosen[number] = True
                missing -= self.time[number]
        # The shortest ones do least harm where more must be there.
        for number in sorted(order, key=lambda number: self.time[number]):
            if chosen.sum() < self.least:
                chosen[number] = True
        return chosen

    def _off(self, chosen):
        return abs(int(self.time[chosen].sum()) - self.asked)

    def _costs(self, chosen, out):
        """Cost of the choice with each speaker in turn in place of `out`."""
        stay = chosen.copy()
        stay[out] = False
        utterances = self.utterances + self.utterances[stay].sum()
        spread = (self.counts + self.counts[stay].sum(0)) / np.maximum(
            utterances, 1
        )[:, None]
        off = np.abs(self.time + self.time[stay].sum() - self.asked)
        costs = np.abs(spread - self.target).sum(1) / 2
        costs = np.round(costs + off / self.asked, DIGITS)
        size = stay.sum() + (np.arange(len(stay)) < self.nobody)
        forbidden = (
            stay | (off > self.far) | (size < self.least) | (size > self.most)
        )
        return np.where(forbidden, np.inf, costs)
