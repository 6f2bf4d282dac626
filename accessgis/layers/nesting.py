"""How areas nest: parents, the study's own part, and whether children tile their parents."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from accessgis.base.crs import has_chinese_form
from accessgis.base.errors import DataError, Doubt, Place, Value
from accessgis.layers.areas import LEVELS
from accessgis.layers.belonging import NOWHERE, lowest_containing
from accessgis.layers.codes import code_level, code_prefix, parent_prefixes, renewed

LEVEL_NAMES_ZH = {"prefecture": "地级", "county": "县级", "township": "乡级", "village": "村级"}
MAX_TILING_SHARE = 0.001
"""Share of a parent's area that gaps and overlaps of its children may have before they are a doubt."""


def with_new_codes(frame: pd.DataFrame, study_code: str) -> tuple[pd.DataFrame, list[Doubt]]:
    """Give areas under the retired code of a county its new one, where that is the study's.

    Parameters
    ----------
    frame
        Rows with ``code`` and ``file``.
    study_code
        Code of the study.
    """
    old = [str(code) for code in frame["code"]]
    new = [renewed(code) if renewed(code).startswith(code_prefix(study_code)) else code for code in old]
    changed = [row for row, (before, after) in enumerate(zip(old, new, strict=True)) if before != after]
    if not changed:
        return frame, []
    values: dict[str, Value] = {"ids": "; ".join(old[row] for row in changed[:5])}
    place = Place(file=str(frame["file"].iloc[changed[0]]))
    doubt = Doubt(code="AG9066", place=place, count=len(changed), values=values)
    return frame.assign(code=pd.array(new, dtype="str")), [doubt]


def within_study(frame: gpd.GeoDataFrame, study_code: str, *, label: str) -> tuple[gpd.GeoDataFrame, list[Doubt]]:
    """Keep the areas of the study: those whose code starts with the study's, and those that lie inside such an area.

    Raises
    ------
    DataError
        AG3210 no area has the study's code.
    """
    prefix = code_prefix(study_code)
    codes = frame["code"].to_numpy(dtype=object)
    above = set(parent_prefixes(study_code))
    own = np.array([code.startswith(prefix) and code not in above for code in codes])
    if not own.any():
        raise DataError("AG3210", file=label, unit=study_code, first=str(codes[0]))
    points = np.asarray(shapely.point_on_surface(frame.geometry.to_numpy()))
    rank = frame["level"].map({level: place for place, level in enumerate(LEVELS)}).to_numpy()
    inside = lowest_containing(points, frame.geometry.to_numpy()[own]) != NOWHERE
    strangers = ~own & inside & (rank > rank[own].min())
    dropped = ~(own | strangers)
    doubts = []
    if dropped.any():
        left = frame[dropped].head(5)
        shown = "; ".join(f"{name} {code}" for name, code in zip(left["name"], left["code"], strict=True))
        doubts.append(Doubt(code="AG9222", place=Place(file=label), count=int(dropped.sum()), values={"names": shown}))
    return frame[~dropped].reset_index(drop=True), doubts


def nest(frame: gpd.GeoDataFrame, study_code: str, *, label: str) -> tuple[gpd.GeoDataFrame, list[Doubt]]:
    """Give every area its parent, and the study a county where no layer of counties was given.

    Parents follow the digits of codes of Chinese form, else the area that holds a point of the child, the lowest code
    first. Returns a new frame sorted by level and code.
    """
    doubts: list[Doubt] = []
    if "county" not in set(frame["level"]) and (frame["level"].isin(["township", "village"])).any():
        frame = _with_county(frame, study_code)
        doubts.append(Doubt(code="AG9223", place=Place(file=label), values={"unit": study_code}))
    shapes = frame.geometry.to_numpy()
    points = np.asarray(shapely.point_on_surface(shapes))
    levels, codes = frame["level"].to_numpy(dtype=object), frame["code"].to_numpy(dtype=object)
    known = dict(zip(codes, levels, strict=True))
    parents, by_place, lost, elsewhere = [], [], [], []
    holders = _holders(points, shapes, levels, codes)
    for code, level, holder in zip(codes, levels, holders, strict=True):
        above = LEVELS[: LEVELS.index(level)]
        prefixes = parent_prefixes(code) if has_chinese_form(code) else ()
        parent = next((one for one in prefixes if known.get(one) in above), "")
        if parent and holder and known[parent] == known[holder] and parent != holder:
            elsewhere.append(code)
        if not parent and holder:
            parent = holder
            if prefixes:
                by_place.append(code)
        if not parent and any(one in above for one in known.values()):
            lost.append(code)
        parents.append(parent)
    for name, listed in (("AG9224", by_place), ("AG9227", elsewhere), ("AG9229", lost)):
        if listed:
            values: dict[str, Value] = {"codes": "; ".join(listed[:5])}
            doubts.append(Doubt(code=name, place=Place(file=label), count=len(listed), values=values))
    return frame.assign(parent=pd.array(parents, dtype="str")), doubts


