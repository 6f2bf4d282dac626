"""Which area of every judged level each demand point lies in."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from accessgis.layers.areas import JUDGED_LEVELS, Areas, Level
from accessgis.layers.codes import code_level
from accessgis.layers.demand import Demand
from accessgis.measures.coverage import Grouping
from accessgis.study.model import StudyTable

_WHOLE_LEVELS: Mapping[int, Level] = {2: "province", 4: "prefecture"}


def whole_level(code: str) -> Level | None:
    """Return the level that a whole study is; None for that of a county, or of a code of another form.

    ``14`` and ``140000`` are a province, ``1407`` and ``140700`` a prefecture.
    """
    level = code_level(code)
    return _WHOLE_LEVELS.get(len(code)) if level is None else level if level in _WHOLE_LEVELS.values() else None


def area_groupings(areas: Areas, demand: Demand, study: StudyTable) -> dict[Level, Grouping]:
    """Return, per level that has areas, which area each demand point lies in; the study itself where it is one.

    A study with the code of a province or prefecture is one area of that level, above its counties.
    """
    groupings: dict[Level, Grouping] = {}
    whole = whole_level(study.code)
    judged = demand.frame["judged"].to_numpy(dtype=bool)
    if whole is not None:
        everybody = np.where(judged, 0, -1).astype(np.int64)
        groupings[whole] = Grouping(codes=(study.code,), names=(study.name,), index=everybody)
    township_names = dict(zip(areas.at("township")["code"], areas.at("township")["name"], strict=True))
    for level in JUDGED_LEVELS:
        at = areas.at(level)
        if at.empty:
            continue
        codes = tuple(at["code"])
        prefix = [township_names.get(code, "") if level == "village" else "" for code in at["parent"]]
        names = tuple(f"{before}{name}" for before, name in zip(prefix, at["name"], strict=True))
        index = pd.Index(codes).get_indexer(demand.frame[level]).astype(np.int64)
        groupings[level] = Grouping(codes=codes, names=names, index=np.where(judged, index, -1))
    return groupings
