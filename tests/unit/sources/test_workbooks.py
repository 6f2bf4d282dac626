"""Excel at the door: text, merged cells, titles, headers of several rows, the sheet that is meant."""

from __future__ import annotations

import datetime as dt
import zipfile

import pytest
import xlsxwriter
from workbooks import old_register, write_book

from accessgis.base.errors import DataError
from accessgis.sources.tables import find_columns, number, open_table, read_table

REGISTER = [["编号", "机构名称", "乡镇", "床位数"], ["C1", "甲卫生室", "示例镇", 2], ["C2", "乙卫生室", "示例镇", 1]]


def opened(path, **options):
    return open_table(path, label=path.name, **{"table": "facilities", **options})


def refused(path, code, **options):
    with pytest.raises(DataError, match=code) as caught:
        opened(path, **options)
    return caught.value


def test_cells_are_the_text_a_reader_sees(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["code", "share", "day", "yes", "formula", "text", "empty"])
        sheet.write_row(1, 0, [149921100200.0, 0.1])
        sheet.write_datetime(1, 2, dt.date(2020, 1, 2), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_boolean(1, 3, True)
        sheet.write_formula(1, 4, "=1+1", None, 2)
        sheet.write_string(1, 5, "\u3000001 ")

    frame = read_table(path, label="a.xlsx").value

    assert frame.iloc[0].tolist() == ["149921100200", "0.1", "2020-01-02", "true", "2", "001", ""]
    assert frame.index.tolist() == [1]


def test_titles_totals_and_remarks_are_set_apart(tmp_path):
    rows = [
        ["示例县名册", "", "", ""],
        ["填报单位：卫健局", "", "", "单位：张"],
        *REGISTER,
        ["", "", "", ""],
        ["小 计", "", "", 3],
        ["合计", "2所", "", 3],
        ["注：本表为生成数据", "", "", ""],
        ["填表人：甲", "", "审核人：乙", ""],
    ]

    reading = opened(write_book(tmp_path / "a.xlsx", {"s": rows}, merged=[(0, 0, 0, 3), (8, 0, 8, 3)]))

    table = reading.value
    assert table.frame["编号"].tolist() == ["C1", "C2"]
    assert table.frame.index.tolist() == [1, 2]
    assert table.totals.index.tolist() == [4, 5]
    assert table.titles == ("示例县名册", "填报单位：卫健局", "单位：张")
    assert [(doubt.code, doubt.count, doubt.values["rows"]) for doubt in reading.doubts] == [("AG9061", 2, "6, 7")]
    left = read_table(tmp_path / "a.xlsx", label="a", table="facilities")
    assert [(doubt.code, doubt.count) for doubt in left.doubts] == [("AG9061", 2), ("AG9060", 2)]


def test_merged_cells_count_for_every_row(tmp_path):
    rows = [["乡镇", "行政村"], ["示例镇", "西村"], ["", "东村"], ["邻镇", "北村"]]

    frame = opened(write_book(tmp_path / "a.xlsx", {"s": rows}, merged=[(1, 0, 2, 0)])).value.frame

    assert frame["乡镇"].tolist() == ["示例镇", "示例镇", "邻镇"]


def test_a_header_of_two_rows_names_groups_and_columns(tmp_path):
    rows = [["示例县人口", "", "", ""], ["乡镇", "行政村", "人口", ""], ["", "", "户籍人口", "常住人口"],
            ["示例镇", "西村", 120, 100]]  # fmt: skip
    path = write_book(tmp_path / "a.xlsx", {"s": rows}, merged=[(0, 0, 0, 3), (1, 0, 2, 0), (1, 1, 2, 1), (1, 2, 1, 3)])

    frame = opened(path, table="population").value.frame

    assert list(frame.columns) == ["乡镇", "行政村", "人口/户籍人口", "人口/常住人口"]
    found = find_columns(frame, "population", {}, label="a", fields=("resident", "registered", "village_name"))
    assert found == {"resident": "人口/常住人口", "registered": "人口/户籍人口", "village_name": "行政村"}
    stated = find_columns(frame, "population", {"total": "人口/常住人口"}, label="a", fields=())
    assert stated == {"total": "人口/常住人口"}


def test_a_first_row_of_data_is_no_part_of_the_header(tmp_path):
    frame = opened(write_book(tmp_path / "a.xlsx", {"s": REGISTER})).value.frame

    assert list(frame.columns) == REGISTER[0]
    assert len(frame) == 2


def test_the_one_sheet_with_the_columns_is_read(tmp_path):
    sheets = {"说明": [["本表由卫健局填报"]], "名册": REGISTER, "Sheet3": []}
    path = write_book(tmp_path / "a.xlsx", sheets)

    assert opened(path).inputs[0].note == "sheet 名册"
    assert opened(path, sheet="说明").inputs[0].note == "sheet 说明"
    assert refused(path, "AG3061", sheet="名单").values["sheets"] == "说明, 名册, Sheet3"


def test_several_sheets_that_fit_are_never_guessed(tmp_path):
    path = write_book(tmp_path / "a.xlsx", {"2024": REGISTER, "2025": REGISTER})

    assert refused(path, "AG3060").values["sheets"] == "2024, 2025"
    assert opened(path, sheet="2025").value.frame["编号"].tolist() == ["C1", "C2"]
    hidden = write_book(tmp_path / "b.xlsx", {"2024": REGISTER, "2025": REGISTER}, hidden=["2025"])
    assert opened(hidden).inputs[0].note == "sheet 2024"


def test_the_old_form_reads_alike(tmp_path):
    (tmp_path / "a.xls").write_bytes(old_register())

    reading = opened(tmp_path / "a.xls")

    assert reading.value.frame["乡镇"].tolist() == ["示例镇"] * 3
    assert reading.value.frame["床位数"].tolist() == ["2张", "1", ""]
    assert reading.value.totals["床位数"].tolist() == ["3"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<html><table><tr><td>1</td></tr></table></html>", "AG3063"),
        (b"PK\x03\x04rubbish", "AG3063"),
        (b"", "AG3063"),
        ("编号,名称\n".encode(), "AG3063"),
        (old_register()[:3000], "AG3063"),
    ],
    ids=["web page", "cut zip", "empty", "csv", "cut xls"],
)
@pytest.mark.parametrize("ending", ["xlsx", "xls"])
def test_what_is_no_workbook_is_refused(tmp_path, content, code, ending):
    path = tmp_path / f"a.{ending}"
    path.write_bytes(content)

    assert refused(path, code).place.file == path.name


