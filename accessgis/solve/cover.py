"""Maximal covering: where sites bring most people within reach."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from accessgis.solve.exact import best_sites
from accessgis.solve.gains import Gains, restrict
from accessgis.solve.interchange import greedy
from accessgis.solve.lagrange import bounds_by_count, dual, first_price, relax
from accessgis.solve.reach import candidates, checked, cut, in_order, limits, nearest, opened, unreached
from accessgis.solve.result import Effort, FloatArray, LongArray, Sites, Siting, Watch
from accessgis.travel.within import TimeMatrix

_CURVE_STEPS, _CURVE_RATIO = 300, 1.5


def maximal_cover(
    times: TimeMatrix,
    *,
    people: ArrayLike,
    sites: Sites,
    count: int | None = None,
    budget: float | None = None,
    cutoff_ms: int | None = None,
    effort: Effort | None = None,
) -> Siting:
    """Choose sites that bring most people within reach (MCLP; Church and ReVelle 1974).

    ``max Σ_i w_i z_i`` with ``z_i ≤ Σ_j a_ij x_j``, ``Σ_j x_j ≤ count`` or ``Σ_j c_j x_j ≤ budget``, x and z 0 or 1;
    a_ij is 1 where site j is within the cutoff of place i. Who is within reach of a fixed site is covered from the
    start.

    Reductions, greedy choice and interchange, then Lagrangian bounds that settle sites; HiGHS or branching closes what
    is left (``docs/siting.md``). Fewer sites than ``count`` are chosen when more add nobody.

    Parameters
    ----------
    times
        Times of places (rows) to sites (columns); :func:`accessgis.solve.coverage` makes one of a coverage matrix.
    people
        People at each place, ≥ 0.
    sites
        Costs and fixed sites, from :func:`accessgis.solve.sites`.
    count, budget
        How many sites may be chosen, or what they may cost: one of the two.
    cutoff_ms
        Longest time within reach; that of the matrix where left out.
    effort
        Gap to stop at and time limit; the best itself within a minute where left out.

    Raises
    ------
    ValueError
        An amount is negative, infinite or unknown, a shape is wrong, or not exactly one limit is given.

    References
    ----------
    Church, R. and ReVelle, C. (1974). The maximal covering location problem. *Papers of the Regional Science
    Association* 32, 101–118. Galvão, R. D. and ReVelle, C. (1996). A Lagrangean heuristic for the maximal covering
    location problem. *European Journal of Operational Research* 88, 114–123.
    """
    watch = Watch(effort=effort or Effort())
    living = checked(times, people, sites)
    near = cut(times, cutoff_ms)
    base_site, _ = nearest(near, sites.fixed)
    unit = (base_site[near.origin] < 0).astype(np.int64)
    gains, scale = candidates(near, unit, people=living, sites=sites, limit=limits(sites, count, budget))
    base = int(gains.weight[base_site >= 0].sum())
    best = best_sites(gains, watch, lambda value: value + int(watch.effort.gap * (base + value)))
    chosen, adds = in_order(gains, best.chosen)
    return Siting(
        chosen=chosen,
        adds=adds / scale,
        base=base / scale,
        objective=(base + best.value) / scale,
        bound=(base + best.bound) / scale,
        sense="max",
        stopped=best.stopped,
        site=nearest(near, opened(sites, chosen))[0],
        out_of_reach=unreached(near, living),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class CoverCurve:
    """People covered by one site more at a time, each the best addition to those before it.

    Attributes
    ----------
    chosen
        Sites in the order in which they are added.
    covered
        People covered by the fixed sites and the first n chosen ones, n from 0; shape (chosen + 1,).
    bound
        People whom no choice of n sites covers more than; shape (chosen + 1,).
    """

    chosen: LongArray
    covered: FloatArray
    bound: FloatArray


def cover_curve(
    times: TimeMatrix,
    *,
    people: ArrayLike,
    sites: Sites,
    count: int,
    cutoff_ms: int | None = None,
    effort: Effort | None = None,
) -> CoverCurve:
    """Return how many people one site more at a time brings within reach: what the n-th site adds.

    The sites are nested: the first n are part of the first n + 1, as they are built. Each is the greedy choice, which
    covers at least 63 % of what the best n do (Nemhauser, Wolsey and Fisher 1978); the bound says how far the best n
    can lie above. One set of Lagrangian prices bounds every number of sites at once.

    Parameters and errors are those of :func:`maximal_cover`.

    References
    ----------
    Nemhauser, G. L., Wolsey, L. A. and Fisher, M. L. (1978). An analysis of approximations for maximizing submodular
    set functions I. *Mathematical Programming* 14, 265–294.
    """
    watch = Watch(effort=effort or Effort())
    living = checked(times, people, sites)
    near = cut(times, cutoff_ms)
    base_site, _ = nearest(near, sites.fixed)
    unit = (base_site[near.origin] < 0).astype(np.int64)
    gains, scale = candidates(near, unit, people=living, sites=sites, limit=limits(sites, count, None))
    chosen = greedy(gains, gains.gain())
    base = int(gains.weight[base_site >= 0].sum())
    value = gains.running(chosen)
    bound = np.maximum(_bounds(gains, chosen, watch), value)
    return CoverCurve(chosen=chosen, covered=(base + value) / scale, bound=(base + bound) / scale)


def _bounds(gains: Gains, chosen: LongArray, watch: Watch) -> FloatArray:
    """Return bounds of the value of 0, 1, … chosen sites, by the prices of a few of these numbers."""
    small = restrict(gains, taken=np.empty(0, np.int64), dropped=np.zeros(gains.site_count, np.bool_)).gains
    gain = small.gain()
    bound = np.full(chosen.size + 1, float(gains.value(np.arange(gains.site_count))))
    bound[0] = 0
    numbers = {int(np.ceil(chosen.size / _CURVE_RATIO**n)) for n in range(40)} if chosen.size else set()
    for last in sorted(numbers, reverse=True):
        some = replace(small, limit=last)
        first = greedy(some, gain)
        problem = dual(some, gain)
        found = relax(
            problem,
            first_price(problem, first),
            state=np.zeros(some.site_count, np.int8),
            steps=_CURVE_STEPS,
            offer=partial(_always, some.value(first)),
            done=partial(_good, watch, some.value(first)),
        )
        bound = np.minimum(bound, bounds_by_count(problem, found.price, chosen.size))
    return bound


def _always(known: int, _chosen: LongArray, _better: bool) -> int:  # noqa: FBT001 called by position
    """Return the value of a choice that no other replaces."""
    return known


def _good(watch: Watch, known: int, bound: int) -> bool:
    return watch.late() or bound - known <= watch.effort.gap * known
