"""The machine-readable outputs: assessment.json, coverage.csv, results.gpkg, people.parquet and evidence."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable
from dataclasses import asdict
from json.encoder import encode_basestring as _quoted
from pathlib import Path
from typing import Any, BinaryIO

import geopandas as gpd
import numpy as np
import pandas as pd

from accessgis.assess.assessment import GAPS, RESULTS, Assessment, RuleRecord
from accessgis.assess.rounding import ROUNDED
from accessgis.base.errors import Doubt
from accessgis.layers.demand import Demand
from accessgis.report.equal_access import index_document
from accessgis.report.figures import kept
from accessgis.sources.versions import library_versions

SCHEMA = "accessgis.assessment/1"
MANIFEST_SCHEMA = "accessgis.manifest/1"
_SIGNIFICANT = 9
_RISKY_STARTS = ("=", "+", "-", "@", "\t", "\n", "\0", "＝", "＋", "－", "＠")
"""Beginnings that spreadsheets take for a formula, full-width ones among them."""
_TEXT_MARK = "'"
SIDE_BY_SIDE = "covered_share_by_"
_OF_COUNTS = ("value", "unit", "deficit", "state")
_OF_CIRCLES = (
    "covered", "covered_share", "covered_share_high", "covered_share_own", "off_network", "unreachable", "median_s",
    "p90_s", "range", "sensitivity", "mode_dependent", "edge_people", "covered_share_construction",
    "covered_share_planned", "covered_share_assigned", "covered_share_straight", "covered_share_fixed", "straight_only",
    "median_m", "p90_m",
)  # fmt: skip
"""Fields that rules of one sort have, and rules of the other do not."""
_CSV_LEFT_OUT = ("headline", "sensitivity", "missing")


def document(assessment: Assessment) -> dict[str, Any]:
    """Return ``assessment.json`` as plain values, nulls for what has no number."""
    study = assessment.study
    return {
        "schema": SCHEMA,
        "study": {
            "name": study.name,
            "code": study.code,
            "data_date": study.data_date.isoformat(),
            "generated": study.generated,
            "crs": assessment.crs,
            "population_basis": study.population_basis,
            "population_as_of": study.population_as_of or None,
            "class_source": assessment.areas.class_source or None,
            "class_assumed": assessment.areas.where or None,
        },
        "rules": [rule_document(rule) for rule in assessment.rules],
        "results": [_result(row) for row in records(assessment.results)],
        "gaps": [_gap(row) for row in records(assessment.gaps.drop(columns="geometry"))],
        "closures": [_closure(row) for row in records(assessment.closures)],
        "equity": records(assessment.equity),
        "comparators": records(assessment.comparators),
        "index": index_document(assessment),
        "quality": {
            "figures": assessment.quality.figures,
            "doubts": [doubt_document(doubt) for doubt in assessment.quality.doubts],
            "datum_audit": records(assessment.quality.datum_audit),
        },
        "inputs": [asdict(record) for record in assessment.inputs],
    }


def manifest_document(assessment: Assessment) -> dict[str, Any]:
    """Return ``manifest.json`` as plain values, but for the hashes of what was written beside it."""
    return {
        "schema": MANIFEST_SCHEMA,
        "study": {"name": assessment.study.name, "code": assessment.study.code},
        "inputs": [asdict(record) for record in assessment.inputs],
        "parameters": assessment.parameters,
        "profiles": list(assessment.profiles),
        "versions": library_versions(),
    }


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame by column."""
    return frame.to_dict("records")  # type: ignore[return-value]  # every column has a text for a name


def rule_document(rule: RuleRecord) -> dict[str, Any]:
    """Return one rule as it stands in ``rules[]``."""
    return asdict(rule)


def doubt_document(doubt: Doubt) -> dict[str, Any]:
    """Return one doubt with its words in both languages."""
    return {
        "code": doubt.code,
        "message": {"zh": doubt.message("zh"), "en": doubt.message("en")},
        "count": doubt.count,
        "people": doubt.people,
        **asdict(doubt.place),
    }