def test_a_workbook_of_nothing_is_refused(tmp_path):
    refused(write_book(tmp_path / "a.xlsx", {"Sheet1": []}), "AG3025")


def test_a_sheet_of_a_text_file_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("编号\n1\n", encoding="utf-8")

    refused(tmp_path / "a.csv", "AG3064", sheet="名册")


def test_a_title_above_a_text_table_is_skipped(tmp_path):
    (tmp_path / "a.csv").write_text(
        "示例县名册（2025，共2所）\n编号;名称;床位数\nC1;甲;2张\n合计;;2\n", encoding="utf-8"
    )

    reading = opened(tmp_path / "a.csv")

    assert reading.value.frame.to_numpy().tolist() == [["C1", "甲", "2张"]]


def test_numbers_may_carry_units_of_their_sort(tmp_path):
    cells = ["20张", "1,234", "１２ 床", "2.3万人", "", "7"]
    (tmp_path / "a.csv").write_text("\n".join(["beds", *(f'"{cell}"' for cell in cells)]), encoding="utf-8")
    series = read_table(tmp_path / "a.csv", label="a").value["beds"]
    doubts: list = []

    # The empty row is no row.
    assert number(series, label="a", field="beds", units="count", doubts=doubts).tolist() == [20, 1234, 12, 23000, 7]
    assert [(doubt.code, doubt.count, doubt.values["text"]) for doubt in doubts] == [("AG9062", 3, "20张")]


def test_a_cell_with_a_unit_of_its_own_is_not_multiplied_again(tmp_path):
    (tmp_path / "a.csv").write_text("people\n0.12万人\n0.35\n1200人\n", encoding="utf-8")
    series = read_table(tmp_path / "a.csv", label="a").value["people"]

    assert number(series, label="a", field="people", units="count", factor=1e4).tolist() == [1200, 3500, 1200]


@pytest.mark.parametrize(
    ("cell", "units"),
    [("约30", "count"), ("30左右", "count"), ("10-20", "count"), ("≥30", "count"), ("2亩", "area"), ("20张", "area"),
     ("20张", ""), ("30+", "count"), ("一百", "count"), ("3.5.1", "count"), ("1,23", "count"), ("20m2", "count")],
)  # fmt: skip
def test_what_is_no_exact_number_is_refused(tmp_path, cell, units):
    (tmp_path / "a.csv").write_text(f'beds\n"{cell}"\n', encoding="utf-8")
    series = read_table(tmp_path / "a.csv", label="a").value["beds"]

    with pytest.raises(DataError, match="AG3018"):
        number(series, label="a", field="beds", units=units, doubts=[])


def test_areas_and_lengths_come_in_their_unit(tmp_path):
    (tmp_path / "a.csv").write_text("a,l\n120㎡,500米\n1.5公顷,2km\n0.3万平方米,1公里\n", encoding="utf-8")
    frame = read_table(tmp_path / "a.csv", label="a").value

    assert number(frame["a"], label="a", field="a", units="area").tolist() == [120, 15000, 3000]
    assert number(frame["l"], label="a", field="l", units="length").tolist() == [0.5, 2, 1]


def rewritten(path, change):
    """Change the text of every sheet of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, change(content) if name.startswith("xl/worksheets/") else content)
    return path


@pytest.mark.parametrize(
    "last",
    [
        b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        b'<row r="1048576"><c r="A1048576"><v>1</v></c></row><row r="9"><c r="T9" t="s"><v>0</v></c></row>',
        b'<row r="1048576">' + b"<c><v>1</v></c>" * 20 + b"</row>",
    ],
    ids=["the last cell", "a row and a column", "cells without a place"],
)
def test_a_cell_far_from_the_table_is_refused_and_does_not_end_the_program(tmp_path, last):
    path = write_book(tmp_path / "a.xlsx", {"s": REGISTER})
    rewritten(path, lambda text: text.replace(b"</sheetData>", last + b"</sheetData>"))

    values = refused(path, "AG3070").values
    assert values["rows"] == 1048576
    assert values["columns"] >= 20


def test_the_sheets_of_a_workbook_share_one_limit(tmp_path):
    path = write_book(tmp_path / "a.xlsx", {f"s{number}": REGISTER for number in range(3)})
    last = b'<row r="1000000"><c r="A1000000"><v>1</v></c></row>'
    rewritten(path, lambda text: text.replace(b"</sheetData>", last + b"</sheetData>"))

    assert refused(path, "AG3070").values["rows"] == 1000000


def test_formats_without_a_word_reach_nowhere(tmp_path):
    path = write_book(tmp_path / "a.xlsx", {"s": REGISTER})
    row = b'<row r="1048576" ht="20"/><row r="40"><c r="XFD40" s="1"/></row>'
    rewritten(path, lambda text: text.replace(b"</sheetData>", row + b"</sheetData>"))

    assert opened(path).value.frame["编号"].tolist() == ["C1", "C2"]
