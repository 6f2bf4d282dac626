"""Siting problems as mixed-integer programs for HiGHS (Huangfu and Hall 2018), which closes what is small enough."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from accessgis.solve.gains import Gains, by_place

FloatArray = NDArray[np.float64]
LongArray = NDArray[np.int64]

_ROUNDING = 1e-9


class Program(NamedTuple):
    """What HiGHS found: values (None when nothing was found in time), bound, and whether it finished."""

    values: FloatArray | None
    bound: float
    finished: bool
    infeasible: bool


def program(
    cost: FloatArray,
    rows: Any,
    low: FloatArray,
    high: FloatArray,
    *,
    whole: NDArray[Any],
    most: FloatArray,
    time_s: float,
    least: FloatArray | None = None,
) -> Program:
    """Minimise ``cost · x`` with ``low ≤ rows x ≤ high`` and ``least ≤ x ≤ most`` (0 where left out), some x whole.

    Raises
    ------
    RuntimeError
        HiGHS failed: no answer is better than one that is not proven.
    """
    if not cost.size:
        return Program(values=np.empty(0), bound=0.0, finished=True, infeasible=False)
    scale = max(float(np.abs(cost).max(initial=0.0)), 1e-300) / 1000.0
    done = milp(
        cost / scale,
        constraints=LinearConstraint(rows, low, high),
        integrality=whole.astype(np.int64),
        bounds=Bounds(np.zeros(cost.size) if least is None else least, most),
        options={"mip_rel_gap": 0.0, "time_limit": max(time_s, 0.01)},
    )
    if done.status not in {0, 1, 2}:
        raise RuntimeError(f"HiGHS did not solve the program: {done.message}")
    dual = getattr(done, "mip_dual_bound", None)
    bound = -np.inf if dual is None else float(dual) * scale
    values = None if done.x is None else np.asarray(done.x, dtype=np.float64)
    return Program(values=values, bound=bound, finished=done.status == 0, infeasible=done.status == 2)


def size(gains: Gains) -> int:
    """Return the number of entries of the program of a problem."""
    return 3 * gains.place.size


def close(gains: Gains, *, time_s: float) -> tuple[LongArray, int, bool]:
    """Return the best sites of a problem, a bound of their value, and whether they are proven.

    With the distinct gains of a place in falling order, ``z_l`` says that it gains at least the l-th (Elloumi 2010):
    ``z_l ≤ z_(l−1) + Σ_(j gains exactly the l-th) x_j``. In a covering model that is ``z_i ≤ Σ_j a_ij x_j``.
    """
    start, site, unit = by_place(gains)
    sites = gains.site_count
    place = np.repeat(np.arange(gains.weight.size), np.diff(start))
    order = np.lexsort((site, -unit, place))
    site, unit, place = site[order], unit[order], place[order]
    fresh = np.concatenate([[True], (np.diff(place) != 0) | (np.diff(unit) != 0)])[: place.size]
    level = np.cumsum(fresh) - 1
    count = int(fresh.sum())
    at, worth, of = np.arange(count), unit[fresh], place[fresh]
    follows = np.concatenate([[False], of[1:] == of[:-1]])[:count]
    below = np.concatenate([np.where(of[1:] == of[:-1], worth[1:], 0), [0]])[:count]
    value = ((worth - below) * gains.weight[of]).astype(np.float64)
    rows = csr_array(
        (
            np.concatenate([-np.ones(site.size), np.ones(count), -np.ones(follows.sum()), gains.cost]),
            (
                np.concatenate([level, at, at[follows], np.full(sites, count)]),
                np.concatenate([site, sites + at, sites + at[follows] - 1, np.arange(sites)]),
            ),
        ),
        shape=(count + 1, sites + count),
    )
    done = program(
        np.concatenate([np.zeros(sites), -value]),
        rows,
        np.full(count + 1, -np.inf),
        np.concatenate([np.zeros(count), [float(gains.limit)]]),
        whole=np.arange(sites + count) < sites,
        most=np.ones(sites + count),
        time_s=time_s,
    )
    none = np.empty(0, np.int64)
    chosen = none if done.values is None else np.flatnonzero(done.values[:sites] > 0.5)
    bound = float(value.sum()) if not np.isfinite(done.bound) else -done.bound
    return chosen, int(np.floor(bound * (1 + _ROUNDING) + 1e-6)), done.finished
