"""The class of places: stated by the layer of areas, else told by urban–rural codes, else by the land survey."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from accessgis.base.datum import Datum
from accessgis.base.errors import DataError, Doubt, Place, Value
from accessgis.base.provenance import Reading
from accessgis.layers.areas import Areas, ClassSource
from accessgis.layers.places import contradicts, land_survey_classes, statable_words, stated_class
from accessgis.sources.tables import clean, find_columns, texts
from accessgis.sources.vector import read_vector

POLYGON_TYPES = (3, 6)
LADDER: tuple[ClassSource, ...] = ("place_class", "ur_code", "land_survey")
"""Where the class of a village may come from, the first that tells it counts."""
CLASS_SOURCES = "AG9233"
"""Doubt that counts the villages by where their class comes from."""
_SHOWN = 5


def stated_classes(frame: gpd.GeoDataFrame, found: Mapping[str, str], levels: list[str], *, label: str) -> list[str]:
    """Return the class that the layer states for each of its rows, '' where it states none or the row is no village.

    Raises
    ------
    DataError
        AG3211 a word that is no class.
    """
    if "place_class" not in found:
        return [""] * len(frame)
    classes = []
    for row, word, level in zip(frame.index, texts(frame[found["place_class"]]), levels, strict=True):
        known = stated_class(word) if word else ""
        if known is None:
            listed = "、".join(statable_words())
            raise DataError("AG3211", file=label, row=int(row), key=found["place_class"], word=word, known=listed)
        classes.append(known if level == "village" else "")
    return classes


def by_code(parts: pd.DataFrame, codes: Mapping[str, str], *, label: str) -> tuple[dict[str, str], list[Doubt]]:
    """Return code → class as stated, the largest part of a code first, and where the urban–rural code disagrees.

    Parameters
    ----------
    parts
        Rows with ``code``, ``place_class`` and ``geometry``.
    codes
        Village code → urban–rural code, '' unknown.
    label
        File, for messages.
    """
    stated = parts[parts["place_class"] != ""]
    ranked = stated.assign(size=shapely.area(stated["geometry"].to_numpy()))
    ranked = ranked.sort_values("size", ascending=False, kind="stable").drop_duplicates("code")
    classes = {str(code): str(name) for code, name in zip(ranked["code"], ranked["place_class"], strict=True)}
    odd = sorted(code for code, name in classes.items() if codes.get(code) and contradicts(name, codes[code]))
    if not odd:
        return classes, []
    values: dict[str, Value] = {"codes": "; ".join(odd[:_SHOWN])}
    return classes, [Doubt(code="AG9232", place=Place(file=label), count=len(odd), values=values)]


def with_sources(areas: Areas, *, label: str, surveyed: frozenset[str] = frozenset()) -> Reading[Areas]:
    """Say where the class of most villages comes from, where several sources were needed, and that ``where`` was not.

    Parameters
    ----------
    areas
        The areas with the classes and codes found so far.
    label
        File, for messages.
    surveyed
        Villages whose class is the land survey's.
    """
    villages = areas.at("village")
    count: Counter[ClassSource] = Counter()
    for code, ur_code in zip(villages["code"], villages["ur_code"], strict=True):
        if code in areas.classes:
            count["land_survey" if code in surveyed else "place_class"] += 1
        elif ur_code:
            count["ur_code"] += 1
    if not count:
        return Reading(areas)
    main = max(LADDER, key=lambda source: count[source])
    told = replace(areas, class_source=main, where="")
    doubts = []
    if areas.where:
        place = Place(file=label, key="areas.where")
        doubts.append(Doubt(code="AG9228", place=place, values={"where": areas.where}))
    if len(count) > 1 or (surveyed and count.total() < len(villages)):
        values: dict[str, Value] = {source: count[source] for source in LADDER}
        values["none"] = len(villages) - count.total()
        doubts.append(Doubt(code=CLASS_SOURCES, place=Place(file=label), count=len(villages), values=values))
    return Reading(told, (), tuple(doubts))


def with_land_survey(areas: Areas, path: Path, *, label: str, datum: Datum | None) -> Reading[Areas]:
    """Give villages without a class the one that the land survey's polygons of settlements tell.

    Parameters
    ----------
    areas
        Areas of the study, in its working CRS.
    path, label
        The layer (CZCSXM of the national land survey), and its name for messages.
    datum
        Datum of the layer, where it is in degrees.

    Returns
    -------
    Reading[Areas]
        The class is that of the code with the most land in the village.

    Raises
    ------
    DataError
        AG3202 a row is no polygon, AG3212 no column of the attribute, AG3213 a code that it does not have.
    """
    crs = CRS.from_user_input(areas.frame.crs)
    reading = read_vector(path, label=label, datum=datum, crs=crs, role="land survey")
    shapes, classes = _settlements(reading.value, label=label)
    villages = areas.at("village")
    open_ = villages[[code not in areas.classes and not ur for code, ur in
                      zip(villages["code"], villages["ur_code"], strict=True)]]  # fmt: skip
    names = sorted(set(classes.tolist()))
    land = np.zeros((len(open_), len(names)), dtype=np.float64)
    own = open_.geometry.to_numpy()
    village, piece = shapely.STRtree(shapes).query(own, predicate="intersects")
    sizes = shapely.area(shapely.intersection(own[village], shapes[piece]))
    column = np.searchsorted(np.array(names, dtype=str), classes[piece].astype(str)) if names else piece
    np.add.at(land, (village, column), sizes)
    told = {str(code): names[int(np.argmax(row))] for code, row in zip(open_["code"], land, strict=True) if row.any()}
    whole = replace(areas, classes={**areas.classes, **told})
    final = with_sources(whole, label=label, surveyed=frozenset(told))
    return Reading(final.value, reading.inputs, (*reading.doubts, *final.doubts))


def _settlements(frame: gpd.GeoDataFrame, *, label: str) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return the polygons whose code tells a class, and the class of each."""
    found = find_columns(frame, "land_survey", {}, label=label)
    if "settlement" not in found:
        listed = ", ".join(str(name) for name in frame.columns if name != "geometry")
        raise DataError("AG3212", file=label, columns=listed)
    known = land_survey_classes()
    classes = []
    for row, value in zip(frame.index, frame[found["settlement"]].tolist(), strict=True):
        code = clean(value).upper().removesuffix(".0").removesuffix("A")
        if code and code not in known:
            raise DataError("AG3213", file=label, row=int(row), key=found["settlement"], word=clean(value))
        classes.append(known.get(code, ""))
    kept = np.array([bool(name) for name in classes], dtype=bool)
    shapes = frame.geometry.to_numpy()
    flat = kept & ~np.isin(shapely.get_type_id(shapes), POLYGON_TYPES)
    if flat.any():
        raise DataError("AG3202", file=label, row=int(frame.index[flat][0]))
    return shapes[kept], np.array(classes, dtype=object)[kept]


def central_label(name: str, file: Path | None, central: Path, label: str | Mapping[str, str]) -> str:
    """Return the stated label of the central layer, else its path relative to the folder that ``name`` starts from."""
    if isinstance(label, Mapping) and "central" in label:
        return label["central"]
    if file is None:
        return central.name
    base = file.resolve().parents[len(Path(name).parts) - 1]
    if base / name == file.resolve() and central.resolve().is_relative_to(base):
        return central.resolve().relative_to(base).as_posix()
    return central.name


def in_central(frame: gpd.GeoDataFrame, layer: gpd.GeoDataFrame, *, label: str) -> NDArray[np.bool_]:
    """Return for each area whether more than half of it lies in the polygons of the central urban area.

    Raises
    ------
    DataError
        AG3202 a row is no polygon.
    """
    shapes = layer.geometry.to_numpy()
    flat = ~np.isin(shapely.get_type_id(shapes), POLYGON_TYPES)
    if flat.any():
        raise DataError("AG3202", file=label, row=int(layer.index[flat][0]))
    zone = shapely.union_all(shapes)
    own = frame.geometry.to_numpy()
    return np.asarray(shapely.area(shapely.intersection(own, zone)) > 0.5 * shapely.area(own))
