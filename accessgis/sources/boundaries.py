"""Administrative areas from boundary layers: county, township and village, with codes and the class of each place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from accessgis.base.crs import WGS84, has_chinese_form, working_crs
from accessgis.base.datum import Datum
from accessgis.base.errors import DataError, Doubt, Place, Value
from accessgis.base.provenance import InputRecord, Reading
from accessgis.layers.areas import LEVELS, Areas
from accessgis.layers.codes import UR_CODES, code_level, normal_code, township_kind
from accessgis.layers.nesting import nest, tiling_doubts, with_new_codes, within_study
from accessgis.sources.database import DatabaseTable, Source
from accessgis.sources.door import rows_text
from accessgis.sources.place_classes import (
    POLYGON_TYPES,
    by_code,
    central_label,
    in_central,
    stated_classes,
    with_sources,
)
from accessgis.sources.tables import find_columns, plain, texts, word_ids
from accessgis.sources.vector import layer_names, mended, read_vector, to_crs

HULL_BUFFER_M = 250.0
"""How far the one unit of a study without areas reaches beyond its people's outermost points."""

FIELDS = ("code", "name", "level", "ur_code", "seat", "place_class")


def read_areas(  # noqa: PLR0913 - one argument per key of [areas]
    path: Source | Mapping[str, Source],
    *,
    label: str | Mapping[str, str],
    columns: Mapping[str, str],
    datum: Datum | None,
    crs: CRS | None,
    study_code: str,
    central: Path | None = None,
    where: str = "",
    layer: str | Mapping[str, str] | None = None,
) -> Reading[Areas]:
    """Read the administrative areas of a study.

    Parameters
    ----------
    path
        One layer with the columns code, name and level, or one layer per level (level → file). A GeoPackage or
        Geodatabase whose layers are named like levels counts as one layer per level. Without a level column the length
        of the code says it; a single outline without codes is the county.
    label
        Path or paths for messages and provenance, of the same form as ``path``; the key ``central`` may be added.
    columns
        Field (``code, name, level, ur_code, seat, place_class``) → column; shipped names are tried for the others.
    datum
        Datum of the coordinates; required for layers in degrees.
    crs
        Working CRS; None chooses it by the centre of the layers.
    study_code
        Code of the study. Where it has the Chinese form, codes are checked for it, nesting follows their digits, and
        areas outside the study are left out, counted.
    central
        Polygons of the central urban area; an area is central when more than half of it lies in them.
    where
        The one place class assumed for everybody, used only where the layer tells no class.
    layer
        Layer of a file that holds several, or one per level (level → layer).

    Returns
    -------
    Reading[Areas]
        Areas in the working CRS, sorted by level and code.

    Raises
    ------
    DataError
        AG3201–AG3209, AG3211, and what :func:`read_vector` raises.
    """
    layers = area_layers(path, label, layer)
    chinese = has_chinese_form(study_code)
    frames: list[tuple[str | None, str, gpd.GeoDataFrame]] = []
    inputs: list[InputRecord] = []
    doubts: list[Doubt] = []
    for level, file, name, inner in layers:
        reading = read_vector(file, label=name, layer=inner, datum=datum, role="areas")
        inputs.extend(reading.inputs)
        doubts.extend(reading.doubts)
        frames.append((level, name, reading.value))
    if crs is None:
        crs = _crs_of([frame for _, _, frame in frames], chinese=chinese)
    parts = [
        _fields(
            mended(to_crs(frame, crs, label=name), label=name, doubts=doubts),
            columns,
            label=name,
            level=level,
            study_code=study_code,
        )
        for level, name, frame in frames
    ]
    first = layers[0][2]
    together, found = with_new_codes(pd.concat(parts, ignore_index=True), study_code)
    doubts.extend(found)
    whole, found = _dissolved(together, crs)
    doubts.extend(found)
    if chinese:
        whole, found = within_study(whole, study_code, label=first)
        doubts.extend(found)
    whole, found = nest(whole, study_code, label=first)
    doubts.extend(found)
    whole = _seats_inherited(whole)
    doubts.extend(tiling_doubts(whole, label=first))
    doubts.extend(_kind_doubts(whole, label=first))
    if central is not None:
        source = layers[0][1] if isinstance(layers[0][1], Path) else None
        zone = central_label(first, source, central, label)
        reading = read_vector(central, label=zone, datum=datum, crs=crs, role="central")
        inputs.extend(reading.inputs)
        doubts.extend(reading.doubts)
        whole["central"] = in_central(whole, reading.value, label=zone)
        if not whole["central"].any():
            doubts.append(Doubt(code="AG9236", place=Place(file=zone)))
    classes, found = by_code(together, dict(zip(whole["code"], whole["ur_code"], strict=True)), label=first)
    doubts.extend(found)
    classified = bool(classes) or bool((whole["ur_code"] != "").any())
    if classified and where:
        doubts.append(Doubt(code="AG9228", place=Place(file=first, key="areas.where"), values={"where": where}))
    areas = Areas(
        frame=whole,
        has_central=central is not None,
        class_source="study" if where and not classified else "",
        where="" if classified else where,
        classes={code: name for code, name in classes.items() if code in set(whole["code"])},
    )
    told = with_sources(areas, label=first)
    return Reading(told.value, tuple(inputs), (*doubts, *told.doubts))


