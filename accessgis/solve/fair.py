"""Covering that raises the worst-off group first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, hstack, vstack

from accessgis.solve.blocks import Blocks, blocks, is_free, weighted
from accessgis.solve.exact import best_sites
from accessgis.solve.mip import program
from accessgis.solve.reach import candidates, checked, cut, in_order, limits, nearest, opened, unreached
from accessgis.solve.result import Effort, FloatArray, LongArray, Sites, Siting, Watch
from accessgis.travel.within import TimeMatrix

_MOST_ENTRIES = 60_000
_ROUNDS = 6
_WHOLE = 10**9
_SLACK = 1e-9


@dataclass(frozen=True, eq=False, kw_only=True)
class FairSiting(Siting):
    """Sites chosen for the worst-off group first. The objective is its covered share, 0 to 1.

    Attributes
    ----------
    share
        Covered share of each group, ``nan`` for one without people.
    covered
        People covered, over all groups.
    levels
        So many of the lowest shares are proven to be as high as can be, each after those below it; one more than there
        are groups when the people covered are too.
    """

    share: FloatArray
    covered: float
    levels: int


def fairest_cover(
    times: TimeMatrix,
    *,
    people: ArrayLike,
    group: ArrayLike,
    sites: Sites,
    count: int | None = None,
    budget: float | None = None,
    cutoff_ms: int | None = None,
    effort: Effort | None = None,
) -> FairSiting:
    """Choose sites that raise the covered share of the worst-off group first (lexicographic max-min).

    With ``s_g`` the share of the people of group g within reach, the lowest share is made as high as can be, then the
    second lowest, and so on (leximin; Rawls 1971, Ogryczak 1997), and last the people covered. Who is out of reach of
    every site stays in the denominators. ``adds`` and ``base`` are people within reach.

    Small problems are solved exactly by a chain of programs for HiGHS, the k-th of which maximises the sum of the k
    lowest shares, ``max k r − Σ_g d_g`` with ``d_g ≥ r − s_g, d_g ≥ 0`` (Ogryczak and Tamir 2003). Beyond that sites
    are chosen one by one and swapped as long as the sorted shares grow, and only the lowest share has a bound: no
    choice raises it above a weighted mean of shares, whatever the weights.

    Parameters
    ----------
    times
        Times of places (rows) to sites (columns); :func:`accessgis.solve.coverage` makes one of a coverage matrix.
    people
        People at each place, ≥ 0.
    group
        Number of the group of each place, such as its township, from 0.
    sites
        Costs and fixed sites, from :func:`accessgis.solve.sites`.
    count, budget
        How many sites may be chosen, or what they may cost: one of the two.
    cutoff_ms
        Longest time within reach; that of the matrix where left out.
    effort
        Gap of the lowest share to stop at, and time limit; the best itself within a minute where left out.

    Raises
    ------
    ValueError
        An amount is negative, infinite or unknown, a shape is wrong, or not exactly one limit is given.

    References
    ----------
    Ogryczak, W. (1997). On the lexicographic minimax approach to location problems. *European Journal of Operational
    Research* 100, 566–585. Ogryczak, W. and Tamir, A. (2003). Minimizing the sum of the k largest functions in linear
    time. *Information Processing Letters* 85, 117–122. Rawls, J. (1971). *A Theory of Justice*.
    """
    watch = Watch(effort=effort or Effort())
    living = checked(times, people, sites)
    near = cut(times, cutoff_ms)
    member = np.asarray(group)
    if member.shape != living.shape or member.dtype.kind not in "iu" or (member < 0).any():
        raise ValueError(f"group holds a whole number from 0 for each of {living.size} places")
    limit = limits(sites, count, budget)
    total = np.bincount(member, living)
    kept = np.flatnonzero(total > 0)
    amount = np.where(member[None, :] == kept[:, None], living[None, :], 0.0)
    block = blocks(near, amount, kind=member, sites=sites, limit=limit)
    search = _Shares(block, total[kept].astype(np.float64))
    search.climb(watch)
    if not kept.size:
        levels, bound = 1, 1.0
    elif _size(block, kept.size) <= _MOST_ENTRIES:
        levels, bound = _levels(search, watch)
    else:
        levels, bound = 0, _bound(search, watch)
    share = np.full(total.size, np.nan)
    share[kept] = search.shares(search.chosen)
    worst = float(share[kept].min(initial=1.0))
    gains, scale = candidates(
        near,
        (nearest(near, sites.fixed)[0][near.origin] < 0).astype(np.int64),
        people=living,
        sites=sites,
        limit=limit,
    )
    chosen, adds = in_order(gains, block.site[search.chosen])
    reached = search.block.covered(search.chosen).sum()
    return FairSiting(
        chosen=chosen,
        adds=adds / scale,
        base=float(block.base.sum()),
        objective=worst,
        bound=worst if levels else max(bound, worst),
        sense="max",
        stopped=watch.late() and levels <= kept.size,
        site=nearest(near, opened(sites, chosen))[0],
        out_of_reach=unreached(near, living),
        share=share,
        covered=float(reached),
        levels=levels,
    )


def _size(block: Blocks, groups: int) -> int:
    return 2 * block.gains.place.size + block.gains.weight.size * (groups + 1)


class _Shares:
    """The fairest choice known: its shares in ascending order, then the people it covers, come first."""

    def __init__(self, block: Blocks, total: FloatArray) -> None:
        self.block, self.total = block, total
        self.chosen = np.empty(0, np.int64)

    def shares(self, chosen: LongArray) -> FloatArray:
        return self.block.covered(chosen) / self.total

    def key(self, chosen: LongArray) -> FloatArray:
        """Return what is compared from left to right, the higher the better."""
        covered = self.block.covered(chosen)
        return np.append(np.sort(covered / self.total), covered.sum())

    def offer(self, chosen: LongArray) -> bool:
        """Take a choice as the fairest known if it is."""
        if not _above(self.key(chosen), self.key(self.chosen)):
            return False
        self.chosen = np.sort(chosen)
        return True

    def climb(self, watch: Watch) -> None:
        """Choose sites one by one, then add and swap as long as that is fairer."""
        while (best := self._next(self.chosen)) is not None and self.offer(np.append(self.chosen, best)):
            pass
        better = True
        while better and not watch.late():
            better = False
            for k in self.chosen:
                rest = self.chosen[self.chosen != k]
                best = self._next(rest)
                if best is not None and self.offer(np.append(rest, best)):
                    better = True
                    break

    def _next(self, chosen: LongArray) -> int | None:
        """Return the site whose addition is fairest, the lowest index among equals; None where none fits."""
        gains = self.block.gains
        fits = np.flatnonzero(is_free(gains, chosen))
        if not fits.size:
            return None
        inside = np.zeros(gains.site_count, np.bool_)
        inside[chosen] = True
        times = np.bincount(gains.place[inside[gains.site]], minlength=gains.weight.size).astype(np.float64)
        sums = self.block.adds(times)[fits] + self.block.covered(chosen)
        shares = np.sort(sums / self.total, axis=1)
        order = np.lexsort([fits, -sums.sum(axis=1), *(-shares[:, ::-1]).T])
        return int(fits[order[0]])


def _above(one: FloatArray, other: FloatArray) -> bool:
    """Return whether one list comes above another, by the first place at which they differ."""
    differs = np.flatnonzero(np.abs(one - other) > _SLACK * (1 + np.abs(other)))
    return bool(differs.size) and bool(one[differs[0]] > other[differs[0]])


def _levels(search: _Shares, watch: Watch) -> tuple[int, float]:
    """Raise the sums of the lowest shares one after another by HiGHS; return how many are proven, and a bound."""
    groups = search.total.size
    sums: list[float] = []
    for k in range(1, groups + 2):
        chosen, bound, finished = _raise(search, k, sums, watch)
        if chosen is not None:
            search.offer(chosen)
        if not finished:
            return k - 1, bound if k == 1 else 1.0
        sums.append(float(search.key(search.chosen)[:k].sum()))
    return groups + 1, 1.0


def _raise(search: _Shares, k: int, sums: list[float], watch: Watch) -> tuple[LongArray | None, float, bool]:
    """Maximise the sum of the k lowest shares, or the people covered after the last, keeping the sums before.

    Columns: sites, places, the share of each group, then for each level r and the d of each group.
    """
    block, groups = search.block, search.total.size
    sites, places = block.gains.site_count, block.gains.weight.size
    first = sites + places
    count = min(k, groups)
    width = first + groups + count * (groups + 1)
    parts, high = block.rows()
    rows: list[Any] = [csr_array(hstack([part, csr_array((part.shape[0], width - first))])) for part in parts]
    low = [np.full(high.size, -np.inf), block.base / search.total]
    highs = [high, block.base / search.total]
    rows.append(_share_rows(search, width))
    cost = np.zeros(width)
    for level in range(count):
        at = first + groups + level * (groups + 1)
        rows.append(_lacks(groups, first, at, width))
        low.append(np.zeros(groups))
        highs.append(np.full(groups, np.inf))
        total = np.zeros(width)
        total[at], total[at + 1 : at + 1 + groups] = level + 1, -1
        if level < len(sums):
            rows.append(csr_array(total[None, :]))
            low.append(np.array([sums[level] - 1e-8]))
            highs.append(np.array([np.inf]))
        else:
            cost = -total
    if k > groups:
        cost[sites:first] = -block.amount.sum(axis=0) / search.total.sum()
    done = program(
        cost,
        csr_array(vstack(rows)),
        np.concatenate(low),
        np.concatenate(highs),
        whole=np.arange(width) < sites,
        most=np.ones(width),
        time_s=watch.left_s(),
    )
    chosen = None if done.values is None else np.flatnonzero(done.values[:sites] > 0.5)
    return chosen, float(-done.bound) if np.isfinite(done.bound) else 1.0, done.finished


def _share_rows(search: _Shares, width: int) -> csr_array:
    """Return the rows ``s_g − Σ_i w_i z_i / W_g``."""
    block, groups = search.block, search.total.size
    sites, first = block.gains.site_count, block.gains.site_count + block.gains.weight.size
    share = block.amount / search.total[:, None]
    g, i = np.nonzero(share)
    numbers = np.arange(groups)
    values = np.concatenate([np.ones(groups), -share[g, i]])
    at = np.concatenate([numbers, g]), np.concatenate([first + numbers, sites + i])
    return csr_array((values, at), shape=(groups, width))


def _lacks(groups: int, first: int, at: int, width: int) -> csr_array:
    """Return the rows ``d_g + s_g − r`` of one level, whose r stands at a column and its d after it."""
    numbers = np.arange(groups)
    values = np.concatenate([np.ones(2 * groups), -np.ones(groups)])
    columns = np.concatenate([at + 1 + numbers, first + numbers, np.full(groups, at)])
    return csr_array((values, (np.tile(numbers, 3), columns)), shape=(groups, width))


def _bound(search: _Shares, watch: Watch) -> float:
    """Return a bound of the lowest share: a mean share of the groups, of which the worst-off weigh most."""
    bound = 1.0
    share = search.shares(search.chosen)
    weight = np.exp(-8 * (share - share.min()))
    for _ in range(_ROUNDS):
        weight = weight / weight.sum()
        each = weight / search.total
        gains = weighted(search.block, each @ search.block.amount * _WHOLE, search.block.gains.limit)
        some = Watch(effort=Effort(time_limit_s=max(watch.left_s() / 2, 0.01)))
        best = best_sites(gains, some, lambda value: value + int(0.005 * value))
        rounding = 0.5 * gains.weight.size
        bound = min(bound, float(each @ search.block.base) + (best.bound + rounding) / _WHOLE)
        search.offer(best.chosen)
        weight = weight * np.exp(-4 * (search.shares(best.chosen) - bound))
        if watch.late():
            break
    return bound
