"""Tables of people per village or township, worked by hand: nobody is lost without being said."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from workbooks import write_book

from accessgis.base.errors import DataError
from accessgis.layers.areas import Areas
from accessgis.sources.population_units import _rounding, counts_units, read_unit_people

ROWS = [
    ("county", "149921", "", "示例县"),
    ("township", "149921100", "149921", "石桥镇"),
    ("township", "149921200", "149921", "云溪乡"),
    ("village", "149921100200", "149921100", "东庄村"),
    ("village", "149921100201", "149921100", "西庄村"),
    ("village", "149921200200", "149921200", "东庄村"),
]
HEADER = "乡镇,行政村,户数,户籍人口,常住人口,其中：60岁及以上\n"
VILLAGES = "石桥镇,东庄村,40,120,100,20\n,西庄村,10,30,50,5\n云溪乡,东庄,20,60,30,10\n"


@pytest.fixture(scope="module")
def areas():
    frame = pd.DataFrame(ROWS, columns=["level", "code", "parent", "name"])
    frame = frame.assign(township_kind="", ur_code="", seat=False, central=False)
    shapes = [shapely.box(n, 0, n + 1, 1) for n in range(len(ROWS))]
    return Areas(frame=gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4546"))


@pytest.fixture
def read(tmp_path, areas):
    def reader(text, **options):
        (tmp_path / "p.csv").write_text(text, encoding="utf-8")
        path = options.pop("path", tmp_path / "p.csv")
        return read_unit_people(path, label="p", areas=areas, **{"columns": {}, "basis": "resident", **options})

    return reader


def refused(read, code, text, **options):
    with pytest.raises(DataError, match=code) as caught:
        read(text, **options)
    return caught.value


def value(said, name):
    return said.values[name]  # noqa: PD011


def told(reading):
    return {doubt.code: doubt for doubt in reading.doubts}


def test_villages_by_name_with_the_township_written_once(read):
    reading = read(HEADER + VILLAGES)

    counted = reading.value
    assert counted.level == "village"
    assert counted.codes == ("149921100200", "149921100201", "149921200200")
    assert {group: values.tolist() for group, values in counted.people.items()} == {
        "total": [100, 50, 30], "age60plus": [20, 5, 10]
    }  # fmt: skip
    assert reading.doubts == ()


def test_the_basis_chooses_the_column(read):
    assert read(HEADER + VILLAGES, basis="registered").value.people["total"].tolist() == [120, 30, 60]
    only = "行政村,户籍人口\n149921100200,120\n"
    error = refused(read, "AG3441", only)
    assert value(error, "other") == "registered"
    assert read(only, basis="registered").value.people["total"].tolist() == [120]


def test_codes_go_before_names(read):
    text = "区划代码,行政村,人口\n149921200200.0,东庄村,5\n１４９９２１１００２０１,西庄,6\n"

    assert read(text).value.codes == ("149921100201", "149921200200")


def test_households_need_a_stated_size(read):
    text = "乡镇,行政村,户数\n石桥镇,东庄村,40\n"

    refused(read, "AG3442", text)
    reading = read(text, persons_per_household=2.5)
    assert reading.value.people["total"].tolist() == [100]
    assert value(told(reading)["AG9443"], "persons") == 2.5


@pytest.mark.parametrize(
    "sums",
    [
        "石桥镇小计,,50,150,150,25\n",
        "合计,,50,150,150,25\n",
        "石桥镇,,50,150,150,25\n",
    ],
    ids=["named", "word", "township alone"],
)
def test_sums_above_or_below_agree_and_are_left_out(read, sums):
    first, second, third = (line + "\n" for line in VILLAGES.splitlines())
    end = "云溪乡,小计,20,60,30,10\n总计,,70,210,180,35\n"

    for text in (sums + first + second + third, first + second + sums + third):
        reading = read(HEADER + text + end)
        assert reading.value.people["total"].sum() == 180
        assert (told(reading)["AG9060"].count, "AG9440" in told(reading)) == (3, False)


def test_a_sum_that_does_not_agree_is_said(read):
    reading = read(HEADER + VILLAGES + "合计,,70,210,190,35\n")

    doubt = told(reading)["AG9440"]
    assert (doubt.count, value(doubt, "sums")) == (1, "4: 常住人口 190 ≠ 180")


def test_a_township_alone_that_is_no_sum_is_refused(read):
    error = refused(read, "AG3440", HEADER + "石桥镇,,50,150,777,25\n" + VILLAGES)
    assert (error.place.row, value(error, "unit")) == (1, "石桥镇")
    assert refused(read, "AG3440", HEADER + ",,1,1,1,1\n").place.row == 1


def test_ten_thousands_come_from_the_header_or_the_title(read, tmp_path):
    header = read("乡镇,常住人口（万人）\n石桥镇,2.24\n云溪乡,0.7\n合计,2.9\n")
    assert header.value.level == "township"
    # 2.9 is the sum 2.94 rounded: no contradiction. 2.24 ten thousands are 22400 people, not one less.
    assert header.value.people["total"].tolist() == [22400, 7000]
    assert "AG9440" not in told(header)
    rows = [["示例县人口", ""], ["", "单位：万人"], ["乡镇", "常住人口"], ["石桥镇", 2.24]]
    book = write_book(tmp_path / "p.xlsx", {"s": rows}, merged=[(0, 0, 0, 1)])
    assert read("", path=book).value.people["total"].tolist() == [22400]
    rows[2][1] = "常住人口（人）"
    book = write_book(tmp_path / "q.xlsx", {"s": rows}, merged=[(0, 0, 0, 1)])
    assert read("", path=book).value.people["total"].tolist() == [2.24]
    assert read("乡镇,常住人口\n石桥镇,2.24万\n").value.people["total"].tolist() == [22400]
    wrong = read("乡镇,常住人口（万人）\n石桥镇,2.24\n云溪乡,0.7\n合计,3.9\n")
    assert told(wrong)["AG9440"].count == 1


def test_ten_thousands_of_a_cell_are_not_counted_twice(read):
    reading = read("乡镇,常住人口（万人）\n石桥镇,2.24万人\n云溪乡,0.7\n合计,29400人\n")

    assert reading.value.people["total"].tolist() == [22400, 7000]
    assert "AG9440" not in told(reading)


def test_households_with_a_unit_of_their_own_still_have_people(read):
    text = "乡镇,行政村,户数\n石桥镇,东庄村,40户\n,西庄村,0.1万户\n,小计,1040户\n"

    reading = read(text, persons_per_household=2.5)

    assert reading.value.people["total"].tolist() == [100, 2500]
    assert "AG9440" not in told(reading)


@pytest.mark.parametrize(
    ("text", "factor", "people"), [("6.93万", 1.0, 50), ("6.93万人", 1.0, 50), ("6.93", 1e4, 50), ("69300", 1.0, 0)]
)
def test_rounding_moves_a_number_by_half_its_last_place(text, factor, people):
    assert _rounding(text, factor) == pytest.approx(people)


def test_sums_rounded_to_hundredths_of_ten_thousands_agree(read):
    reading = read("乡镇,常住人口\n石桥镇,22440\n云溪乡,7000\n合计,2.94万\n")

    assert "AG9440" not in told(reading)


@pytest.mark.parametrize(
    "header",
    ["常住人口（单位：万人）", "常住人口（万人，2023年）", "常住人口（单位: 万人,年末）", "人口（万人）/常住人口"],
)
def test_ten_thousands_stand_in_headers_of_several_forms(read, header):
    reading = read(f'乡镇,"{header}"\n石桥镇,2.24\n云溪乡,0.7\n')

    assert reading.value.people["total"].tolist() == [22400, 7000]


@pytest.mark.parametrize(
    ("header", "people"), [("常住人口（年末）", 22400), ("常住人口", 22400), ("常住人口（单位：人）", 2.24)]
)
def test_only_a_unit_in_the_header_goes_before_the_title(read, tmp_path, header, people):
    rows = [["示例县人口", ""], ["", "单位：万人"], ["乡镇", header], ["石桥镇", 2.24]]
    book = write_book(tmp_path / "p.xlsx", {"s": rows}, merged=[(0, 0, 0, 1)])

    assert read("", path=book, columns={"resident": header}).value.people["total"].tolist() == [people]


@pytest.mark.parametrize(
    ("title", "people"), [("单位：户、万人", 100), ("单位：万人", 100), ("单位：万户、万人", 1_000_000)]
)
def test_ten_thousands_of_people_do_not_multiply_households(read, title, people):
    text = f"示例县户数,,\n{title},,\n乡镇,行政村,户数\n石桥镇,东庄村,40\n"

    assert read(text, persons_per_household=2.5).value.people["total"].tolist() == [people]


def test_unmatched_rows_are_listed_with_their_people(read):
    text = HEADER + VILLAGES + "石桥镇,北庄村,1,1,8,1\n,东庄村北组,1,1,12,1\n"

    reading = read(text)

    assert reading.value.people["total"].sum() == 180
    doubt = told(reading)["AG9441"]
    assert (doubt.count, doubt.people, value(doubt, "percent")) == (2, 20.0, 10.0)
    assert value(doubt, "names") == "石桥镇北庄村 (4) 8; 石桥镇东庄村北组 (5) 12"


def test_a_name_that_several_share_is_unmatched_with_the_candidates(read):
    doubt = told(read("行政村,人口\n东庄村,9\n西庄,1\n"))["AG9441"]

    assert value(doubt, "names") == "东庄村 (1) = 石桥镇东庄村 / 云溪乡东庄村? 9"


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        (HEADER + VILLAGES, 0),
        # A village of our township that is not there, or could be two; of an unknown township nobody can tell.
        (HEADER + VILLAGES + "石桥镇,北庄村,1,1,8,1\n东岭乡,北庄村,1,1,12,1\n", 8),
        ("行政村,人口\n东庄村,9\n西庄,1\n", 9),
        # A code says all: 149921100 is ours, 149922100 is not, whatever the name of the township.
        ("乡镇,区划代码,人口\n石桥镇,149921100299,7\n石桥镇,149922100200,5\n石桥镇,149921100200,1\n", 7),
        # A column of counties tells a namesake of our township apart, and a misspelt one of ours while units lack rows.
        ("县,乡镇,行政村,人口\n示例县,石桥镇,东庄村,9\n邻县,石桥镇,东庄村,50\n邻县,石桥镇,丁村,60\n", 0),
        ("县,乡镇,行政村,人口\n示例县,石桥镇,东庄村,9\n示例县,石桥鎮,西庄村,50\n", 50),
        ("县,乡镇,行政村,人口\n示例县,石桥镇,东庄村,9\n,,西庄村,5\n,云溪乡,东庄村,3\n,东岭乡,甲村,50\n", 0),
        # Nothing but another name of the county: the column says nothing.
        ("县,乡镇,行政村,人口\n示例,石桥镇,北庄村,9\n示例,石桥镇,西庄村,5\n", 9),
    ],
)
def test_people_of_our_villages_that_were_not_found_are_lost(read, text, lost):
    assert read(text).value.lost == lost


def test_a_namesake_township_of_another_county_adds_nobody(read):
    table = "县,乡镇,行政村,人口\n示例县,石桥镇,东庄村,9\n,,西庄村,5\n邻县,石桥镇,东庄村,50\n,,西庄村,60\n"

    counted = read(table).value

    assert counted.people["total"].tolist() == [9, 5]


def test_sums_of_counties_are_no_rows(read):
    table = (
        "县,乡镇,行政村,人口\n示例县,,,14\n,石桥镇,,14\n,,东庄村,9\n,,西庄村,5\n"
        "邻县,,,110\n,石桥镇,,110\n,,东庄村,50\n,,西庄村,60\n"
    )

    reading = read(table)

    assert reading.value.people["total"].tolist() == [9, 5]
    assert (told(reading)["AG9060"].count, "AG9440" in told(reading)) == (4, False)


def test_units_without_a_row_and_rows_of_one_unit(read):
    reading = read("乡镇,行政村,自然村,人口\n石桥镇,东庄村,上组,9\n石桥镇,东庄村,下组,1\n")

    assert reading.value.codes == ("149921100200",)
    assert reading.value.people["total"].tolist() == [10]
    assert (told(reading)["AG9442"].count, value(told(reading)["AG9442"], "names")) == (2, "石桥镇西庄村; 云溪乡东庄村")
    assert (told(reading)["AG9444"].count, told(reading)["AG9444"].people) == (2, 10.0)


def test_a_row_twice_is_refused_but_not_a_namesake(read):
    error = refused(read, "AG3444", HEADER + VILLAGES + "云溪乡,东庄,20,60,30,10\n")
    assert (value(error, "first"), error.place.row) == (3, 4)
    same = "乡镇,行政村,人口\n石桥镇,,40\n,东庄村,40\n云溪乡,,40\n,东庄村,40\n"
    assert read(same).value.people["total"].tolist() == [40, 40]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("乡镇,行政村,人数合计x\n石桥镇,东庄村,1\n", "AG3420"),
        ("乡镇,行政村,人口\n石桥镇,东庄村,-1\n", "AG3422"),
        ("乡镇,行政村,人口\n石桥镇,东庄村,约100\n", "AG3018"),
        ("乡镇,行政村,人口\n石桥镇,东庄村,1e30\n", "AG3425"),
        ("乡镇,行政村,人口\n石桥镇,东庄村,\n", "AG3423"),
        ("乡镇,行政村,人口\n邻镇,北村,5\n", "AG3443"),
    ],
)
def test_unusable_tables_are_refused(read, text, code):
    refused(read, code, text)


def test_points_and_units_are_told_apart(tmp_path):
    (tmp_path / "a.csv").write_text("lon,lat,行政村,人口\n1,2,a,3\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("行政村,人口\na,3\n", encoding="utf-8")
    (tmp_path / "c.csv").write_text("人口\n3\n", encoding="utf-8")

    kinds = [counts_units(tmp_path / f"{name}.csv", label="t", columns={}, sheet=None) for name in "abc"]

    assert kinds == [False, True, False]


def test_the_generated_office_table_matches_every_village(root):
    """The demo's bureaus write titles, merged townships, 小计, 合计, a remark and names without 村."""
    frame = gpd.read_file(root / "data" / "boundaries" / "areas.gpkg")
    level = frame["级别"].map({"县": "county", "乡镇": "township", "村": "village"})
    fields = {"level": level, "code": frame["ZLDWDM"], "name": frame["ZLDWMC"]}
    whole = pd.DataFrame(fields).assign(township_kind="", ur_code="", seat=False, central=False)
    parents = {"county": 0, "township": 6, "village": 9}
    whole["parent"] = [code[: parents[one]] for code, one in zip(whole["code"], whole["level"], strict=True)]
    areas = Areas(frame=gpd.GeoDataFrame(whole, geometry=frame.geometry.to_numpy(), crs=frame.crs))
    path = root / "data" / "office" / "人口.xlsx"

    villages = read_unit_people(path, label="p", columns={}, areas=areas, basis="resident", sheet="分村")
    townships = read_unit_people(path, label="p", columns={}, areas=areas, basis="registered", sheet="分乡镇")

    assert len(villages.value.codes) == (whole["level"] == "village").sum()
    assert {doubt.code: doubt.count for doubt in villages.doubts} == {"AG9061": 1, "AG9060": 12}
    assert villages.value.people["total"].sum() == 232_004
    assert len(townships.value.codes) == (whole["level"] == "township").sum()
    # The table adds up what it rounded: 28.89 and not the 28.90 of its rows is within rounding.
    assert [doubt.code for doubt in townships.doubts] == ["AG9060"]


