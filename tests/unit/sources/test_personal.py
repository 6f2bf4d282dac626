"""Telephone and identity numbers are left out at the door, counted, and never printed."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from accessgis.base.errors import DataError
from accessgis.sources.personal import HIDDEN, is_identity_number, is_personal, without_personal
from accessgis.sources.tables import find_columns, read_table
from accessgis.sources.vector import read_vector

PHONES = ["13812345678", "15935412345", "18603540001", "17712340002"]
IDENTITIES = ["11010519491231002X", "440524188001010014"]
"""The two numbers that GB 11643-1999 itself prints as examples."""


def numbered(body: str) -> str:
    """Return an identity number, its last character computed by the sum of powers of two that the standard defines."""
    for last in "0123456789X":
        digits = [10 if char == "X" else int(char) for char in body + last]
        if sum(digit * pow(2, 17 - place, 11) for place, digit in enumerate(digits)) % 11 == 1:
            return body + last
    raise AssertionError(body)


def codes(frame: pd.DataFrame) -> tuple[list[str], dict[str, int]]:
    kept, doubts = without_personal(frame, label="a.csv")
    return list(kept.columns), {doubt.code: doubt.count for doubt in doubts}


def test_the_examples_of_the_standard_are_identity_numbers() -> None:
    assert is_identity_number(IDENTITIES[0])
    assert is_identity_number(IDENTITIES[0].lower())
    # the second is of a birth in 1880: it checks, but nobody of that age stands in a register
    assert numbered(IDENTITIES[1][:-1]) == IDENTITIES[1]
    assert not is_identity_number(IDENTITIES[1])


@given(
    area=st.integers(110000, 659999),
    born=st.dates(pd.Timestamp("1910-01-01").date(), pd.Timestamp("2026-01-01").date()),
    order=st.integers(0, 999),
)
def test_every_identity_number_is_known_and_none_with_another_last_character(area, born, order) -> None:
    number = numbered(f"{area}{born:%Y%m%d}{order:03d}")
    assert is_identity_number(number)
    others = [number[:-1] + last for last in "0123456789X" if last != number[-1]]
    assert not any(map(is_identity_number, others))
    columns, counts = codes(pd.DataFrame({"名称": ["甲", "乙"], "备注一": [number, ""]}))
    assert columns == ["名称"]
    assert counts == {"AG9050": 1}


@pytest.mark.parametrize(
    "name",
    ["电话", "联系电话", " 联系 电话 ", "手机号码", "身份证", "负责人身份证号", "公民身份号码",
     "姓名", "Phone", "ＰＨＯＮＥ", "id_card"],
)  # fmt: skip
def test_a_column_goes_by_its_name(name: str) -> None:
    assert is_personal(name)
    columns, counts = codes(pd.DataFrame({"名称": ["甲"], name: [""]}))
    assert columns == ["名称"]
    assert counts == {"AG9050": 1}


@pytest.mark.parametrize(
    "name", ["名称", "机构名称", "编号", "机构代码", "人口", "电话亭", "code", "tel_aviv",
             "contacts", "统一社会信用代码", "场址编号"]
)  # fmt: skip
def test_other_names_stay(name: str) -> None:
    assert not is_personal(name)


@pytest.mark.parametrize(
    "cells",
    [
        PHONES,
        [*PHONES[:2], "", ""],
        ["138 1234 5678", "159-3541-2345"],
        ["+8613812345678", "0086 15935412345"],
        ["１３８１２３４５６７８", "１５９３５４１２３４５"],
        ["张三 13812345678", "李四：15935412345"],
        [13812345678, 15935412345],
        [13812345678.0, np.nan],
        [numbered("14992119700101123"), numbered("14992119800101124")],
    ],
    ids=["text", "half empty", "grouped", "country code", "full width", "with names", "whole", "float", "identity"],
)
def test_a_column_goes_by_what_it_holds(cells: list[object]) -> None:
    columns, counts = codes(pd.DataFrame({"名称": [f"第{n}卫生室" for n in range(len(cells))], "其他": cells}))
    assert columns == ["名称"]
    assert counts == {"AG9050": 1}


@pytest.mark.parametrize(
    "frame",
    [
        {"lon": ["-51.2091148509756", "-51.14112578502", "112.13812345678"], "lat": ["37.1", "37.2", "37.3"]},
        {"编号": ["14992110001", "14992110002", "14992110003"]},
        {"osm_id": [13000000001, 13100000002, 13200000003]},
        {"统一社会信用代码": ["91140100MA0GTX1234", "12149921000000001X"]},
        {"代码": ["149921100200", "149921100201"]},
        {"面积": [13812345678.5, 15935412345.5]},
        {"人口": [138, 159]},
        {"日期": pd.to_datetime(["2025-01-01", "2026-01-01"])},
        {"开放": [True, False]},
        {"固定": ["0351-1234567", "0351-7654321"]},
    ],
    ids=lambda frame: next(iter(frame)),
)
def test_numbers_of_things_stay(frame: dict[str, object]) -> None:
    before = pd.DataFrame(frame)
    kept, doubts = without_personal(before, label="a.csv")
    assert doubts == ()
    pd.testing.assert_frame_equal(kept, before)


def test_a_number_among_words_is_hidden_and_the_rest_stays() -> None:
    names = ["王村卫生室（13812345678）", "李村卫生室", "赵村卫生室", f"张村 {IDENTITIES[0]} 卫生室", "孙村卫生室"]
    before = pd.DataFrame({"名称": names})
    kept, doubts = without_personal(before, label="a.csv")
    hidden = ["王村卫生室(…)", "李村卫生室", "赵村卫生室", "张村 … 卫生室", "孙村卫生室"]
    assert kept["名称"].tolist() == hidden
    assert [(doubt.code, doubt.count) for doubt in doubts] == [("AG9051", 2)]
    assert before["名称"].tolist() == names, "no function changes an argument"
    assert HIDDEN in kept["名称"][0]


def test_doubts_say_names_and_never_values() -> None:
    frame = pd.DataFrame({"名称": ["甲"], "13812345678": ["x"], "其他": ["15935412345"], "电话": ["0351-1234567"]})
    _, doubts = without_personal(frame, label="a.csv")
    said = " ".join(doubt.message(lang) for doubt in doubts for lang in ("zh", "en"))
    assert "电话" in said
    assert "其他" in said
    for value in ("13812345678", "15935412345", "1234567"):
        assert value not in said


def test_a_table_and_a_layer_lose_them_on_load(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("编号,名称,联系电话,备注\n1,甲,13812345678,15935412345\n", encoding="utf-8")
    table = read_table(tmp_path / "a.csv", label="a.csv")
    assert table.value.columns.tolist() == ["编号", "名称"]
    assert [doubt.code for doubt in table.doubts] == ["AG9050"]
    frame = gpd.GeoDataFrame(
        {"name": ["甲"], "tel": ["1"], "x": [13812345678]}, geometry=[shapely.Point(112, 37)], crs=4326
    )
    frame.to_file(tmp_path / "a.gpkg")
    layer = read_vector(tmp_path / "a.gpkg", label="a.gpkg", datum="wgs84")
    assert layer.value.columns.tolist() == ["name", "geometry"]
    assert [(doubt.code, doubt.count) for doubt in layer.doubts] == [("AG9050", 2)]


def test_asking_for_such_a_column_says_why_it_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("名称,联系电话,备注\n甲,13812345678,15935412345\n", encoding="utf-8")
    table = read_table(tmp_path / "a.csv", label="a.csv").value
    for column in ("联系电话", "备注"):
        with pytest.raises(DataError) as caught:
            find_columns(table, "facilities", {"id": column}, label="a.csv")
        assert caught.value.code == "AG3051"
    with pytest.raises(DataError) as caught:
        find_columns(table, "facilities", {"id": "别的"}, label="a.csv")
    assert caught.value.code == "AG3017"
