"""Shapes for a page: simplified without tearing, in WGS-84, as short lists of whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer

from accessgis.base.crs import to_degrees
from accessgis.layers.areas import Areas

PER_DEGREE = 100_000
"""Steps per degree: coordinates are kept to five decimals, about a metre."""

Ring = list[int]
Rings = list[list[Ring]]
"""Polygons, each a list of rings: ``[x0, y0, dx, dy, …]`` in steps, the closing point left out."""
Lines = list[Ring]

ROAD_RANKS: tuple[tuple[str, frozenset[str]], ...] = (
    ("main", frozenset({"motorway", "trunk", "primary", "secondary"})),
    ("town", frozenset({"tertiary", "ferry"})),
    ("minor", frozenset({"unclassified", "residential", "living_street", "road", "busway", "village"})),
    ("path", frozenset()),
)
"""Road classes as drawn; what is in no set is a path."""

_AREA_STEPS = 4_000
_BAND_STEPS = 2_500
_ROAD_STEPS = 3_000
_TRIES = 8
_LEAST_LINE = 40
"""Shortest line of the limit that is drawn, in tolerances of the bands."""
_COARSER = 1.7
_MIN_RING = 3


@dataclass(frozen=True, eq=False, kw_only=True)
class Encoder:
    """Turns shapes of the working CRS into whole steps of WGS-84."""

    transformer: Transformer

    def polygons(self, shapes: NDArray[np.object_]) -> list[Rings]:
        """Return the rings of each polygon or multipolygon; other parts are left out."""
        parts, shape = shapely.get_parts(np.asarray(shapes, dtype=object), return_index=True)
        areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
        rings, part = shapely.get_rings(parts[areal], return_index=True)
        outer = np.diff(part, prepend=-1) != 0
        encoded: list[Rings] = [[] for _ in shapes]
        gone = False
        for steps, first, owner in zip(self._steps(rings, closed=True), outer, shape[areal][part], strict=True):
            whole = len(steps) >= 2 * _MIN_RING
            if first:
                gone = not whole
                if whole:
                    encoded[owner].append([steps])
            elif whole and not gone:
                encoded[owner][-1].append(steps)
        return encoded

    def lines(self, geometry: shapely.Geometry) -> Lines:
        """Return a line or multiline."""
        parts = shapely.get_parts(geometry)
        parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]
        return [line for line in self._steps(parts, closed=False) if len(line) >= 4]

    def points(self, x: ArrayLike, y: ArrayLike) -> list[list[float]]:
        """Return ``[lat, lon]`` of each point to five decimals."""
        lon, lat = self.transformer.transform(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
        return np.round(np.column_stack([lat, lon]), 5).tolist()  # type: ignore[no-any-return]

    def _steps(self, lines: NDArray[np.object_], *, closed: bool) -> list[Ring]:
        """Return the steps of each line, points that fall together left out, and the last one of a closed line."""
        xy, line = shapely.get_coordinates(lines, return_index=True)
        if not len(xy):
            return [[] for _ in lines]
        lon, lat = self.transformer.transform(xy[:, 0], xy[:, 1])
        steps = np.rint(np.column_stack([lon, lat]) * PER_DEGREE).astype(np.int64)
        first = np.diff(line, prepend=-1) != 0
        moved = np.diff(steps, axis=0, prepend=steps[:1])
        kept = first | (moved != 0).any(axis=1)
        if closed:
            kept &= first | ~np.append(first[1:], True)
        before = np.where(first[kept][:, None], 0, np.roll(steps[kept], 1, axis=0))
        flat = (steps[kept] - before).ravel().tolist()
        ends = 2 * np.cumsum(np.bincount(line[kept], minlength=len(lines)))
        return [flat[start:end] for start, end in zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True)]


def encoder(crs: str) -> Encoder:
    """Return the encoder of a working CRS."""
    return Encoder(transformer=to_degrees(CRS.from_user_input(crs)))


def extent_m(areas: Areas) -> float:
    """Return the diagonal of the study's areas in metres, at least 1."""
    west, south, east, north = areas.frame.total_bounds
    return max(1.0, float(np.hypot(east - west, north - south)))


def drawn_areas(areas: Areas) -> dict[str, NDArray[np.object_]]:
    """Return the polygons of county, township and village simplified together, so that shared borders stay shared.

    The finest level is simplified as one coverage; an area above it is the union of its simplified parts where those
    cover it, else its own outline simplified within its level.
    """
    tolerance = extent_m(areas) / _AREA_STEPS
    drawn: dict[str, NDArray[np.object_]] = {}
    below: tuple[NDArray[np.object_], list[str]] | None = None
    for level in ("village", "township", "county"):
        frame = areas.frame[areas.frame["level"] == level]
        if frame.empty:
            continue
        exact = frame.geometry.to_numpy()
        shapes = simplified_coverage(exact, tolerance)
        if below is not None:
            shapes = _from_parts(exact, shapes, list(frame["code"]), below)
        drawn[level] = shapes
        below = (shapes, list(frame["parent"]))
    return drawn


def _from_parts(
    exact: NDArray[np.object_],
    simplified: NDArray[np.object_],
    codes: list[str],
    below: tuple[NDArray[np.object_], list[str]],
) -> NDArray[np.object_]:
    parts, parents = below
    result = simplified.copy()
    parent = np.array(parents, dtype=object)
    for index, code in enumerate(codes):
        mine = parts[parent == code]
        if mine.size:
            # Villages that overlap are no coverage; dissolved as one they would give an outline that crosses itself.
            tiled = shapely.coverage_is_valid(mine)
            union = shapely.coverage_union_all(mine) if tiled else shapely.union_all(shapely.make_valid(mine))
            if shapely.area(shapely.symmetric_difference(union, exact[index])) < 0.01 * shapely.area(exact[index]):
                result[index] = union
    return result


