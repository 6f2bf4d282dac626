"""Vector layers at the door: encoding, CRS, datum and geometry are checked before anything uses them."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pyproj
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from accessgis.base.crs import WGS84, transformer
from accessgis.base.datum import Datum, to_wgs84
from accessgis.base.errors import DataError, Doubt, Place, Value
from accessgis.base.provenance import InputRecord, Reading
from accessgis.sources.containers import ARCHIVE, GEODATABASE, geodatabase, opened
from accessgis.sources.database import DatabaseTable, Source
from accessgis.sources.door import crs_name, record, regular_file, rounded, rows_text
from accessgis.sources.drivers import DRIVERS, check_content, check_unpacked, dialect, forced
from accessgis.sources.personal import without_personal
from accessgis.sources.postgis import content_record, read_database_layer
from accessgis.sources.row_counts import check_rows
from accessgis.sources.shapefile_text import shapefile_encoding
from accessgis.sources.views import drawn_layers, unreadable_views

VECTOR_ENDINGS = (".gpkg", ".geojson", ".json", ".shp", ".fgb", ".parquet", ".geoparquet", GEODATABASE, ARCHIVE)
MAX_AREA_CHANGE = 0.01
"""Largest share of a polygon's area that mending an invalid outline may change."""
EXTENT_MARGIN_DEG = 1.0
_BROKEN = (
    OSError, ValueError, RuntimeError, LookupError, UnboundLocalError, shapely.errors.ShapelyError,
    pa.lib.ArrowException,
)  # fmt: skip
"""What GDAL, its wrapper, Arrow and GEOS raise over a broken file."""

Bounds = tuple[float, float, float, float]

_AS_WGS84 = frozenset({"EPSG:4326", "OGC:CRS84", "EPSG:4490", "EPSG:4979", "EPSG:4480"})
"""Systems in degrees whose numbers are taken as WGS-84 as they stand (CGCS2000 differs by less than a metre)."""


def read_vector(
    path: Source,
    *,
    label: str,
    layer: str | None = None,
    datum: Datum | None = None,
    crs: CRS | None = None,
    role: str = "layer",
    missing: Literal["drop", "keep"] = "drop",
) -> Reading[gpd.GeoDataFrame]:
    """Read one vector layer and check it.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, Shapefile (also zipped), File Geodatabase, FlatGeobuf or GeoParquet; or a table of a
        database.
    label
        Path for messages and provenance, relative to the study.
    layer
        Layer name; needed when a GeoPackage, Geodatabase or archive holds several.
    datum
        Datum of the coordinates: required when the layer is in degrees. ``gcj02`` and ``bd09`` are shifted to
        WGS-84, every vertex on its own.
    crs
        System to return; None returns WGS-84 degrees for a layer in degrees, else the layer's own system.
    role
        Role in the provenance.
    missing
        What to do with rows without geometry: ``drop`` them, counted in a doubt, or ``keep`` them as empty points.

    Returns
    -------
    Reading[GeoDataFrame]
        2-D geometry; the index ``row`` is the data row in the file, from 1.

    Raises
    ------
    DataError
        AG3002–AG3010, AG3013, AG3067, AG3069, AG3071 and of databases AG3040–AG3046, with the file, row and way out.
    """
    frame, entry, doubts = _opened(path, label=label, layer=layer, role=role)
    frame.index = np.arange(1, len(frame) + 1)
    frame.index.name = "row"
    frame, personal = without_personal(frame, label=label)
    doubts.extend(personal)
    if frame.crs is None:
        raise DataError("AG3004", file=label)
    own = CRS.from_user_input(frame.crs)
    if own.is_geographic and datum is None:
        raise DataError("AG3005", file=label, crs=own.name)
    frame = _geometry_rows(frame, label=label, missing=missing, doubts=doubts)
    frame = mended(frame, label=label, doubts=doubts)
    frame = _in_wgs84(frame, own, datum, label=label)
    if crs is not None:
        # What was valid in degrees need not be so in metres.
        frame = mended(to_crs(frame, crs, label=label), label=label, doubts=doubts)
    return Reading(frame, (replace(entry, crs=crs_name(own), datum=datum or ""),), tuple(doubts))


def first_rows(path: Path, *, label: str, layer: str | None, most: int | None) -> gpd.GeoDataFrame:
    """Return the first rows of a layer, or all, as stored: through the same door, with no check of what they say."""
    with opened(path, label=label, endings=VECTOR_ENDINGS, layer=layer) as (unpacked, inner):
        frame = _open(unpacked, label=label, layer=inner, most=most)[0]
        return frame if most is None else frame.head(most)


