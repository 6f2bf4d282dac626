"""Demand: people by group at points, each in a village, township and county."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from accessgis.base.schema import Column, Schema
from accessgis.layers.areas import Areas
from accessgis.layers.belonging import NOWHERE, ancestor_codes, belonging
from accessgis.layers.partition import Parts

GROUPS: tuple[str, ...] = (
    "total", "under3", "age3to5", "age6to11", "age12to14", "age60plus", "age65plus", "disabled", "extreme_poor",
)  # fmt: skip
"""Fixed group ids; ``total`` is the ``population`` column."""
MOST_PEOPLE = 1_000_000_000
"""More people than live in any one place: a larger number stands for something else, mostly for no data."""

DEMAND = Schema(
    "demand",
    (
        Column("demand_id", "int", "0…n−1 in a stable order"),
        Column("x", "float", "working CRS", "m"),
        Column("y", "float", "working CRS", "m"),
        Column("population", "float", "people, all ages", "people"),
        Column("county", "text", "code, '' outside"),
        Column("township", "text", "code, '' outside"),
        Column("village", "text", "code, '' where a township has no village polygon there"),
        Column("ur_code", "text", "of the village part, '' unknown"),
        Column("seat", "bool", "of the village part"),
        Column("central", "bool", "of the village part"),
        Column("judged", "bool", "false beyond the border: loads catchments, enters no people figure"),
        Column("cell", "int", "row of `cells` this point was cut from; −1 for points given as points"),
    ),
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Demand:
    """People at points; the total of every group is conserved from its source.

    Attributes
    ----------
    frame
        Schema :data:`DEMAND` plus one float column per group in ``groups`` other than ``total``; index 0…n−1.
    groups
        Groups given, always starting with ``total``.
    cells
        Polygons (working CRS) of the raster cells that points were cut from, or an empty array.
    cell_diagonal_m
        Diagonal of a cell in metres, 0 for points.
    estimate
        "" or how the points were estimated (for example a stated total spread over buildings).
    lost
        People whom the source counts in the study and who are at no point: their village was not found.
    """

    frame: pd.DataFrame
    groups: tuple[str, ...]
    cells: NDArray[np.object_]
    cell_diagonal_m: float = 0.0
    estimate: str = ""
    lost: float = 0.0

    def __post_init__(self) -> None:
        DEMAND.require(self.frame)
        assert self.groups[0] == "total"

    def people(self, group: str) -> NDArray[np.float64]:
        """Return the people of ``group`` at each point."""
        column = "population" if group == "total" else group
        return self.frame[column].to_numpy(dtype=np.float64)


def no_cells() -> NDArray[np.object_]:
    """Return the empty array of cells for demand given as points."""
    return np.array([], dtype=object)


def from_parts(parts: Parts, people: dict[str, NDArray[np.float64]], areas: Areas) -> pd.DataFrame:
    """Return the demand frame of parts of cells.

    Parameters
    ----------
    parts
        Parts of the cells, with shares that add up to 1 in each cell.
    people
        Group → people of each cell; ``total`` first.
    areas
        The areas that the parts were cut by.
    """
    frame = areas.frame
    codes = np.append(frame["code"].to_numpy(dtype=object), "")[parts.area]
    level = np.append(frame["level"].to_numpy(dtype=object), "")[parts.area]
    units = {
        "county": _looked_up(codes, ancestor_codes(areas, "county")),
        "township": _looked_up(codes, ancestor_codes(areas, "township")),
        "village": np.where(level == "village", codes, ""),
    }
    columns = {name: people[name][parts.cell] * parts.share for name in people}
    return _frame(parts.x, parts.y, columns, units, areas, parts.area, parts.cell)


def place(demand: Demand, areas: Areas) -> Demand:
    """Give every point of a demand its units and their class, by where it lies.

    Parameters
    ----------
    demand
        Demand whose units are unknown, such as points read before the areas were known.
    areas
        Areas in the same CRS; on a shared border the lowest code wins.

    Returns
    -------
    Demand
        The same people at the same points; ``judged`` is false outside every county.
    """
    frame = demand.frame
    x, y = frame["x"].to_numpy(dtype=np.float64), frame["y"].to_numpy(dtype=np.float64)
    units = belonging(np.asarray(shapely.points(x, y), dtype=object).reshape(-1), areas)
    lowest = units["village"].copy()
    for name in ("township", "county"):
        lowest = np.where(lowest == "", units[name], lowest)
    rows = {code: row for row, code in enumerate(areas.frame["code"])}
    area = np.array([rows.get(code, NOWHERE) for code in lowest], dtype=np.int64)
    people = {group: demand.people(group) for group in demand.groups}
    placed = _frame(x, y, people, units, areas, area, frame["cell"].to_numpy())
    placed["demand_id"] = frame["demand_id"].to_numpy()
    return replace(demand, frame=placed)


def points_frame(
    x: NDArray[np.float64], y: NDArray[np.float64], people: dict[str, NDArray[np.float64]]
) -> pd.DataFrame:
    """Return the demand frame of points whose units are not known yet: see :func:`place`."""
    blank = np.full(len(x), "", dtype=object)
    columns = _columns(x, y, people, {"county": blank, "township": blank, "village": blank})
    return pd.DataFrame(
        columns
        | {
            "ur_code": pd.array(blank, dtype="str"),
            "seat": np.zeros(len(x), dtype=bool),
            "central": np.zeros(len(x), dtype=bool),
            "judged": np.zeros(len(x), dtype=bool),
            "cell": np.full(len(x), -1, dtype=np.int64),
        }
        | {name: values for name, values in people.items() if name != "total"}
    )


def in_units(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    people: dict[str, NDArray[np.float64]],
    codes: list[str],
    areas: Areas,
) -> pd.DataFrame:
    """Return the demand frame of points whose unit is known, wherever they lie.

    Parameters
    ----------
    x, y
        Points in the working CRS.
    people
        Group → people of each point; ``total`` first.
    codes
        Village or township of each point.
    areas
        Areas that hold those codes.
    """
    frame = areas.frame
    row = pd.Index(frame["code"]).get_indexer(pd.Index(codes)).astype(np.int64)
    levels = frame["level"].to_numpy(dtype=object)[row]
    named = np.array(codes, dtype=object)
    units = {
        "county": _looked_up(named, ancestor_codes(areas, "county")),
        "township": _looked_up(named, ancestor_codes(areas, "township")),
        "village": np.where(levels == "village", named, ""),
    }
    return _frame(x, y, people, units, areas, row, np.full(len(codes), -1, dtype=np.int64))


def _looked_up(codes: NDArray[np.object_], table: dict[str, str]) -> NDArray[np.object_]:
    names, where = np.unique(codes.astype(str), return_inverse=True)
    return np.array([table.get(name, "") for name in names], dtype=object)[where]


def _columns(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    people: dict[str, NDArray[np.float64]],
    units: dict[str, NDArray[np.object_]],
) -> dict[str, object]:
    return {
        "demand_id": np.arange(len(x), dtype=np.int64),
        "x": np.asarray(x, dtype=np.float64),
        "y": np.asarray(y, dtype=np.float64),
        "population": np.asarray(people["total"], dtype=np.float64),
    } | {name: pd.array(units[name], dtype="str") for name in ("county", "township", "village")}


def _frame(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    people: dict[str, NDArray[np.float64]],
    units: dict[str, NDArray[np.object_]],
    areas: Areas,
    area: NDArray[np.int64],
    cell: NDArray[np.int64],
) -> pd.DataFrame:
    """Return a demand frame; the class of a point is that of the lowest unit it lies in."""
    frame = areas.frame
    village = units["village"] != ""
    columns = _columns(x, y, people, units)
    columns["ur_code"] = pd.array(
        np.where(village, np.append(frame["ur_code"].to_numpy(dtype=object), "")[area], ""), dtype="str"
    )
    # The seat is a village or a point, never the whole township; the central area is measured at every level.
    columns["seat"] = village & np.append(frame["seat"].to_numpy(dtype=bool), False)[area]
    columns["central"] = np.append(frame["central"].to_numpy(dtype=bool), False)[area]
    columns["judged"] = units["county"] != ""
    columns["cell"] = np.asarray(cell, dtype=np.int64)
    return pd.DataFrame(columns | {name: values for name, values in people.items() if name != "total"})
