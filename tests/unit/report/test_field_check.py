"""The list for checking on the ground: who is on it, where, and in which datum."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import gcj02
import numpy as np
import openpyxl
import pandas as pd
import pytest
from fake_assessment import fake_assessment

from accessgis.report.field_check import POINTS, WORKBOOK, check_items, write_field_check
from accessgis.report.view import page_view
from accessgis.report.wording import say
from accessgis.sources.field_check import FIELDS
from accessgis.sources.tables import find_columns
from accessgis.standards.marks import CAPACITIES

KML = {"k": "http://www.opengis.net/kml/2.2"}
HEAD = 3


@pytest.fixture(scope="module")
def listed():
    """The fake county with one facility placed at its village, one nowhere, one 250 m from its road."""
    fake = fake_assessment(villages=40)
    frame = fake.facilities.frame.copy()
    own = frame.index[(frame["county"] != "") & (frame["status"] == "in_service")][:3]
    frame.loc[own[0], "placement"] = "village"
    frame.loc[own[1], ["placement", "x", "y"]] = ["unplaced", np.nan, np.nan]
    snaps = pd.DataFrame(
        {
            "profile": ["walk", "vehicle"],
            "point": "facility",
            "id": frame.loc[own[2], "facility_id"],
            "access_m": [250.4, 900.0],
            "status": "joined",
        }
    )
    facilities = replace(fake.facilities, frame=frame)
    return replace(fake, facilities=facilities, snaps=snaps), [str(frame.loc[i, "facility_id"]) for i in own]


@pytest.fixture(scope="module")
def written(listed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("check")
    write_field_check(listed[0], folder)
    return folder


def rows(path):
    sheet = openpyxl.load_workbook(path).active
    heads = [cell.value for cell in sheet[HEAD]]
    return [dict(zip(heads, [cell.value for cell in row], strict=True)) for row in sheet.iter_rows(min_row=HEAD + 1)]


def test_every_gap_and_every_doubtful_facility_is_on_it_once(listed):
    assessment, (at_village, nowhere, far) = listed
    items = check_items(assessment)
    gaps = assessment.gaps
    current = {
        rule.rule for rule in page_view(assessment).rules if not rule.expired and rule.headline.share is not None
    }
    assert sum(item.reason == "gap" for item in items) == int(((gaps["rank"] > 0) & gaps["rule"].isin(current)).sum())
    found = {item.facility_id: item for item in items if item.facility_id}
    assert {key: item.reason for key, item in found.items()} == {
        at_village: "village", nowhere: "unplaced", far: "far",
    }  # fmt: skip
    assert "250米" in found[far].told, "the nearer of two ways to a road"
    assert found[nowhere].lon != found[nowhere].lon


def test_coordinates_stand_in_both_datums(written):
    placed = [row for row in rows(written / WORKBOOK) if row["经度（2000国家大地坐标系）"] is not None]
    assert placed
    for row in placed[:20]:
        true = (row["经度（2000国家大地坐标系）"], row["纬度（2000国家大地坐标系）"])
        shifted = (row["经度（GCJ-02，高德、腾讯地图）"], row["纬度（GCJ-02，高德、腾讯地图）"])
        assert shifted == pytest.approx(gcj02.wgs84_to_gcj02(*true), abs=1e-6)
        assert 0.001 < abs(shifted[0] - true[0]) < 0.01
    for head in ("核查结果", "更正经度", "更正纬度", "核查人签字", "核查日期"):
        assert {row[head] for row in placed} == {None}


def test_the_kml_has_the_same_places_by_reason(written):
    tree = ET.parse(written / POINTS)
    folders = {f.find("k:name", KML).text: f for f in tree.findall(".//k:Folder", KML)}
    listed = [row for row in rows(written / WORKBOOK) if row["经度（2000国家大地坐标系）"] is not None]
    marks = [mark for folder in folders.values() for mark in folder.findall("k:Placemark", KML)]
    told = {int(mark.find("k:name", KML).text.split()[0]): mark.find(".//k:coordinates", KML).text for mark in marks}
    assert told == {
        row["序号"]: f"{row['经度（2000国家大地坐标系）']:.6f},{row['纬度（2000国家大地坐标系）']:.6f}"
        for row in listed
    }
    assert set(folders) == {row["核查类型"] for row in listed}


def test_outside_china_there_is_one_datum(listed, tmp_path):
    assessment = listed[0]
    write_field_check(replace(assessment, study=replace(assessment.study, code="PA-1")), tmp_path, lang="en")
    heads = rows(tmp_path / WORKBOOK)[0]
    assert "Longitude (WGS 84)" in heads
    assert not [head for head in heads if "GCJ" in head or "CGCS" in head]


def test_the_same_assessment_gives_the_same_bytes(listed, written, tmp_path):
    write_field_check(listed[0], tmp_path)
    for name in (WORKBOOK, POINTS):
        assert (tmp_path / name).read_bytes() == (written / name).read_bytes()


def test_what_the_register_states_may_be_corrected_though_no_rule_needs_it(listed, tmp_path):
    assessment = listed[0]
    frame = assessment.facilities.frame.assign(floor_m2=1234.5)
    write_field_check(replace(assessment, facilities=replace(assessment.facilities, frame=frame)), tmp_path)
    for row in rows(tmp_path / WORKBOOK):
        told = (row["登记规模"], row["更正建筑面积（平方米）"])
        assert told == (("建筑面积（平方米）1,234.50", None) if row["设施编号"] else (None, "/"))


def test_the_instructions_are_wrapped_within_what_a_screen_shows(written):
    sheet = openpyxl.load_workbook(written / WORKBOOK).active
    (merged,) = sheet.merged_cells.ranges
    assert (merged.min_row, merged.max_row, merged.min_col) == (2, 2, 1)
    note = sheet["A2"]
    assert note.alignment.wrap_text
    assert "更正" in note.value
    across = sum(
        sheet.column_dimensions[openpyxl.utils.get_column_letter(n)].width for n in range(1, merged.max_col + 1)
    )
    assert across <= 155
    assert sheet.row_dimensions[2].height / 14.5 * across >= 2 * len(note.value.replace(" ", ""))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_column_to_fill_in_is_found_by_its_heading_in_both_languages(lang):
    fields = [*FIELDS, *(f"right_{name}" for name in CAPACITIES)]
    headings = {field: say(f"field_check.{field}", lang) for field in fields}
    frame = pd.DataFrame(columns=list(headings.values()))
    assert find_columns(frame, "field_check", {}, label="list") == headings
