"""The land of a proposed site: what constrains building there, and how steep it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from accessgis.base.files import packaged_toml
from accessgis.base.schema import Column, Schema
from accessgis.layers.constraints import Constraint
from accessgis.sources.elevation import cell_side_m, read_slopes
from accessgis.standards.model import Title
from accessgis.study.prepare import Prepared

FloatArray = NDArray[np.float64]

MOST_SAMPLES = 10_000
"""Places of a parcel at which its slope is taken; they lie a cell apart, or wider where that would be more."""

WHOLE = 1.0 - 1e-6
"""Share of a parcel from which it counts as wholly held: edges drawn together may differ by slivers."""

SITE_LAND = Schema(
    "site_land",
    (
        Column("layer", "text", "layer of land that constrains building, as the study or the list of layers names it"),
        Column("given", "bool", "whether the study gives it; where not, nothing is known"),
        Column("effect", "text", "forbid, warn or info; '' when not given"),
        Column("inside", "bool", "whether a point lies in it, or a parcel shares area with it"),
        Column(
            "occupied_m2", "float", "area of the parcel in it, working CRS; NaN for points and layers not given", "m²"
        ),
        Column("share", "float", "the same over the parcel (0–1)"),
        Column("known", "int", "its polygons in the study and its margin; of a layer with none nothing can be said"),
        Column("polygons", "text", "names of its polygons that are touched, joined by '; '"),
    ),
)
SITE_SLOPE = Schema(
    "site_slope",
    (
        Column("mean", "float", "mean slope, rise over run; NaN without elevation"),
        Column("steepest", "float", "steepest slope, likewise"),
        Column("limit", "float", "slope that a site should not exceed"),
        Column("beyond_share", "float", "share of the site that is steeper (0–1)"),
        Column("samples", "int", "places at which the slope is known: one of a point, one per cell of a parcel"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LandLayer:
    """A layer that sites are held against; ``wanted`` where a site should lie within it."""

    title: Title
    names: frozenset[str]
    wanted: bool


@cache
def _data() -> Mapping[str, Any]:
    return packaged_toml("accessgis.decide", "data/land.toml")


@cache
def land_layers() -> tuple[LandLayer, ...]:
    """Return the layers that every site is held against, given or not."""
    return tuple(
        LandLayer(
            title=Title(zh=entry["zh"], en=entry["en"]),
            names=frozenset({entry["zh"], entry["en"], *entry["aliases"]}),
            wanted=entry.get("wanted", False),
        )
        for entry in _data()["layers"]
    )


def known_layer(name: str) -> LandLayer | None:
    """Return the layer of the list that a name is one of."""
    return next((layer for layer in land_layers() if name in layer.names), None)


def is_wanted(name: str) -> bool:
    """Return whether a site should lie within a layer rather than off it."""
    layer = known_layer(name)
    return layer is not None and layer.wanted


def forbidden(prepared: Prepared, shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which places stand on land where the study forbids to build.

    Parameters
    ----------
    prepared
        The layers of the study.
    shapes
        Points or outlines in the working CRS; an outline is forbidden that shares any area with such land. Of a layer
        that a site should lie within, what does not lie wholly in it is forbidden; nothing is where it has no polygon.
    """
    barred = np.zeros(len(shapes), dtype=bool)
    for constraint in prepared.constraints:
        if constraint.effect != "forbid":
            continue
        if not is_wanted(constraint.name):
            barred |= constraint.holds(shapes)
        elif len(constraint.shapes):
            barred |= ~_wholly_held(constraint, shapes)
    return barred


