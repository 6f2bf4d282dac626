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
编号,名称,乡镇,行政村,经度,纬度,状态
C1,甲村卫生室,示例镇,西村,112.002,37.0031,在用
C2,乙村卫生室,示例镇,西村,112.005,37.0095,在用
C3,丙村卫生室,示例镇,东村,,,在用
C4,丁村卫生室,示例镇,,,,在用
"""
HEAD = 3
TRUE = {"C3": (112.0185, 37.0071), "C4": (112.0125, 37.0031)}
"""Where two clinics truly stand, WGS-84."""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    path = draw(tmp_path_factory.mktemp("study"))
    (path.parent / "clinics.csv").write_text(CLINICS, encoding="utf-8")
    (path.parent / "own.toml").write_text(OWN_RULE, encoding="utf-8")
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
    assert was["placement"].to_dict() == {"C1": "coordinates", "C2": "coordinates", "C3": "village", "C4": "unplaced"}
    assert now["placement"].to_dict() == dict.fromkeys(("C1", "C2", "C3", "C4"), "coordinates")
    assert now["status"].to_dict() == {"C1": "in_service", "C2": "closed", "C3": "in_service", "C4": "in_service"}
    to_metres = Transformer.from_crs("EPSG:4326", after.crs, always_xy=True)
    for facility, place in TRUE.items():
        assert tuple(now.loc[facility, ["x", "y"]]) == pytest.approx(to_metres.transform(*place), abs=1.0)
    assert now.loc["C4", "village"] == "149921100201", "the unit of what had no place comes from its place"
    untouched = ["x", "y", "status", "village"]
    assert now.loc["C1", untouched].tolist() == was.loc["C1", untouched].tolist()
    doubts = {doubt.code: doubt for doubt in after.quality.doubts}
    applied = doubts["AG9320"].values
    assert (applied["moved"], applied["restated"]) == (2, 2)
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


@pytest.mark.parametrize(
    ("entries", "text", "code"),
    [
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