def test_a_group_below_the_header_of_the_basis_is_taken(read, tmp_path):
    head = ["行政村", "户籍人口", "户籍人口", "常住人口", "常住人口"]
    parts = ["行政村", "小计", "60岁及以上", "小计", "60岁及以上"]
    write_book(tmp_path / "p.xlsx", {"a": [head, parts, ["149921100200", 300, 60, 100, 20]]})

    for basis, people in (
        ("resident", {"total": [100], "age60plus": [20]}),
        ("registered", {"total": [300], "age60plus": [60]}),
    ):
        reading = read("", path=tmp_path / "p.xlsx", basis=basis)
        assert {group: values.tolist() for group, values in reading.value.people.items()} == people
        assert "AG9330" not in told(reading)


def test_households_and_ten_thousands_are_no_fractions_of_people(read):
    assert "AG9325" not in told(read("行政村,人口（万人）\n149921100200,0.0123\n"))
    households = read("行政村,户数\n149921100200,3\n", persons_per_household=2.7)
    assert "AG9325" not in told(households)
    assert value(told(read("行政村,人口\n149921100200,12.3\n"))["AG9325"], "people") == 12.3


def test_a_code_and_the_name_beside_it_are_held_against_one_another(read):
    text = "乡镇,村代码,行政村,人口\n石桥镇,{code},{name},5\n"

    # The code is of 东庄村 of 石桥镇; 云溪乡 has one of that name too.
    assert told(read(text.format(code="149921100200", name="东庄"))).keys() == {"AG9442"}
    assert told(read(text.format(code="149921100200", name="李家庄"))).keys() == {"AG9442", "AG9323"}
    error = refused(read, "AG3073", text.format(code="149921100200", name="西庄村"))
    assert value(error, "names") == "西庄村 (1): 149921100200 石桥镇东庄村 ≠ 西庄村"
    # No code of ours: by name. That of another county says that it is none of ours.
    recoded = read(text.format(code="149921100900", name="西庄村"))
    assert recoded.value.codes == ("149921100201",)
    assert told(recoded)["AG9324"].count == 1
    refused(read, "AG3443", text.format(code="149922100201", name="西庄村"))


