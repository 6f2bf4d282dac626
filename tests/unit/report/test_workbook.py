"""The workbook read back by another library: its numbers against assessment.json, its set-up, what it never holds."""

from __future__ import annotations

import dataclasses
import json
import zipfile

import pytest
from fake_assessment import HOSTILE_NAMES, fake_assessment
from openpyxl import load_workbook

from accessgis.assess.rounding import rounded_people
from accessgis.report.indicators import indicators
from accessgis.report.report_view import report_view
from accessgis.report.sheets import Shown, main_sheet, number, township_sheet
from accessgis.report.tables import coverage_table, document, to_json
from accessgis.report.units import unit_table
from accessgis.report.view import gap_views, page_view
from accessgis.report.wording import say
from accessgis.report.workbook import HEAD_ROW, clean, write_workbook

FIRST = HEAD_ROW + 2
"""Number of the first row of figures, from one."""


@pytest.fixture(scope="module")
def path(fake, tmp_path_factory):
    return write_workbook(fake, tmp_path_factory.mktemp("book") / "coverage.xlsx")


@pytest.fixture(scope="module")
def book(path):
    return load_workbook(path)


@pytest.fixture(scope="module")
def told(fake):
    """assessment.json, read back."""
    return json.loads(to_json(document(fake)))


def columns(sheet):
    return {cell.value: cell.column - 1 for cell in sheet[HEAD_ROW + 1]}


def body(sheet):
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=FIRST)]


def cells(book):
    return [cell for sheet in book for row in sheet.iter_rows() for cell in row]


def test_the_indicators_come_first_and_every_sheet_is_named_in_the_language(book, fake, tmp_path):
    assert book.sheetnames[:3] == ["主要指标完成情况表", "分乡镇情况表", "待补短板清单"]
    assert {"圈类", "数据字典", "假定与来源", "输入文件", "数据质量"} <= set(book.sheetnames)
    english = load_workbook(write_workbook(fake, tmp_path / "en.xlsx", lang="en"))
    assert english.sheetnames[0] == "Main indicators"
    assert len(english.sheetnames) == len(book.sheetnames)


def test_no_cell_is_a_formula_or_a_link(book):
    assert {cell.data_type for cell in cells(book)} <= {"s", "n"}
    assert not [cell for cell in cells(book) if cell.hyperlink]


def test_the_same_assessment_gives_the_same_bytes_and_no_clock_shows(path, tmp_path, fake):
    other = write_workbook(fake_assessment(villages=60), tmp_path / "other name.xlsx")
    assert other.read_bytes() == path.read_bytes()
    book = load_workbook(path)
    assert book.properties.created.date() == fake.study.data_date
    with zipfile.ZipFile(path) as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {1980}


def test_a_row_of_the_circles_says_what_the_json_says(book, told):
    sheet = book["圈类"]
    at, rows = columns(sheet), body(sheet)
    headline = {(row["rule"], row["level"], row["area"]): row for row in told["results"] if row["headline"]}
    levels = {say(f"workbook.level_{name}", "zh"): name for name in ("county", "township", "village")}
    assert len(rows) == len(headline)
    fields = {
        "人口/人": "people", "已覆盖人口/人": "covered", "人口覆盖率/%": "covered_share", "目标值": "target",
        "未接入路网人口/人": "off_network",
    }  # fmt: skip
    for row in rows:
        exact = headline[row[at["规则编号"]], levels[row[at["层级"]]], row[at["区划代码"]]]
        for heading, field in fields.items():
            assert row[at[heading]] == exact[field], (heading, exact)
        low, high = exact["range"]
        assert (row[at["取值区间下限/%"]], row[at["取值区间上限/%"]]) == (low, high)
        if exact["median_s"] is not None:
            assert row[at["半数人用时/分钟"]] * 60 == pytest.approx(exact["median_s"], rel=1e-8)


def test_a_time_without_a_way_is_said_and_not_left_empty(fake, tmp_path):
    results = fake.results.copy()
    place = results.index[results["headline"] & (results["level"] == "village") & (results["people"] > 0)][0]
    results.loc[place, "p90_s"] = float("inf")
    sheet = load_workbook(write_workbook(dataclasses.replace(fake, results=results), tmp_path / "b.xlsx"))["圈类"]
    at = columns(sheet)["九成人用时/分钟"]
    (row,) = [row for row in body(sheet) if row[at] == "道路不可达"]
    assert row[columns(sheet)["区划代码"]] == results.loc[place, "area"]


