"""Villages known only as committee points: each township is divided between them by the nearest point."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from accessgis.base.crs import has_chinese_form
from accessgis.base.datum import Datum
from accessgis.base.errors import DataError, Doubt, Place
from accessgis.base.provenance import Reading
from accessgis.layers.areas import Areas
from accessgis.layers.codes import normal_code
from accessgis.layers.nesting import with_new_codes
from accessgis.sources.boundaries import flags
from accessgis.sources.tables import find_columns, texts
from accessgis.sources.vector import read_vector


def divide_by_points(areas: Areas, path: Path, *, label: str, datum: Datum | None, study_code: str) -> Reading[Areas]:
    """Give townships villages where only committee points are known.

    Parameters
    ----------
    areas
        Areas without villages; with villages they are returned as they are, and the points are not opened.
    path
        Layer of points with a code and a name.
    label
        Path for messages and provenance.
    datum
        Datum of the coordinates; required for layers in degrees.
    study_code
        Code of the study: where it has the Chinese form, the first nine digits say the township.

    Returns
    -------
    Reading[Areas]
        Every township divided into the Voronoi cells of its points (an estimate, AG9230); a township without points
        stays undivided, and its people keep village "".

    Raises
    ------
    DataError
        AG3230 a row is no point, AG3231 a code is missing or repeated.
    """
    if len(areas.at("village")):
        return Reading(areas)
    crs = CRS.from_user_input(areas.frame.crs)
    reading = read_village_points(path, label=label, datum=datum, crs=crs, study_code=study_code)
    points = reading.value
    townships = areas.at("township")
    parts = []
    for township, outline in zip(townships["code"].tolist(), townships.geometry.to_numpy(), strict=True):
        if has_chinese_form(study_code):
            mine = points[points["code"].str[:9] == township]
        else:
            mine = points[shapely.intersects(points.geometry.to_numpy(), outline)]
        if len(mine):
            parts.append(_cells(mine, outline).assign(parent=township))
    if not parts:
        return Reading(areas, reading.inputs, reading.doubts)
    villages = pd.concat(parts, ignore_index=True).assign(level="village", township_kind="", central=False)
    whole = pd.concat([areas.frame, villages[list(areas.frame.columns)]], ignore_index=True)
    frame = gpd.GeoDataFrame(whole, geometry="geometry", crs=crs)
    doubt = Doubt(code="AG9230", place=Place(file=label), count=len(villages))
    classified = areas.class_source or ("ur_code" if (villages["ur_code"] != "").any() else "")
    divided = Areas(frame=frame, has_central=areas.has_central, class_source=classified, where=areas.where)
    return Reading(divided, reading.inputs, (*reading.doubts, doubt))


def read_village_points(
    path: Path, *, label: str, datum: Datum | None, crs: CRS, study_code: str
) -> Reading[gpd.GeoDataFrame]:
    """Read committee points.

    Parameters
    ----------
    path, label, datum, study_code
        As for :func:`divide_by_points`.
    crs
        Working CRS.

    Returns
    -------
    Reading[GeoDataFrame]
        ``code, name, ur_code, seat`` and the points, sorted by code; AG9066 codes of a county that has a new one.

    Raises
    ------
    DataError
        AG3230 a row is no point, AG3231 a code is missing or repeated.
    """
    reading = read_vector(path, label=label, datum=datum, crs=crs, role="village points")
    points, recoded = _points(reading.value, label=label, study_code=study_code)
    return Reading(points, reading.inputs, (*reading.doubts, *recoded))


def _points(frame: gpd.GeoDataFrame, *, label: str, study_code: str) -> tuple[gpd.GeoDataFrame, list[Doubt]]:
    odd = shapely.get_type_id(frame.geometry.to_numpy()) != 0
    if odd.any():
        raise DataError("AG3230", file=label, row=int(frame.index[odd][0]))
    found = find_columns(frame, "areas", {}, label=label, fields=("code", "name", "ur_code", "seat"))
    chinese = has_chinese_form(study_code)
    written = [normal_code(value, chinese=chinese) for value in frame[found["code"]]] if "code" in found else []
    renewed, doubts = with_new_codes(pd.DataFrame({"code": pd.array(written, dtype="str"), "file": label}), study_code)
    codes = renewed["code"].tolist()
    bad = [row for row, code in zip(frame.index, codes, strict=False) if not code or codes.count(code) > 1]
    if bad or not codes:
        raise DataError("AG3231", file=label, row=int(bad[0]) if bad else None)
    names = texts(frame[found["name"]]) if "name" in found else codes
    ur_codes = texts(frame[found["ur_code"]]) if "ur_code" in found else [""] * len(codes)
    points = gpd.GeoDataFrame(
        {
            "code": pd.array(codes, dtype="str"),
            "name": pd.array(list(names), dtype="str"),
            "ur_code": pd.array(list(ur_codes), dtype="str"),
            "seat": flags(frame, found, label=label),
        },
        geometry=frame.geometry.to_numpy(),
        crs=frame.crs,
    )
    return points.sort_values("code", ignore_index=True), doubts


def _cells(points: gpd.GeoDataFrame, outline: shapely.Geometry) -> gpd.GeoDataFrame:
    """Return the points with the part of the outline that lies nearest to each."""
    places = points.geometry.to_numpy()
    if len(places) == 1:
        return points.set_geometry(gpd.GeoSeries([outline], index=points.index, crs=points.crs))
    raw = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(places), extend_to=outline))
    holder = shapely.STRtree(raw).query(places, predicate="intersects")
    first = np.full(len(places), len(raw))
    np.minimum.at(first, holder[0], holder[1])
    shapes = shapely.intersection(raw[first], outline)
    return points.set_geometry(gpd.GeoSeries(shapes, index=points.index, crs=points.crs))