@pytest.mark.parametrize(
    ("first", "other", "row"),
    [
        ("3 1 2", "9", 1),
        ("1 2 3", "9", 3),
        ("3 1 1", "9", None),
        ("2 2", "9", None),
        ("2 2 0", "9", None),
        ("0 0 0", "9", None),
        ("3 1 2", "5 1 2", 1),
        ("3 1 2", "9 9", 1),
    ],
)
def test_a_sum_of_rows_of_one_unit_is_never_added_to_them(read, first, other, row):
    counts = [("149921100200", first), ("149921100201", other)]
    rows = [f"{code},{place}组,{people}\n" for code, parts in counts for place, people in enumerate(parts.split())]
    text = "区划代码,组,人口\n" + "".join(rows)
    if row:
        assert refused(read, "AG3429", text).place.row == row
    else:
        assert read(text).value.people["total"][0] == sum(map(int, first.split()))


def test_one_unit_of_many_may_add_up_by_chance(read):
    groups = [("149921100200", (3, 1, 2)), ("149921100201", (5, 1, 2)), ("149921200200", (7, 1, 2))]
    rows = [f"{code},{place}组,{people}\n" for code, parts in groups for place, people in enumerate(parts)]

    assert read("区划代码,组,人口\n" + "".join(rows)).value.people["total"].tolist() == [6, 8, 10]
