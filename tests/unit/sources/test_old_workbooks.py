"""Workbooks of the old form: every way in which a cell is written, and files made to end the program."""

from __future__ import annotations

import datetime as dt
import random
import struct

import pytest
from old_books import OLD, book, cell, compound, formula, record, start, text
from workbooks import old_register

from accessgis.base.errors import AccessGISError, DataError
from accessgis.sources import spreadsheet
from accessgis.sources.old_workbook import read_old_workbook
from accessgis.sources.spreadsheet import read_sheets
from accessgis.sources.tables import open_table


def cells(stream):
    (sheet,) = read_old_workbook(compound(stream))
    return {(row, column): value for row, line in sheet.cells.items() for column, value in line.items()}


def looks(*formats):
    """Return records of formats of our own, and looks 0, 1, 2 … that use them; a number is one of the builtin ones."""
    own = [one for one in formats if isinstance(one, str)]
    written = b"".join(record(0x041E, struct.pack("<H", 200 + place) + text(one)) for place, one in enumerate(own))
    numbers = [200 + own.index(one) if isinstance(one, str) else one for one in formats]
    return written + b"".join(record(0x00E0, struct.pack("<HH16x", 0, number)) for number in numbers)


def packed(value, *, whole, hundredth=False):
    bits = value << 2 & 0xFFFFFFFF if whole else struct.unpack("<Q", struct.pack("<d", value))[0] >> 32 & 0xFFFFFFFC
    return struct.pack("<I", bits | 2 * whole | hundredth)


def test_numbers_are_read_however_they_are_packed():
    ways = [packed(7, whole=True), packed(-7, whole=True), packed(1234, whole=True, hundredth=True),
            packed(1.5, whole=False), packed(-2.5, whole=False, hundredth=True)]  # fmt: skip
    place = struct.pack("<3H", 0, 9, 0)
    many = b"".join(struct.pack("<H", 0) + way for way in ways)
    sheet = cell(0, 0, 1e-7) + record(0x027E, place + ways[1])
    sheet += record(0x00BD, struct.pack("<HH", 3, 2) + many + struct.pack("<H", 6))

    assert cells(book(sheet)) == {
        (0, 0): 1e-7, (0, 9): -7, (3, 2): 7, (3, 3): -7, (3, 4): 12.34, (3, 5): 1.5, (3, 6): -0.025,
    }  # fmt: skip


def test_days_and_times_are_told_by_the_format():
    shapes = [
        "yyyy-mm-dd",
        'yyyy"年"m"月"d"日"',
        31,
        14,
        "[h]:mm",
        "hh:mm:ss",
        46,
        '0"days"',
        "General",
        "[Red]0.0",
        "0.00E+00",
    ]
    serial = 43832.5
    sheet = b"".join(cell(0, column, serial, look=column) for column in range(len(shapes)))
    sheet += cell(1, 0, 43831, look=0) + cell(1, 1, 59, look=0) + cell(1, 2, 0.25, look=5) + cell(1, 3, 3e9, look=0)

    noon = dt.datetime.fromisoformat("2020-01-02 12:00")
    elapsed = dt.timedelta(days=serial)
    found = cells(book(sheet, shared=looks(*shapes)))
    assert [found[0, column] for column in range(len(shapes))] == [
        noon, noon, noon, noon, elapsed, noon, elapsed, serial, serial, serial, serial,
    ]  # fmt: skip
    assert [found[1, column] for column in range(4)] == [
        dt.datetime.fromisoformat("2020-01-01"), dt.datetime.fromisoformat("1900-02-28"), dt.time(6), 3e9,
    ]  # fmt: skip
    macs = looks("yyyy-mm-dd") + record(0x0022, b"\1\0")
    assert cells(book(cell(0, 0, 366), shared=macs)) == {(0, 0): dt.datetime.fromisoformat("1905-01-01")}


def test_formulas_give_what_they_gave():
    sheet = formula(0, 0, struct.pack("<d", 2.5)) + formula(0, 1, b"\1\0\1\0\0\0\xff\xff")
    sheet += formula(0, 2, b"\2\0\7\0\0\0\xff\xff") + formula(0, 3, b"\3\0\0\0\0\0\xff\xff")
    sheet += formula(1, 0, b"\0\0\0\0\0\0\xff\xff") + record(0x04BC, bytes(12)) + record(0x0207, text("甲乡"))
    sheet += record(0x0205, struct.pack("<3H", 1, 1, 0) + b"\x2a\1") + record(
        0x0205, struct.pack("<3H", 1, 2, 0) + b"\0\0"
    )

    assert cells(book(sheet)) == {(0, 0): 2.5, (0, 1): True, (1, 0): "甲乡", (1, 2): False}


