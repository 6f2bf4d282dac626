"""People as multiples of a number, so that no figure tells of a few: for results that leave the office.

Every figure of people in areas, gaps and closures is rounded to the nearest multiple, each by itself, and shares and
ratios are computed anew from the rounded figures. Whatever is then written follows from rounded figures alone, so that
subtracting some from others gives nothing that they do not say. Verdicts are those of the exact figures.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessgis.assess.assessment import Assessment
from accessgis.base.errors import Doubt
from accessgis.layers.demand import Demand

ROUNDED = "round_people_to"
"""Key of :attr:`Assessment.parameters`; absent where figures are exact."""

_COUNTS = ("people", "covered", "off_network", "unreachable", "unclassified", "edge_people", "straight_only")
_SHARES = (
    "covered_share", "covered_share_high", "covered_share_own", "range_low", "range_high",
    "covered_share_construction", "covered_share_planned", "covered_share_assigned", "covered_share_straight",
    "covered_share_fixed",
)  # fmt: skip
_TIMES = ("median_s", "p90_s", "median_m", "p90_m")
_TOLD_LEVELS = ("province", "prefecture", "county")
"""Levels that keep their exact shares, and with them their index."""
_GAP_COUNTS = ("people", "people_off_network", "people_no_path", "people_too_far", "age60plus")
_LARGE = 10
"""A whole county of at least so many times the multiple keeps its exact shares: they decide its verdict."""

Floats = NDArray[np.float64]


def rounded_people(assessment: Assessment, to: int) -> Assessment:
    """Return an assessment whose figures of people are multiples of ``to``.

    Parameters
    ----------
    assessment
        What a run found; not changed.
    to
        The multiple: a figure is at most half of it away from the truth.

    Returns
    -------
    Assessment
        Areas, gaps, closures and the people of every village rounded; within a village the people stand evenly at its
        points. Gaps that round to nobody, the points of people off the network, the index of townships and the evidence
        are left out.
    """
    snaps = assessment.snaps
    doubt = Doubt(code="AG9052", values={"multiple": to})
    return replace(
        assessment,
        results=rounded_results(assessment.results, to),
        gaps=_gaps(assessment.gaps, to),
        snaps=snaps[snaps["point"] == "facility"].reset_index(drop=True),
        demand=_demand(assessment.demand, to),
        closures=_closures(assessment.closures, to),
        equity=_equity(assessment.equity, to),
        road_places=_road_places(assessment.road_places, to),
        index=_told(assessment.index),
        index_rules=_told(assessment.index_rules),
        quality=replace(assessment.quality, doubts=(*assessment.quality.doubts, doubt)),
        parameters={**assessment.parameters, ROUNDED: to},
        evidence=None,
    )


def _equity(equity: pd.DataFrame, to: int) -> pd.DataFrame:
    """Return differences between parts without those of parts that are too few to be told of."""
    few = (equity["reached"] < to).to_numpy(dtype=bool)
    people, covered, reached = (
        nearest(equity[name].to_numpy(dtype=np.float64), to) for name in ("people", "covered", "reached")
    )
    share = np.full(people.size, np.nan)
    np.divide(covered, people, out=share, where=people > 0)
    hidden = {name: equity[name].mask(few) for name in ("mean_s", "mean_m", "gini", "worst_off_ratio", "ratio")}
    share = np.minimum(share, 1.0)
    return equity.assign(people=people, covered=covered, reached=reached, covered_share=share, **hidden)


def _told(index: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the index that give away no share of a small area."""
    return index[index["level"].isin(_TOLD_LEVELS)].reset_index(drop=True)


def nearest(values: Floats, to: int) -> Floats:
    """Return the nearest multiples, halves upwards; NaN stays."""
    return np.asarray(np.floor(values / to + 0.5) * to, dtype=np.float64)


