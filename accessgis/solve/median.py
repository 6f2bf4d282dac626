"""The p-median: where sites make travel least, over all people."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from accessgis.solve.exact import best_sites
from accessgis.solve.reach import candidates, checked, in_order, limits, nearest, opened, unreached
from accessgis.solve.result import Effort, Sites, Siting, Watch
from accessgis.travel.within import TimeMatrix


def p_median(
    times: TimeMatrix,
    *,
    people: ArrayLike,
    sites: Sites,
    count: int | None = None,
    budget: float | None = None,
    penalty_ms: int | None = None,
    effort: Effort | None = None,
) -> Siting:
    """Choose sites to which people travel least in all (Hakimi 1964; ReVelle and Swain 1970).

    ``min Σ_i w_i min(penalty, min_(j open) t_ij)`` with ``Σ_j x_j ≤ count`` or ``Σ_j c_j x_j ≤ budget``: who reaches no
    open site counts with the penalty. Places that no site at all reaches, open or not, are left out of the sum,
    whatever is chosen, and are named in ``out_of_reach``. With a fixed site the sum starts from the way to it.

    What a site saves is gained, so that the problem is that of :mod:`accessgis.solve.gains` and is solved like it
    (``docs/siting.md``). The objective is in milliseconds × people, and so is what each chosen site saves (``adds``).

    Parameters
    ----------
    times
        Times of places (rows) to sites (columns) within a cutoff.
    people
        People at each place, ≥ 0.
    sites
        Costs and fixed sites, from :func:`accessgis.solve.sites`.
    count, budget
        How many sites may be chosen, or what they may cost: one of the two.
    penalty_ms
        Time that counts for who reaches no open site: at least the cutoff of the matrix, which it is where left out.
    effort
        Gap to stop at and time limit; the best itself within a minute where left out.

    Raises
    ------
    ValueError
        An amount is negative, infinite or unknown, a shape is wrong, not exactly one limit is given, or the penalty is
        below the cutoff.

    References
    ----------
    Hakimi, S. L. (1964). Optimum locations of switching centers and the absolute centers and medians of a graph.
    *Operations Research* 12, 450–459. ReVelle, C. S. and Swain, R. W. (1970). Central facilities location.
    *Geographical Analysis* 2, 30–42. Cornuéjols, G., Fisher, M. L. and Nemhauser, G. L. (1977). Location of bank
    accounts to optimize float. *Management Science* 23, 789–810.
    """
    watch = Watch(effort=effort or Effort())
    living = checked(times, people, sites)
    penalty = times.cutoff_ms if penalty_ms is None else penalty_ms
    if penalty < times.cutoff_ms:
        raise ValueError(
            f"the penalty is below the cutoff of the matrix ({times.cutoff_ms} ms): who is served would lose"
        )
    base_site, base_ms = nearest(times, sites.fixed)
    start_ms = np.where(base_site >= 0, base_ms.astype(np.int64), penalty)
    unit = np.maximum(start_ms[times.origin] - times.ms, 0)
    most = int(start_ms.max(initial=1))
    gains, scale = candidates(times, unit, people=living, sites=sites, limit=limits(sites, count, budget), most=most)
    counted = np.diff(times.start) > 0
    base = int(gains.weight[counted] @ start_ms[counted])
    best = best_sites(gains, watch, lambda value: value + int(watch.effort.gap * (base - value)))
    chosen, adds = in_order(gains, best.chosen)
    return Siting(
        chosen=chosen,
        adds=adds / scale,
        base=base / scale,
        objective=(base - best.value) / scale,
        bound=(base - best.bound) / scale,
        sense="min",
        stopped=best.stopped,
        site=nearest(times, opened(sites, chosen))[0],
        out_of_reach=unreached(times, living),
    )