def test_shared_text_goes_on_in_further_records():
    plain = struct.pack("<HB", 4, 0) + b"abcd"
    rich = struct.pack("<HBH", 2, 9, 2) + "卫生".encode("utf-16-le") + bytes(8)
    hinted = struct.pack("<HBI", 2, 5, 6) + "院落".encode("utf-16-le") + b"phonet"
    begun = struct.pack("<HB", 5, 1) + "示".encode("utf-16-le")
    shared = record(0x00FC, struct.pack("<II", 5, 5) + plain + rich + hinted[:-3])
    shared += record(0x003C, hinted[-3:] + begun)
    shared += record(0x003C, b"\1" + "例镇".encode("utf-16-le"))
    shared += record(0x003C, b"\0AB" + plain)
    sheet = b"".join(record(0x00FD, struct.pack("<3HI", 0, place, 0, place)) for place in range(5))

    assert list(cells(book(sheet, shared=shared)).values()) == ["abcd", "卫生", "院落", "示例镇AB", "abcd"]


def test_text_of_excel_95_is_in_its_code_page():
    def old(value, length):
        return struct.pack(f"<{length}", len(value.encode("gbk"))) + value.encode("gbk")

    sheet = record(0x0204, struct.pack("<3H", 0, 0, 0) + old("卫生室", "H"))
    sheet += record(0x00D6, struct.pack("<3H", 0, 1, 0) + old("示例镇", "H") + b"\1\0\0")
    stream = book(sheet, shared=record(0x0042, struct.pack("<H", 936)), names=[old("名册", "B")], version=OLD)
    (found,) = read_old_workbook(compound(stream, name="Book"))

    assert (found.name, found.cells) == ("名册", {0: {0: "卫生室", 1: "示例镇"}})


def test_what_follows_a_chart_in_a_sheet_is_read(tmp_path):
    chart = start(32) + cell(5, 5, "not of the sheet") + record(0x000A)
    merged = record(0x00E5, struct.pack("<5H", 1, 0, 1, 0, 0))
    (tmp_path / "a.xls").write_bytes(compound(book(cell(0, 0, "镇") + cell(1, 1, 2) + chart + merged)))

    assert read_sheets(tmp_path / "a.xls", label="a")[0].rows == (("镇", ""), ("镇", "2"))


def test_hidden_sheets_are_read_where_they_are_named(tmp_path):
    (tmp_path / "a.xls").write_bytes(compound(book(cell(0, 0, "a"), cell(0, 0, "b"), hidden=(1,))))

    assert [one.name for one in read_sheets(tmp_path / "a.xls", label="a")] == ["Sheet1"]
    assert [one.rows for one in read_sheets(tmp_path / "a.xls", label="a", sheet="Sheet2")] == [(("b",),)]
    refused(tmp_path / "a.xls", "AG3061", sheet="Sheet3")


def refused(path, code, **options):
    with pytest.raises(DataError) as caught:
        open_table(path, label=path.name, **{"table": "facilities", **options})
    assert caught.value.code == code
    return caught.value


def written(tmp_path, data):
    (tmp_path / "a.xls").write_bytes(data)
    return tmp_path / "a.xls"


REGISTER = b"".join(cell(0, column, name) for column, name in enumerate(["编号", "机构名称", "乡镇", "床位数"]))
REGISTER += cell(1, 0, "C1") + cell(1, 1, "甲卫生室") + cell(1, 2, "示例镇") + cell(1, 3, 2)


@pytest.mark.parametrize(
    ("further", "code"),
    [
        (cell(65535, 255, "x"), "AG3070"),
        (cell(65535, 100, 1.0), "AG3070"),
        (cell(0, 256, "x"), "AG3063"),  # no column of such a workbook
        (record(0x00BD, struct.pack("<HH", 9, 250) + bytes(6) * 9 + struct.pack("<H", 258)), "AG3063"),
        (cell(9, 255, "x"), "AG3020"),
    ],
    ids=["the last cell", "a row and a column", "beyond the last column", "numbers beyond it", "beside the table"],
)
def test_a_cell_far_from_the_table_is_refused(tmp_path, further, code):
    refused(written(tmp_path, compound(book(REGISTER + further))), code)


