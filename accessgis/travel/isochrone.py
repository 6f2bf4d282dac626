"""Isochrones: what lies within a time, for looking at. People are counted from their own times, never from these.

The vertices of a lattice travel exactly as people do (:mod:`accessgis.travel.burn`): along partly reached roads, in the
permitted directions only, past facilities that stand along a road, with the walk off the road at the end. The line of a
cutoff runs where the time between two vertices passes it, in proportion: less than a cell from where it should. A
longer cutoff moves the line outwards on every side of every cell or leaves it, so that its area contains the shorter
one's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import shapely
from contourpy import FillType, contour_generator
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from accessgis.base.units import travel_ms
from accessgis.network.model import Network
from accessgis.travel.burn import CELL_M, MAX_VERTICES, Bounds, Burnt, Lattice, burn, lattice_over
from accessgis.travel.search import Search, arrive
from accessgis.travel.snap import JoinIndex, price
from accessgis.travel.types import Ends

FloatArray = NDArray[np.float64]
Band = tuple[int, int | None, MultiPolygon]

_LEAST_SHARE = 1 / 512


@dataclass(frozen=True, eq=False, kw_only=True)
class Surface:
    """Time between every vertex of a lattice and the nearest facility.

    Attributes
    ----------
    lattice
        The vertices.
    ms
        Milliseconds per vertex, ``inf`` where there is no way.
    beyond_m
        Metres by which the vertex lies beyond the reach of the roads; negative within it.
    cell_ms
        Milliseconds of the walk along one side of a cell.
    """

    lattice: Lattice
    ms: FloatArray
    beyond_m: FloatArray
    cell_ms: int


def price_burnt(burnt: Burnt, network: Network) -> tuple[Ends, Ends]:
    """Price the joins of a lattice on a network of their mode."""
    return price(burnt.nearest, network), price(burnt.crossing, network)


def surface(found: Search, burnt: Burnt, *, ends: tuple[Ends, Ends] | None = None) -> Surface:
    """Return the time of every vertex, as :func:`accessgis.travel.search.arrive` gives it to a resident there.

    Parameters
    ----------
    found
        A search on a network of the mode.
    burnt
        Roads of that mode, burnt into a lattice.
    ends
        :func:`price_burnt` on the same network, when the caller keeps it for several searches.
    """
    nearest, crossing = price_burnt(burnt, found.network) if ends is None else ends
    return Surface(
        lattice=burnt.lattice,
        ms=np.minimum(arrive(found, nearest).ms, arrive(found, crossing).ms),
        beyond_m=burnt.road_m - burnt.reach_m,
        cell_ms=int(travel_ms(burnt.lattice.cell_m, found.network.walking_kph)),
    )


def quickest(surfaces: Sequence[Surface]) -> Surface:
    """Return the surface of people who choose the quickest of several ways at each place."""
    return Surface(
        lattice=_one_lattice(surfaces),
        ms=np.min([each.ms for each in surfaces], axis=0),
        beyond_m=np.min([each.beyond_m for each in surfaces], axis=0),
        cell_ms=min(each.cell_ms for each in surfaces),
    )


def slowest(surfaces: Sequence[Surface]) -> Surface:
    """Return the surface of people who need all of several facilities: the slowest way at each place."""
    return Surface(
        lattice=_one_lattice(surfaces),
        ms=np.max([each.ms for each in surfaces], axis=0),
        beyond_m=np.max([each.beyond_m for each in surfaces], axis=0),
        cell_ms=min(each.cell_ms for each in surfaces),
    )


def _one_lattice(surfaces: Sequence[Surface]) -> Lattice:
    lattices = {each.lattice for each in surfaces}
    if len(lattices) != 1:
        raise ValueError("surfaces must stand on one lattice")
    return lattices.pop()


def isochrones(
    found: Search,
    *,
    cutoffs_ms: Sequence[int],
    reach_m: float,
    cell_m: int | None = None,
    max_vertices: int = MAX_VERTICES,
    index: JoinIndex | None = None,
) -> list[MultiPolygon]:
    """Return what lies within each cutoff of the nearest facility, with holes and islands; empty where nothing does.

    Parameters
    ----------
    found
        Result of :func:`accessgis.travel.search.search`.
    cutoffs_ms
        Milliseconds, inclusive, at least 0.
    reach_m
        Longest walk off the road in metres, at the profile's walking speed; the time of the walk counts. At least half
        a diagonal of a cell is used, lest roads are lost between the vertices.
    cell_m
        Side of a cell in whole metres; by default 50, or half the reach where that is less.
    max_vertices
        Most vertices of the lattice; cells are made as much larger as that takes.
    index
        :func:`accessgis.travel.snap.build_join_index` of the network, when the caller keeps it.

    Returns
    -------
    list
        One valid multipolygon per cutoff, in the order of ``cutoffs_ms``. Of two cutoffs the longer one contains the
        shorter one.
    """
    if any(cutoff < 0 for cutoff in cutoffs_ms):
        raise ValueError("cutoffs_ms must be at least 0")
    if reach_m <= 0:
        raise ValueError("reach_m must be above 0")
    bounds = _reached(found, max(cutoffs_ms, default=0))
    if bounds is None:
        return [MultiPolygon() for _ in cutoffs_ms]
    cell = max(1, min(CELL_M, int(reach_m / 2))) if cell_m is None else cell_m
    reach = max(reach_m, cell)
    around = (bounds[0] - reach, bounds[1] - reach, bounds[2] + reach, bounds[3] + reach)
    lattice = lattice_over(around, cell_m=cell, max_vertices=max_vertices)
    times = surface(found, burn(found.network if index is None else index, lattice, reach_m=reach_m))
    return [outline(times, cutoff_ms=cutoff) for cutoff in cutoffs_ms]


def outline(times: Surface, *, cutoff_ms: int) -> MultiPolygon:
    """Return where a surface is at most ``cutoff_ms``."""
    lattice, cell_m = times.lattice, times.lattice.cell_m
    # In cells walked. Beyond one cell all is the same: then a jump in time, or no way at all, counts half a cell.
    excess = np.clip(np.maximum((times.ms - cutoff_ms) / times.cell_ms, times.beyond_m / cell_m), -1.0, 1.0)
    # The line keeps off the vertices, so that no two rings meet.
    excess = np.where(excess <= 0, np.minimum(excess, -_LEAST_SHARE), np.maximum(excess, _LEAST_SHARE))
    lines = contour_generator(
        z=excess.reshape(lattice.rows, lattice.columns), name="serial", fill_type=FillType.ChunkCombinedOffsetOffset
    )
    points, rings, polygons = (only for (only,) in cast("tuple[list[Any], ...]", lines.filled(-2.0, 0.0)))
    if points is None:
        return MultiPolygon()
    xy = points * cell_m + np.array([lattice.left, lattice.bottom], dtype=np.float64)
    return MultiPolygon(list(shapely.from_ragged_array(shapely.GeometryType.POLYGON, xy, (rings, polygons))))


def bands(times: Surface, polygon: BaseGeometry, *, limits_ms: Sequence[int]) -> list[Band]:
    """Divide a polygon into bands of travel time.

    Parameters
    ----------
    times
        Surface whose lattice covers the polygon.
    polygon
        Polygon or multipolygon of the area, in the CRS of the roads.
    limits_ms
        Ends of the bands, inclusive, ascending.

    Returns
    -------
    list
        ``(from_ms, to_ms, shape)`` in ascending order: times over ``from_ms`` (the first from 0 on) up to and
        including ``to_ms``; the last band, unreachable places included, has ``to_ms`` None. The shapes do not overlap
        and together fill the polygon; bands without any place are left out.
    """
    if not limits_ms or any(high <= low for low, high in zip((-1, *limits_ms), limits_ms, strict=False)):
        raise ValueError("limits_ms must ascend and be at least 0")
    within = [MultiPolygon(), *(outline(times, cutoff_ms=limit) for limit in limits_ms)]
    everywhere = shapely.box(*shapely.buffer(shapely.box(*polygon.bounds), times.lattice.cell_m).bounds)
    whole = shapely.difference([*within[1:], everywhere], within)
    clipped = shapely.intersection(whole, polygon)
    ends = zip([0, *limits_ms], [*limits_ms, None], clipped, strict=True)
    found = [(from_ms, to_ms, _areas_only(shape)) for from_ms, to_ms, shape in ends]
    return [band for band in found if not band[2].is_empty]


def _reached(found: Search, cutoff_ms: int) -> Bounds | None:
    """Return a rectangle around all roads that may be reached in part."""
    network, roads = found.network, found.network.roads
    at = network.arc_head if found.direction == "to_facility" else network.arc_tail
    reached = (found.node_facility[at] >= 0) & (found.node_ms[at] <= cutoff_ms)
    reached[np.repeat(np.arange(reached.size), np.diff(found.arc_start))[found.end_access_ms <= cutoff_ms]] = True
    edge = np.zeros(roads.edge_count, np.bool_)
    edge[network.arc_edge[reached]] = True
    if not edge.any():
        return None
    vertex = np.repeat(edge, np.diff(roads.shape_start))
    x, y = roads.shape_x[vertex], roads.shape_y[vertex]
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def _areas_only(shape: shapely.Geometry) -> MultiPolygon:
    """Return the polygons of a clipped shape, without the points and lines where it only touched."""
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon) and part.area > 0]
    return MultiPolygon(parts)
