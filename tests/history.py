"""Result folders of several years, written by hand: what a history is read from, without any assessment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RULE = {
    "rule": "own/clinic", "rule_kind": "circle", "title": {"zh": "十五分钟卫生圈", "en": "15-minute clinic"},
    "source": "own", "source_title": {"zh": "本县规划", "en": "Own plan"}, "section": "一", "force": "firm",
    "horizon": 2030, "stage": "running", "kinds": ["village_clinic"], "where": "all", "group": "total",
    "profiles": ["walk"], "headline_profile": "walk", "limit_s": 900, "target": 0.9, "target_level": "county",
    "op": None, "baselines": [],
}  # fmt: skip
SPEEDS = [{"id": "walk", "speed_kph": {"central": 4}}]


def row(area: str, name: str, share: float, **more: Any) -> dict[str, Any]:
    """Return one row of ``results[]``: 1,000 people, a range of 0.02 to both sides."""
    people = more.pop("people", 1000.0)
    found = {
        "rule": "own/clinic", "level": "county", "area": area, "area_name": name, "group": "total", "profile": "walk",
        "headline": True, "people": people, "covered": share * people, "covered_share": share,
        "range": [share - 0.02, share + 0.02], "target": 0.9, "verdict": "falls_short", "counts": True,
    }  # fmt: skip
    return {**found, **more}


def index(area: str, name: str, attained: float, *, judged: int = 1) -> dict[str, Any]:
    """Return ``index`` of a result with one rule in it."""
    place = {"level": "county", "area": area, "area_name": name}
    told = {"attained": attained, "attained_low": attained - 0.01, "attained_high": attained + 0.01, "band": 2}
    counts = {"rules_judged": judged, "rules_not_judged": 3}
    rules = [{**place, "rule": "own/clinic", "status": "judged", "weight": 1.0, "goal": 0.9}]
    return {"areas": [{**place, **told, **counts}], "rules": rules}


def write(
    folder: Path, code: str, name: str, date: str, share: float, *, rule: dict[str, Any] | None = None, **more: Any
) -> Path:
    """Write a result folder, and return it."""
    study = {"name": name, "code": code, "data_date": date, "generated": False, "population_basis": "resident",
             "population_as_of": "2020-11-01", **more.pop("study", {})}  # fmt: skip
    document = {
        "schema": "accessgis.assessment/1", "study": study, "rules": [{**RULE, **(rule or {})}],
        "results": [row(code, name, share, **more)], "index": index(code, name, share),
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {"profiles": SPEEDS, "parameters": {"snap_limit_m": 2000}}
    (folder / "assessment.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def three_counties(folder: Path) -> Path:
    """Write three counties over two years: one slips, one is on track, one changes its code."""
    for year, shares in {2026: (0.50, 0.60, 0.70), 2027: (0.55, 0.75, 0.80)}.items():
        codes = ("140701", "140702", "140726" if year == 2026 else "140703")
        for code, name, share in zip(codes, ("甲县", "乙县", "丙县"), shares, strict=True):
            write(folder / str(year) / code, code, name, f"{year}-12-31", share)
    return folder