def layer_names(path: Source, *, label: str) -> list[str]:
    """Return the names of the geometry layers of a GeoPackage or Geodatabase; other formats have one, named ''."""
    if isinstance(path, DatabaseTable):
        return [""]
    if path.suffix.lower() == GEODATABASE:
        return _layers(geodatabase(path, label=label), frozenset(), label=label)
    source = regular_file(path, label=label, endings=VECTOR_ENDINGS)
    if source.suffix.lower() != ".gpkg":
        return [""]
    check_content(source, label=label)
    return _layers(source, unreadable_views(source, label=label), label=label)


def _layers(source: Path, unreadable: frozenset[str], *, label: str) -> list[str]:
    try:
        if unreadable:
            return drawn_layers(source)
        with _quiet():
            found = pyogrio.list_layers(forced(source))
    except (*_BROKEN, sqlite3.Error) as error:
        raise DataError("AG3013", file=label, detail=_short(error)) from error
    return [str(name) for name, kind in found if kind is not None]


def to_crs(frame: gpd.GeoDataFrame, crs: CRS, *, label: str) -> gpd.GeoDataFrame:
    """Return the frame in ``crs``; AG3010 names rows whose coordinates have no place there."""
    try:
        moved = frame.to_crs(crs)
    except pyproj.exceptions.ProjError as error:
        raise DataError("AG3010", file=label, rows="") from error
    bad = ~np.isfinite(shapely.bounds(moved.geometry.to_numpy())).all(axis=1) & ~moved.geometry.is_empty.to_numpy()
    if bad.any():
        raise DataError("AG3010", file=label, row=int(moved.index[bad][0]), rows=rows_text(moved.index[bad]))
    return moved


def swapped(lon: ArrayLike, lat: ArrayLike, extent: Bounds) -> bool:
    """Return whether coordinates look like latitude and longitude in each other's place.

    Parameters
    ----------
    lon, lat
        Degrees as given.
    extent
        (west, south, east, north) in degrees of the study's areas or roads: never a fixed rectangle.

    Returns
    -------
    bool
        True when most points fall outside the extent (with a margin of 1 degree) and most fall inside it with the
        two numbers exchanged.
    """
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if x.size == 0:
        return False
    return float(inside(x, y, extent).mean()) < 0.5 < float(inside(y, x, extent).mean())


def inside(lon: NDArray[np.float64], lat: NDArray[np.float64], extent: Bounds) -> NDArray[np.bool_]:
    """Return which points lie in ``extent`` (degrees) widened by ``EXTENT_MARGIN_DEG``."""
    west, south, east, north = extent
    margin = EXTENT_MARGIN_DEG
    return (lon >= west - margin) & (lon <= east + margin) & (lat >= south - margin) & (lat <= north + margin)


def degree_extent(extent: Bounds, crs: CRS) -> Bounds:
    """Return an extent in ``crs`` as degrees (west, south, east, north)."""
    west, south, east, north = transformer(crs, WGS84).transform_bounds(*extent)
    return float(west), float(south), float(east), float(north)


def check_extent(
    lon: NDArray[np.float64], lat: NDArray[np.float64], extent: Bounds | None, *, label: str, rows: NDArray[np.int64]
) -> list[Doubt]:
    """Hold coordinates in degrees against the study's extent.

    Raises
    ------
    DataError
        AG3011 longitude and latitude look exchanged, AG3014 numbers that are no degrees, with their rows.

    Returns
    -------
    list[Doubt]
        AG9004 with the rows that lie far from the study.
    """
    if extent is not None and swapped(lon, lat, extent):
        raise DataError("AG3011", file=label, row=int(rows[0]), lon=rounded(lon[0], 8), lat=rounded(lat[0], 8))
    bad = (np.abs(lon) > 180) | (np.abs(lat) > 90)
    if bad.any():
        raise DataError("AG3014", file=label, row=int(rows[bad][0]), rows=rows_text(rows[bad]))
    if extent is None:
        return []
    far = ~inside(lon, lat, extent)
    if not far.any():
        return []
    return [Doubt(code="AG9004", place=Place(file=label), count=int(far.sum()), values={"rows": rows_text(rows[far])})]


