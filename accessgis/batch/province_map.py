"""``map.html`` of a batch: every county that is done, drawn from its own outline, with a way into its own map."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import geopandas as gpd
import pandas as pd

from accessgis.assess.assessment import Assessment
from accessgis.base.errors import Language
from accessgis.base.files import write_text
from accessgis.report.province_page import RuleWords, province_page
from accessgis.report.result_folder import read_result
from accessgis.standards.catalogue import load_catalogue, stage

MAP = "map.html"
OUTLINE = "outline.parquet"
"""File of a county's folder that holds its border."""


def outline(assessment: Assessment) -> gpd.GeoDataFrame:
    """Return the counties of a result: ``code, name, generated, geometry``, WGS-84."""
    counties = assessment.areas.frame
    counties = counties[counties["level"] == "county"][["code", "name", "geometry"]]
    return counties.to_crs("EPSG:4326").assign(generated=assessment.study.generated).reset_index(drop=True)


def write_province_map(
    out: Path, rows: pd.DataFrame, folders: Mapping[str, Path], *, failed: Sequence[str], lang: Language
) -> None:
    """Write the map of all counties, whole or not at all.

    Parameters
    ----------
    out
        Folder of the batch.
    rows
        The long table of the counties that are done, as things are: no scenario.
    folders
        Code of each of them, as in column ``county``, and its folder, which those of one study share.
    failed
        Names of the others.
    lang
        Language of the page.
    """
    borders = [
        gpd.read_parquet(path) for folder in dict.fromkeys(folders.values()) if (path := folder / OUTLINE).is_file()
    ]
    empty = gpd.GeoDataFrame({"code": [], "name": [], "generated": []}, geometry=[], crs="EPSG:4326")
    shapes = pd.concat(borders, ignore_index=True) if borders else empty
    page = province_page(
        rows,
        gpd.GeoDataFrame(shapes, geometry="geometry", crs="EPSG:4326"),
        rules=_rules(rows, folders),
        links={code: f"{folder.relative_to(out).as_posix()}/{MAP}" for code, folder in folders.items()},
        failed=failed,
        generated=bool(shapes["generated"].any()),
        lang=lang,
    )
    write_text(out / MAP, page)


def _rules(rows: pd.DataFrame, folders: Mapping[str, Path]) -> dict[str, RuleWords]:
    """Return what the map says of every rule: as shipped, else as the first county that has it says."""
    catalogue = load_catalogue()
    last = dt.date.fromisoformat(max(rows["data_date"], default="") or "2000-01-01")
    shipped = {
        rule.id: RuleWords(
            title=asdict(rule.title),
            source_title=asdict(catalogue.source_title(rule)),
            over=stage(rule, last) == "expired",
        )
        for rule in catalogue.standards
    }
    found: dict[str, RuleWords] = {}
    for rule, county in rows[rows["county"] != ""].drop_duplicates("rule")[["rule", "county"]].itertuples(index=False):
        if rule in shipped:
            found[rule] = shipped[rule]
        elif rule not in found:
            found |= {
                one["rule"]: RuleWords(
                    title=one["title"], source_title=one["source_title"], over=one["stage"] == "expired"
                )
                for one in read_result(folders[county])["rules"]
                if one["rule"] not in shipped
            }
    return found