def one_unit(points_x: ArrayLike, points_y: ArrayLike, *, crs: CRS, code: str, name: str, where: str = "") -> Areas:
    """Return one county around people when no areas are given.

    Parameters
    ----------
    points_x, points_y
        Where people live, in ``crs`` (metres).
    crs
        Working CRS.
    code, name
        Of the study.
    where
        The one place class assumed for everybody, '' for none.

    Returns
    -------
    Areas
        The convex hull of the points, widened by ``HULL_BUFFER_M``.
    """
    points = shapely.multipoints(np.column_stack([np.asarray(points_x), np.asarray(points_y)]))
    hull = shapely.buffer(shapely.convex_hull(points), HULL_BUFFER_M)
    fields = {"level": "county", "code": code, "name": name, "parent": "", "township_kind": "", "ur_code": ""}
    frame = gpd.GeoDataFrame(
        {key: pd.array([value], dtype="str") for key, value in fields.items()} | {"seat": [False], "central": [False]},
        geometry=np.array([hull], dtype=object),
        crs=crs,
    )
    return Areas(frame=frame, class_source="study" if where else "", where=where)


def area_layers(
    path: Source | Mapping[str, Source], label: str | Mapping[str, str], layer: str | Mapping[str, str] | None
) -> list[tuple[str | None, Source, str, str | None]]:
    """Return (level, file, label, layer name) of every layer to read."""
    by_level = layer if isinstance(layer, Mapping) else {}
    if isinstance(path, Mapping):
        names_of = label if isinstance(label, Mapping) else dict.fromkeys(path, label)
        return [
            (None if level == "all" else level, file, names_of[level], by_level.get(level))
            for level, file in path.items()
        ]
    if by_level:
        return [(level, path, label if isinstance(label, str) else label[level], inner)
                for level, inner in by_level.items()]  # fmt: skip
    text = label if isinstance(label, str) else next(iter(label.values()))
    if isinstance(layer, str):
        return [(None, path, text, layer)]
    names = layer_names(path, label=text)
    levels = word_ids("level_words")
    if len(names) > 1 and not isinstance(path, DatabaseTable) and path.stem not in names:
        known = {name: levels[plain(name).casefold()] for name in names if plain(name).casefold() in levels}
        if known and len(set(known.values())) == len(known):
            return [(level, path, text, name) for name, level in known.items()]
    return [(None, path, text, None)]


def _crs_of(frames: list[gpd.GeoDataFrame], *, chinese: bool) -> CRS:
    bounds = [frame.to_crs(WGS84).total_bounds for frame in frames if len(frame)]
    if not bounds:
        return working_crs(0.0, 0.0, chinese=chinese)
    west, south = np.min([box[:2] for box in bounds], axis=0)
    east, north = np.max([box[2:] for box in bounds], axis=0)
    return working_crs(float(west + east) / 2, float(south + north) / 2, chinese=chinese)