def test_the_indicators_are_those_of_the_view(book, fake):
    sheet = book.worksheets[0]
    at, rows = columns(sheet), body(sheet)
    lines = {line.rule: line for line in indicators(fake)}
    shown = [line for line in lines.values() if line.state not in ("not_judged", "recorded")]
    assert {row[at["规则编号"]] for row in rows} == {line.rule for line in shown}
    for row in rows:
        line = lines[row[at["规则编号"]]]
        assert row[at["完成情况"]] == line.verdict
        assert row[at["本年值"]] == pytest.approx(line.figure, rel=1e-8)
        assert row[at["上年值"]] == "无"
        assert row[at["数据口径与时点"]].startswith("常住人口")


def test_townships_are_whole_people_as_the_page_has_them(book, fake):
    sheet = book["分乡镇情况表"]
    at, rows = columns(sheet), body(sheet)
    records = {rule.rule: rule for rule in fake.rules}
    for view in page_view(fake).rules:
        if view.headline.share is None:
            continue
        table = unit_table(fake, records[view.rule], view, "zh")
        mine = [row for row in rows if row[at["指标名称"]] == view.title]
        assert [f"{row[at['未覆盖人口/人']]:,}" for row in mine[:-1]] == [row.uncovered for row in table.rows]
        assert [f"{row[at['人口/人']]:,}" for row in mine[:-1]] == [row.people for row in table.rows]
        assert sum(row[at["人口/人"]] for row in mine[:-1]) == mine[-1][at["人口/人"]]
        assert mine[-1][at["乡镇（街道）"]] == "合计"


def test_every_gap_is_listed_and_they_add_up_to_the_uncovered(book, fake):
    sheet = book["待补短板清单"]
    at, rows = columns(sheet), body(sheet)
    for each in report_view(fake).circles:
        (rule,) = [rule for rule in fake.rules if rule.rule == each.view.rule]
        mine = [row for row in rows if row[at["指标名称"]] == each.view.title]
        gaps = gap_views(fake, rule, "zh")
        assert [row[at["人数/人"]] for row in mine] == [gap.people for gap in gaps]
        assert sum(row[at["人数/人"]] for row in mine) == each.table.total.uncovered_people
        assert all(row[at["建议"]] for row in mine)


def test_headings_are_frozen_filtered_repeated_and_carry_units(book):
    for sheet in book:
        assert sheet.freeze_panes.rstrip("0123456789") >= "A"
        assert sheet.freeze_panes.endswith(str(FIRST))
        assert sheet.auto_filter.ref.startswith(f"A{HEAD_ROW + 1}:")
        assert sheet.print_title_rows == f"$1:${HEAD_ROW + 1}"
        assert (sheet.page_setup.orientation, str(sheet.page_setup.paperSize)) == ("landscape", "9")
        assert sheet.oddFooter.center.text == "— &P —"
        headings = list(columns(sheet))
        assert len(headings) == len(set(headings))
    for heading in columns(book["圈类"]):
        if any(word in heading for word in ("人口", "用时", "覆盖率", "路程")):
            assert "/" in heading or heading == "规则编号", heading


def test_numbers_have_formats_and_a_share_never_looks_like_what_it_is_not(book):
    sheet = book["圈类"]
    at = columns(sheet)
    row = sheet[FIRST]
    assert row[at["人口/人"]].number_format == "#,##0"
    assert row[at["人口覆盖率/%"]].number_format.endswith("%")
    assert row[at["半数人用时/分钟"]].number_format == "#,##0.0"
    assert number(0.94996, "share", target=0.95).form == "0.000%"
    assert number(0.9999, "share").form == "0.00%"
    assert number(0.99996, "share").form == "0.000%"
    assert number(1.0, "share").form == "0.0%"
    assert number(float("nan"), "share") is None


