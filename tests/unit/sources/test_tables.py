"""Tables of text: encodings, rows, numbers and dates."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from workbooks import write_book

from accessgis.base.errors import DataError, Doubt, Place
from accessgis.sources.header import is_heading, is_total
from accessgis.sources.tables import date, find_columns, number, open_table, read_table

TEXT = "编号,名称\n001,镇卫生院\n002,\u3000卫生室 \n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_every_encoding_of_a_bureau_gives_the_same_text(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode(encoding))

    reading = read_table(path, label="a.csv")

    assert list(reading.value.columns) == ["编号", "名称"]
    assert list(reading.value["编号"]) == ["001", "002"]
    assert list(reading.value["名称"]) == ["镇卫生院", "卫生室"]
    assert list(reading.value.index) == [1, 2]
    assert [doubt.code for doubt in reading.doubts] == (["AG9001"] if encoding.startswith("gb") else [])


def test_one_name_that_is_also_utf8_does_not_decide_the_encoding(tmp_path):
    # These GBK bytes alone are valid UTF-8 of other letters: the whole file decides.
    assert "毛毛".encode("gbk").decode("utf-8") == "ëë"
    path = tmp_path / "a.csv"
    path.write_bytes("名称\n毛毛\n卫生院\n".encode("gbk"))

    assert list(read_table(path, label="a").value["名称"]) == ["毛毛", "卫生院"]


def test_utf8_goes_first_where_the_bytes_are_valid_in_both(tmp_path):
    assert "人口".encode().decode("gb18030") == "浜哄彛"
    (tmp_path / "a.csv").write_text("人口\n人口\n", encoding="utf-8")

    assert list(read_table(tmp_path / "a.csv", label="a").value["人口"]) == ["人口"]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_separators(tmp_path, mark):
    (tmp_path / "a.csv").write_text(f"a{mark}b\n1{mark}2\n")

    assert read_table(tmp_path / "a.csv", label="a").value.iloc[0].tolist() == ["1", "2"]


def test_full_width_commas_separate_where_nothing_else_does(tmp_path):
    for text, field, cell in (("编号，名称\n1，甲\n", "名称", "甲"), ("编号,备注\n1,甲，乙\n", "备注", "甲，乙")):
        (tmp_path / "a.csv").write_text(text, encoding="utf-8")
        assert read_table(tmp_path / "a.csv", label="a").value[field].tolist() == [cell]


def test_more_columns_than_any_table_has_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text("编号,名称" + "," * 1998 + "\n", encoding="utf-8")
    read_table(tmp_path / "a.csv", label="a")
    (tmp_path / "a.csv").write_text("编号,名称" + "," * 2000 + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="AG3070"):
        read_table(tmp_path / "a.csv", label="a")


def test_blank_rows_keep_the_count_and_short_rows_are_filled(tmp_path):
    (tmp_path / "a.csv").write_text('a,b,\n1,2,\n,,\n3\n"4\n5",6\n')

    frame = read_table(tmp_path / "a.csv", label="a").value

    assert list(frame.index) == [1, 3, 4]
    assert frame["b"].tolist() == ["2", "", "6"]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "AG3025"), (b"  \n ", "AG3025"), (b'a,b\n"1,2\n3,4\n', "AG3024"),
     (b"PK\x03\x04zip", "AG3019"), ("a,b".encode("utf-16"), "AG3019"),
     (b"a\0b", "AG3019"), (b"\xff\xff\xff", "AG3006"), (b"a,b\n1,2,3\n", "AG3020"), (b"a,a\n1,2\n", "AG3021")],
)  # fmt: skip
def test_what_is_no_table_is_refused(tmp_path, content, code):
    (tmp_path / "a.csv").write_bytes(content)

    with pytest.raises(DataError) as caught:
        read_table(tmp_path / "a.csv", label="a.csv")
    assert caught.value.code == code
    assert caught.value.fix("zh")


def test_numbers_as_bureaus_write_them():
    series = pd.Series(["１１４.１", "1,234", "", "—", "-3", "不详", "1e3", " 7 "], index=range(1, 9))

    values = number(series, label="a", field="f").tolist()

    np.testing.assert_array_equal(values, [114.1, 1234, np.nan, np.nan, -3, np.nan, 1000, 7])


def test_numbers_of_a_layer_are_multiplied_as_the_header_says():
    assert number(pd.Series([0.5, 2.0]), label="a", field="f", factor=1e4).tolist() == [5000, 20000]


@pytest.mark.parametrize("text", ["112°21'", "abc", "NaN", "inf", "1,23", "12.3.4"])
def test_what_is_no_number_names_row_and_field(text):
    with pytest.raises(DataError) as caught:
        number(pd.Series(["1", text], index=[4, 9]), label="a.csv", field="经度")
    assert caught.value.code == "AG3018"
    assert (caught.value.place.row, caught.value.place.key) == (9, "经度")


@pytest.mark.parametrize(
    ("text", "day"),
    [("2025-12-31", (2025, 12, 31)), ("2025/1/2", (2025, 1, 2)), ("2025.6", (2025, 6, 1)), ("2025年", (2025, 1, 1)),
     ("2025年6月", (2025, 6, 1)), ("2025年6月3日", (2025, 6, 3)), ("20250603", (2025, 6, 3)), ("2025.0", (2025, 1, 1)),
     ("2025-12-31 00:00:00", (2025, 12, 31)), ("２０２５", (2025, 1, 1))],
)  # fmt: skip
def test_dates_as_bureaus_write_them(text, day):
    assert date(text) == dt.date(*day)


def test_no_date_and_a_wrong_date():
    assert date("") is None
    for text in ("2025-13-01", "去年", "31.12.2025"):
        with pytest.raises(ValueError, match=r"."):
            date(text)


def test_stated_columns_go_before_shipped_names():
    frame = pd.DataFrame({"经度": ["1"], "lon": ["2"], "Latitude": ["3"]})

    assert find_columns(frame, "facilities", {}, label="a", fields=("lon", "lat")) == {"lon": "lon", "lat": "Latitude"}
    stated = find_columns(frame, "facilities", {"lon": "经度"}, label="a", fields=("lon", "lat"))
    assert stated == {"lon": "经度", "lat": "Latitude"}
    with pytest.raises(DataError, match="AG3017"):
        find_columns(frame, "facilities", {"lat": "纬度"}, label="a")


@pytest.mark.parametrize(
    ("row", "sums"),
    [
        (("小计", "3"), True),
        (("石桥镇小计", "3"), True),
        (("", "合计37所", "", "37"), True),
        (("", "合计（37所）", "", "37"), True),
        (("全县", "37"), True),
        (("1", "全县", "37"), True),
        (("1", "某省", "某市", "某县", "某镇", "小计", "", "5"), True),
        (("总 数", "5"), True),
        (("1", "县医院", "城关村", "全县", "300"), False),
        (("总数", "60岁及以上", "总数"), False),
        (("户籍总数", "5"), False),
        (("全县人民医院", "5"), False),
        (("计家村卫生室", "5"), False),
        (("1", "合计村卫生室", "5"), False),
    ],
)
def test_rows_that_sum_up(row, sums):
    assert is_total(row) is sums


@pytest.mark.parametrize(
    ("row", "heads"),
    [
        (["一、石桥镇", "", "", ""], True),
        (["（二）村卫生室", "", "", ""], True),
        (["石桥镇", "", "", ""], True),
        (["", "云溪街道办事处", "", ""], True),
        (["三", "云溪乡", "", ""], True),
        (["一、石桥镇"] * 4, True),  # merged across
        (["1", "石桥镇", "", ""], False),  # numbered as a record
        (["一", "石桥镇卫生院", "", ""], False),
        (["石桥镇卫生院", "", "", ""], False),
        (["一街坊卫生室", "", "", ""], False),
        (["一、石桥镇", "西村", "", ""], False),
        (["石桥镇", ""], False),  # a table of names alone
    ],
)
def test_headings_are_no_records(row, heads):
    assert is_heading(row) is heads


def test_columns_are_known_whatever_blanks_line_breaks_and_units_their_names_have():
    names = ["机构\n名称", "经 度（°）", "纬\u3000度(N)", "床位数\r\n（ 张 ）", "X坐标（m）"]
    frame = pd.DataFrame({name: pd.array([], dtype="str") for name in names})
    found = find_columns(frame, "facilities", {"beds": "床位数（张）"}, label="t")
    assert found == dict(zip(("name", "lon", "lat", "beds", "northing"), names, strict=True))


def test_a_sheet_as_wide_that_was_not_read_is_said(tmp_path):
    rows = [["编号", "名称", "经度", "纬度"], ["1", "甲", "112", "37"]]
    title = [["某县名册", "某县名册", "某县名册", "某县名册"], ["列", "含义"][:1]]
    write_book(tmp_path / "t.xlsx", {"一": rows, "二": [["2", "乙", "112", "37"]], "封面": title})
    reading = open_table(tmp_path / "t.xlsx", label="t", table="facilities")
    (doubt,) = reading.doubts
    assert doubt == Doubt(code="AG9326", place=Place(file="t"), count=1, values={"sheet": "一", "sheets": "二"})
    assert open_table(tmp_path / "t.xlsx", label="t", table="facilities", sheet="一").doubts == ()
