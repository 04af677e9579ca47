"""Processes of one attempt find each other, and none of an earlier one."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from torch.distributed import HashStore

from childasr import rendezvous
from childasr.errors import RunError


def names(store, ranks, size):
    def agree(rank):
        return rendezvous._agree_on_name(store, rank, size)

    with ThreadPoolExecutor(len(ranks)) as pool:
        return list(pool.map(agree, ranks))


def test_attempts_in_one_store_have_a_name_each_that_all_processes_know():
    store = HashStore()
    store.set("asks 1", "a process that died before it heard an answer")
    attempts = [names(store, [0, 1, 2], 3) for _ in range(3)]
    for of_attempt in attempts:
        assert len(set(of_attempt)) == 1
    assert len({of_attempt[0] for of_attempt in attempts}) == 3


@pytest.mark.parametrize("rank", [0, 1])
def test_process_whose_others_do_not_come_says_so(monkeypatch, rank):
    monkeypatch.setattr(rendezvous, "PATIENCE", 0)
    store = HashStore()
    store.set("asks 1", "a process that died before it heard an answer")
    with pytest.raises(RunError, match="not all processes have come within"):
        names(store, [rank], 2)
