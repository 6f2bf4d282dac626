"""Result folders read back: what stands in assessment.json and manifest.json, as values and as rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from accessgis.assess.assessment import RESULTS
from accessgis.base.errors import UsageError

_LEFT = ("sensitivity", "missing")


def read_result(folder: Path) -> dict[str, Any]:
    """Return ``assessment.json`` of a result folder, with its manifest as ``manifest``: empty where there is none.

    Raises
    ------
    UsageError
        AG2420 the folder holds no result.
    """
    try:
        found = json.loads((folder / "assessment.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError("AG2420", file=str(folder.name)) from error
    if not isinstance(found, dict) or not str(found.get("schema", "")).startswith("accessgis.assessment/"):
        raise UsageError("AG2420", file=str(folder.name))
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        manifest = {}
    return {**found, "manifest": manifest}


def result_rows(found: Mapping[str, Any]) -> pd.DataFrame:
    """Return the rows of a result as :func:`read_result` gives it: schema RESULTS but for its lists."""
    kinds = {column.name: column.type for column in RESULTS.columns if column.name not in _LEFT}
    rows = []
    for row in found["results"]:
        low, high = row.get("range") or (None, None)
        rows.append({**row, "range_low": low, "range_high": high})
    frame = pd.DataFrame([{name: row.get(name) for name in kinds} for row in rows], columns=list(kinds))
    for name, kind in kinds.items():
        if kind == "float":
            frame[name] = pd.to_numeric(frame[name]).astype(np.float64)
        elif kind == "text":
            frame[name] = frame[name].fillna("").astype("str")
        else:
            frame[name] = frame[name].fillna(value=False).astype(bool)
    return frame
