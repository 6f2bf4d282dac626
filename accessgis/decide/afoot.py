"""What a proposed site changes for people on foot, and the land it serves: both without asking any rule."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from accessgis.base.schema import Column, Schema
from accessgis.decide.candidates import circles_of
from accessgis.decide.cases import cases_of
from accessgis.measures.coverage import is_covered
from accessgis.study.measure import Measured
from accessgis.study.reaches import admitted, cutoff_of
from accessgis.study.routing import Case, Router
from accessgis.travel.isochrone import isochrones
from accessgis.travel.types import Direction

FloatArray = NDArray[np.float64]

WALK_MINUTES = (15, 30)

SITE_WALK = Schema(
    "site_walk",
    (
        Column("limit_min", "float", "minutes on foot", "min"),
        Column("people", "float", "people within it of the site, of none of its kind in service today", "people"),
        Column("age60plus", "float", "of them aged 60 and over; NaN when not given", "people"),
    ),
)
SITE_NEARER = Schema(
    "site_nearer",
    (
        Column("people", "float", "people to whom the site is nearer on foot than any facility of its kind", "people"),
        Column("age60plus", "float", "of them aged 60 and over; NaN when not given", "people"),
        Column("newly_reaching", "float", "of the people those without any way on foot today", "people"),
        Column(
            "median_saved_min", "float", "minutes that half of the others save at least; NaN where nobody does", "min"
        ),
    ),
)
SITE_CATCHMENTS = Schema(
    "site_catchments",
    (
        Column("rule", "text", "rule id; '' for a walk of so many minutes"),
        Column("profile", "text", "profile, or several joined by '+'"),
        Column("limit_s", "float", "limit of the rule, or of the walk", "s"),
        Column("area_km2", "float", "area from which the site is within the limit: for looking at", "km²"),
        Column("geometry", "geometry", "its outline: working CRS; GeoJSON in WGS-84 degrees in files"),
    ),
)


@lru_cache(maxsize=1)
def _walk_today(measured: Measured, kind: str) -> tuple[Case, FloatArray]:
    """Return the walking network, and everybody's way to the nearest facility of a kind in service."""
    case = cases_of(measured)("walk", "central")
    mask = admitted(measured.prepared, [kind])
    return case, measured.router.times(case, mask, direction="to_facility").ms


def walk_effect(measured: Measured, router: Router, kind: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return who comes within a walk of a facility of a kind, and how much nearer it is on foot.

    Parameters
    ----------
    measured
        The study with its times.
    router
        The same roads and people with the site as the only facility.
    kind
        Kind of the site.

    Returns
    -------
    tuple of pandas.DataFrame
        Schemas :data:`SITE_WALK` and :data:`SITE_NEARER`; people are those of the study's areas.
    """
    case, before = _walk_today(measured, kind)
    site = router.times(router.beside_case(case), np.ones(1, dtype=bool), direction="to_facility").ms
    demand = measured.prepared.demand
    judged = demand.frame["judged"].to_numpy(dtype=bool)
    total = np.where(judged, demand.people("total"), 0.0)
    elderly = np.where(judged, demand.people("age60plus"), 0.0) if "age60plus" in demand.groups else None

    def counted(among: NDArray[np.bool_]) -> tuple[float, float]:
        return float(total[among].sum()), float("nan") if elderly is None else float(elderly[among].sum())

    rows = []
    for limit in WALK_MINUTES:
        cutoff = limit * 60_000
        newly = is_covered(site, cutoff_ms=cutoff) & ~is_covered(before, cutoff_ms=cutoff)
        people, old = counted(newly)
        rows.append({"limit_min": float(limit), "people": people, "age60plus": old})
    nearer = site < before
    people, old = counted(nearer)
    had = nearer & np.isfinite(before)
    saved = (before[had] - site[had]) / 60_000.0
    row = {
        "people": people,
        "age60plus": old,
        "newly_reaching": float(total[nearer & ~np.isfinite(before)].sum()),
        "median_saved_min": _median(saved, total[had]),
    }
    walk, nearer_frame = pd.DataFrame(rows), pd.DataFrame([row])
    SITE_WALK.require(walk)
    SITE_NEARER.require(nearer_frame)
    return walk, nearer_frame


def _median(values: FloatArray, people: FloatArray) -> float:
    """Return the largest value that half of the people have at least; NaN without people."""
    order = np.argsort(-values, kind="stable")
    summed = np.cumsum(people[order])
    if not summed.size or not summed[-1] > 0:
        return float("nan")
    return float(values[order][np.searchsorted(summed, summed[-1] / 2)])


def catchments(measured: Measured, router: Router, kind: str) -> gpd.GeoDataFrame:
    """Return the land from which a site is within the limit of each circle in minutes that counts its kind.

    Parameters
    ----------
    measured, router, kind
        As for :func:`walk_effect`.

    Returns
    -------
    geopandas.GeoDataFrame
        Schema :data:`SITE_CATCHMENTS`: by the rule's own profiles, whichever is quickest; then walks of 15 and 30
        minutes.
    """
    case, _ = _walk_today(measured, kind)
    cutoffs = [limit * 60_000 for limit in WALK_MINUTES]
    rows = list(_by_rule(measured, router, kind))
    for cutoff, shape in zip(cutoffs, _outlines(router, case, "to_facility", cutoffs), strict=True):
        rows.append(("", "walk", cutoff / 1000.0, shape))
    shapes = [row[3] for row in rows]
    frame = pd.DataFrame([row[:3] for row in rows], columns=["rule", "profile", "limit_s"])
    frame = frame.astype({"rule": "str", "profile": "str"}).assign(area_km2=shapely.area(shapes) / 1e6)
    whole = gpd.GeoDataFrame(frame, geometry=shapes, crs=measured.prepared.crs)
    SITE_CATCHMENTS.require(whole)
    return whole


def _by_rule(measured: Measured, router: Router, kind: str) -> Iterator[tuple[str, str, float, shapely.Geometry]]:
    known: dict[tuple[object, ...], shapely.Geometry] = {}
    for item in circles_of(measured, kind):
        chosen, rule = item.chosen, item.chosen.standard
        if rule.limit_s is None:
            continue
        cutoff, asked = cutoff_of(chosen), (*chosen.own_profiles, rule.direction, rule.limit_s)
        if asked not in known:
            first = next(number for number, kinds in enumerate(rule.facilities_any) if kind in kinds)
            mine = [part for part in item.parts if part.part == first and part.profile in chosen.own_profiles]
            outlines = [_outlines(router, part.case, part.direction, [cutoff])[0] for part in mine]
            known[asked] = shapely.union_all(outlines)
        yield rule.id, chosen.headline_profile, float(rule.limit_s), known[asked]


def _outlines(router: Router, case: Case, direction: Direction, cutoffs: list[int]) -> list[shapely.Geometry]:
    beside = router.beside_case(case)
    found = beside.search(np.ones(1, dtype=bool), direction=direction, limit_m=case.limit_m)
    return list(isochrones(found, cutoffs_ms=cutoffs, reach_m=case.limit_m, index=case.joins.index))