def rounded_results(results: pd.DataFrame, to: int) -> pd.DataFrame:
    """Return rows of schema :data:`accessgis.assess.assessment.RESULTS` whose figures of people are multiples."""
    exact = results["people"].to_numpy(dtype=np.float64)
    people = nearest(exact, to)
    small = ~(results["level"].isin(_TOLD_LEVELS).to_numpy() & (exact >= _LARGE * to))
    changed: dict[str, Any] = {name: nearest(results[name].to_numpy(dtype=np.float64), to) for name in _COUNTS}
    for name in _SHARES:
        values = results[name].to_numpy(dtype=np.float64)
        changed[name] = np.where(small, _share(values, exact, people, to), values)
    for name in _TIMES:
        changed[name] = np.where(small & (exact < to), np.nan, results[name].to_numpy(dtype=np.float64))
    changed["sensitivity"] = [
        tuple((factor, *_share(np.array(ends), mine, told, to).tolist()) for factor, *ends in sides) if few else sides
        for sides, mine, told, few in zip(results["sensitivity"], exact, people, small, strict=True)
    ]
    changed |= _ratios(results, exact, people, small)
    return results.assign(**changed)


def _share(values: Floats, exact: Floats | float, people: Floats | float, to: int) -> Floats:
    """Return shares of people as the rounded figures give them, NaN where they round to nobody."""
    told = np.broadcast_to(np.asarray(people, dtype=np.float64), np.shape(values))
    share = np.full(np.shape(values), np.nan)
    np.divide(nearest(values * exact, to), told, out=share, where=told > 0)
    return np.asarray(np.minimum(share, 1.0), dtype=np.float64)


def _ratios(results: pd.DataFrame, exact: Floats, people: Floats, small: NDArray[np.bool_]) -> dict[str, Floats]:
    """Return value and deficit of amounts per people (``places per 1000``) as the rounded people give them."""
    per = pd.to_numeric(results["unit"].str.partition(" per ")[2], errors="coerce").to_numpy(dtype=np.float64)
    value, deficit, target = (results[name].to_numpy(dtype=np.float64) for name in ("value", "deficit", "target"))
    here = small & np.isfinite(per) & np.isfinite(exact)
    anew = np.full(value.size, np.nan)
    np.divide(value * exact, people, out=anew, where=people > 0)
    lack = np.maximum(0.0, (target - anew) * people / per)
    return {
        "value": np.where(here, anew, value),
        "deficit": np.where(here & np.isfinite(deficit), lack, deficit),
    }


def _gaps(gaps: gpd.GeoDataFrame, to: int) -> gpd.GeoDataFrame:
    told = gaps.assign(**{name: nearest(gaps[name].to_numpy(dtype=np.float64), to) for name in _GAP_COUNTS})
    return told[told["people"] > 0].reset_index(drop=True)


def _road_places(places: gpd.GeoDataFrame | None, to: int) -> gpd.GeoDataFrame | None:
    if places is None:
        return None
    return places.assign(people=nearest(places["people"].to_numpy(dtype=np.float64), to))


def _closures(closures: pd.DataFrame, to: int) -> pd.DataFrame:
    if closures.empty:
        return closures
    exact = closures["people"].to_numpy(dtype=np.float64)
    times = ("median_before_s", "median_after_s", "p90_before_s", "p90_after_s")
    worst = [
        tuple((name, float(nearest(np.array(people), to)), *rest) for name, people, *rest in villages if people >= to)
        for villages in closures["worst"]
    ]
    return closures.assign(
        **{name: nearest(closures[name].to_numpy(dtype=np.float64), to) for name in ("people", "unreachable")},
        **{name: closures[name].where(exact >= to) for name in times},
        worst=pd.Series(worst, index=closures.index, dtype=object),
    )


def _demand(demand: Demand, to: int) -> Demand:
    """Return the people of every village rounded and spread evenly over the points where some of them live."""
    frame = demand.frame
    units = [frame[name] for name in ("county", "township", "village", "judged")]
    told = {}
    for group in demand.groups:
        people = demand.people(group)
        lived = people > 0
        sums = pd.Series(people).groupby(units).transform("sum").to_numpy(dtype=np.float64)
        points = pd.Series(lived.astype(np.float64)).groupby(units).transform("sum").to_numpy(dtype=np.float64)
        told["population" if group == "total" else group] = np.where(
            lived, nearest(sums, to) / np.maximum(points, 1.0), 0.0
        )
    return replace(demand, frame=frame.assign(**told))