def test_columns_are_wide_enough_for_the_chinese_in_them(book):
    sheet = book.worksheets[0]
    at = columns(sheet)
    for heading in ("指标名称", "完成情况"):
        letter = sheet.cell(row=1, column=at[heading] + 1).column_letter
        assert sheet.column_dimensions[letter].width >= 14
    sheet = book["圈类"]
    letter = sheet.cell(row=1, column=columns(sheet)["地区"] + 1).column_letter
    longest = max(sum(2 if ord(char) > 0x2E80 else 1 for char in row[columns(sheet)["地区"]]) for row in body(sheet))
    assert sheet.column_dimensions[letter].width >= longest


def test_the_dictionary_tells_of_every_column_of_the_kinds(book, fake):
    at, rows = columns(book["数据字典"]), body(book["数据字典"])
    told = {(row[at["工作表"]], row[at["列名"]]) for row in rows}
    assert told == {("圈类", heading) for heading in columns(book["圈类"])}
    assert {row[at["字段"]] for row in rows} - {"title"} <= set(coverage_table(fake).columns)
    assert all(row[at["含义"]] for row in rows)


def test_assumptions_inputs_and_version_are_all_there(book, fake):
    text = "\n".join(str(value) for row in body(book["假定与来源"]) for value in row)
    for rule in fake.rules:
        for assumption in rule.assumed:
            assert assumption.zh in text
    for line in page_view(fake).speeds:
        assert line in text
    from accessgis import __version__

    assert f"accessgis {__version__}" in text
    rows = body(book["输入文件"])
    shown = {value for row in rows for value in row}
    assert {record.sha256 for record in fake.inputs} <= shown
    assert {record.path for record in fake.inputs} <= shown


def test_names_that_begin_like_a_formula_or_a_link_are_text(tmp_path):
    starts = ("=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x","y")', "http://x.example/")
    fake = fake_assessment(villages=60, village_names=starts * 10)
    filled = cells(load_workbook(write_workbook(fake, tmp_path / "b.xlsx")))
    assert {cell.data_type for cell in filled} <= {"s", "n"}
    assert not [cell for cell in filled if cell.hyperlink]
    texts = [cell.value for cell in filled if isinstance(cell.value, str)]
    for start in starts:
        assert any(text.startswith(start) for text in texts), f"the name {start} stands unchanged"


def test_hostile_names_leave_a_workbook_that_opens(tmp_path):
    fake = fake_assessment(villages=60, name="示例\x07县&<b>", village_names=tuple(HOSTILE_NAMES))
    book = load_workbook(write_workbook(fake, tmp_path / "b.xlsx"))
    assert "示例县&<b>" in book.worksheets[0]["A1"].value


def test_text_longer_than_a_cell_is_cut_and_says_so():
    assert len(clean("长" * 40_000)) < 32_767
    assert clean("长" * 40_000).endswith("…")
    assert clean("a\tb\x07c\nd") == "abc\nd"


def test_rounded_people_stay_rounded(fake, tmp_path):
    book = load_workbook(write_workbook(rounded_people(fake, 50), tmp_path / "b.xlsx"))
    for name in ("圈类", "分乡镇情况表", "待补短板清单"):
        sheet = book[name]
        counted = [place for heading, place in columns(sheet).items() if heading and heading.endswith("/人")]
        assert counted
        for row in body(sheet):
            for place in counted:
                assert row[place] is None or row[place] % 50 == 0, (name, row)


def test_a_share_that_misses_its_target_shows_as_much_on_every_sheet(fake):
    rule = next(rule for rule in fake.circles if rule.target is not None and rule.stage != "expired")
    results = fake.results.copy()
    results.loc[results["rule"] == rule.rule, "covered_share"] = rule.target - 0.00004
    missed = dataclasses.replace(fake, results=results)
    view = report_view(missed)
    title = next(each.view.title for each in view.circles if each.view.rule == rule.rule)
    forms = {
        cell.form
        for sheet in (main_sheet(view), township_sheet(missed, view))
        for row in sheet.rows
        if title in row
        for cell in row
        if isinstance(cell, Shown) and cell.value == pytest.approx(rule.target - 0.00004)
    }
    assert forms == {"0.000%"}
    (part,) = [each for each in view.circles if each.view.rule == rule.rule]
    assert {row.shares[0] for row in part.table.rows} == {f"{(rule.target - 0.00004) * 100:.3f}%"}