def _result(row: dict[str, Any]) -> dict[str, Any]:
    fields = {name: row[name] for name in RESULTS.names if name not in ("range_low", "range_high")}
    fields["range"] = [row["range_low"], row["range_high"]]
    fields["sensitivity"] = [{"factor": factor, "low": low, "high": high} for factor, low, high in row["sensitivity"]]
    fields["missing"] = list(row["missing"])
    fields["verdict"] = row["verdict"] or None
    for name in _OF_COUNTS if row["profile"] else _OF_CIRCLES:  # only people who travel have a profile
        del fields[name]
    return fields


def _gap(row: dict[str, Any]) -> dict[str, Any]:
    fields = {name: row[name] for name in GAPS.names if name != "geometry"}
    fields["kinds"] = row["kinds"].split(";")
    fields["facility_id"] = row["facility_id"] or None
    return fields


def _closure(row: dict[str, Any]) -> dict[str, Any]:
    names = ("village", "people", "before_s", "after_s")
    return {**row, "worst": [dict(zip(names, entry, strict=True)) for entry in row["worst"]]}


def to_json(value: Any) -> str:
    """Return JSON with sorted keys, LF, floats at 9 significant digits, and null for what is not a number."""
    parts: list[str] = []
    _put(value, "\n", parts.append)
    parts.append("\n")
    return "".join(parts)


def _put(value: Any, line: str, add: Callable[[str], None]) -> None:
    """Add the JSON of a value, as ``json.dumps(plain(value), indent=1, sort_keys=True)`` gives it, in one walk.

    The standard encoder writes indented JSON in Python, after :func:`plain` has walked the document once already.
    ``line`` is the line break with the indent of the value.
    """
    if isinstance(value, dict):
        inner = line + " "
        opening = "{" + inner
        for key in sorted(value):
            item = value[key]
            if isinstance(item, dict | list | tuple):
                add(f"{opening}{_quoted(key)}: ")
                _put(item, inner, add)
            else:
                add(f"{opening}{_quoted(key)}: {_scalar(item)}")
            opening = "," + inner
        add(line + "}" if value else "{}")
    elif isinstance(value, list | tuple):
        inner = line + " "
        opening = "[" + inner
        for item in value:
            add(opening)
            _put(item, inner, add)
            opening = "," + inner
        add(line + "]" if value else "[]")
    else:
        add(_scalar(value))


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _quoted(value)
    told = plain(value)
    if told is None:
        return "null"
    if isinstance(told, bool):
        return "true" if told else "false"
    return repr(told) if isinstance(told, int | float) else json.dumps(told, ensure_ascii=False)


def plain(value: Any) -> Any:
    """Return a value as JSON holds it: floats at 9 significant digits, None for what is not a number."""
    if isinstance(value, (float, np.floating)):  # most values are, and a tuple of types is asked quickest
        number = float(value)
        if not math.isfinite(number):
            return None
        rounded = significant(number)
        return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def significant(number: float) -> float:
    """Return a number at the 9 significant digits that every table has."""
    return float(f"{number:.{_SIGNIFICANT}g}")


def coverage_table(assessment: Assessment) -> pd.DataFrame:
    """Return one row per rule and area: the headline's figures, every other profile's share beside it.

    Made once for an assessment: who changes the table takes a copy.
    """
    return kept(assessment, ("coverage",), lambda: _coverage(assessment))


def _coverage(assessment: Assessment) -> pd.DataFrame:
    results = assessment.results
    headline = results[results["headline"]]
    keys = ["rule", "level", "area"]
    alone = results[~results["headline"]].pivot_table(
        index=keys, columns="profile", values="covered_share", sort=True, dropna=False, observed=True
    )
    alone.columns = [f"{SIDE_BY_SIDE}{str(profile).replace('-', '_')}" for profile in alone.columns]
    table = headline.drop(columns=list(_CSV_LEFT_OUT)).merge(alone.reset_index(), on=keys, how="left", sort=False)
    table["missing"] = [";".join(items) for items in headline["missing"]]
    return table.replace([np.inf], np.nan)


