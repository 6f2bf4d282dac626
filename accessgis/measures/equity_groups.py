"""Equity between and within groups of people: decompositions, ratios of two groups, and a table per area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from accessgis.base.schema import Column, Schema
from accessgis.measures import spread
from accessgis.measures.coverage import FloatArray, Grouping

EQUITY = Schema(
    "equity",
    (
        Column("part", "text", "all (first row), area, or outside (last row, if people live outside every area)"),
        Column("code", "text", "area code, '' for all and outside"),
        Column("name", "text", "area name, '' for all and outside"),
        Column("people", "float", "people", "people"),
        Column("mean_access", "float", "mean access per person"),
        Column("mean_ratio", "float", "mean access over that of all"),
        Column("gini", "float", "Gini coefficient of access, 0–1"),
        Column("palma", "float", "access of the best-served 10 % over that of the worst-served 40 %, 0.25 when equal"),
        Column("worst_off_ratio", "float", "mean access of the worst-off share over the mean of the row, 0–1"),
        Column("concentration", "float", "concentration index by `rank_by`, −1 to 1; NaN without it"),
        Column("theil", "float", "Theil T of access", "nat"),
        Column(
            "theil_between", "float", "part of the Theil T of all that lies between areas; < 0 under the mean", "nat"
        ),
        Column("theil_within", "float", "part of the Theil T of all that lies within areas", "nat"),
        Column("mean_log_deviation", "float", "mean log deviation of access, inf where some have none", "nat"),
        Column("mean_log_deviation_between", "float", "as theil_between; > 0 under the mean", "nat"),
        Column("mean_log_deviation_within", "float", "as theil_within", "nat"),
        Column("uncovered_share", "float", "FGT(0): share of people over the limit; NaN without times, as all below"),
        Column("depth", "float", "FGT(1): mean gap, 0–1"),
        Column("severity", "float", "FGT(2): mean squared gap, 0–1"),
        Column("uncovered_part", "float", "part of the uncovered share of all that comes from the area"),
        Column("depth_part", "float", "part of the depth of all, likewise"),
        Column("severity_part", "float", "part of the severity of all, likewise"),
        Column("worst_off_time_ratio", "float", "mean time of the worst-off share over the mean time of the row, ≥ 1"),
    ),
)
"""The ``_between``, ``_within`` and ``_part`` columns of the rows below the first add up to its own."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Decomposition:
    """An inequality between and within areas.

    Attributes
    ----------
    total, between, within
        The inequality over all people, and its two parts: between + within = total.
    codes
        Area codes, and '' last for the people outside every area.
    between_parts, within_parts
        What each area adds to ``between`` and ``within``, 0 where nobody lives; shape (len(codes),).
    """

    total: float
    between: float
    within: float
    codes: tuple[str, ...]
    between_parts: FloatArray
    within_parts: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupComparison:
    """The means of two groups of people, NaN for a group of nobody.

    Attributes
    ----------
    first, second
        Mean per person of each group; of 0 and 1 for covered, the covered share.
    ratio
        first / second; ``inf`` when only the second is 0, NaN when both are.
    difference
        first − second.
    """

    first: float
    second: float
    ratio: float
    difference: float

    @property
    def difference_points(self) -> float:
        """The difference of two shares in percentage points."""
        return 100.0 * self.difference