def simplified_coverage(shapes: NDArray[np.object_], tolerance_m: float) -> NDArray[np.object_]:
    """Simplify polygons that share borders without tearing them; one that would vanish keeps its own shape."""
    valid = shapely.make_valid(shapes)
    result = shapely.coverage_simplify(valid, tolerance_m)
    return np.where(shapely.is_empty(result), valid, result)


def bands(frame: gpd.GeoDataFrame, outline: shapely.Geometry, *, tolerance_m: float, most: int) -> NDArray[np.object_]:
    """Return the bands of an isochrone cut at the outline and simplified together to at most ``most`` vertices."""
    cut = shapely.intersection(shapely.make_valid(frame.geometry.to_numpy()), outline)
    small = (2 * tolerance_m) ** 2
    shapes, tolerance = _areal(cut), tolerance_m
    for _ in range(_TRIES):
        # each round starts from the last, so that only the first works on every vertex
        shapes = _without_specks(shapely.coverage_simplify(shapes, tolerance), small)
        if shapely.get_num_coordinates(shapes).sum() <= most:
            break
        tolerance *= _COARSER
        small *= _COARSER
    return shapes


def band_tolerance_m(areas: Areas) -> float:
    """Return how coarse an isochrone may be drawn."""
    return extent_m(areas) / _BAND_STEPS


def limit_line(
    inside: Sequence[shapely.Geometry], outline: shapely.Geometry, *, tolerance_m: float
) -> shapely.Geometry:
    """Return the line where the limit lies: the edge of the inner bands, without the county's own border.

    Rings too small to be told apart on the whole map are left to the colours alone.
    """
    union = shapely.union_all(np.array(list(inside), dtype=object))
    border = shapely.buffer(shapely.boundary(outline), 2 * tolerance_m, quad_segs=1)
    lines = shapely.get_parts(shapely.line_merge(shapely.difference(shapely.boundary(union), border)))
    return shapely.MultiLineString(list(lines[shapely.length(lines) >= _LEAST_LINE * tolerance_m]))


def drawn_roads(
    roads: gpd.GeoDataFrame, outline: shapely.Geometry, *, extent: float, most: int
) -> dict[str, shapely.Geometry]:
    """Return the roads by rank, merged, simplified and cut near the outline, to at most ``most`` vertices.

    Where there are more, they are drawn more coarsely, and the least ranks are left out whole.
    """
    if roads.empty:
        return {}
    classes = roads["road_class"].astype(str).str.removesuffix("_link").to_numpy(dtype=object)
    window = shapely.bounds(outline) + np.array([-1, -1, 1, 1]) * extent / 50
    result: dict[str, shapely.Geometry] = {}
    left = most
    known = frozenset().union(*(names for _, names in ROAD_RANKS))
    for rank, names in ROAD_RANKS:
        chosen = np.isin(classes, list(names)) if names else ~np.isin(classes, list(known))
        near = shapely.clip_by_rect(roads.geometry.to_numpy()[chosen], *window)
        parts = shapely.get_parts(near)
        parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]
        lines = shapely.line_merge(shapely.multilinestrings(parts)) if parts.size else shapely.MultiLineString()
        for step in range(_TRIES // 2):
            drawn = shapely.simplify(lines, extent / _ROAD_STEPS * _COARSER**step)
            if shapely.get_num_coordinates(drawn) <= left:
                break
        else:
            break
        left -= int(shapely.get_num_coordinates(drawn))
        if not drawn.is_empty:
            result[rank] = drawn
    return result


def label_points(shapes: NDArray[np.object_], *, inside: bool) -> NDArray[np.object_]:
    """Return a point for each area's name: the middle of its widest part, or merely any point inside."""
    if not inside:
        return shapely.point_on_surface(shapes)
    lines = [shapely.maximum_inscribed_circle(shape, tolerance=max(1.0, shape.length / 500)) for shape in shapes]
    return np.array([shapely.get_point(line, 0) for line in lines], dtype=object)


def _areal(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the polygons of each shape as a multipolygon."""
    return _without_specks(shapes, 0.0)


def _without_specks(shapes: NDArray[np.object_], least_m2: float) -> NDArray[np.object_]:
    """Return the polygons of each shape from a size up as a multipolygon, their holes below it closed."""
    result = np.full(len(shapes), shapely.MultiPolygon(), dtype=object)
    parts, shape = shapely.get_parts(shapes, return_index=True)
    inner, outer = shapely.get_parts(parts, return_index=True)
    chosen = (shapely.get_type_id(inner) == shapely.GeometryType.POLYGON) & (shapely.area(inner) >= least_m2)
    chosen &= ~shapely.is_empty(inner)
    if not chosen.any():
        return result
    rings, part = shapely.get_rings(inner[chosen], return_index=True)
    wide = (np.diff(part, prepend=-1) != 0) | (shapely.area(shapely.polygons(rings)) >= least_m2)
    polygons = shapely.polygons(rings[wide], indices=part[wide])
    shapely.multipolygons(polygons, indices=shape[outer[chosen]], out=result)
    return result