def dictionary_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the data dictionary of the coverage table: column, type, unit, meaning."""
    known = {column.name: column for column in RESULTS.columns}
    rows = []
    for name in table.columns:
        if name in known:
            rows.append((name, known[name].type, known[name].unit, known[name].meaning))
        else:
            profile = name.removeprefix(SIDE_BY_SIDE).replace("_", "-")
            rows.append((name, "float", "", f"covered share by {profile} alone, for comparison"))
    return pd.DataFrame(rows, columns=["column", "type", "unit", "meaning"])


def write_csv(table: pd.DataFrame, path: Path | BinaryIO) -> None:
    """Write UTF-8 with BOM and LF, numbers at 9 significant digits, text that no spreadsheet takes for a formula."""
    safe = table.copy()
    for name in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[name].dtype):
            safe[name] = [safe_cell(value) for value in safe[name].tolist()]
    safe.columns = pd.Index([safe_cell(str(name)) for name in safe.columns])
    safe.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n", float_format=f"%.{_SIGNIFICANT}g")


def safe_cell(value: Any) -> Any:
    """Return what a spreadsheet may be given: text that looks like a formula is marked as text by an apostrophe.

    NUL, which no spreadsheet shows and some stop at, is left out; a lone CR, which would end the row unquoted, is LF.
    """
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"{_TEXT_MARK if text.startswith(_RISKY_STARTS) else ''}{text.replace(chr(0), '')}"


def result_layers(assessment: Assessment) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers of a result in the working CRS: areas, villages, facilities, gaps, isochrones and others."""
    areas = assessment.areas.frame
    results = assessment.results[assessment.results["headline"]].drop(columns=["headline", "sensitivity"])
    results["missing"] = [";".join(items) for items in results["missing"]]
    judged = results.merge(areas[["level", "code", "geometry"]], left_on=["level", "area"], right_on=["level", "code"])
    layers = {
        "areas": gpd.GeoDataFrame(judged.drop(columns="code"), geometry="geometry", crs=areas.crs),
        "villages": _villages(assessment),
        "facilities": assessment.facilities.frame.drop(columns="entrances"),
        "gaps": assessment.gaps,
        "isochrones": assessment.isochrones,
        "snaps": assessment.snaps,
    }
    if assessment.road_places is not None:
        layers["road_places"] = assessment.road_places
    return {name: _writable(layer) for name, layer in layers.items()}


def _villages(assessment: Assessment) -> gpd.GeoDataFrame:
    """Return the finest areas with their people by group."""
    demand: Demand = assessment.demand
    frame = assessment.areas.frame
    level = next(name for name in ("village", "township", "county") if (frame["level"] == name).any())
    groups = ["population", *[group for group in demand.groups if group != "total"]]
    sums = demand.frame[demand.frame["judged"]].groupby(level)[groups].sum()
    units = frame[frame["level"] == level]
    return units.merge(sums, left_on="code", right_index=True, how="left").fillna(dict.fromkeys(groups, 0.0))


def write_villages(assessment: Assessment, path: Path) -> None:
    """Write the finest areas as GeoParquet in WGS-84: people by group, and the covered share of every circle."""
    units = _villages(assessment)
    rows = assessment.results[assessment.results["headline"] & (assessment.results["profile"] != "")]
    for rule, own in rows.groupby("rule", sort=False):
        shares = own[own["level"] == units["level"].iloc[0]].set_index("area")["covered_share"]
        units[f"covered_share {rule}"] = units["code"].map(shares).astype(float)
    units.to_crs("EPSG:4326").to_parquet(path, index=False)


def _writable(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the layer with infinite numbers as null, which is what files say of unreachable."""
    numbers = [name for name in layer.columns if pd.api.types.is_float_dtype(layer[name].dtype)]
    return layer.assign(**{name: layer[name].replace([np.inf], np.nan) for name in numbers})


def write_people(assessment: Assessment, path: Path) -> None:
    """Write ``people.parquet``: demand_id, rule, profile, seconds and metres; no row of rounded people."""
    people = assessment.people.iloc[:0] if ROUNDED in assessment.parameters else assessment.people
    people.to_parquet(path, index=False)


def write_evidence(assessment: Assessment, folder: Path) -> None:
    """Write the evidence tables as Parquet, when the assessment kept them."""
    if assessment.evidence is None:
        return
    folder.mkdir()
    for name, table in assessment.evidence.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