def decompose(
    access: ArrayLike,
    people: ArrayLike,
    grouping: Grouping,
    *,
    measure: Literal["theil", "mean_log_deviation"] = "theil",
) -> Decomposition:
    r"""Divide Theil's T or the mean log deviation into parts between and within areas, exactly.

    .. math::

        T = \sum_g \frac{P_g \mu_g}{P \mu} \ln \frac{\mu_g}{\mu} + \sum_g \frac{P_g \mu_g}{P \mu} T_g, \qquad
        L = \sum_g \frac{P_g}{P} \ln \frac{\mu}{\mu_g} + \sum_g \frac{P_g}{P} L_g

    with people P_g and mean access μ_g of area g (Theil 1967; Shorrocks 1980). Between is what would be left if
    everybody had the mean of their area; within is what would be left of T if all areas kept their shares of access
    but had the same mean.

    Parameters
    ----------
    access, people
        As in ``equity.gini``.
    grouping
        Area of each entry: counties, townships, urban and rural. People outside every area are one more.
    measure
        Which of the two.

    Returns
    -------
    Decomposition
        A part between areas has a sign: of T, areas under the mean have negative ones, of L those over it; their sum
        is never negative. An area where nobody has access adds nothing to T; to L it adds ``inf`` between and nothing
        within. All is NaN for nobody, and when nobody has any access.

    Raises
    ------
    ValueError
        As in ``equity.gini``; a grouping of another length, or with an index outside its codes; another measure.

    Examples
    --------
    >>> import numpy as np
    >>> two = Grouping(codes=("a", "b"), names=("A", "B"), index=np.array([0, 0, 1, 1]))
    >>> parts = decompose([1, 1, 3, 3], [5, 5, 5, 5], two)
    >>> round(parts.between, 6), parts.within
    (0.130812, 0.0)
    """
    if measure not in {"theil", "mean_log_deviation"}:
        raise ValueError(f"measure must be 'theil' or 'mean_log_deviation', not {measure!r}")
    crowd = spread.crowd(access, people, grouping, name="access")
    total, between, within = _parts(crowd, measure=measure)
    return Decomposition(
        total=total,
        between=_sum(between),
        within=float(within.sum()),
        codes=(*grouping.codes, ""),
        between_parts=between,
        within_parts=within,
    )


def compare_groups(
    values: ArrayLike, people: ArrayLike, grouping: Grouping, *, first: str, second: str
) -> GroupComparison:
    """Compare the mean per person of two groups, such as urban and rural.

    Parameters
    ----------
    values
        Access, finite and ≥ 0; or whether each entry is covered (``coverage.is_covered``), whose mean is the covered
        share. Shape (n,).
    people
        As in ``equity.gini``.
    grouping
        Group of each entry.
    first, second
        Codes of the two groups.

    Returns
    -------
    GroupComparison
        Both means, their ratio and their difference; ``difference_points`` is the latter in percentage points.

    Raises
    ------
    ValueError
        As in ``decompose``; a code that the grouping does not have.

    Examples
    --------
    >>> import numpy as np
    >>> where = Grouping(codes=("rural", "urban"), names=("乡村", "城镇"), index=np.array([0, 0, 1]))
    >>> found = compare_groups([True, False, True], [30, 10, 60], where, first="urban", second="rural")
    >>> found.second, found.difference_points
    (0.75, 25.0)
    """
    for code in (first, second):
        if code not in grouping.codes:
            raise ValueError(f"the grouping has no code {code!r}")
    mean = spread.crowd(values, people, grouping, name="values").mean
    one, other = (mean[grouping.codes.index(code)] for code in (first, second))
    return GroupComparison(
        first=float(one), second=float(other), ratio=float(spread.over(one, other)), difference=float(one - other)
    )


def equity_by_area(
    access: ArrayLike,
    people: ArrayLike,
    grouping: Grouping,
    *,
    rank_by: ArrayLike | None = None,
    ms: ArrayLike | None = None,
    limit_ms: float | None = None,
    worst_share: float = 0.1,
) -> pd.DataFrame:
    """Return every measure of equity over all people and per area, and what lies between and within areas.

    Parameters
    ----------
    access, people
        As in ``equity.gini``.
    grouping
        Area of each entry.
    rank_by
        As in ``equity.concentration_index``; people are ranked anew inside each area.
    ms, limit_ms
        Times and limit as in ``equity.fgt``; both or neither.
    worst_share
        As ``share`` in ``equity.worst_off_ratio``.

    Returns
    -------
    pandas.DataFrame
        ``EQUITY``: all people first, the areas in the order of the grouping, and last the people outside every area if
        there are any. Areas without people have a row of NaN, and 0 as their parts.

    Raises
    ------
    ValueError
        As in the measures; times without a limit, or a limit without times.
    """
    spread.check_share(worst_share)
    if (ms is None) != (limit_ms is None):
        raise ValueError("ms and limit_ms must be given together")
    crowd = spread.crowd(access, people, grouping, name="access")
    columns = _of_access(crowd, worst_share=worst_share)
    nothing = np.full(crowd.parts + 1, np.nan)
    if rank_by is not None:
        key = spread.ranks(rank_by, people)
        columns["concentration"] = np.r_[spread.concentration(crowd.whole(), key), spread.concentration(crowd, key)]
    if ms is not None and limit_ms is not None:
        spread.check_limit(limit_ms)
        times = spread.crowd(ms, people, grouping, name="ms", finite=False)
        columns |= _of_times(times, limit_ms=limit_ms, worst_share=worst_share)
    areas = len(grouping.codes)
    frame = pd.DataFrame(
        {
            "part": ["all", *["area"] * areas, "outside"],
            "code": ["", *grouping.codes, ""],
            "name": ["", *grouping.names, ""],
            **{name: columns.get(name, nothing) for name in EQUITY.names[3:]},
        }
    )
    EQUITY.require(frame)
    return frame if crowd.total[-1] > 0 else frame.iloc[:-1]


