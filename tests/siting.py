"""Small siting problems for tests, and the slow truth about them: every choice of sites is tried."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from hypothesis import strategies as st

from accessgis.solve import reach
from accessgis.solve.result import sites
from accessgis.travel.within import TimeMatrix

CUTOFF = 20


@dataclass(frozen=True)
class World:
    """A full table of times (places × sites; over the cutoff: no trip), people, costs and fixed sites."""

    table: np.ndarray
    people: np.ndarray
    cost: np.ndarray
    fixed: np.ndarray

    @property
    def times(self) -> TimeMatrix:
        place, site = np.nonzero(self.table <= CUTOFF)
        start = np.concatenate([[0], np.cumsum(np.bincount(place, minlength=self.table.shape[0]))])
        return TimeMatrix(
            origin_count=self.table.shape[0],
            destination_count=self.table.shape[1],
            cutoff_ms=CUTOFF,
            start=start,
            destination=site.astype(np.int32),
            ms=self.table[place, site].astype(np.int32),
        )

    @property
    def sites(self):
        return sites(self.cost.size, cost=self.cost, fixed=self.fixed)

    def relabelled(self, place, site) -> World:
        return World(self.table[np.ix_(place, site)], self.people[place], self.cost[site], self.fixed[site])

    def choices(self, count=None, budget=None):
        """Yield every allowed choice of sites, the fixed ones with it."""
        free = np.flatnonzero(~self.fixed)
        for size in range(free.size + 1 if count is None else min(count, free.size) + 1):
            for chosen in combinations(free, size):
                if budget is None or round(float(self.cost[list(chosen)].sum()), 6) <= budget:
                    yield (
                        np.array(chosen, np.int64),
                        np.flatnonzero(self.fixed | np.isin(np.arange(free.size + self.fixed.sum()), chosen)),
                    )

    def covered(self, opened) -> float:
        return float(self.people[(self.table[:, opened] <= CUTOFF).any(axis=1)].sum())

    def time(self, opened, penalty) -> float:
        best = np.minimum(
            np.where(self.table[:, opened] <= CUTOFF, self.table[:, opened], penalty).min(axis=1, initial=penalty),
            penalty,
        )
        return float(best @ self.people)


@st.composite
def worlds(draw, *, most_sites=7, most_places=9, fractions=True, fixed=True) -> World:
    """Draw a world: ties, alike places and sites, places without people, sites without reach."""
    n = draw(st.integers(1, most_sites))
    m = draw(st.integers(1, most_places))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    table = random.integers(0, draw(st.sampled_from([22, 30, 60])), (m, n)).astype(float)
    people = random.integers(0, 6, m).astype(float)
    if fractions and draw(st.booleans()):
        people = people / 4
    cost = random.integers(0, 5, n) / draw(st.sampled_from([1, 10]))
    stays = random.random(n) < draw(st.sampled_from([0.0, 0.3] if fixed else [0.0]))
    return World(table, people, cost.astype(float), stays)


def plane(seed, *, candidates, places, radius, most=1.0) -> World:
    """Return clustered places in a square of side 1 and sites among them; times are distances up to the radius."""
    random = np.random.default_rng(seed)
    centre = random.random((5, 2))
    where = centre[random.integers(0, 5, places)] + random.normal(0, 0.12, (places, 2))
    at = where[random.integers(0, places, candidates)] + random.normal(0, 0.02, (candidates, 2))
    far = np.hypot(*(where[:, None] - at[None]).transpose(2, 0, 1))
    table = np.ceil(far / radius * CUTOFF)
    return World(table, random.integers(1, 200, places).astype(float), np.ones(candidates), np.zeros(candidates, bool))


__all__ = ["CUTOFF", "World", "plane", "reach", "worlds"]