def _opened(
    path: Source, *, label: str, layer: str | None, role: str
) -> tuple[gpd.GeoDataFrame, InputRecord, list[Doubt]]:
    """Return a layer as it is stored, with its provenance."""
    if isinstance(path, DatabaseTable):
        content = read_database_layer(path, label=label)
        return content.frame(), content_record(content, role=role, label=label), list(content.doubts)
    with opened(path, label=label, endings=VECTOR_ENDINGS, layer=layer) as (unpacked, inner):
        frame, encoding, judged = _open(unpacked, label=label, layer=inner)
    doubts = [Doubt(code="AG9001", place=Place(file=label))] if judged and encoding == "gb18030" else []
    note = f"encoding {encoding}" if encoding else ""
    return frame, record(path.resolve(), role=role, label=label, rows=len(frame), note=note), doubts


def _open(
    source: Path, *, label: str, layer: str | None, most: int | None = None
) -> tuple[gpd.GeoDataFrame, str, bool]:
    """Open a file with the driver of its ending; return its frame, its encoding ('' if fixed) and whether judged."""
    ending = source.suffix.lower()
    if ending != GEODATABASE:
        check_content(source, label=label)
    unreadable = unreadable_views(source, label=label) if ending == ".gpkg" else frozenset()
    if ending in (".gpkg", GEODATABASE):
        layer = _one_layer(_layers(source, unreadable, label=label), layer, stem=source.stem, label=label)
    elif layer not in (None, source.stem):
        raise _no_layer([source.stem], layer, label=label)
    if layer in unreadable:
        raise DataError("AG3071", file=label, layer=layer)
    encoding, judged = shapefile_encoding(source, label=label) if ending == ".shp" else ("", False)
    options: dict[str, Any] = {"encoding": encoding} if encoding else {}
    if unreadable:
        options["LIST_ALL_TABLES"] = "NO"
    driver = ""
    frame: Any = None
    try:
        # Coordinates that are no numbers are refused later, by row.
        with np.errstate(invalid="ignore"), _quiet():
            if ending in (".parquet", ".geoparquet"):
                frame = _parquet(source, label=label)
            else:
                about = pyogrio.read_info(forced(source), layer=layer, **options)
                driver = about["driver"]
                if driver == DRIVERS[ending]:
                    frame = pyogrio.read_dataframe(forced(source), layer=layer, max_features=most, **options)
                    if most is None:
                        check_rows(len(frame), source, layer=layer, features=about["features"], label=label)
    except DataError:
        raise
    except _BROKEN as error:
        if DRIVERS.get(ending) == "GeoJSON" and (other := dialect(source)):
            raise DataError("AG3007", file=label, driver=other) from error
        raise DataError("AG3013", file=label, detail=_short(error)) from error
    if frame is None:
        raise DataError("AG3007", file=label, driver=driver)
    return _geometric(frame, label=label), encoding, judged


def _parquet(source: Path, *, label: str) -> Any:
    about = pq.read_metadata(source)
    unpacked = sum(about.row_group(place).total_byte_size for place in range(about.num_row_groups))
    check_unpacked(about.num_rows, unpacked, label=label)
    frame = gpd.read_parquet(source)
    for name in frame.columns:
        if pd.api.types.is_string_dtype(frame[name].dtype):  # else text that is none is found only where it is read
            pa.array(frame[name]).validate(full=True)
    return frame


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep GDAL's remarks on a file, which name folders of the machine, from the user: what matters is checked here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.simplefilter("ignore", UserWarning)
        yield


def _geometric(frame: Any, *, label: str) -> gpd.GeoDataFrame:
    if not isinstance(frame, gpd.GeoDataFrame):
        raise DataError("AG3015", file=label)
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DataError("AG3021", file=label, column=str(twice[0]))
    return frame


def _one_layer(names: list[str], wanted: str | None, *, stem: str, label: str) -> str:
    if wanted is not None:
        if wanted not in names:
            raise _no_layer(names, wanted, label=label)
        return wanted
    if len(names) == 1:
        return names[0]
    if stem in names:
        return stem
    if not names:
        raise DataError("AG3015", file=label)
    raise DataError("AG3009", file=label, layers=", ".join(names))


def _no_layer(names: list[str], wanted: str | None, *, label: str) -> DataError:
    return DataError("AG3067", file=label, key="layer", wanted=str(wanted), layers=", ".join(names))