def _of_access(crowd: spread.Crowd, *, worst_share: float) -> dict[str, FloatArray]:
    """Return the columns that come from access: all people, then each part."""
    both = (crowd.whole(), crowd)
    ascending = [one.ascending() for one in both]
    mean = np.concatenate([one.mean for one in both])
    columns = {
        "people": np.concatenate([one.total for one in both]),
        "mean_access": mean,
        "mean_ratio": spread.over(mean, mean[:1]),
        "gini": np.concatenate([spread.gini(one) for one in ascending]),
        "palma": np.concatenate([spread.palma(one) for one in ascending]),
        "worst_off_ratio": np.concatenate([spread.relative_mean(one, low=0.0, high=worst_share) for one in ascending]),
        "theil": np.concatenate([spread.theil(one) for one in both]),
        "mean_log_deviation": np.concatenate([spread.mean_log_deviation(one) for one in both]),
    }
    for measure in ("theil", "mean_log_deviation"):
        _, between, within = _parts(crowd, measure=measure)
        columns[f"{measure}_between"] = np.r_[_sum(between), between]
        columns[f"{measure}_within"] = np.r_[within.sum(), within]
    return columns


def _of_times(times: spread.Crowd, *, limit_ms: float, worst_share: float) -> dict[str, FloatArray]:
    """Return the columns that come from times: all people, then each part."""
    columns: dict[str, FloatArray] = {}
    weight = spread.over(times.total, times.total.sum())
    for alpha, name, part in (
        (0, "uncovered_share", "uncovered_part"),
        (1, "depth", "depth_part"),
        (2, "severity", "severity_part"),
    ):
        figure = spread.fgt(times, limit=limit_ms, alpha=alpha)
        parts = np.where(times.total > 0, weight * figure, weight)
        columns[name] = np.r_[spread.fgt(times.whole(), limit=limit_ms, alpha=alpha), figure]
        columns[part] = np.r_[parts.sum(), parts]
    both = [one.ascending() for one in (times.whole(), times)]
    columns["worst_off_time_ratio"] = np.concatenate([spread.worst_by_time(one, worst=worst_share) for one in both])
    return columns


def _parts(
    crowd: spread.Crowd, *, measure: Literal["theil", "mean_log_deviation"]
) -> tuple[float, FloatArray, FloatArray]:
    """Return the inequality over all people, and what each part adds between and within."""
    kind = spread.theil if measure == "theil" else spread.mean_log_deviation
    everybody = crowd.whole()
    total = float(kind(everybody)[0])
    if np.isnan(total):
        return total, np.full(crowd.parts, np.nan), np.full(crowd.parts, np.nan)
    people = crowd.total / everybody.total
    ratio = np.where(crowd.total > 0, crowd.mean / everybody.mean, 1.0)
    weight = people * ratio if measure == "theil" else people
    with np.errstate(divide="ignore"):
        logs = np.log(np.where(weight > 0, ratio, 1.0))
    between = weight * (logs if measure == "theil" else -logs)
    within = np.where((people > 0) & (ratio > 0), weight * kind(crowd), 0.0)
    return total, between, within


def _sum(between: FloatArray) -> float:
    """Return the sum of signed parts, which is never negative but for the last bits."""
    return float(np.maximum(between.sum(), 0.0))
