"""The p-centre: where sites make the longest way shortest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accessgis.base.errors import UsageError
from accessgis.solve.covering import Cheapest, cheapest_cover
from accessgis.solve.reach import candidates, checked, in_order, limits, nearest, opened, unreached
from accessgis.solve.result import Effort, LongArray, Sites, Siting, Watch
from accessgis.travel.within import TimeMatrix


def p_centre(
    times: TimeMatrix,
    *,
    people: ArrayLike,
    sites: Sites,
    count: int | None = None,
    budget: float | None = None,
    effort: Effort | None = None,
) -> Siting:
    """Choose sites that make the longest way to the nearest open site shortest (p-centre; Hakimi 1964).

    ``min max_i min_(j open) t_ij`` over the places that have people and that some site reaches; the others are named in
    ``out_of_reach``. The answer is one of the times of the matrix: a binary search over them asks each time whether
    ``count`` sites (or the budget) cover everybody within it (Minieka 1970), by :mod:`accessgis.solve.covering`.

    The objective is in milliseconds; ``adds`` and ``base`` are people whom each site brings within that time. Fixed
    sites serve too, and cost nothing.

    Parameters
    ----------
    times
        Times of places (rows) to sites (columns) within a cutoff: the longest way that is looked for.
    people
        People at each place, ≥ 0; a place without any does not count.
    sites
        Costs and fixed sites, from :func:`accessgis.solve.sites`.
    count, budget
        How many sites may be chosen, or what they may cost: one of the two.
    effort
        Time limit; a minute where left out. The gap is taken as 0.

    Raises
    ------
    ValueError
        An amount is negative, infinite or unknown, a shape is wrong, or not exactly one limit is given.
    UsageError
        So few sites do not reach everybody within the cutoff.

    References
    ----------
    Hakimi, S. L. (1964). Optimum locations of switching centers and the absolute centers and medians of a graph.
    *Operations Research* 12, 450–459. Minieka, E. (1970). The m-center problem. *SIAM Review* 12, 138–139.
    """
    watch = Watch(effort=replace(effort or Effort(), gap=0.0))
    living = checked(times, people, sites)
    limit = limits(sites, count, budget)
    counted = (living > 0) & (np.diff(times.start) > 0)
    fixed_ms = _fixed_ms(times, sites)
    needed = nearest(times, (limit[0] <= limit[1]) | sites.fixed)[1][counted]
    steps = np.unique(np.append(times.ms, 0)).astype(np.int64)
    low, high = int(np.searchsorted(steps, needed.max(initial=0))), steps.size - 1

    def asked(at: int) -> Cheapest:
        unit = _within(times, fixed_ms, int(steps[at]))
        gains, _ = candidates(times, unit, people=(living > 0).astype(np.float64), sites=sites, limit=limit)
        return cheapest_cover(gains, watch, limit[1])

    found = asked(high)
    if found.cost > limit[1] or (needed < 0).any():
        minutes = f"{times.cutoff_ms / 60_000:g}"
        en, zh = f"{minutes} minutes", f"{minutes} 分钟"
        if found.bound <= limit[1] and (needed >= 0).all():
            raise UsageError("AG2434", within_en=en, within_zh=zh)
        if watch.late():
            raise UsageError("AG2433", within_en=en, within_zh=zh, enough_en="", enough_zh="")
        every = limit[0], int(limit[0].sum())
        unit = _within(times, fixed_ms, int(steps[high]))
        gains, _ = candidates(times, unit, people=(living > 0).astype(np.float64), sites=sites, limit=every)
        more_en, more_zh = _enough(cheapest_cover(gains, watch), sites.cost if count is None else None)
        raise UsageError("AG2433", within_en=en, within_zh=zh, enough_en=more_en, enough_zh=more_zh)
    chosen, stopped = found.chosen, False
    while low < high and not stopped:
        middle = (low + high) // 2
        found = asked(middle)
        if found.cost <= limit[1]:
            chosen, high = found.chosen, middle
        elif found.bound > limit[1]:
            low = middle + 1
        else:
            stopped = True
    site, ms = nearest(times, opened(sites, chosen))
    longest = int(ms[counted].max(initial=0))
    gains, scale = candidates(
        times,
        _within(times, fixed_ms, longest),
        people=living,
        sites=sites,
        limit=limit,
    )
    chosen, adds = in_order(gains, chosen)
    return Siting(
        chosen=chosen,
        adds=adds / scale,
        base=int(gains.weight[fixed_ms <= longest].sum()) / scale,
        objective=float(longest),
        bound=float(min(int(steps[low]), longest)),
        sense="min",
        stopped=stopped,
        site=site,
        out_of_reach=unreached(times, living),
    )


def _enough(found: Cheapest, cost: NDArray[np.float64] | None) -> tuple[str, str]:
    """Return in both languages how many sites reach everybody, or what they cost: the least, or what is known to do."""
    least = found.bound >= found.cost
    if cost is None:
        en, zh = f"{found.cost} sites", f" {found.cost} 个点"
    else:
        spent = f"{float(cost[found.chosen].sum()):g}"
        en, zh = f"sites that cost {spent}", f"费用 {spent}"
    if least:
        return f"; that takes at least {en}", f"，至少需要{zh}"
    return f"; {en} would do, fewer may", f"，{zh.strip()}即可，更少也许可行"


def _fixed_ms(times: TimeMatrix, sites: Sites) -> LongArray:
    """Return the way of each place to its nearest fixed site; the longest number where there is none."""
    site, ms = nearest(times, sites.fixed)
    return np.where(site >= 0, ms.astype(np.int64), np.iinfo(np.int64).max)


def _within(times: TimeMatrix, fixed_ms: LongArray, longest_ms: int) -> LongArray:
    """Return 1 for pairs that bring a place within a time in which it reaches no fixed site, 0 for others."""
    return ((times.ms <= longest_ms) & (fixed_ms[times.origin] > longest_ms)).astype(np.int64)
