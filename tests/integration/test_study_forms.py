"""``accessgis study forms``: what a bureau fills in is read back as it was written."""

import datetime as dt
import json
import re
import zipfile
from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
from pyproj import CRS
from workbooks import write_book

from accessgis.base.errors import DataError
from accessgis.cli.main import run
from accessgis.report.forms import fields_of, heading, headings_of, kinds_of
from accessgis.sources.facilities import read_facilities
from accessgis.sources.spreadsheet import read_sheets
from accessgis.sources.tables import find_columns, open_table
from accessgis.standards.kinds import load_kinds
from accessgis.standards.marks import CAPACITIES, load_marks

SHEETS = ("登记表", "填表说明", "选项")

BUREAUS = (
    "卫生健康局",
    "教育局",
    "民政局",
    "体育局",
    "文化和旅游局",
    "商务局",
    "人力资源和社会保障局",
    "应急管理局",
    "退役军人事务局",
    "住房和城乡建设局",
)


@pytest.fixture(scope="module")
def forms(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forms") / "登记表"
    assert run(["study", "forms", str(folder)]) == 0
    return folder


def sheets_of(path):
    """Return the cells of every sheet, hidden ones too."""
    return {name: [list(row) for row in read_sheets(path, label="x", sheet=name)[0].rows] for name in SHEETS}


def filled(forms, tmp_path, bureau, rows):
    """Fill rows into a form as a clerk does, and return where it is saved."""
    sheets = sheets_of(forms / f"{bureau}.xlsx")
    heads = sheets["登记表"][1]
    assert all(name in heads for row in rows for name in row)
    sheets["登记表"] += [[row.get(head, "") for head in heads] for row in rows]
    return write_book(tmp_path / f"{bureau}.xlsx", sheets, hidden=["选项"])


def read(path):
    return read_facilities(
        path, label=path.name, kind=None, columns={}, datum="wgs84", crs=CRS.from_epsg(4546), kind_map={},
        data_date=dt.date(2025, 12, 31),
    )  # fmt: skip


def test_every_bureau_has_its_form(forms):
    assert sorted(path.stem for path in forms.iterdir()) == sorted([*BUREAUS, "统计局", "交通运输局"])


def test_every_kind_that_says_something_stands_in_one_form():
    listed = [kind.id for bureau in BUREAUS for kind in kinds_of(bureau)]
    assert len(listed) == len(set(listed))
    assert set(listed) == {kind for kind in load_kinds() if not kind.endswith("_unspecified")}


@pytest.mark.parametrize("bureau", BUREAUS)
def test_headings_are_read_as_the_fields_they_stand_for_and_capacities_are_those_of_the_kinds(forms, bureau):
    frame = open_table(forms / f"{bureau}.xlsx", label="x", table="facilities").value.frame
    assert find_columns(frame, "facilities", {}, label="x") == headings_of(bureau)
    assert set(headings_of(bureau)) == set(fields_of(bureau))
    needed = {name for kind in kinds_of(bureau) for name in kind.capacities}
    assert needed <= set(fields_of(bureau))
    assert set(fields_of(bureau)) & set(CAPACITIES) >= needed


@pytest.mark.parametrize("bureau", BUREAUS)
def test_every_choice_is_understood(forms, tmp_path, bureau):
    rows = []
    status, ownership = ["在用", "在建", "规划", "停用"], ["公办", "普惠", "民办"]
    for number, kind in enumerate(kinds_of(bureau)):
        rows.append({"名称": f"{kind.zh}{number}", "类别": kind.zh, "经度": 112 + number / 100, "纬度": 37.0,
                     "状态": status[number % 4], "性质": ownership[number % 3]})  # fmt: skip
    frame = read(filled(forms, tmp_path, bureau, rows)).value
    assert list(frame["kind"]) == [kind.id for kind in kinds_of(bureau)]
    states = ("in_service", "under_construction", "planned", "closed")
    assert list(frame["status"]) == [states[number % 4] for number in range(len(rows))]
    owners = ("public", "inclusive_private", "private")
    assert list(frame["ownership"]) == [owners[number % 3] for number in range(len(rows))]
    assert set(frame["placement"]) == {"coordinates"}


def test_education_calls_its_places_by_their_name(forms, tmp_path):
    row = {"名称": "东镇小学", "类别": "小学", "学位数": 540}
    (found,) = read(filled(forms, tmp_path, "教育局", [row])).value.to_dict("records")
    assert found["places"] == 540


def test_a_filled_form_is_read_back(forms, tmp_path):
    row = {"编号": "007", "名称": "东村卫生室", "类别": "村卫生室", "乡镇": "东镇", "行政村": "东村", "状态": "在用",
           "启用日期": "2018-09", "人员数": 2, "床位": 3, "建筑面积": 120.5}  # fmt: skip
    reading = read(filled(forms, tmp_path, "卫生健康局", [row]))
    (found,) = reading.value.to_dict("records")
    assert (found["facility_id"], found["name"], found["kind"]) == ("007", "东村卫生室", "village_clinic")
    assert (found["staff"], found["beds"], found["floor_m2"]) == (2, 3, 120.5)
    assert found["placement"] == "unplaced", "until its village places it"
    assert reading.inputs[0].note == "sheet 登记表", "instructions are no register"


def test_the_drop_downs_hold_the_choices(forms):
    path = forms / "卫生健康局.xlsx"
    assert [sheet.name for sheet in read_sheets(path, label="x")] == ["登记表", "填表说明"], "选项 is hidden"
    sheets = sheets_of(path)
    with zipfile.ZipFile(path) as book:
        form = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    lists = {}
    for rule in form.findall(".//x:dataValidation", space):
        at, (source,) = re.match(r"([A-Z]+)3:\1\d+$", rule.attrib["sqref"]), rule.findall("x:formula1", space)
        column, last = re.match(r"'选项'!\$([A-Z]+)\$1:\$\1\$(\d+)$", source.text).groups()
        assert at[1] == column
        place = sum((ord(letter) - 64) * 26**power for power, letter in enumerate(reversed(column))) - 1
        lists[sheets["登记表"][1][place]] = [row[place] for row in sheets["选项"][: int(last)]]
    assert lists["类别"] == [kind.zh for kind in kinds_of("卫生健康局")]
    assert lists["状态"] == ["在用", "在建", "规划", "停用"]
    marks = [load_marks()[field] for field in fields_of("卫生健康局") if field in load_marks()]
    assert marks
    assert all(lists[heading("facilities", mark.id)] == ["是", "否"] for mark in marks)


def test_a_kind_that_was_typed_wrong_is_refused_with_its_row(forms, tmp_path):
    path = filled(
        forms, tmp_path, "卫生健康局", [{"名称": "甲", "类别": "村卫生室"}, {"名称": "乙", "类别": "卫生驿站"}]
    )
    with pytest.raises(DataError) as caught:
        read(path)
    assert (caught.value.code, caught.value.place.row) == ("AG3302", 2)


def test_the_statistics_form_is_a_table_of_people(forms):
    frame = open_table(forms / "统计局.xlsx", label="x", table="population").value.frame
    found = find_columns(frame, "population", {}, label="x")
    assert {"township_name", "village_name", "village", "registered", "households", "age60plus"} <= set(found)
    assert "常住人口" in {found.get("resident"), found.get("total")}


def test_forms_are_the_same_bytes_again(forms, tmp_path):
    assert run(["study", "forms", str(tmp_path / "again")]) == 0
    for path in forms.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()
        assert zipfile.ZipFile(BytesIO(path.read_bytes())).testzip() is None


def test_what_a_bureau_filled_in_is_never_lost(tmp_path, capsys):
    (tmp_path / "民政局.xlsx").write_bytes(b"filled in")
    assert run(["study", "forms", str(tmp_path)]) == 2
    assert "AG2021" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["民政局.xlsx"]


def test_the_document_lists_the_forms(tmp_path, capfdbinary):
    assert run(["study", "forms", str(tmp_path / "x"), "--json"]) == 0
    assert json.loads(capfdbinary.readouterr().out)["forms"][0] == "卫生健康局.xlsx"


def test_a_folder_that_cannot_be_made_is_said(tmp_path, capsys):
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert run(["study", "forms", str(tmp_path / "file" / "x")]) == 1
    assert "AG1001" in capsys.readouterr().err
