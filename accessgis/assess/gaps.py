"""Gaps: uncovered people who live close together, ranked by how many they are."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from accessgis.assess.assessment import GAPS
from accessgis.base.crs import to_degrees
from accessgis.layers.areas import Areas
from accessgis.layers.demand import Demand

LINK_M = 300.0
LINK_DIAGONALS = 1.5
SMALL_GAP_PEOPLE = 10.0
POINT_SQUARE_M = 100.0
"""Side of the square drawn for a demand point that was given as a point."""

REASONS = ("off_network", "no_path", "too_far")


@dataclass(frozen=True, eq=False, kw_only=True)
class Uncovered:
    """The uncovered people of one rule under its headline profile.

    Attributes
    ----------
    rule, kinds
        Rule id and its facility kinds.
    people
        People concerned and not covered per demand point (0 elsewhere).
    ms
        Time to the nearest facility, ``inf`` where there is none; millimetres for a rule in metres.
    off_network
        Whether the point is off the network and has no direct way either.
    facility_id
        Nearest facility per demand point, '' where there is none.
    elderly
        People aged 60 and over among ``people``, None where nothing tells.
    """

    rule: str
    kinds: tuple[str, ...]
    people: NDArray[np.float64]
    ms: NDArray[np.float64]
    off_network: NDArray[np.bool_]
    facility_id: NDArray[np.object_]
    in_metres: bool = False
    elderly: NDArray[np.float64] | None = None


def find_gaps(uncovered: Uncovered, demand: Demand, areas: Areas, *, crs: str) -> gpd.GeoDataFrame:
    """Group uncovered demand points into gaps.

    Points of one township are linked when at most max(300 m, 1.5 cell diagonals) apart; connected components are gaps;
    those under 10 people are summed into one "other" row (rank 0) per township, so that gaps add up to the uncovered.

    Returns
    -------
    geopandas.GeoDataFrame
        Schema :data:`accessgis.assess.assessment.GAPS`: ranked rows first, then the "other" rows by township.
    """
    members = np.flatnonzero(uncovered.people > 0)
    if not members.size:
        return _empty(crs)
    frame = demand.frame.iloc[members]
    township = frame["township"].to_numpy(dtype=object)
    label = _components(frame, township, max(LINK_M, LINK_DIAGONALS * demand.cell_diagonal_m))
    people = uncovered.people[members]
    size = np.bincount(label, weights=people)
    small = size < SMALL_GAP_PEOPLE
    order = pd.factorize(pd.Series(township), sort=True)[0]
    group = np.where(small[label], label.max() + 1 + order, label)
    rows = [_row(uncovered, demand, members[chosen], other=bool(small[label[chosen[0]]])) for chosen in _split(group)]
    table = pd.DataFrame(rows)
    table["other"] = table["other"].astype(bool)
    table = table.sort_values(
        ["other", "people", "lead"], ascending=[True, False, True], kind="stable", ignore_index=True
    )
    others = table["other"].to_numpy()
    table["rank"] = np.where(others, 0, np.arange(1, len(table) + 1)).astype(np.int64)
    suffix = np.where(others, "other-" + table["township"].astype(object), table["rank"].astype(str).astype(object))
    table["gap_id"] = uncovered.rule + "#" + pd.Series(suffix, dtype="str")
    _name(table, areas)
    lon, lat = to_degrees(CRS.from_user_input(areas.frame.crs)).transform(table["x"].to_numpy(), table["y"].to_numpy())
    table["lon"], table["lat"] = lon, lat
    result = gpd.GeoDataFrame(table[list(GAPS.names)], geometry="geometry", crs=crs)
    GAPS.require(result)
    return result


def _components(frame: pd.DataFrame, township: NDArray[np.object_], reach_m: float) -> NDArray[np.int64]:
    xy = frame[["x", "y"]].to_numpy(dtype=np.float64)
    pairs = cKDTree(xy).query_pairs(reach_m, output_type="ndarray")
    same = township[pairs[:, 0]] == township[pairs[:, 1]]
    links = pairs[same]
    graph = coo_array((np.ones(len(links), dtype=np.int8), (links[:, 0], links[:, 1])), shape=(len(xy), len(xy)))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _split(group: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    order = np.argsort(group, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(group[order])) + 1)


def _row(uncovered: Uncovered, demand: Demand, members: NDArray[np.int64], *, other: bool) -> dict[str, object]:
    people = uncovered.people[members]
    off = uncovered.off_network[members]
    no_path = ~off & ~np.isfinite(uncovered.ms[members])
    parts = [float(people[off].sum()), float(people[no_path].sum()), float(people[~off & ~no_path].sum())]
    place = int(members[np.argmax(people)])
    point = demand.frame.iloc[place]
    return {
        "rule": uncovered.rule,
        "kinds": ";".join(uncovered.kinds),
        "people": float(people.sum()),
        "people_off_network": parts[0],
        "people_no_path": parts[1],
        "people_too_far": parts[2],
        "age60plus": np.nan if uncovered.elderly is None else float(uncovered.elderly[members].sum()),
        "reason": REASONS[int(np.argmax(parts))],
        "facility_id": str(uncovered.facility_id[place]),
        "seconds": np.nan if uncovered.in_metres else float(uncovered.ms[place]) / 1000.0,
        "metres": float(uncovered.ms[place]) / 1000.0 if uncovered.in_metres else np.nan,
        "township": point["township"],
        "village": point["village"],
        "villages": _villages(demand, members),
        "x": float(point["x"]),
        "y": float(point["y"]),
        "lead": int(members[0]),
        "other": other,
        "geometry": _outline(demand, members),
    }


def _villages(demand: Demand, members: NDArray[np.int64]) -> int:
    codes = set(demand.frame["village"].iloc[members].tolist()) - {""}
    return max(1, len(codes))


def _outline(demand: Demand, members: NDArray[np.int64]) -> shapely.Geometry:
    cell = demand.frame["cell"].to_numpy()[members]
    shapes = demand.cells[np.unique(cell[cell >= 0])]
    loose = members[cell < 0]
    if loose.size:
        xy = demand.frame[["x", "y"]].to_numpy(dtype=np.float64)[loose]
        half = POINT_SQUARE_M / 2
        squares = shapely.box(xy[:, 0] - half, xy[:, 1] - half, xy[:, 0] + half, xy[:, 1] + half)
        shapes = np.concatenate([shapes, squares])
    return shapely.union_all(shapes)


def _name(table: pd.DataFrame, areas: Areas) -> None:
    names = dict(zip(areas.frame["code"], areas.frame["name"], strict=True))
    for level in ("township", "village"):
        table[f"{level}_name"] = [names.get(code, "") for code in table[level]]


def _empty(crs: str) -> gpd.GeoDataFrame:
    kinds = {"text": "str", "int": "int64", "float": "float64"}
    columns = {column.name: pd.Series([], dtype=kinds.get(column.type, "object")) for column in GAPS.columns}
    return gpd.GeoDataFrame(columns, geometry="geometry", crs=crs)
