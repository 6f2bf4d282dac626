"""The field-check list: written by one assessment, filled in, and read back by the next."""

from __future__ import annotations

import gcj02
import openpyxl
import pytest
from integration.tiny_study import OWN_RULE, STUDY, draw
from pyproj import Transformer

import accessgis as ag
from accessgis.base.errors import AccessGISError
from accessgis.report.field_check import WORKBOOK, write_field_check

CLINICS = """\
编号,名称,乡镇,行政村,经度,纬度,床位数,状态
C1,甲村卫生室,示例镇,西村,112.002,37.0031,4,在用
C2,乙村卫生室,示例镇,西村,112.005,37.0095,3,在用
C3,丙村卫生室,示例镇,东村,,,1,在用
C4,丁村卫生室,示例镇,,,,,在用
C5,戊村卫生室,示例镇,西村,112.008,37.0031,,在用
"""
BEDS = """\

[[rules]]
id = "own/beds"
kind = "total"
title = { zh = "床位总数", en = "Beds in all" }
source = "own"
section = "一"
scope = ["14"]
force = "firm"
horizon = 2030
facilities = { any = ["village_clinic"] }
target_level = "county"
total = { amount = "beds" }
op = ">="
value = 20
"""
HEAD = 3
TRUE = {"C3": (112.0185, 37.0071), "C4": (112.0125, 37.0031)}
"""Where two clinics truly stand, WGS-84."""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    path = draw(tmp_path_factory.mktemp("study"))
    (path.parent / "clinics.csv").write_text(CLINICS, encoding="utf-8")
    (path.parent / "own.toml").write_text(OWN_RULE + BEDS, encoding="utf-8")
    path.write_text(STUDY + 'files = ["own.toml"]\n', encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def before(study):
    return ag.assess(ag.read_study(study))


def filled(before, folder, entries, *, lang="zh"):
    """Write the list and fill in cells, by what stands under the headings of its first columns."""
    write_field_check(before, folder, lang=lang)
    book = openpyxl.load_workbook(folder / WORKBOOK)
    sheet = book.active
    heads = {cell.value: cell.column for cell in sheet[HEAD]}
    named = [heads[name] for name in (("设施编号", "核查类型") if lang == "zh" else ("Facility id", "Why"))]
    done = set()
    for row in range(HEAD + 1, sheet.max_row + 1):
        for column in named:
            key = sheet.cell(row, column).value
            for head, value in entries.get(key, {}).items():
                sheet.cell(row, heads[head], value)
                done.add(key)
    assert done == set(entries)
    book.save(folder / WORKBOOK)


def again(study, text='datum = "gcj02"\n'):
    path = study.parent / "again.toml"
    path.write_text(
        f'{study.read_text(encoding="utf-8")}\n[field_check]\npath = "{WORKBOOK}"\n{text}', encoding="utf-8"
    )
    return ag.assess(ag.read_study(path))


def correct(facility):
    lon, lat = gcj02.wgs84_to_gcj02(*TRUE[facility])
    return {"更正经度": round(lon, 6), "更正纬度": round(lat, 6)}


def test_what_was_found_is_in_the_next_assessment(study, before):
    entries = {
        "C2": {"核查结果": "停用，2024年起", "核查人签字": "甲"}, "C3": correct("C3"),
        "C4": {"核查结果": "在用"} | correct("C4"), "覆盖空白区": {"核查结果": "不属实：有便道"},
    }  # fmt: skip
    filled(before, study.parent, entries)
    after = again(study)
    was, now = (each.facilities.frame.set_index("facility_id") for each in (before, after))
    assert was["placement"].to_dict() == {
        "C1": "coordinates", "C2": "coordinates", "C3": "village", "C4": "unplaced", "C5": "coordinates",
    }  # fmt: skip
    assert now["placement"].to_dict() == dict.fromkeys(("C1", "C2", "C3", "C4", "C5"), "coordinates")
    assert now["status"].to_dict() == dict.fromkeys(("C1", "C3", "C4", "C5"), "in_service") | {"C2": "closed"}
    to_metres = Transformer.from_crs("EPSG:4326", after.crs, always_xy=True)
    for facility, place in TRUE.items():
        assert tuple(now.loc[facility, ["x", "y"]]) == pytest.approx(to_metres.transform(*place), abs=1.0)
    assert now.loc["C4", "village"] == "149921100201", "the unit of what had no place comes from its place"
    untouched = ["x", "y", "status", "village"]
    assert now.loc["C1", untouched].tolist() == was.loc["C1", untouched].tolist()
    doubts = {doubt.code: doubt for doubt in after.quality.doubts}
    applied = doubts["AG9320"].values
    assert (applied["moved"], applied["restated"], applied["resized"]) == (2, 2, 0)
    assert "C3" in applied["names"]
    assert "AG9321" not in doubts
    assert doubts["AG9322"].count >= 1
    assert [(one.role, one.path) for one in after.inputs if one.role == "field check"] == [("field check", WORKBOOK)]


def test_the_list_in_english_reads_back_and_facilities_that_are_gone_are_told(study, before):
    filled(before, study.parent, {"C2": {"Finding": "gone", "Facility id": "C9"}, "C3": {"Finding": "True"}}, lang="en")
    after = again(study, "")
    assert after.facilities.frame["status"].tolist() == before.facilities.frame["status"].tolist()
    doubts = {doubt.code: doubt for doubt in after.quality.doubts}
    assert doubts["AG9321"].values == {"names": "乙村卫生室 C9"}
    assert (doubts["AG9320"].count, doubts["AG9320"].values["names"]) == (2, "—")


def beds_in_all(assessment):
    rows = assessment.results
    row = rows[(rows["rule"] == "own/beds") & (rows["level"] == "county")].iloc[0]
    return row["value"], row["verdict"], row["missing"]


def test_capacities_are_listed_asked_for_and_taken_into_the_next_assessment(study, before):
    write_field_check(before, study.parent)
    sheet = openpyxl.load_workbook(study.parent / WORKBOOK).active
    heads = [cell.value for cell in sheet[HEAD]]
    rows = [dict(zip(heads, [cell.value for cell in row], strict=True)) for row in sheet.iter_rows(min_row=HEAD + 1)]
    listed = {row["设施编号"]: row for row in rows if row["设施编号"]}
    told = {name: (row["核查类型"], row["登记规模"], row["更正床位"]) for name, row in listed.items()}
    assert told == {
        "C2": ("距道路较远的设施", "床位3", None), "C3": ("按村级位置落图的设施", "床位1", None),
        "C4": ("未落图的设施", "床位未填", None), "C5": ("规模不明的设施", "床位未填", None),
    }  # fmt: skip
    assert listed["C5"]["情况"] == "登记表未填床位，有关规则须用"
    assert {row["更正床位"] for row in rows if not row["设施编号"]} == {"/"}
    assert not [head for head in heads if head.startswith("更正") and head not in ("更正经度", "更正纬度", "更正床位")]
    value, verdict, missing = beds_in_all(before)
    assert (value != value, verdict, missing) == (True, "not_judged", ("attribute:beds",))
    # 4 beds of the register, 9 in the place of 1, and what the register does not state: 5 and 2
    filled(before, study.parent, {"C3": {"更正床位": 9}, "C4": {"更正床位": "5张"}, "C5": {"更正床位": 2}})
    after = again(study)
    assert after.facilities.frame.set_index("facility_id")["beds"].to_dict() == {
        "C1": 4.0, "C2": 3.0, "C3": 9.0, "C4": 5.0, "C5": 2.0,
    }  # fmt: skip
    assert beds_in_all(after)[:2] == (23.0, "meets")
    applied = next(doubt for doubt in after.quality.doubts if doubt.code == "AG9320")
    assert (applied.count, applied.values["resized"], applied.values["restated"]) == (3, 3, 0)
    assert "C5" in applied.values["names"]


def test_a_list_without_columns_of_capacities_still_reads_back(study, before):
    filled(before, study.parent, {"C2": {"核查结果": "停用"}})
    book = openpyxl.load_workbook(study.parent / WORKBOOK)
    sheet = book.active
    for head in ("登记规模", "更正床位"):
        sheet.delete_cols(next(cell.column for cell in sheet[HEAD] if cell.value == head))
    book.save(study.parent / WORKBOOK)
    frame = again(study).facilities.frame.set_index("facility_id")
    assert frame.loc["C2", "status"] == "closed"
    assert frame.loc["C1", "beds"] == 4


@pytest.mark.parametrize(
    ("entries", "text", "code"),
    [
        ({"C3": {"更正床位": "若干"}}, "", "AG3018"),
        ({"C3": {"更正床位": -2}}, "", "AG3307"),
        ({"C3": {"更正床位": 2.5}}, "", "AG3344"),
        ({"覆盖空白区": {"更正床位": 3}}, "", "AG3343"),
        ({"C2": {"核查结果": "看不清"}}, "", "AG3340"),
        ({"C2": {"更正经度": 112.0}}, 'datum = "gcj02"\n', "AG3341"),
        ({"C3": correct("C3")}, "", "AG3022"),
        ({"C3": {"更正经度": 37.0, "更正纬度": 112.0}}, 'datum = "gcj02"\n', "AG3011"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_row(study, before, entries, text, code):
    filled(before, study.parent, entries)
    with pytest.raises(AccessGISError) as caught:
        again(study, text)
    assert caught.value.code == code


def test_another_table_is_no_field_check(study):
    book = openpyxl.Workbook()
    book.active.append(["核查对象", "核查结果"])
    book.active.append(["甲", "属实"])
    book.save(study.parent / WORKBOOK)
    with pytest.raises(AccessGISError) as caught:
        again(study)
    assert caught.value.code == "AG3342"