def _fields(
    frame: gpd.GeoDataFrame, columns: Mapping[str, str], *, label: str, level: str | None, study_code: str
) -> pd.DataFrame:
    """Return the documented columns of one layer, with ``row`` and ``file`` for messages."""
    if frame.empty:
        raise DataError("AG3201", file=label)
    shapes = frame.geometry.to_numpy()
    flat = ~np.isin(shapely.get_type_id(shapes), POLYGON_TYPES)
    if flat.any():
        raise DataError("AG3202", file=label, row=int(frame.index[flat][0]))
    found = find_columns(frame, "areas", columns, label=label)
    chinese = has_chinese_form(study_code)
    codes = _codes(frame, found, label=label, study_code=study_code)
    levels = _levels(frame, found, codes, label=label, level=level, chinese=chinese)
    names = texts(frame[found["name"]]) if "name" in found else list(codes)
    return pd.DataFrame(
        {
            "level": pd.array(levels, dtype="str"),
            "code": pd.array(codes, dtype="str"),
            "name": pd.array([name or code for name, code in zip(names, codes, strict=True)], dtype="str"),
            "ur_code": pd.array(urban_rural_codes(frame, found, levels, label=label), dtype="str"),
            "seat": flags(frame, found, label=label),
            "place_class": stated_classes(frame, found, levels, label=label),
            "row": frame.index.to_numpy(),
            "file": label,
            "geometry": shapes,
        }
    )


def _codes(frame: gpd.GeoDataFrame, found: Mapping[str, str], *, label: str, study_code: str) -> list[str]:
    if "code" not in found:
        if len(frame) > 1:
            raise DataError("AG3203", file=label, count=len(frame))
        return [study_code]
    chinese = has_chinese_form(study_code)
    codes = []
    for row, value in zip(frame.index, frame[found["code"]].tolist(), strict=True):
        try:
            code = normal_code(value, chinese=chinese)
        except ValueError as error:
            raise DataError("AG3204", file=label, row=int(row), key=found["code"], unit=str(error)) from error
        if not code or (chinese and not has_chinese_form(code)):
            raise DataError("AG3204", file=label, row=int(row), key=found["code"], unit=code)
        codes.append(code)
    return codes


def _levels(
    frame: gpd.GeoDataFrame,
    found: Mapping[str, str],
    codes: list[str],
    *,
    label: str,
    level: str | None,
    chinese: bool,
) -> list[str]:
    if level is not None:
        return [level] * len(frame)
    if "level" not in found:
        if "code" not in found:
            return ["county"]
        levels = [code_level(code) for code in codes]
        if None in levels and len(frame) == 1:
            return ["county"]
        if None in levels:
            raise DataError("AG3205", file=label, row=int(frame.index[levels.index(None)]), key="level", word="")
        return [str(item) for item in levels]
    known = word_ids("level_words")
    levels_found = []
    for row, word, code in zip(frame.index, texts(frame[found["level"]]), codes, strict=True):
        name = known.get(plain(word).casefold()) or (None if word else code_level(code))
        if name is None:
            raise DataError("AG3205", file=label, row=int(row), key=found["level"], word=word)
        said = code_level(code) if chinese else None
        # 市 is written both for a prefecture and for a county-level city: the code knows.
        if said in ("prefecture", "province") and name == "county" and word == "市":
            name = said
        if said is not None and said != name:
            raise DataError("AG3206", file=label, row=int(row), key=found["level"], word=word, unit=code)
        levels_found.append(name)
    return levels_found


def urban_rural_codes(frame: gpd.GeoDataFrame, found: Mapping[str, str], levels: list[str], *, label: str) -> list[str]:
    """Return the urban–rural code of each row, '' where it has none or is no village.

    Raises
    ------
    DataError
        AG3207 no such code.
    """
    if "ur_code" not in found:
        return [""] * len(frame)
    codes = []
    for row, value, level in zip(frame.index, frame[found["ur_code"]].tolist(), levels, strict=True):
        code = normal_code(value, chinese=False)
        if level != "village":
            code = ""
        if code and code not in UR_CODES:
            raise DataError("AG3207", file=label, row=int(row), key=found["ur_code"], unit=code)
        codes.append(code)
    return codes


