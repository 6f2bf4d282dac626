"""Layers of service areas (学区, 服务片区): outlines with the id or the name of the facility that serves them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import CRS

from accessgis.base.datum import Datum
from accessgis.base.errors import DataError, Doubt, Place
from accessgis.base.provenance import Reading
from accessgis.layers.demand import Demand
from accessgis.layers.service_areas import served_villages
from accessgis.sources.place_classes import POLYGON_TYPES
from accessgis.sources.tables import find_columns, plain, texts
from accessgis.sources.vector import read_vector

_SHOWN = 5


def with_service_areas(
    facilities: gpd.GeoDataFrame,
    path: Path,
    *,
    label: str,
    demand: Demand,
    datum: Datum | None,
    column: str | None = None,
    layer: str | None = None,
) -> Reading[gpd.GeoDataFrame]:
    """Say which villages the facilities of a register serve, where their rows do not state it.

    Parameters
    ----------
    facilities
        Rows of schema :data:`~accessgis.layers.facilities.FACILITIES`, as sources give them.
    path, label, datum, layer
        The layer of service areas; several outlines of one facility are its service area together.
    demand
        People of the study.
    column
        Column that holds the facility's id or name; None looks for the shipped names.

    Returns
    -------
    Reading[GeoDataFrame]
        The rows with ``serves`` filled in; AG9314 outlines of no facility of the register, AG9317 facilities in whose
        service area nobody lives, AG9315 people whom a border parts from their village, for villages are given as a
        whole.

    Raises
    ------
    DataError
        AG3202 a row is no polygon, AG3017 no such column, AG3310 no column of the facility.
    """
    reading = read_vector(
        path, label=label, layer=layer, datum=datum, crs=CRS.from_user_input(facilities.crs), role="service areas"
    )
    outlines = reading.value
    flat = ~pd.Series(shapely.get_type_id(outlines.geometry.to_numpy()), index=outlines.index).isin(POLYGON_TYPES)
    if flat.any():
        raise DataError("AG3202", file=label, row=int(outlines.index[flat.to_numpy()][0]))
    stated = {} if column is None else {"id": column}
    found = find_columns(outlines, "facilities", stated, label=label, fields=("id", "name"))
    if not found:
        listed = ", ".join(str(name) for name in outlines.columns if name != outlines.geometry.name)
        raise DataError("AG3310", file=label, found="geometry", field="id", columns=listed)
    owner = _owners(texts(outlines[found.get("id", found.get("name", ""))]), facilities)
    doubts = list(reading.doubts)
    strays = [row for row, one in zip(outlines.index.tolist(), owner, strict=True) if not one]
    place = Place(file=label)
    if strays:
        rows = ", ".join(str(row) for row in strays[:_SHOWN])
        doubts.append(Doubt(code="AG9314", place=place, count=len(strays), values={"rows": rows}))
    shapes = outlines.geometry.groupby(pd.Series(owner, index=outlines.index)).agg(lambda mine: mine.union_all())
    served = served_villages({str(one): shape for one, shape in shapes.items() if one != ""}, demand)
    if idle := [one for one, codes in served.codes.items() if not codes]:
        shown = ", ".join(idle[:_SHOWN])
        doubts.append(Doubt(code="AG9317", place=place, count=len(idle), values={"ids": shown}))
    if served.cut_villages:
        doubts.append(Doubt(code="AG9315", place=place, count=served.cut_villages, people=served.cut_people))
    serves = [
        text or ";".join(served.codes.get(str(one), ()))
        for text, one in zip(facilities["serves"].tolist(), facilities["facility_id"], strict=True)
    ]
    return Reading(facilities.assign(serves=pd.array(serves, dtype="str")), reading.inputs, tuple(doubts))


def _owners(words: list[str], facilities: gpd.GeoDataFrame) -> list[str]:
    """Return the facility that each word names by its id, else by a name that no other has; '' where there is none."""
    ids, names = facilities["facility_id"].astype(str), facilities["name"].astype(str)
    single = ~names.duplicated(keep=False)
    known = dict(zip(map(plain, names[single]), ids[single], strict=True)) | dict(
        zip(map(plain, ids), ids, strict=True)
    )
    return [known.get(plain(word), "") if word else "" for word in words]
