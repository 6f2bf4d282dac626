"""Committee points: where each village's committee is, its class, and the villages of townships without outlines."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from accessgis.base.crs import has_chinese_form
from accessgis.base.datum import Datum
from accessgis.base.errors import DataError, Doubt, Place, Value
from accessgis.base.provenance import Reading
from accessgis.layers.areas import Areas
from accessgis.layers.codes import normal_code
from accessgis.layers.nesting import with_new_codes
from accessgis.sources.boundaries import flags, urban_rural_codes
from accessgis.sources.place_classes import by_code, stated_classes, with_sources
from accessgis.sources.tables import find_columns, texts
from accessgis.sources.vector import read_vector

_SHOWN = 5
_AT_BORDER_M = 100.0
"""Borders of villages are drawn no finer: a point nearer than this is not outside."""


def with_committees(areas: Areas, path: Path, *, label: str, datum: Datum | None, study_code: str) -> Reading[Areas]:
    """Add what a layer of committee points tells: where committees are, classes of villages, and villages themselves.

    Parameters
    ----------
    areas
        Areas of the study, in its working CRS.
    path
        Layer of points with a code, and a name, ``ur_code``, ``seat`` and ``place_class`` where known.
    label
        Path for messages and provenance.
    datum
        Datum of the coordinates; required for layers in degrees.
    study_code
        Code of the study: where it has the Chinese form, the first nine digits say the township.

    Returns
    -------
    Reading[Areas]
        The areas with ``committees``. Without villages, every township is divided into the Voronoi cells of its points
        (an estimate, AG9230); a township without points stays undivided, and its people keep village "". A point at the
        place of another, or so far outside its township that none of it is nearest, makes no village (AG9235). Villages
        that the areas know keep the class they have; those without one take that of their point (AG9232 where what the
        points state disagrees with the code of the village). AG9328 counts points outside the village of
        their code. Seats are the points' where the areas mark none.

    Raises
    ------
    DataError
        AG3230 a row is no point, AG3231 a code is missing or repeated, AG3207 no urban–rural code, AG3211 a word that
        is no class.
    """
    crs = CRS.from_user_input(areas.frame.crs)
    reading = read_vector(path, label=label, datum=datum, crs=crs, role="village points")
    points, doubts = _points(reading.value, label=label, study_code=study_code)
    at = zip(points["code"], points.geometry.x, points.geometry.y, strict=True)
    placed = replace(areas, committees={str(code): (float(x), float(y)) for code, x, y in at})
    if len(areas.at("village")):
        whole = replace(placed, frame=_completed(areas.frame, points))
        doubts += _outside(areas, points, label=label)
    else:
        divided, landless = _divided(areas, points, study_code=study_code)
        whole = replace(placed, frame=divided)
        if villages := len(whole.at("village")):
            doubts.append(Doubt(code="AG9230", place=Place(file=label), count=villages))
        if landless:
            shown = {"codes": ", ".join(landless[:_SHOWN])}
            doubts.append(Doubt(code="AG9235", place=Place(file=label), count=len(landless), values=dict(shown)))
    known = set(whole.at("village")["code"])
    open_ = points[points["code"].isin(known - set(areas.classes))]
    ur_codes = dict(zip(whole.frame["code"], whole.frame["ur_code"], strict=True))
    stated, odd = by_code(open_, ur_codes, label=label)
    told = with_sources(replace(whole, classes={**areas.classes, **stated}), label=label)
    return Reading(told.value, reading.inputs, (*reading.doubts, *doubts, *odd, *told.doubts))


def _outside(areas: Areas, points: gpd.GeoDataFrame, *, label: str) -> list[Doubt]:
    """Doubt points outside the village of their code: committees sit in towns, but codes of another year do so too."""
    villages = areas.at("village")
    outlines = dict(zip(villages["code"], villages.geometry, strict=True))
    known = points[points["code"].isin(outlines)]
    away = shapely.distance(known.geometry.to_numpy(), [outlines[code] for code in known["code"]]) > _AT_BORDER_M
    if not away.any():
        return []
    shown = [f"{name} ({code})" for name, code in zip(known["name"][away], known["code"][away], strict=True)]
    values: dict[str, Value] = {"names": "; ".join(shown[:_SHOWN]) + (" …" if len(shown) > _SHOWN else "")}
    return [Doubt(code="AG9328", place=Place(file=label), count=len(shown), values=values)]


def _completed(frame: gpd.GeoDataFrame, points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the areas with the urban–rural codes of the points of villages without, and seats where none is marked."""
    codes = frame["code"].map(dict(zip(points["code"], points["ur_code"], strict=True))).fillna("")
    seats = frame["code"].isin(points.loc[points["seat"], "code"])
    return frame.assign(
        ur_code=frame["ur_code"].where(frame["ur_code"] != "", codes).astype("str"),
        seat=frame["seat"] if frame["seat"].any() else seats,
    )


def _divided(areas: Areas, points: gpd.GeoDataFrame, *, study_code: str) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Return the areas with the villages of every township that has points, and the villages that get no land."""
    townships = areas.at("township")
    parts, landless = [], []
    for township, outline in zip(townships["code"].tolist(), townships.geometry.to_numpy(), strict=True):
        if has_chinese_form(study_code):
            mine = points[points["code"].str[:9] == township]
        else:
            mine = points[shapely.intersects(points.geometry.to_numpy(), outline)]
        if len(mine):
            cells = _cells(mine, outline)
            none = cells.geometry.is_empty.to_numpy() | cells.geometry.duplicated().to_numpy()
            landless += cells["code"][none].tolist()
            parts.append(cells[~none].assign(parent=township))
    if not parts:
        return areas.frame, landless
    villages = pd.concat(parts, ignore_index=True).assign(level="village", township_kind="", central=False)
    whole = pd.concat([areas.frame, villages[list(areas.frame.columns)]], ignore_index=True)
    return gpd.GeoDataFrame(whole, geometry="geometry", crs=areas.frame.crs), landless


def _points(frame: gpd.GeoDataFrame, *, label: str, study_code: str) -> tuple[gpd.GeoDataFrame, list[Doubt]]:
    """Return ``code, name, ur_code, seat, place_class`` and the points, by code; AG9066 codes that were renewed."""
    odd = shapely.get_type_id(frame.geometry.to_numpy()) != 0
    if odd.any():
        raise DataError("AG3230", file=label, row=int(frame.index[odd][0]))
    found = find_columns(frame, "areas", {}, label=label, fields=("code", "name", "ur_code", "seat", "place_class"))
    chinese = has_chinese_form(study_code)
    written = [normal_code(value, chinese=chinese) for value in frame[found["code"]]] if "code" in found else []
    renewed, doubts = with_new_codes(pd.DataFrame({"code": pd.array(written, dtype="str"), "file": label}), study_code)
    codes = renewed["code"].tolist()
    count = Counter(codes)
    bad = [row for row, code in zip(frame.index, codes, strict=False) if not code or count[code] > 1]
    if bad or not codes:
        raise DataError("AG3231", file=label, row=int(bad[0]) if bad else None)
    levels = ["village"] * len(codes)
    points = gpd.GeoDataFrame(
        {
            "code": pd.array(codes, dtype="str"),
            "name": pd.array(list(texts(frame[found["name"]]) if "name" in found else codes), dtype="str"),
            "ur_code": pd.array(urban_rural_codes(frame, found, levels, label=label), dtype="str"),
            "seat": flags(frame, found, label=label),
            "place_class": stated_classes(frame, found, levels, label=label),
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
