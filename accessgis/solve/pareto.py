"""Maximal covering of two sums of people at once: the choices that nothing beats in both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, vstack

from accessgis.solve.blocks import Blocks, blocks, weighted
from accessgis.solve.exact import best_sites
from accessgis.solve.mip import program
from accessgis.solve.reach import checked, limits
from accessgis.solve.result import BoolArray, Effort, FloatArray, LongArray, Sites, Watch, amounts
from accessgis.travel.within import TimeMatrix

_MOST_ENTRIES = 60_000
_WHOLE = 10**9


@dataclass(frozen=True, eq=False, kw_only=True)
class Front:
    """Choices of which none beats another in both sums, from the most of the first to the most of the second.

    Attributes
    ----------
    chosen
        Sites of each choice, ascending.
    covered, other
        People of the first and of the second sum covered by each choice; shape (choices,).
    proven
        Whether no choice at all beats it in both; shape (choices,).
    stopped
        Whether the time limit cut the search short.
    """

    chosen: tuple[LongArray, ...]
    covered: FloatArray
    other: FloatArray
    proven: BoolArray
    stopped: bool


def pareto_cover(
    times: TimeMatrix,
    *,
    people: ArrayLike,
    other: ArrayLike,
    sites: Sites,
    count: int | None = None,
    budget: float | None = None,
    points: int = 9,
    effort: Effort | None = None,
) -> Front:
    """Choose sites for two sums of people, such as all and the old: choices that no other beats in both.

    The ε-constraint method (Haimes, Lasdon and Wismer 1971): ``max Σ_i w_i z_i`` with ``Σ_i v_i z_i ≥ ε`` and the rows
    of
    :func:`accessgis.solve.maximal_cover`, for ε in even steps between what the best choice for the first sum covers of
    the second, and the best for the second itself; then the second is made as large as it can be without less of the
    first, so that nothing beats the choice. HiGHS solves the programs.

    Where these are too large the choices are those of weighted sums, solved as a maximal cover: they lie on the upper
    right hull of the front, and others of the front may be missing.

    Parameters
    ----------
    times
        Times of places (rows) to sites (columns) within reach.
    people, other
        People of the first and the second sum at each place, ≥ 0.
    sites
        Costs and fixed sites, from :func:`accessgis.solve.sites`.
    count, budget
        How many sites may be chosen, or what they may cost: one of the two.
    points
        How many choices are looked for, at least 2; fewer are returned where some are alike.
    effort
        Gap and time limit of the whole; the front itself within a minute where left out.

    Raises
    ------
    ValueError
        An amount is negative, infinite or unknown, a shape is wrong, or not exactly one limit is given.

    References
    ----------
    Haimes, Y. Y., Lasdon, L. S. and Wismer, D. A. (1971). On a bicriterion formulation of the problems of integrated
    system identification and system optimization. *IEEE Transactions on Systems, Man, and Cybernetics* 1, 296–297.
    """
    if points < 2:
        raise ValueError("points is at least 2: the best for each of the two sums")
    watch = Watch(effort=effort or Effort())
    sums = np.array([checked(times, people, sites), amounts(other, times.origin_count, "other")])
    block = blocks(
        times, sums, kind=np.zeros(times.origin_count, np.int32), sites=sites, limit=limits(sites, count, budget)
    )
    small = 2 * block.gains.place.size + 2 * block.gains.weight.size <= _MOST_ENTRIES
    found = _by_steps(block, points, watch) if small else _by_weights(block, points, watch)
    return _front(block, found, stopped=watch.late() and len(found) < points)


def _front(block: Blocks, found: list[tuple[LongArray, bool]], *, stopped: bool) -> Front:
    """Return the choices that no other of them beats, each pair of sums once, by the first sum falling."""
    value = np.array([block.covered(chosen) for chosen, _ in found]).reshape(-1, 2)
    order = np.lexsort((-value[:, 1], -value[:, 0]))
    kept: list[int] = []
    for n in order:
        scale = 1e-9 * (1 + np.abs(value[n]))
        if not kept or value[n, 1] > value[kept[-1], 1] + scale[1]:
            kept.append(int(n))
    return Front(
        chosen=tuple(np.sort(block.site[found[n][0]]) for n in kept),
        covered=value[kept, 0],
        other=value[kept, 1],
        proven=np.array([found[n][1] for n in kept], np.bool_),
        stopped=stopped,
    )


def _by_steps(block: Blocks, points: int, watch: Watch) -> list[tuple[LongArray, bool]]:
    """Return the choices of the ε-constraint method."""
    found: list[tuple[LongArray, bool]] = []
    for first in (0, 1):
        found.extend(_efficient(block, first, -np.inf, watch))
    if len(found) < 2:
        return found
    low, high = (float(block.covered(chosen)[1]) for chosen, _ in found)
    for step in range(1, points - 1):
        found.extend(_efficient(block, 0, low + (high - low) * step / (points - 1), watch))
    return found


def _efficient(block: Blocks, first: int, least: float, watch: Watch) -> list[tuple[LongArray, bool]]:
    """Return a choice with the most of one sum, at least so much of the other, and of such the most of the other."""
    one, done = _most(block, first, least, watch)
    if one is None:
        return []
    two, last = _most(block, 1 - first, float(block.covered(one)[first]), watch)
    better = two is not None and bool((block.covered(two) >= block.covered(one) * (1 - 1e-9)).all())
    return [(two if two is not None and better else one, done and last)]


def _most(block: Blocks, first: int, least: float, watch: Watch) -> tuple[LongArray | None, bool]:
    """Return sites that cover most of one sum and at least so much of the other (None: none), and whether proven."""
    parts, high = block.rows()
    sites, places = block.gains.site_count, block.gains.weight.size
    scale = max(float(block.amount.sum(axis=1).max()), 1e-300)
    asked = csr_array(np.concatenate([np.zeros(sites), block.amount[1 - first] / scale])[None, :])
    floor = (least - block.base[1 - first]) / scale - 1e-9
    done = program(
        np.concatenate([np.zeros(sites), -block.amount[first]]),
        csr_array(vstack([*parts, asked])),
        np.append(np.full(high.size, -np.inf), floor),
        np.append(high, np.inf),
        whole=np.arange(sites + places) < sites,
        most=np.ones(sites + places),
        time_s=watch.left_s(),
    )
    return None if done.values is None else np.flatnonzero(done.values[:sites] > 0.5), done.finished


def _by_weights(block: Blocks, points: int, watch: Watch) -> list[tuple[LongArray, bool]]:
    """Return the best choices for weighted sums, from all weight on the first to all but all on the second."""
    found = []
    total = np.maximum(block.amount.sum(axis=1), 1e-300)
    for step in range(points):
        share = min(max(step / (points - 1), 1e-3), 1 - 1e-3)
        weight = ((1 - share) / total[0]) * block.amount[0] + (share / total[1]) * block.amount[1]
        part = Effort(gap=watch.effort.gap, time_limit_s=max(watch.left_s() / (points - step), 0.01))
        gains = weighted(block, weight * _WHOLE, block.gains.limit)
        best = best_sites(gains, Watch(effort=part), lambda value: value + int(watch.effort.gap * value))
        found.append((best.chosen, best.bound == best.value))
    return found
