"""Best sites crashed when the relaxation settled every site and what it took was better than the best known."""

from __future__ import annotations

import itertools

import numpy as np

from accessgis.solve.exact import best_sites
from accessgis.solve.gains import pack
from accessgis.solve.result import Effort, Watch

SITES = [8, 5, 3, 5, 1, 5, 5, 2, 4, 2]
PLACES = [
    1, 2, 4, 5, 6, 10, 12, 13, 0, 3, 4, 10, 13, 8, 12, 13, 0, 5, 7, 11, 12, 1, 3, 5, 7, 10, 12, 3, 4, 6, 10, 11, 4, 13,
    0, 1, 2, 8, 7, 11,
]  # fmt: skip
WEIGHT = [3, 4, 6, 2, 8, 2, 2, 8, 7, 4, 1, 8, 5, 5]
COST = [3, 1, 2, 5, 1, 3, 3, 3, 3, 1]
LIMIT = 5


def test_the_best_of_all_choices_is_found() -> None:
    site = np.repeat(np.arange(len(SITES)), SITES)
    place, weight, cost = np.array(PLACES), np.array(WEIGHT), np.array(COST)
    gains = pack(site, place, np.ones(place.size, np.int64), weight=weight, cost=cost, limit=LIMIT)
    found = best_sites(gains, Watch(effort=Effort()), lambda value: value)
    truth = max(
        weight[np.unique(place[np.isin(site, some)])].sum()
        for count in range(len(SITES) + 1)
        for some in itertools.combinations(range(len(SITES)), count)
        if cost[list(some)].sum() <= LIMIT
    )
    assert (found.value, found.bound) == (truth, truth)


def test_random_problems_are_solved_to_the_best() -> None:
    """What is settled may alone cost more than the limit; then it was no answer."""
    rng = np.random.default_rng(20251231)
    for _ in range(150):
        covers = rng.random((9, 12)) < 0.3
        site, place = np.nonzero(covers)
        weight, cost = rng.integers(1, 9, 12), rng.integers(1, 6, 9)
        limit = int(rng.integers(2, 9))
        gains = pack(site, place, np.ones(place.size, np.int64), weight=weight, cost=cost, limit=limit)
        found = best_sites(gains, Watch(effort=Effort()), lambda value: value)
        truth = max(
            int(weight[covers[list(some)].any(axis=0)].sum())
            for count in range(10)
            for some in itertools.combinations(range(9), count)
            if cost[list(some)].sum() <= limit
        )
        assert (found.value, found.bound) == (truth, truth)
        assert cost[found.chosen].sum() <= limit
