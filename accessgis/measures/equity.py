"""Equity: how equally access, or travel time, is spread over people.

All measures are of the people, not of the entries: an entry with 200 people counts as 200 entries with one person
each, an entry with nobody counts nothing, and the order of entries does not matter. Access is any amount of which
more is better (places per head, a floating-catchment figure); times are milliseconds, ``inf`` unreachable. Figures
per area, and the parts that lie between areas, are in ``equity_groups``.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from accessgis.measures import spread
from accessgis.measures.coverage import FloatArray


class LorenzCurve(NamedTuple):
    """Points of a Lorenz curve, from (0, 0) to (1, 1), one for each different amount of access."""

    people_share: FloatArray
    access_share: FloatArray


def gini(access: ArrayLike, people: ArrayLike) -> float:
    r"""Return the Gini coefficient of access over people.

    .. math:: G = \frac{1}{2 \mu P^2} \sum_i \sum_j w_i w_j |x_i - x_j|

    with people w, P their sum, and the mean access μ (Gini 1912; Lerman and Yitzhaki 1989 for weights). It is that of
    the population: no correction for small samples.

    Parameters
    ----------
    access
        What each person of an entry has, finite and ≥ 0, any unit; shape (n,).
    people
        People per entry, ≥ 0, not necessarily whole; shape (n,).

    Returns
    -------
    float
        0 when all have the same, so also for a single person. At most 1 − w/P with w the people of the smallest
        entry, reached when it holds everything; always below 1. NaN for nobody, and when nobody has any access: 0 / 0.

    Raises
    ------
    ValueError
        Negative numbers, NaN, unequal lengths; ``inf`` where people live: a time without end has no mean, so use access
        (0 for the unreachable) or ``fgt``.

    Examples
    --------
    >>> gini([1, 3], [10, 10])
    0.25
    """
    return float(spread.gini(spread.crowd(access, people, name="access").ascending())[0])


def lorenz(access: ArrayLike, people: ArrayLike) -> LorenzCurve:
    """Return the Lorenz curve: the share of all access that the worst-off share of the people hold (Lorenz 1905).

    Between its points the curve is straight. Twice the area between it and the diagonal is the Gini coefficient.

    Parameters
    ----------
    access, people
        As in ``gini``.

    Returns
    -------
    LorenzCurve
        Both shares ascending, each of shape (different amounts + 1,). Only the point (0, 0) for nobody; the shares of
        access are NaN beyond it when nobody has any.

    Raises
    ------
    ValueError
        As in ``gini``.

    Examples
    --------
    >>> curve = lorenz([1, 3], [10, 10])
    >>> curve.people_share.tolist(), curve.access_share.tolist()
    ([0.0, 0.5, 1.0], [0.0, 0.25, 1.0])
    """
    crowd = spread.crowd(access, people, name="access")
    position = np.unique(crowd.values, return_inverse=True)[1]
    living = np.cumsum(np.bincount(position, weights=crowd.people), dtype=np.float64)
    held = np.cumsum(np.bincount(position, weights=crowd.people * crowd.values), dtype=np.float64)
    return LorenzCurve(
        people_share=np.r_[0.0, spread.over(living, living[-1:])],
        access_share=np.r_[0.0, spread.over(held, held[-1:])],
    )


def theil(access: ArrayLike, people: ArrayLike) -> float:
    r"""Return Theil's T, the generalised entropy of order 1 (Theil 1967).

    .. math:: T = \sum_i \frac{w_i}{P} \frac{x_i}{\mu} \ln \frac{x_i}{\mu}

    with 0 ln 0 = 0. It weighs differences among the well served more than ``mean_log_deviation`` does, and divides
    exactly into parts within and between areas: ``equity_groups.decompose``.

    Parameters
    ----------
    access, people
        As in ``gini``.

    Returns
    -------
    float
        In nats. 0 when all have the same. At most ln(P / w) with w the people of the smallest entry, reached when
        it holds everything. NaN for nobody, and when nobody has any access.

    Raises
    ------
    ValueError
        As in ``gini``.

    Examples
    --------
    >>> round(theil([0, 2], [10, 10]), 6)
    0.693147
    """
    return float(spread.theil(spread.crowd(access, people, name="access"))[0])


def mean_log_deviation(access: ArrayLike, people: ArrayLike) -> float:
    r"""Return the mean log deviation, Theil's L, the generalised entropy of order 0 (Theil 1967).

    .. math:: L = \sum_i \frac{w_i}{P} \ln \frac{\mu}{x_i}

    Its parts within areas are weighted by people alone, so that it answers plainly how much would be left if all
    areas had the same mean (Shorrocks 1980).

    Parameters
    ----------
    access, people
        As in ``gini``.

    Returns
    -------
    float
        In nats. 0 when all have the same, without upper bound; ``inf`` as soon as one person has no access and another
        has some. NaN for nobody, and when nobody has any access.

    Raises
    ------
    ValueError
        As in ``gini``.

    Examples
    --------
    >>> round(mean_log_deviation([1, 4], [10, 10]), 6)
    0.223144
    """
    return float(spread.mean_log_deviation(spread.crowd(access, people, name="access"))[0])


def palma(access: ArrayLike, people: ArrayLike) -> float:
    """Return the Palma ratio: what the best-served 10 % of the people hold over what the worst-served 40 % hold.

    After Palma (2011) and Cobham and Sumner (2013). People at the cuts of 40 % and 90 % count with the fraction that
    lies on its side, so that ties and the size of entries do not matter.

    Parameters
    ----------
    access, people
        As in ``gini``.

    Returns
    -------
    float
        0.25 when all have the same, so also for a single person; never less. ``inf`` when the worst-served 40 % have
        nothing. NaN for nobody, and when nobody has any access.

    Raises
    ------
    ValueError
        As in ``gini``.

    Examples
    --------
    >>> palma([1, 2, 9], [4, 5, 1])
    2.25
    """
    return float(spread.palma(spread.crowd(access, people, name="access").ascending())[0])


def worst_off_ratio(
    values: ArrayLike, people: ArrayLike, *, share: float = 0.1, worst: Literal["least", "most"] = "least"
) -> float:
    r"""Return the mean of the worst-off share of the people over the mean of all.

    .. math:: R_p = \frac{1}{p \mu} \sum_i x_i \left(\min(F_i, p) - \min(F_{i-1}, p)\right)

    with F the cumulative share of people from the worst on; the people at the cut count with the fraction inside. For
    access it is L(p) / p, L the Lorenz curve.

    Parameters
    ----------
    values
        Access (``worst="least"``) or travel times (``worst="most"``), ≥ 0, any unit; shape (n,).
    people
        As in ``gini``.
    share
        The worst-off share p of the people, above 0, at most 1.
    worst
        Whether those with the least are worst off (access), or those with the most (times).

    Returns
    -------
    float
        Access: 0 (the worst-off have nothing) to 1 (all have the same). Times: 1 to 1/p. With a share u of people
        unreachable both means are infinite; the ratio is then its limit as their time grows without end, 1 / max(u, p),
        and so 1 when all are unreachable. NaN for nobody, and when all values are 0.

    Raises
    ------
    ValueError
        As in ``gini``, where ``inf`` is refused for access only; a share outside (0, 1]; another ``worst``.

    Examples
    --------
    >>> worst_off_ratio([1, 3], [10, 10], share=0.5)
    0.5
    >>> worst_off_ratio([60_000, float("inf")], [98, 2], share=0.1, worst="most")
    10.0
    """
    if worst not in {"least", "most"}:
        raise ValueError(f"worst must be 'least' or 'most', not {worst!r}")
    spread.check_share(share)
    if worst == "most":
        times = spread.crowd(values, people, name="ms", finite=False).ascending()
        return float(spread.worst_by_time(times, worst=share)[0])
    ascending = spread.crowd(values, people, name="access").ascending()
    return float(spread.relative_mean(ascending, low=0.0, high=share)[0])


def concentration_index(access: ArrayLike, people: ArrayLike, rank_by: ArrayLike) -> float:
    r"""Return the concentration index: whether access gathers among those low or high in another variable.

    .. math:: C = \frac{2}{\mu} \sum_i \frac{w_i}{P} (x_i - \mu) (R_i - \tfrac12)

    with R the share of the people below, plus half of those level, when people are ranked by ``rank_by`` (Kakwani 1980;
    Wagstaff, Paci and van Doorslaer 1991; Kakwani, Wagstaff and van Doorslaer 1997 for the covariance form). People
    level in ``rank_by`` share their mean rank.

    Parameters
    ----------
    access, people
        As in ``gini``.
    rank_by
        A number per entry to rank people by: income, a deprivation score, the degree of rurality. Any sign, ``inf``
        allowed; shape (n,).

    Returns
    -------
    float
        Negative: access gathers among those with low ``rank_by``; positive: among those with high. Ranked by income,
        positive favours the rich; ranked by rurality, positive favours the countryside. 0 when access does not go
        with the rank, when all are level, when all have the same, and for a single person. Between −G and G, the Gini
        coefficient of access, which is reached when the ranks are those of access. For a share such as 0 or 1 for
        covered, the bounds narrow to 1 − mean (Wagstaff 2005). NaN for nobody, and when nobody has any access.

    Raises
    ------
    ValueError
        As in ``gini``; NaN in ``rank_by``.

    Examples
    --------
    >>> concentration_index([1, 3], [10, 10], rank_by=[200, 100])
    -0.25
    """
    crowd = spread.crowd(access, people, name="access")
    return float(spread.concentration(crowd, spread.ranks(rank_by, people))[0])


def fgt(ms: ArrayLike, people: ArrayLike, *, limit_ms: float, alpha: float) -> float:
    r"""Return the Foster–Greer–Thorbecke index of travel time over a limit.

    .. math::

        FGT_\alpha = \sum_{i : t_i > z} \frac{w_i}{P} g_i^\alpha, \qquad g_i = \min\left(\frac{t_i - z}{z}, 1\right)

    after Foster, Greer and Thorbecke (1984). The poverty line z is the limit; poor is who needs longer, as in
    coverage: a trip of exactly the limit is in time. The gap of an income lies between 0 and 1 of itself, for nobody
    has less than nothing. A time has no such end: without a bound one unreachable hamlet would make every county's
    figure infinite, and one very long trip would outweigh a township. So the gap is capped at 1, which twice the
    limit and everything beyond it has, unreachable included: an unreachable person is never better off than one with
    a way.

    Parameters
    ----------
    ms
        Time per entry in milliseconds, ≥ 0, ``inf`` unreachable; shape (n,).
    people
        As in ``gini``.
    limit_ms
        The limit, above 0, inclusive.
    alpha
        0: the share of people over the limit, which is the uncovered share. 1: their depth, the mean gap over all
        people. 2: severity, where long gaps weigh more. Any number ≥ 0.

    Returns
    -------
    float
        0 when nobody is over the limit, 1 when all are unreachable; falls as alpha rises. NaN for nobody. The index
        of all people is the mean of those of any groups, weighted by their people.

    Raises
    ------
    ValueError
        Negative numbers, NaN, unequal lengths; a limit that is not above 0 and finite; a negative alpha.

    Examples
    --------
    >>> fgt([900_000, 1_350_000, float("inf")], [50, 30, 20], limit_ms=900_000, alpha=1)
    0.35
    """
    spread.check_limit(limit_ms)
    if not 0 <= alpha < np.inf:
        raise ValueError("alpha must be a number of 0 or more")
    return float(spread.fgt(spread.crowd(ms, people, name="ms", finite=False), limit=limit_ms, alpha=alpha)[0])