def test_a_cell_far_below_the_table_costs_its_rows_and_no_more(tmp_path):
    frame = open_table(
        written(tmp_path, compound(book(REGISTER + cell(65535, 0, "C2")))), label="a", table="facilities"
    ).value.frame

    assert frame.index.tolist() == [1, 65535]


def test_what_a_file_says_of_its_size_costs_nothing(tmp_path):
    """The reader of the new form makes room for 2³² rows, and for 2³¹ texts."""
    sizes = record(0x0200, struct.pack("<IIHHH", 0, 0xFFFFFFFF, 0, 0xFFFF, 0))
    path = written(tmp_path, compound(book(sizes + REGISTER)))
    assert open_table(path, label="a", table="facilities").value.frame["床位数"].tolist() == ["2"]

    texts = record(0x00FC, struct.pack("<II", 1, 0x7FFFFFFF) + struct.pack("<HB", 1, 0) + b"a")
    refused(written(tmp_path, compound(book(REGISTER, shared=texts))), "AG3063")


def test_sheets_that_share_their_records_are_refused(tmp_path):
    stream = bytearray(book(REGISTER, *[b""] * 30))
    places = [at for at in range(len(stream)) if stream[at : at + 2] == b"\x85\x00"][:31]
    for at in places:
        stream[at + 4 : at + 8] = stream[places[0] + 4 : places[0] + 8]

    refused(written(tmp_path, compound(bytes(stream))), "AG3063")


def test_merged_ranges_that_overlap_are_refused(tmp_path):
    ranges = record(0x00E5, struct.pack("<H", 9) + struct.pack("<4H", 0, 1, 0, 3) * 9)

    refused(written(tmp_path, compound(book(REGISTER + ranges))), "AG3063")


@pytest.mark.parametrize(
    "stream",
    [
        book(REGISTER + record(0x00FD, struct.pack("<3HI", 2, 0, 0, 7))),  # a text that is not there
        book(REGISTER + record(0x0203, b"\0")),
        book(REGISTER)[:-6],
        book(REGISTER)[:-4] + b"\x04\x02\xff\xff",
    ],
)
def test_broken_records_are_refused(tmp_path, stream):
    refused(written(tmp_path, compound(stream)), "AG3063")


def test_a_password_is_said(tmp_path):
    refused(written(tmp_path, compound(book(REGISTER, shared=record(0x002F, bytes(6))))), "AG3062")
    refused(written(tmp_path, compound(b"x" * 5000, name="EncryptedPackage")), "AG3062")
    refused(written(tmp_path, compound(b"x" * 5000, name="WordDocument")), "AG3063")


@pytest.mark.parametrize("place", [48, 68, 76, -512, -511 + 4 * 3])
@pytest.mark.parametrize("number", [0, 2, 0x7FFFFFFF, 0xFFFFFFF0])
def test_sectors_in_a_circle_or_beyond_the_file_are_refused_or_read(place, number):
    data = bytearray(compound(book(REGISTER) + bytes(9000)))
    at = place % len(data)
    data[at : at + 4] = struct.pack("<I", number)
    try:
        (found,) = read_old_workbook(bytes(data))
    except ValueError:
        return
    assert found.cells == read_old_workbook(compound(book(REGISTER)))[0].cells


def test_a_file_beyond_the_limit_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(spreadsheet, "MAX_OLD_BYTES", 4000)

    refused(written(tmp_path, compound(book(REGISTER))), "AG3050")


def test_any_damage_is_taken_or_refused(tmp_path):
    chance = random.Random(5)
    whole = [old_register(), compound(book(REGISTER, shared=looks("yyyy-mm-dd", 14)))]
    taken = 0
    for turn in range(400):
        data = bytearray(whole[turn % 2])
        for _ in range(chance.choice((1, 2, 8))):
            data[chance.choice((chance.randrange(len(data)), chance.randrange(600)))] = chance.randrange(256)
        try:
            open_table(written(tmp_path, bytes(data)), label="a.xls", table="facilities")
            taken += 1
        except AccessGISError:
            continue
    assert 0 < taken < 400
