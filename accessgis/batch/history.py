"""The results of several years below a folder: those of ``assess``, and those of batches."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from accessgis.assess.assessment import RESULTS
from accessgis.base.errors import UsageError
from accessgis.base.files import sha256
from accessgis.batch.results import MANIFEST, SCHEMA, read_results
from accessgis.batch.results import RESULTS as TABLE
from accessgis.decide.monitoring import Observed, observed
from accessgis.report.result_folder import read_result, result_rows
from accessgis.report.stored_results import stored_results
from accessgis.standards.catalogue import load_catalogue, stage, to_record

_RESULT, _SCENARIO, _DRIVERS = "assessment.json", "comparison.json", "drivers.json"
DRIVERS_SCHEMA = "accessgis.drivers/1"


def read_history(folder: Path) -> tuple[Observed, ...]:
    """Return every result below a folder.

    A result is a folder with ``assessment.json`` and ``manifest.json``; results of scenarios, which hold
    ``comparison.json``, are none of the past. Of a batch the counties that it names as done are read: each county's own
    folder, or the batch's table where that is all that was kept.

    Raises
    ------
    UsageError
        AG2506 a batch that is not whole, AG2420 a result that cannot be read.
    """
    batches = [path.parent for path in sorted(folder.rglob(MANIFEST)) if _schema(path) == SCHEMA]
    found = [one for batch in batches for one in _of_batch(batch, folder)]
    for path in sorted(folder.rglob(_RESULT)):
        within = any(batch in path.parents for batch in batches)
        if not within and (path.parent / "manifest.json").is_file() and not (path.parent / _SCENARIO).exists():
            found.append(_of_folder(path.parent, folder))
    return tuple(found)


def read_stored(address: str) -> tuple[Observed, ...]:
    """Return every county in the schemas of a database (:func:`accessgis.report.stored_results.stored_results`)."""
    found: list[Observed] = []
    for stored in stored_results(address):
        whole = observed(stored.told, result_rows(stored.told), label=stored.label, sha256=stored.sha256)
        found += _of_members(whole, tuple(dict.fromkeys(whole.rows["area"])))
    return tuple(found)


def read_drivers(folders: Sequence[Path]) -> tuple[Mapping[str, Any], ...]:
    """Return what drove changes, every ``drivers.json`` below some folders, by county and day."""
    found = [path for folder in folders for path in sorted(folder.rglob(_DRIVERS))]
    paths = [path for path in found if _schema(path) == DRIVERS_SCHEMA]
    told: list[dict[str, Any]] = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    return tuple(
        sorted(told, key=lambda one: (one["after"]["code"], one["before"]["data_date"], one["after"]["data_date"]))
    )


def _schema(path: Path) -> str:
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["schema"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _label(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _of_folder(folder: Path, root: Path) -> Observed:
    document = read_result(folder)
    return observed(document, result_rows(document), label=_label(folder, root), sha256=sha256(folder / _RESULT))


def _of_batch(batch: Path, root: Path) -> Iterator[Observed]:
    """Yield the counties of a batch that it names as done."""
    listed = json.loads((batch / MANIFEST).read_text(encoding="utf-8"))["counties"]
    table: pd.DataFrame | None = None
    for county in listed:
        if county["error"] is not None:
            continue
        folder = batch / "counties" / county["code"]
        if folder.is_dir():
            if not (folder / "manifest.json").is_file() or sha256(folder / "manifest.json") != county["manifest"]:
                raise UsageError("AG2506", file=str(batch))
            yield from _of_members(_of_folder(folder, root), county.get("members", ()))
            continue
        table = read_results(batch) if table is None else table
        if "members" not in county and county["code"] not in set(table["county"]):
            raise UsageError("AG2506", file=str(batch))  # of an earlier version, which did not say whose rows these are
        for code in county.get("members", [county["code"]]):
            rows = table[(table["county"] == code) & (table["level"] == "county") & (table["scenario"] == "")]
            label = f"{_label(batch / TABLE, root)} {code}"
            if rows.duplicated(["area", "rule", "group", "profile", "headline"]).any():
                raise UsageError("AG2508", value=code, day=rows["data_date"].iloc[0], one=label, other=label)
            if len(rows):
                yield _of_rows(rows, label=label, digest=sha256(batch / TABLE))


def _of_members(whole: Observed, members: Sequence[str]) -> Iterator[Observed]:
    """Yield each county of a study of several as a result of its own: studies of one prefecture have one code."""
    if len(members) < 2:
        yield whole
        return
    for code in members:
        rows = whole.rows[whole.rows["area"] == code].reset_index(drop=True)
        if len(rows):
            study = {**whole.study, "code": code, "name": rows["area_name"].iloc[0]}
            yield replace(whole, label=f"{whole.label} {code}", study=study, rows=rows)


def _of_rows(rows: pd.DataFrame, *, label: str, digest: str) -> Observed:
    """Return a county of which only its rows in the table of a batch are left: rules are those that ship."""
    first = rows.iloc[0]
    day = dt.date.fromisoformat(first["data_date"])
    shipped = {rule.id: {**to_record(rule), "stage": stage(rule, day)} for rule in load_catalogue().standards}
    study = {"code": first["county"], "name": first["county_name"], "data_date": first["data_date"]}
    rules = []
    for rule in dict.fromkeys(rows["rule"]):
        known = shipped.get(rule, {"title": {"zh": rule, "en": rule}})
        rules.append({**{name: value for name, value in known.items() if name != "rule_kind"}, "rule": rule})
    frame = rows.rename(columns={"share": "covered_share", "low": "range_low", "high": "range_high"}).assign(state="")
    frame = frame[[name for name in RESULTS.names if name in frame.columns]]
    return observed({"study": study, "rules": rules, "manifest": {}}, frame, label=label, sha256=digest, whole=False)
