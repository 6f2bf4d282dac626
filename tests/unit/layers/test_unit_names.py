"""Units by what registers write: codes, names, and names with or without their endings."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from accessgis.layers.areas import Areas
from accessgis.layers.unit_names import UnitNames, as_written, without_ending

ROWS = [
    ("county", "149921", "", "示例县"),
    ("township", "149921100", "149921", "石桥镇"),
    ("township", "149921200", "149921", "云溪乡"),
    ("village", "149921100200", "149921100", "东庄村"),
    ("village", "149921100201", "149921100", "西庄村"),
    ("village", "149921100001", "149921100", "西庄社区"),
    ("village", "149921200200", "149921200", "东庄村"),
    ("village", "149921200201", "149921200", "柳林村委会"),
]


def names_of(rows):
    frame = pd.DataFrame(rows, columns=["level", "code", "parent", "name"])
    frame = frame.assign(township_kind="", ur_code="", seat=False, central=False)
    shapes = [shapely.box(n, 0, n + 1, 1) for n in range(len(rows))]
    return UnitNames(Areas(frame=gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4546")))


@pytest.fixture(scope="module")
def names():
    return names_of(ROWS)


@pytest.mark.parametrize(
    ("township", "village", "code"),
    [
        ("", "149921100200", "149921100200"),
        ("石桥镇", "东庄村", "149921100200"),
        ("云溪乡", "东庄村", "149921200200"),
        ("云溪", "东庄", "149921200200"),
        ("149921200", "东 庄 村 委会", "149921200200"),
        ("石桥镇人民政府", "东庄村民委员会", "149921100200"),
        ("", "柳林村", "149921200201"),
        ("", "柳林", "149921200201"),
        ("石桥镇", "西庄村", "149921100201"),
        ("石桥镇", "西庄社区", "149921100001"),
        ("无此镇", "149921100200", "149921100200"),
        # A namesake elsewhere is never taken, nor what several could be.
        ("", "东庄村", ""),
        ("石桥镇", "西庄", ""),
        ("石桥镇", "柳林村", ""),
        ("无此镇", "柳林村", ""),
        ("石桥镇", "村", ""),
    ],
)
def test_villages_by_what_is_written(names, township, village, code):
    named = names.find({"township": township, "village": village})

    assert named.codes.get("village", "") == code
    assert named.unknown == (code == "" or township == "无此镇")


def test_candidates_are_named_with_their_township(names):
    assert names.find({"village": "东庄村"}).candidates == ("石桥镇东庄村", "云溪乡东庄村")
    assert names.find({"village": "东庄"}).candidates == ("石桥镇东庄村", "云溪乡东庄村")
    assert names.find({"village": "北庄"}).candidates == ()


def test_candidates_of_one_name_in_one_township_are_told_apart_by_their_codes():
    names = names_of([*ROWS, ("village", "149921100203", "149921100", "东庄村")])

    assert names.find({"township": "石桥镇", "village": "东庄村"}).candidates == (
        "石桥镇东庄村 (149921100200)", "石桥镇东庄村 (149921100203)",
    )  # fmt: skip
    assert names.find({}).lowest is None


@given(st.sampled_from([row[3] for row in ROWS]), st.lists(st.sampled_from(" \u3000\t"), max_size=3))
def test_blanks_and_width_say_nothing(name, blanks):
    wide = "".join(name[:1]) + "".join(blanks) + name[1:]

    assert as_written(wide) == as_written(name)


def test_an_ending_is_never_the_whole_name():
    assert [without_ending(name, "village") for name in ("村", "社区", "嘎查", "村村委会")] == [
        "村",
        "社区",
        "嘎查",
        "村",
    ]


@pytest.mark.parametrize(
    ("township", "code", "name", "stated", "said"),
    [
        ("", "149921100200", "东庄", "149921100200", ""),
        ("石桥镇", "149921100200", "", "149921100200", ""),
        ("石桥镇", "", "东庄", "东庄", ""),
        ("石桥镇", "149921100200", "李家庄", "149921100200", "renamed"),
        ("", "149921100200", "西庄村", "149921100200", "against"),
        # In 云溪乡 the name is of another village than the code, though in 石桥镇 it would be of the same.
        ("云溪乡", "149921100200", "东庄村", "149921100200", "against"),
        ("石桥镇", "149921100900", "东庄村", "东庄村", "by_name"),
        ("无此镇", "149921100900", "东庄村", "149921100900", ""),
        ("石桥镇", "149921100900", "李家庄", "149921100900", ""),
        ("", "149922100200", "柳林村", "149922100200", ""),
        ("", "东庄村", "西庄村", "东庄村", ""),
    ],
)
def test_codes_are_held_against_the_names_beside_them(names, township, code, name, stated, said):
    settled = names.settle({"village": code}, {"township": township, "village": name})

    assert settled.stated["village"] == stated
    flags = {word for word in ("renamed", "against", "by_name") if getattr(settled, word)}
    assert flags == ({said} if said else set())


def test_counties_go_by_many_names(names):
    assert names.settle({"county": "149921"}, {"county": "某县（含开发区）"}).renamed == ""