def flags(frame: gpd.GeoDataFrame, found: Mapping[str, str], *, label: str) -> NDArray[np.bool_]:
    """Return whether each row is marked as a seat of government; false without such a column."""
    if "seat" not in found:
        return np.zeros(len(frame), dtype=bool)
    known = word_ids("true_words")
    flags = []
    for row, word in zip(frame.index, texts(frame[found["seat"]]), strict=True):
        meaning = known.get(plain(word).casefold())
        if meaning is None:
            raise DataError("AG3208", file=label, row=int(row), key=found["seat"], word=word)
        flags.append(meaning == "true")
    return np.array(flags, dtype=bool)


def _dissolved(parts: pd.DataFrame, crs: CRS) -> tuple[gpd.GeoDataFrame, list[Doubt]]:
    """Join the parts that share a code; refuse one code for different units."""
    doubts = []
    several = parts[parts.duplicated("code", keep=False)]
    for code, group in several.groupby("code", sort=True):
        first = group.iloc[0]
        others = group[(group["name"] != first["name"]) | (group["level"] != first["level"])]
        if len(others):
            second = others.iloc[0]
            raise DataError(
                "AG3209", file=str(second["file"]), row=int(second["row"]), unit=str(code), first=int(first["row"]),
                name=str(first["name"]), other=str(second["name"]),
            )  # fmt: skip
    if len(several):
        values: dict[str, Value] = {"codes": int(several["code"].nunique()), "rows": rows_text(several["row"])}
        place = Place(file=str(several["file"].iloc[0]))
        doubts.append(Doubt(code="AG9221", place=place, count=len(several), values=values))
        classes = several[several["ur_code"] != ""].groupby("code")["ur_code"].nunique()
        mixed = classes[classes > 1].index.tolist()
        if mixed:
            doubts.append(Doubt(code="AG9231", place=place, count=len(mixed), values={"codes": "; ".join(mixed[:5])}))
    # Where the parts of one code differ in class, the largest part says it.
    ranked = parts.assign(size=shapely.area(parts["geometry"].to_numpy()), empty=parts["ur_code"] == "")
    ranked = ranked.sort_values(["empty", "size"], ascending=[True, False], kind="stable")
    merged = ranked.groupby("code", sort=True).agg(
        {"level": "first", "name": "first", "ur_code": "first", "seat": "max", "geometry": _joined}
    )
    merged = merged.reset_index()
    rank = merged["level"].map({level: place for place, level in enumerate(LEVELS)})
    merged = merged.assign(rank=rank).sort_values(["rank", "code"], ignore_index=True)
    frame = gpd.GeoDataFrame(
        {
            "level": merged["level"].astype("str"),
            "code": merged["code"].astype("str"),
            "name": merged["name"].astype("str"),
            "parent": pd.array([""] * len(merged), dtype="str"),
            "township_kind": pd.array(
                [township_kind(code) if level == "township" else "" for code, level in
                 zip(merged["code"], merged["level"], strict=True)], dtype="str"
            ),
            "ur_code": merged["ur_code"].astype("str"),
            "seat": merged["seat"].astype(bool),
            "central": np.zeros(len(merged), dtype=bool),
        },
        geometry=list(merged["geometry"]),
        crs=crs,
    )  # fmt: skip
    return frame, doubts


def _seats_inherited(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Mark the villages of a township that is itself marked as seat, where none of them is marked on its own."""
    townships = set(frame.loc[(frame["level"] == "township") & frame["seat"], "code"])
    village = frame["level"] == "village"
    own = set(frame.loc[village & frame["seat"], "parent"])
    return frame.assign(seat=frame["seat"] | (village & frame["parent"].isin(townships - own)))


def _joined(shapes: pd.Series) -> shapely.Geometry:
    return shapes.iloc[0] if len(shapes) == 1 else shapely.union_all(shapes.to_numpy())


def _kind_doubts(frame: gpd.GeoDataFrame, *, label: str) -> list[Doubt]:
    """Report townships whose name says another kind than their code."""
    odd = []
    for code, name, kind in zip(frame["code"], frame["name"], frame["township_kind"], strict=True):
        bare = name.removesuffix("办事处").removesuffix("人民政府")
        said = next((word for word in ("街道", "镇", "乡") if bare.endswith(word)), "")
        if kind and said and said != kind:
            odd.append(f"{name} {code}")
    if not odd:
        return []
    return [Doubt(code="AG9226", place=Place(file=label), count=len(odd), values={"names": "; ".join(odd[:5])})]
