"""Small random worlds of places, facilities and times between them, and the laws that each measure obeys on them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st

from accessgis import measures
from accessgis.travel.decay import gaussian_to_zero, in_steps, within_cutoff
from accessgis.travel.within import TimeMatrix

CUTOFF = 3000
DECAYS = {
    "cutoff": within_cutoff(2000),
    "steps": in_steps([1000, 2000, 3000], [1.0, 0.68, 0.22]),
    "curve": gaussian_to_zero(3000),
}


@dataclass(frozen=True)
class World:
    """Times of places (rows) to facilities (columns), ``inf`` without a way; supply and people."""

    table: np.ndarray
    supply: np.ndarray
    people: np.ndarray

    @property
    def times(self) -> TimeMatrix:
        return measures.time_matrix(self.table, cutoff_ms=CUTOFF)

    def without(self, j: int) -> World:
        """Return the world in which facility j is not there."""
        return replace(self, table=np.delete(self.table, j, axis=1), supply=np.delete(self.supply, j))

    def relabelled(self, places: np.ndarray, facilities: np.ndarray) -> World:
        return World(self.table[np.ix_(places, facilities)], self.supply[facilities], self.people[places])


@st.composite
def worlds(draw: st.DrawFn, *, most: int = 7) -> World:
    """Draw a world with ties, trips of no time, places that reach nothing, and amounts of 0."""
    places, facilities = draw(st.integers(1, most)), draw(st.integers(1, most))
    time = st.sampled_from([0, 1, 500, 999, 1000, 1001, 2000, 2999, 3000, 3001, np.inf]) | st.integers(0, 3600)
    row = st.lists(time, min_size=facilities, max_size=facilities)
    amount = st.sampled_from([0.0, 0.0, 0.25, 1.0]) | st.integers(1, 300).map(float)
    return World(
        np.array(draw(st.lists(row, min_size=places, max_size=places)), dtype=np.float64),
        np.array(draw(st.lists(amount, min_size=facilities, max_size=facilities))),
        np.array(draw(st.lists(amount, min_size=places, max_size=places))),
    )


def random_world(seed: int, *, places: int = 60, facilities: int = 12) -> World:
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 5000, (places, facilities)).astype(np.float64)
    return World(table, rng.integers(1, 40, facilities) * 1.0, rng.integers(1, 300, places) * 1.0)


@dataclass(frozen=True)
class Law:
    """What a measure obeys. ``conserves``: Σ people · access = Σ supply of the facilities that somebody reaches.

    ``more_is_better``: more supply at a facility lowers nobody's access. ``new_is_better``: a new facility does not
    either. For RAAM access is −cost, and ``rho`` is stated: against a mean that moves, neither holds.
    """

    conserves: bool
    more_is_better: bool
    new_is_better: bool


LAWS = {
    "two_step": Law(conserves=True, more_is_better=True, new_is_better=True),
    "e2sfca": Law(conserves=True, more_is_better=True, new_is_better=True),
    "m2sfca": Law(conserves=False, more_is_better=True, new_is_better=True),
    "three_step": Law(conserves=True, more_is_better=True, new_is_better=False),
    "bfca": Law(conserves=False, more_is_better=True, new_is_better=True),
    "gravity": Law(conserves=False, more_is_better=True, new_is_better=True),
    "cumulative": Law(conserves=False, more_is_better=True, new_is_better=True),
    "raam": Law(conserves=False, more_is_better=True, new_is_better=True),
}


def access(name: str, world: World, decay: str) -> np.ndarray:
    """Return the access of each place by one measure, more is better."""
    given = {"supply": world.supply, "people": world.people}
    if name == "two_step":
        return measures.two_step(world.times, cutoff_ms=2000, **given).access
    if name == "gravity":
        return measures.gravity(world.times, supply=world.supply, decay=DECAYS[decay])
    if name == "cumulative":
        return measures.cumulative(world.times, supply=world.supply, cutoff_ms=2000)
    if name == "raam":
        return -measures.raam(world.times, tau_ms=2000, rho=3.0, **given).cost
    return getattr(measures, name)(world.times, decay=DECAYS[decay], **given).access
