"""Covering everybody, or a share of the people, with the fewest or cheapest sites; and covering people twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, eye_array, hstack, vstack

from accessgis.base.errors import UsageError
from accessgis.solve.covering import Cheapest, cheapest_cover
from accessgis.solve.exact import best_sites
from accessgis.solve.gains import MOST_COST, Gains, restrict, whole
from accessgis.solve.interchange import greedy
from accessgis.solve.lagrange import dual, first_price, least_limit, relax
from accessgis.solve.mip import program
from accessgis.solve.reach import candidates, checked, cut, in_order, nearest, opened, unreached
from accessgis.solve.result import Effort, FloatArray, LongArray, Sites, Siting, Watch
from accessgis.travel.within import TimeMatrix

_PRICE_STEPS = 300


def set_cover(
    times: TimeMatrix,
    *,
    people: ArrayLike,
    sites: Sites,
    share: float | None = None,
    cutoff_ms: int | None = None,
    effort: Effort | None = None,
) -> Siting:
    """Choose the fewest, or cheapest, sites that bring everybody within reach (LSCP; Toregas et al. 1971).

    ``min Σ_j c_j x_j`` with ``Σ_j a_ij x_j ≥ 1`` at every place that has people and that some site reaches; the others
    are named in ``out_of_reach``. With a share it is ``Σ_i w_i z_i ≥ share Σ_i w_i`` instead, ``z_i ≤ Σ_j a_ij x_j``:
    the partial cover (Daskin and Owen 1999), in which those out of reach of every site stay in the sum of people.

    The objective is the cost of the chosen sites, which is their number where each costs 1; ``adds`` and ``base`` are
    people. Fixed sites cover first and cost nothing.

    Parameters
    ----------
    times
        Times of places (rows) to sites (columns); :func:`accessgis.solve.coverage` makes one of a coverage matrix.
    people
        People at each place, ≥ 0; a place without any need not be covered.
    sites
        Costs and fixed sites, from :func:`accessgis.solve.sites`.
    share
        Share of all people that must be within reach, 0 to 1; left out, everybody whom some site reaches.
    cutoff_ms
        Longest time within reach; that of the matrix where left out.
    effort
        Gap to stop at and time limit; the best itself within a minute where left out.

    Raises
    ------
    ValueError
        An amount is negative, infinite or unknown, a shape is wrong, or the share is none.
    UsageError
        All sites together do not bring that share within reach.

    References
    ----------
    Toregas, C., Swain, R., ReVelle, C. and Bergman, L. (1971). The location of emergency service facilities.
    *Operations Research* 19, 1363–1373. Beasley, J. E. (1987). An algorithm for set covering problems. *European
    Journal of Operational Research* 31, 85–93. Daskin, M. S. and Owen, S. H. (1999). Two new location covering
    problems: the partial p-center problem and the partial set covering problem. *Geographical Analysis* 31, 217–235.
    """
    watch = Watch(effort=effort or Effort())
    living = checked(times, people, sites)
    if share is not None and not 0 <= share <= 1:
        raise ValueError("share lies between 0 and 1")
    near = cut(times, cutoff_ms)
    gains, scale, money, base = _problem(near, living, sites)
    if share is None:
        found = cheapest_cover(gains, watch)
    else:
        wanted = int(np.ceil(share * float(living.sum()) * scale * (1 - 1e-12))) - base
        reachable = gains.value(np.arange(gains.site_count))
        if wanted > reachable:
            most = (base + reachable) / scale / float(living.sum())
            reached = f"{np.floor(most * 1000) / 1000:.1%}"
            raise UsageError("AG2431", share=f"{share:.1%}", most=reached, places_en="", places_zh="")
        found = _partial(gains, wanted, watch)
    chosen, adds = in_order(gains, found.chosen)
    return Siting(
        chosen=chosen,
        adds=adds / scale,
        base=base / scale,
        objective=found.cost / money,
        bound=found.bound / money,
        sense="min",
        stopped=found.stopped,
        site=nearest(near, opened(sites, chosen))[0],
        out_of_reach=unreached(near, living),
    )


def _problem(near: TimeMatrix, people: FloatArray, sites: Sites) -> tuple[Gains, int, int, int]:
    """Return the covering problem with whole costs, the scales of people and costs, and who is covered already."""
    cost, money = whole(np.where(sites.fixed, 0.0, sites.cost), max(float(sites.cost.sum()), 1.0), largest=MOST_COST)
    base_site, _ = nearest(near, sites.fixed)
    unit = (base_site[near.origin] < 0).astype(np.int64)
    gains, scale = candidates(near, unit, people=people, sites=sites, limit=(cost, int(cost.sum())))
    # A fixed site covers nothing anew, so that it is never chosen whatever it costs.
    return replace(gains, cost=cost), scale, money, int(gains.weight[base_site >= 0].sum())


def _partial(gains: Gains, wanted: int, watch: Watch) -> Cheapest:
    """Return the cheapest sites that gain what is wanted: the least limit for which a maximal cover does."""
    chosen = np.flatnonzero(np.diff(gains.start) > 0)
    if wanted <= 0:
        return Cheapest(chosen=np.empty(0, np.int64), cost=0, bound=0, stopped=False)
    ample = replace(gains, limit=int(gains.cost.sum()))
    order = greedy(ample, gains.gain())
    reached = gains.running(order)[1:]
    enough = order[: int(np.argmax(reached >= wanted)) + 1] if (reached >= wanted).any() else chosen
    chosen, high = np.sort(enough), int(gains.cost[enough].sum())
    low = _least(ample, wanted, high, watch)
    all_of_it = int(gains.weight.sum())
    # Limits below ``least`` are ruled out, or could not be decided in a third of the time that was left.
    least = low
    while high - least > watch.effort.gap * high and not watch.late():
        limit = (least + high) // 2
        some = Watch(effort=replace(watch.effort, time_limit_s=max(watch.left_s() / 3, 0.01)))
        best = best_sites(replace(gains, limit=limit), some, lambda value: wanted - 1 if value < wanted else all_of_it)
        if best.value >= wanted:
            chosen, high = best.chosen, int(gains.cost[best.chosen].sum())
            continue
        least = limit + 1
        if best.bound < wanted:
            low = least
    return Cheapest(chosen=chosen, cost=high, bound=low, stopped=high - low > watch.effort.gap * high)


def _least(gains: Gains, wanted: int, high: int, watch: Watch) -> int:
    """Return a cost below which no sites gain what is wanted, by Lagrangian prices at limits near the least."""
    made = restrict(gains, taken=np.empty(0, np.int64), dropped=np.zeros(gains.site_count, np.bool_)).gains
    gain = made.gain()
    low, limit = 0, high
    for _ in range(3):
        some = replace(made, limit=limit)
        problem = dual(some, gain)
        found = relax(
            problem,
            first_price(problem, greedy(some, gain)),
            state=np.zeros(some.site_count, np.int8),
            steps=_PRICE_STEPS,
            offer=lambda _chosen, _better: wanted - 1,
            done=lambda _bound: watch.late(),
        )
        low = max(low, least_limit(problem, found.price, wanted))
        limit = low
    return min(low, high)


def backup_cover(
    times: TimeMatrix,
    *,
    people: ArrayLike,
    sites: Sites,
    count: int | None = None,
    cutoff_ms: int | None = None,
    effort: Effort | None = None,
) -> Siting:
    """Choose sites that cover everybody and as many people as possible twice (Hogan and ReVelle 1986).

    ``max Σ_i w_i z_i`` with ``z_i ≤ Σ_j a_ij x_j − 1`` and ``Σ_j a_ij x_j ≥ 1`` at every place that has people and that
    some site reaches, and at most ``count`` sites; left out, with what the cheapest cover of all costs
    (:func:`set_cover`), so that the second cover comes without another site. Fixed sites cover too, and cost nothing.

    The objective, ``base`` and ``adds`` are people covered at least twice, ``adds`` in ascending order of sites.

    HiGHS solves the program; the first cover is the answer when it finds none in time.

    Parameters and errors are those of :func:`set_cover`, and:

    Raises
    ------
    UsageError
        So few sites do not cover everybody.

    References
    ----------
    Hogan, K. and ReVelle, C. (1986). Concepts and applications of backup coverage. *Management Science* 32, 1434–1444.
    """
    watch = Watch(effort=effort or Effort())
    living = checked(times, people, sites)
    near = cut(times, cutoff_ms)
    given = sites if count is None else replace(sites, cost=np.ones(sites.cost.size))
    gains, scale, _, _ = _problem(near, living, given)
    first = cheapest_cover(gains, watch, count)
    if count is not None and first.cost > count:
        raise UsageError("AG2432", count=count, least=first.bound)
    limit = first.cost if count is None else count
    counted = (gains.weight > 0) & (np.diff(near.start) > 0)
    cover = _cover(near)[counted]
    weight = gains.weight[counted]
    fixed = np.flatnonzero(sites.fixed)
    chosen, bound, proven = _twice(cover, weight, (gains.cost, limit), fixed, watch)
    if chosen is None or _doubly(cover, weight, fixed, chosen) < _doubly(cover, weight, fixed, first.chosen):
        chosen = first.chosen
    value = [_doubly(cover, weight, fixed, chosen[:n]) for n in range(chosen.size + 1)]
    return Siting(
        chosen=chosen,
        adds=np.diff(value) / scale,
        base=value[0] / scale,
        objective=value[-1] / scale,
        bound=max(bound, value[-1]) / scale,
        sense="max",
        stopped=first.stopped or not proven,
        site=nearest(near, opened(sites, chosen))[0],
        out_of_reach=unreached(near, living),
    )


def _cover(near: TimeMatrix) -> csr_array:
    return csr_array(
        (np.ones(near.ms.size), near.destination, near.start), shape=(near.origin_count, near.destination_count)
    )


def _doubly(cover: csr_array, weight: LongArray, fixed: LongArray, chosen: LongArray) -> int:
    """Return the people covered by at least two of the fixed and chosen sites."""
    x = np.zeros(cover.shape[1])
    x[fixed], x[chosen] = 1, 1
    return int(weight[cover @ x >= 1.5].sum())


def _twice(
    cover: csr_array, weight: LongArray, limit: tuple[LongArray, int], fixed: LongArray, watch: Watch
) -> tuple[LongArray | None, int, bool]:
    """Return the sites that HiGHS finds (None: none in time), its bound and whether it finished.

    ``Σ_j a_ij x_j − z_i ≥ 1`` asks for the first cover as well, since z is not negative.
    """
    places, sites = cover.shape
    cost, most = limit
    rows = vstack(
        [hstack([cover, -eye_array(places)]), csr_array(np.concatenate([cost, np.zeros(places)])[None, :])],
        format="csr",
    )
    least = np.zeros(sites + places)
    least[fixed] = 1
    done = program(
        np.concatenate([np.zeros(sites), -weight.astype(np.float64)]),
        rows,
        np.append(np.ones(places), -np.inf),
        np.append(np.full(places, np.inf), float(most)),
        whole=np.arange(sites + places) < sites,
        most=np.ones(sites + places),
        least=least,
        time_s=watch.left_s(),
    )
    bound = int(weight.sum()) if not np.isfinite(done.bound) else int(np.floor(-done.bound * (1 + 1e-9) + 1e-6))
    if done.values is None:
        return None, bound, False
    chosen = np.flatnonzero(done.values[:sites] > 0.5)
    return np.setdiff1d(chosen, fixed), bound, done.finished