def _geometry_rows(
    frame: gpd.GeoDataFrame, *, label: str, missing: Literal["drop", "keep"], doubts: list[Doubt]
) -> gpd.GeoDataFrame:
    """Deal with rows that have no geometry, and refuse coordinates that are no numbers."""
    shapes = shapely.force_2d(frame.geometry.to_numpy())
    absent = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    filled = shapes.copy()
    filled[absent] = shapely.Point()
    coordinates, owner = shapely.get_coordinates(filled, return_index=True)
    broken = np.unique(owner[~np.isfinite(coordinates).all(axis=1)])
    if broken.size:
        named = frame.index[broken]
        raise DataError("AG3012", file=label, row=int(named[0]), rows=rows_text(named))
    if missing == "keep":
        return frame.set_geometry(gpd.GeoSeries(filled, frame.index, crs=frame.crs))
    if absent.any():
        rows = rows_text(frame.index[absent])
        doubts.append(Doubt(code="AG9002", place=Place(file=label), count=int(absent.sum()), values={"rows": rows}))
    whole = frame.set_geometry(gpd.GeoSeries(shapes, frame.index, crs=frame.crs))
    return whole[~absent]


def mended(frame: gpd.GeoDataFrame, *, label: str, doubts: list[Doubt]) -> gpd.GeoDataFrame:
    """Mend invalid polygons and say so in ``doubts``; refuse a change of area by more than ``MAX_AREA_CHANGE``."""
    shapes = frame.geometry.to_numpy()
    polygonal = np.isin(shapely.get_type_id(shapes), (3, 6))
    invalid = np.flatnonzero(polygonal & ~shapely.is_valid(shapes))
    if not invalid.size:
        return frame
    with np.errstate(over="ignore", invalid="ignore"):  # numbers too large for an area
        before = shapely.area(shapes[invalid])
        whole = np.array([_polygons_only(shape) for shape in shapely.make_valid(shapes[invalid])], dtype=object)
        after = shapely.area(whole)
        change = np.abs(after - before) / np.maximum(np.maximum(after, before), np.finfo(float).tiny)
    change[(after == 0) | ~np.isfinite(change)] = 1.0  # nothing is left of an outline without an inside
    worst = int(np.argmax(change))
    if change[worst] > MAX_AREA_CHANGE:
        row = int(frame.index[invalid[worst]])
        raise DataError("AG3016", file=label, row=row, percent=rounded(100 * float(change[worst]), 3))
    percent = rounded(100 * float(change[worst]), 3)
    values: dict[str, Value] = {"rows": rows_text(frame.index[invalid]), "percent": percent}
    doubts.append(Doubt(code="AG9003", place=Place(file=label), count=int(invalid.size), values=values))
    replaced = shapes.copy()
    replaced[invalid] = whole
    return frame.set_geometry(gpd.GeoSeries(replaced, frame.index, crs=frame.crs))


def _polygons_only(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the polygons of a mended outline: slivers of line and point have no area."""
    parts = shapely.get_parts(shapely.get_parts(np.array([shape])))
    polygons = parts[shapely.get_type_id(parts) == 3]
    return polygons[0] if polygons.size == 1 else shapely.MultiPolygon(list(polygons))


def _in_wgs84(frame: gpd.GeoDataFrame, own: CRS, datum: Datum | None, *, label: str) -> gpd.GeoDataFrame:
    """Return a layer in degrees, or one in a shifted datum, as WGS-84 degrees; other layers as they are."""
    shifted = datum in ("gcj02", "bd09")
    if not own.is_geographic and not shifted:
        return frame
    same = ":".join(own.to_authority() or ()) in _AS_WGS84
    if own.is_geographic and (same or shifted):
        degrees = frame.set_crs(WGS84, allow_override=True)
    else:
        degrees = to_crs(frame, WGS84, label=label)
    bounds = shapely.bounds(degrees.geometry.to_numpy())
    with np.errstate(invalid="ignore"):
        bad = np.asarray((np.abs(bounds) > np.array([360, 90, 360, 90])).any(axis=1), dtype=bool)
    if bad.any():
        rows = degrees.index[bad]
        raise DataError("AG3014", file=label, row=int(rows[0]), rows=rows_text(rows))
    if not shifted or datum is None:
        return degrees
    moved = shapely.transform(
        degrees.geometry.to_numpy(), lambda at: np.column_stack(to_wgs84(at[:, 0], at[:, 1], datum=datum))
    )
    return degrees.set_geometry(gpd.GeoSeries(moved, degrees.index, crs=WGS84))


def _short(error: BaseException) -> str:
    """Return the first line of a library's message, without the machine's paths."""
    text = str(error).splitlines()[0].split(";")[0].rstrip(" .") if str(error) else type(error).__name__
    return " ".join("…" if "/" in word or "\\" in word else word for word in text.split())[:120]