def _wholly_held(constraint: Constraint, shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    held = constraint.holds(shapes)
    for place in np.flatnonzero(held & (shapely.get_dimensions(shapes) == 2)):
        held[place] = constraint.occupied_m2(shapes[place]) >= WHOLE * shapely.area(shapes[place])
    return held


def barred_by(land: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which layers forbid to build at a site, by its rows of schema :data:`SITE_LAND`."""
    inside, share = land["inside"].to_numpy(dtype=bool), land["share"].to_numpy(dtype=np.float64)
    wholly = inside & (np.isnan(share) | (share >= WHOLE))
    wanted = land["layer"].map(is_wanted).to_numpy(dtype=bool)
    forbids = (land["effect"] == "forbid").to_numpy(dtype=bool) & (land["known"] > 0).to_numpy(dtype=bool)
    return np.asarray(forbids & np.where(wanted, ~wholly, inside), dtype=np.bool_)


def land_of(prepared: Prepared, shape: shapely.Geometry) -> pd.DataFrame:
    """Return what constrains building at a site: the layers of the study in its order, then those not given.

    Returns
    -------
    pandas.DataFrame
        Schema :data:`SITE_LAND`.
    """
    rows = [_held(constraint, shape) for constraint in prepared.constraints]
    names = {constraint.name for constraint in prepared.constraints}
    rows += [
        {
            "layer": layer.title.zh, "given": False, "effect": "", "inside": False,
            "occupied_m2": np.nan, "share": np.nan, "known": 0, "polygons": "",
        }
        for layer in land_layers()
        if not layer.names & names
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(SITE_LAND.names)).astype(
        {"layer": "str", "effect": "str", "polygons": "str"}
    )
    SITE_LAND.require(frame)
    return frame


def _held(constraint: Constraint, shape: shapely.Geometry) -> dict[str, object]:
    touched = constraint.touching(shape)
    whole_m2 = float(shapely.area(shape))
    occupied_m2 = constraint.occupied_m2(shape) if whole_m2 > 0 else np.nan
    return {
        "layer": constraint.name,
        "given": True,
        "effect": constraint.effect,
        "inside": bool(touched.size),
        "occupied_m2": occupied_m2,
        "share": occupied_m2 / whole_m2 if whole_m2 > 0 else np.nan,
        "known": len(constraint.shapes),
        "polygons": "; ".join(dict.fromkeys(constraint.labels[at] for at in touched if constraint.labels[at])),
    }


def slope_source() -> tuple[float, str, str, Title]:
    """Return the shipped limit of the slope of a site (0.25 is 25 %), its source and section, and what is assumed."""
    entry = _data()["slope"]
    return entry["limit_percent"] / 100.0, entry["source"], entry["section"], Title(**entry["assumed"])


def slope_limit(prepared: Prepared) -> float:
    """Return the slope that a site should not exceed (0.25 is 25 %): the study's, else the shipped one."""
    table = prepared.study.file.elevation
    stated = None if table is None else table.slope_limit_percent
    return slope_source()[0] if stated is None else stated / 100.0


def slopes_at(prepared: Prepared, x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the slope at points of the working CRS, rise over run; NaN where no elevation is known."""
    table = prepared.study.file.elevation
    if table is None or not x.size:
        return np.full(x.size, np.nan)
    path = prepared.study.locate(table.path, key="elevation.path")
    return read_slopes(path, x, y, crs=prepared.crs, label=table.path)


def slope_of(prepared: Prepared, shape: shapely.Geometry) -> pd.DataFrame:
    """Return how steep a site is.

    Returns
    -------
    pandas.DataFrame
        Schema :data:`SITE_SLOPE`, one row.
    """
    table = prepared.study.file.elevation
    limit = slope_limit(prepared)
    found = np.zeros(0)
    if table is not None:
        path = prepared.study.locate(table.path, key="elevation.path")
        at = shapely.point_on_surface(shape)
        side_m = cell_side_m(path, (at.x, at.y), crs=prepared.crs, label=table.path)
        x, y = _samples(shape, side_m)
        found = read_slopes(path, x, y, crs=prepared.crs, label=table.path)
        found = found[np.isfinite(found)]
    known = bool(found.size)
    row = {
        "mean": float(found.mean()) if known else np.nan,
        "steepest": float(found.max()) if known else np.nan,
        "limit": limit,
        "beyond_share": float((found > limit).mean()) if known else np.nan,
        "samples": int(found.size),
    }
    frame = pd.DataFrame([row])
    SITE_SLOPE.require(frame)
    return frame


def _samples(shape: shapely.Geometry, side_m: float) -> tuple[FloatArray, FloatArray]:
    """Return the places of a site at which its slope is taken: the crossings of a lattice within it, else one."""
    west, south, east, north = shapely.bounds(shape)
    side_m = max(side_m, float(np.sqrt((east - west) * (north - south) / MOST_SAMPLES)))
    across = np.arange(np.ceil(west / side_m), np.floor(east / side_m) + 1) * side_m
    up = np.arange(np.ceil(south / side_m), np.floor(north / side_m) + 1) * side_m
    x, y = (part.ravel() for part in np.meshgrid(across, up))
    inside = shapely.contains_xy(shape, x, y) if shapely.get_dimensions(shape) == 2 else np.zeros(x.size, dtype=bool)
    if inside.any():
        return x[inside], y[inside]
    at = shapely.point_on_surface(shape)
    return np.array([at.x]), np.array([at.y])
