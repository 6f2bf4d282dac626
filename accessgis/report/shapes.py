"""Shapes for a page: simplified without tearing, in WGS-84, as short lists of whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
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
_COARSER = 1.7
_MIN_RING = 3


@dataclass(frozen=True, eq=False, kw_only=True)
class Encoder:
    """Turns shapes of the working CRS into whole steps of WGS-84."""

    transformer: Transformer

    def polygons(self, geometry: shapely.Geometry) -> Rings:
        """Return a polygon or multipolygon; other parts are left out."""
        parts = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon" and not part.is_empty]
        encoded = [[self._ring(ring) for ring in (part.exterior, *part.interiors)] for part in parts]
        return [
            [ring for ring in rings if len(ring) >= 2 * _MIN_RING]
            for rings in encoded
            if len(rings[0]) >= 2 * _MIN_RING
        ]

    def lines(self, geometry: shapely.Geometry) -> Lines:
        """Return a line or multiline."""
        parts = [part for part in shapely.get_parts(geometry) if part.geom_type == "LineString"]
        return [line for part in parts if len(line := self._steps(shapely.get_coordinates(part))) >= 4]

    def point(self, x: float, y: float) -> list[float]:
        """Return ``[lat, lon]`` to five decimals."""
        lon, lat = self.transformer.transform(x, y)
        return [round(float(lat), 5), round(float(lon), 5)]

    def _ring(self, ring: shapely.LinearRing) -> Ring:
        return self._steps(shapely.get_coordinates(ring)[:-1])

    def _steps(self, xy: NDArray[np.float64]) -> Ring:
        lon, lat = self.transformer.transform(xy[:, 0], xy[:, 1])
        steps = np.rint(np.column_stack([lon, lat]) * PER_DEGREE).astype(np.int64)
        if len(steps) > 1:
            steps = steps[np.concatenate([[True], (np.diff(steps, axis=0) != 0).any(axis=1)])]
        return np.concatenate([steps[:1], np.diff(steps, axis=0)]).ravel().tolist()


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
            union = shapely.coverage_union_all(mine)
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
    areal = np.array([_areal(shape) for shape in cut], dtype=object)
    tolerance = tolerance_m
    for _ in range(_TRIES):
        shapes = shapely.coverage_simplify(areal, tolerance)
        if shapely.get_num_coordinates(shapes).sum() <= most:
            break
        tolerance *= _COARSER
    small = (2 * tolerance_m) ** 2
    return np.array([_without_specks(shape, small) for shape in shapes], dtype=object)


def band_tolerance_m(areas: Areas) -> float:
    """Return how coarse an isochrone may be drawn."""
    return extent_m(areas) / _BAND_STEPS


def limit_line(
    inside: Sequence[shapely.Geometry], outline: shapely.Geometry, *, tolerance_m: float
) -> shapely.Geometry:
    """Return the line where the limit lies: the edge of the inner bands, without the county's own border."""
    union = shapely.union_all(np.array(list(inside), dtype=object))
    border = shapely.buffer(shapely.boundary(outline), 2 * tolerance_m, quad_segs=1)
    return shapely.line_merge(shapely.difference(shapely.boundary(union), border))


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


def _areal(shape: shapely.Geometry) -> shapely.Geometry:
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.MultiPolygon(list(shapely.get_parts(np.array(parts, dtype=object))))


def _without_specks(shape: shapely.Geometry, least_m2: float) -> shapely.Geometry:
    parts = [part for part in shapely.get_parts(shape) if part.area >= least_m2]
    return shapely.MultiPolygon(parts)
