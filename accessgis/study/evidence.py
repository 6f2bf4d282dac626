"""What an outsider needs to recompute every number with another library: the evidence tables."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from accessgis.standards.marks import CAPACITIES, mark_ids
from accessgis.study.prepare import Prepared
from accessgis.study.reaches import PartTimes, RuleReaches
from accessgis.study.routing import Case
from accessgis.study.visits import Days, day_words
from accessgis.travel.types import JOIN_KINDS, Joins

MS = 1000.0
SNAP_COLUMNS = (
    "profile", "point", "id", "join", "edge_id", "tail", "head", "x", "y", "offset_s", "edge_s", "access_m",
    "access_s", "status",
)  # fmt: skip


def central_cases(found: Sequence[RuleReaches]) -> dict[str, Case]:
    """Return the central network of every profile computed, by profile id."""
    cases = {part.profile: part.case for item in found for part in item.parts if not part.case.straight}
    return dict(sorted(cases.items()))


def evidence_tables(prepared: Prepared, found: Sequence[RuleReaches]) -> dict[str, pd.DataFrame]:
    """Return the evidence tables by name, as ``docs/outputs.md`` lists their columns."""
    cases = central_cases(found)
    roads = prepared.roads
    tables = {
        "nodes": pd.DataFrame({"node": np.arange(roads.node_count), "x": roads.node_x, "y": roads.node_y}),
        "edges": _concat([_edges(profile, case) for profile, case in cases.items()]),
        "edge_shapes": pd.DataFrame(
            {"edge_id": np.arange(roads.edge_count), "geometry": shapely.to_wkb(roads.shapes())}
        ),
        "demand": _demand(prepared),
        "facilities": _facilities(prepared),
        "rule_facilities": _concat([_rule_facilities(prepared, part) for part in _first_profile(found)]),
        "snaps": _concat([_case_snaps(prepared, profile, case, everyone=True) for profile, case in cases.items()]),
        "times": _concat([_times(prepared, part) for item in found for part in item.parts]),
    }
    visits = [_visits(part, kind, days) for item in found for part in item.parts for kind, days in part.visits.items()]
    if visits:
        tables["visits"] = _concat(visits)
    return {name: table.reset_index(drop=True) for name, table in tables.items()}


def facility_and_off_network_snaps(prepared: Prepared, found: Sequence[RuleReaches]) -> gpd.GeoDataFrame:
    """Return the joins of facilities, and every demand point off the network, with the joining place as geometry."""
    tables = [_case_snaps(prepared, profile, case, everyone=False) for profile, case in central_cases(found).items()]
    table = _concat(tables, columns=SNAP_COLUMNS)
    geometry = shapely.points(table["x"].to_numpy(dtype=np.float64), table["y"].to_numpy(dtype=np.float64))
    return gpd.GeoDataFrame(table, geometry=geometry, crs=prepared.crs)


def _concat(tables: Sequence[pd.DataFrame], *, columns: Sequence[str] = ()) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(columns), dtype="float64")


def _first_profile(found: Sequence[RuleReaches]) -> list[PartTimes]:
    chosen: dict[tuple[str, int], PartTimes] = {}
    for item in found:
        for part in item.parts:
            chosen.setdefault((part.rule, part.part), part)
    return list(chosen.values())


def _edges(profile: str, case: Case) -> pd.DataFrame:
    network = case.network
    edge = network.arc_edge
    return pd.DataFrame(
        {
            "profile": profile,
            "edge_id": edge.astype(np.int64),
            "tail": network.arc_tail.astype(np.int64),
            "head": network.arc_head.astype(np.int64),
            "length_m": network.roads.length_m[edge],
            "seconds": network.arc_ms / MS,
            "joinable": network.joinable[edge],
            "island": network.island[edge],
        }
    )


def _demand(prepared: Prepared) -> pd.DataFrame:
    demand = prepared.demand
    groups = [group for group in demand.groups if group != "total"]
    columns = ["demand_id", "x", "y", "population", *groups, "county", "township", "village", "ur_code", "seat"]
    return demand.frame[[*columns, "central", "judged"]]


def _facilities(prepared: Prepared) -> pd.DataFrame:
    frame = pd.DataFrame(prepared.facilities.frame.drop(columns="geometry"))
    told = [name for name in (*CAPACITIES, *mark_ids()) if name in frame.columns]
    columns = ["facility_id", "kind", "x", "y", "status", "placement", "county", "township", "village"]
    return frame[[*columns, "opened", "ownership", "serves", "days", "min_days", *told]]


def _rule_facilities(prepared: Prepared, part: PartTimes) -> pd.DataFrame:
    ids = prepared.facilities.frame["facility_id"].to_numpy()[part.admitted]
    return pd.DataFrame({"rule": part.rule, "part": part.part, "facility_id": ids})


def _times(prepared: Prepared, part: PartTimes) -> pd.DataFrame:
    known = prepared.facilities.frame["facility_id"].to_numpy(dtype=object)
    ids = np.concatenate([known, np.array([None], dtype=object)])
    times = part.times
    return pd.DataFrame(
        {
            "rule": part.rule,
            "part": part.part,
            "profile": part.profile,
            "direction": part.direction,
            "demand_id": np.arange(times.ms.size),
            "facility_id": pd.Series(ids[times.facility], dtype="str"),
            "seconds": times.ms / MS,
            "via": "straight" if part.case.straight else np.where(times.direct, "direct", "network"),
        }
    )


def _visits(part: PartTimes, kind: str, days: Days) -> pd.DataFrame:
    """Return the people whom stops of a kind reach, with the days on which they do."""
    there = np.flatnonzero(days)
    return pd.DataFrame(
        {
            "rule": part.rule,
            "part": part.part,
            "profile": part.profile,
            "kind": kind,
            "demand_id": there,
            "days": pd.Series(day_words(days[there]), dtype="str"),
        }
    )


def _case_snaps(prepared: Prepared, profile: str, case: Case, *, everyone: bool) -> pd.DataFrame:
    """Return the snaps of facilities and of demand points (``everyone``, else only those off the network)."""
    placed = (prepared.facilities.frame["placement"] != "unplaced").to_numpy(dtype=bool)
    facility_ids = prepared.facilities.frame["facility_id"].to_numpy(dtype=object)
    frame = prepared.facilities.frame
    tables = [
        _joined(profile, case, "facility", case.joins.facilities, facility_ids),
        _off(profile, "facility", case, facility_ids, frame["x"].to_numpy(), frame["y"].to_numpy(), keep=placed),
    ]
    demand = prepared.demand.frame
    ids = demand["demand_id"].astype(str).to_numpy(dtype=object)
    if everyone:
        tables.append(_joined(profile, case, "demand", case.joins.demand, ids))
    keep = np.ones(ids.size, dtype=bool)
    tables.append(_off(profile, "demand", case, ids, demand["x"].to_numpy(), demand["y"].to_numpy(), keep=keep))
    return pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)


def _joined(profile: str, case: Case, point: str, joins: Joins, ids: np.ndarray) -> pd.DataFrame:
    network = case.network
    ends = case.ends("demand" if point == "demand" else "facilities", limit_m=case.limit_m)
    arc, join = ends.arc, ends.join
    return pd.DataFrame(
        {
            "profile": profile,
            "point": point,
            "id": pd.Series(ids[ends.point], dtype="str"),
            "join": np.array(JOIN_KINDS)[joins.kind[join]],
            "edge_id": pd.array(network.arc_edge[arc], dtype="Int64"),
            "tail": pd.array(network.arc_tail[arc], dtype="Int64"),
            "head": pd.array(network.arc_head[arc], dtype="Int64"),
            "x": joins.x[join],
            "y": joins.y[join],
            "offset_s": ends.offset_ms / MS,
            "edge_s": network.arc_ms[arc] / MS,
            "access_m": joins.access_m[join],
            "access_s": ends.access_ms / MS,
            "status": "joined",
        }
    )


def _off(  # one argument for each column it needs
    profile: str, point: str, case: Case, ids: np.ndarray, x: np.ndarray, y: np.ndarray, *, keep: np.ndarray
) -> pd.DataFrame:
    ends = case.ends("demand" if point == "demand" else "facilities", limit_m=case.limit_m)
    off = keep.copy()
    off[ends.point] = False
    rows = np.flatnonzero(off)
    nothing = pd.array([pd.NA] * rows.size, dtype="Int64")
    unknown = np.full(rows.size, np.nan)
    return pd.DataFrame(
        {
            "profile": profile,
            "point": point,
            "id": pd.Series(ids[rows], dtype="str"),
            "join": "",
            "edge_id": nothing,
            "tail": nothing,
            "head": nothing,
            "x": x[rows],
            "y": y[rows],
            "offset_s": unknown,
            "edge_s": unknown,
            "access_m": unknown,
            "access_s": unknown,
            "status": "off-network",
        }
    )