def tiling_doubts(frame: gpd.GeoDataFrame, *, label: str) -> list[Doubt]:
    """Report, level by level, parents whose children leave gaps, overlap or reach outside."""
    doubts = []
    shapes = dict(zip(frame["code"], frame.geometry, strict=True))
    children = frame[frame["parent"] != ""]
    for level, group in children.groupby("level", sort=False):
        gap = overlap = outside = 0.0
        odd, worst = [], (0.0, "")
        for parent, members in group.groupby("parent", sort=True):
            whole, parts = shapes[parent], members.geometry.to_numpy()
            union = shapely.union_all(parts)
            found = (
                float(shapely.area(shapely.difference(whole, union))),
                max(0.0, float(shapely.area(parts).sum() - shapely.area(union))),
                float(shapely.area(shapely.difference(union, whole))),
            )
            share = sum(found) / float(shapely.area(whole))
            if share > MAX_TILING_SHARE:
                odd.append(parent)
                worst = max(worst, (share, str(parent)))
                gap, overlap, outside = gap + found[0], overlap + found[1], outside + found[2]
        if odd:
            values: dict[str, Value] = {
                "level": str(level),
                "level_zh": LEVEL_NAMES_ZH[str(level)],
                "gap_km2": round(gap / 1e6, 3),
                "overlap_km2": round(overlap / 1e6, 3),
                "outside_km2": round(outside / 1e6, 3),
                "worst": worst[1],
            }
            doubts.append(Doubt(code="AG9225", place=Place(file=label), count=len(odd), values=values))
    return doubts


def _with_county(frame: gpd.GeoDataFrame, study_code: str) -> gpd.GeoDataFrame:
    """Add the county as the union of its highest areas: one per county code, or one with the study's code."""
    top = min(LEVELS.index(level) for level in frame["level"] if level in ("township", "village"))
    parts = frame[frame["level"] == LEVELS[top]]
    by_code = code_level(study_code) in ("province", "prefecture")
    owner = [code[:6] if by_code and has_chinese_form(code) else study_code for code in parts["code"]]
    rows = []
    for code in sorted(set(owner)):
        shape = shapely.union_all(parts.geometry.to_numpy()[np.array(owner) == code])
        rows.append({"level": "county", "code": code, "name": code, "parent": "", "township_kind": "", "ur_code": "",
                     "seat": False, "central": False, "geometry": shape})  # fmt: skip
    added = gpd.GeoDataFrame(rows, crs=frame.crs).astype({name: frame[name].dtype for name in frame.columns[:-1]})
    whole = pd.concat([frame, added], ignore_index=True)
    rank = whole["level"].map({level: place for place, level in enumerate(LEVELS)})
    return whole.assign(rank=rank).sort_values(["rank", "code"], ignore_index=True).drop(columns="rank")


def _holders(
    points: NDArray[np.object_], shapes: NDArray[np.object_], levels: NDArray[np.object_], codes: NDArray[np.object_]
) -> list[str]:
    """Return for each area the code of the area of the nearest higher level present that holds a point of it, or ''."""
    holders = [""] * len(points)
    for depth in range(1, len(LEVELS)):
        mine = np.flatnonzero(levels == LEVELS[depth])
        if not mine.size:
            continue
        for above in reversed(LEVELS[:depth]):
            theirs = np.flatnonzero(levels == above)
            open_ = np.array([place for place in mine if not holders[place]], dtype=np.int64)
            if not theirs.size or not open_.size:
                continue
            found = lowest_containing(points[open_], shapes[theirs])
            for place, owner in zip(open_, found, strict=True):
                if owner != NOWHERE:
                    holders[place] = str(codes[theirs[owner]])
    return holders
