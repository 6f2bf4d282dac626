"""Parcels of land: the ministry's text form (勘测定界界址点坐标), or polygons of a vector layer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from accessgis.base.crs import transformer
from accessgis.base.datum import Datum
from accessgis.base.errors import DataError, UsageError
from accessgis.sources.coordinates import zone_epsg
from accessgis.sources.door import regular_file
from accessgis.sources.text_table import decoded
from accessgis.sources.vector import VECTOR_ENDINGS, read_vector

MOST_BYTES = 20_000_000
AREA_SLACK = 0.01
"""Share by which a stated area may differ from that of the outline."""
_HEADER, _PARCELS = "[属性描述]", "[地块坐标]"
_NAMES = ("地块名称", "名称", "项目名称", "name")
_PREFIXED = 1_000_000.0
"""Eastings above this bear the number of their zone."""
_END = "@"


@dataclass(frozen=True, eq=False, kw_only=True)
class Parcel:
    """A parcel in the working CRS.

    Attributes
    ----------
    name
        As the file names it, ``""`` when it does not.
    shape
        Its outline.
    amount
        The number that a column states of it; None where none is asked for.
    """

    name: str
    shape: Any
    amount: float | None = None


def read_parcels(
    path: Path, *, label: str, crs: CRS, datum: Datum | None = None, column: str | None = None
) -> list[Parcel]:
    """Read the parcels of a file.

    Parameters
    ----------
    path
        The ministry's text form (``.txt``), or a vector layer of polygons.
    label
        Name of the file, for messages.
    crs
        Working CRS.
    datum
        Datum of a vector layer in degrees.
    column
        Column of a vector layer with a number for each parcel, such as what it costs.

    Raises
    ------
    UsageError
        AG2444 there is no such column, or a parcel states no number from 0 there.
    DataError
        AG3701 no text form of parcels, AG3702 a header that contradicts itself or the points, AG3703 a line that is no
        point, AG3704 an outline that is no area, AG3705 an area that is not the stated one; of
        vector layers AG3002–AG3013.
    """
    if path.suffix.lower() == ".txt":
        if column is not None:
            raise UsageError("AG2444", key="--cost", value=column, file=label)
        return _text(path, label=label, crs=crs)
    frame = read_vector(path, label=label, datum=datum, crs=crs, role="parcels").value
    wrong = ~np.isin(shapely.get_type_id(frame.geometry.to_numpy()), (3, 6))
    if wrong.any():
        raise DataError("AG3704", file=label, row=int(frame.index[wrong][0]), name="")
    named = next((name for name in _NAMES if name in frame.columns), None)
    names = [""] * len(frame) if named is None else [str(value or "") for value in frame[named]]
    amounts = [None] * len(frame) if column is None else _amounts(frame, column, label=label)
    return [
        Parcel(name=name, shape=shape, amount=amount)
        for name, shape, amount in zip(names, frame.geometry, amounts, strict=True)
    ]


def _amounts(frame: gpd.GeoDataFrame, column: str, *, label: str) -> list[float]:
    """Return the numbers of a column of parcels."""
    values = pd.to_numeric(frame[column], errors="coerce") if column in frame.columns else pd.Series([np.nan])
    if not ((values >= 0) & (values < np.inf)).all():
        raise UsageError("AG2444", key="--cost", value=column, file=label)
    return [float(value) for value in values]


PARCEL_ENDINGS = (".txt", *VECTOR_ENDINGS)


def _text(path: Path, *, label: str, crs: CRS) -> list[Parcel]:
    source = regular_file(path, label=label, endings=PARCEL_ENDINGS)
    if source.stat().st_size > MOST_BYTES:
        raise DataError("AG3701", file=label)
    text, _ = decoded(source.read_bytes(), label=label)
    lines = [line.strip() for line in text.splitlines()]
    if _HEADER not in lines or _PARCELS not in lines or lines.index(_PARCELS) < lines.index(_HEADER):
        raise DataError("AG3701", file=label)
    start = lines.index(_PARCELS)
    told = dict(line.split("=", 1) for line in lines[lines.index(_HEADER) + 1 : start] if "=" in line)
    system = _System(told, label=label)
    parcels: list[Parcel] = []
    points: list[tuple[int, float, float]] = []
    title: list[str] = []
    # The line of the title, or of the first point that has none above it.
    begun = 0
    for number, line in enumerate(lines[start + 1 :], start=start + 2):
        if not line:
            continue
        cells = [cell.strip() for cell in line.split(",")]
        if cells[-1] == _END:
            parcels += _closed(title, points, label=label, row=begun)
            title, points, begun = cells, [], number
            continue
        begun = begun or number
        points.append(_point(cells, system, label=label, row=number))
    parcels += _closed(title, points, label=label, row=begun)
    if not parcels:
        raise DataError("AG3701", file=label)
    return [Parcel(name=parcel.name, shape=_moved(parcel.shape, system.crs, crs)) for parcel in parcels]


class _System:
    """The coordinate system that a header states."""

    def __init__(self, told: dict[str, str], *, label: str) -> None:
        name, degrees, zone, unit = (told.get(key, "").strip() for key in ("坐标系", "几度分带", "带号", "计量单位"))
        if "2000" not in name or degrees not in ("3", "6") or not zone.isdigit() or unit not in ("", "米"):
            shown = "、".join(f"{key}={told.get(key, '')}" for key in ("坐标系", "几度分带", "带号", "计量单位"))
            raise DataError("AG3702", file=label, detail=shown)
        self.zone = int(zone)
        allowed = range(25, 46) if degrees == "3" else range(13, 24)
        if self.zone not in allowed:
            raise DataError("AG3702", file=label, detail=f"几度分带={degrees}、带号={zone}")
        self.crs = CRS.from_epsg(zone_epsg(self.zone))

    def easting(self, value: float, *, label: str, row: int) -> float:
        """Return an easting with the number of its zone, which must be the header's."""
        if value < _PREFIXED:
            return value + self.zone * _PREFIXED
        if int(value // _PREFIXED) != self.zone:
            raise DataError("AG3702", file=label, row=row, detail=f"带号={self.zone}，Y={value:.3f}")
        return value


def _point(cells: list[str], system: _System, *, label: str, row: int) -> tuple[int, float, float]:
    """Return ring, easting and northing of a line ``J1,1,X,Y``: X is the northing."""
    try:
        ring, north, east = int(cells[1]), float(cells[2]), float(cells[3])
    except (ValueError, IndexError) as error:
        raise DataError("AG3703", file=label, row=row) from error
    if not (0 < north < 1e7 and np.isfinite(east) and east > 0):
        raise DataError("AG3703", file=label, row=row)
    return ring, system.easting(east, label=label, row=row), north


def _closed(title: list[str], points: list[tuple[int, float, float]], *, label: str, row: int) -> list[Parcel]:
    """Return the parcel of a title and its points: the first ring is its outline, the others are holes.

    ``row`` is the line of the title, or of the first point where there is none.
    """
    if not title:
        if points:
            raise DataError("AG3703", file=label, row=row)
        return []
    name = title[3] if len(title) > 3 else ""
    rings: dict[int, list[tuple[float, float]]] = {}
    for ring, east, north in points:
        rings.setdefault(ring, []).append((east, north))
    if not rings or min(len(ring) for ring in rings.values()) < 3:
        raise DataError("AG3704", file=label, row=row, name=name)
    outline, *holes = rings.values()
    shape = shapely.Polygon(outline, holes)
    if not shape.is_valid or not shape.area > 0:
        raise DataError("AG3704", file=label, row=row, name=name)
    hectares = _number(title[1] if len(title) > 1 else "")
    if hectares > 0 and abs(shape.area / 1e4 - hectares) > AREA_SLACK * hectares:
        found = f"{shape.area / 1e4:.4f}"
        raise DataError("AG3705", file=label, row=row, name=name, stated=f"{hectares:.4f}", found=found)
    return [Parcel(name=name, shape=shape)]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _moved(shape: Any, own: CRS, crs: CRS) -> Any:
    move = transformer(own, crs)
    return shapely.transform(shape, lambda xy: np.column_stack(move.transform(xy[:, 0], xy[:, 1])))
