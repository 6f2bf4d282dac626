"""Full-width marks and backslashes, as the input methods and the paths of Windows bring them into a study file."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessgis.base.errors import UsageError
from accessgis.base.files import user_toml
from accessgis.base.toml_faults import plain_mark


def refused(folder: Path, text: str) -> UsageError:
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8", newline="")
    with pytest.raises(UsageError) as caught:
        user_toml(path)
    return caught.value


@pytest.mark.parametrize(
    ("line", "column", "mark", "meant"),
    [
        ("name = “小县”", 8, "“", '"'),
        ('name = "小县”', 11, "”", '"'),
        ("name = ＂小县＂", 8, "＂", '"'),
        ("name = ‘小县’", 8, "‘", "'"),
        ('name ＝ "小县"', 6, "＝", "="),
        ('use = ["甲，乙"，"丙"]', 13, "，", ","),
        ('use = ["甲"、"乙"]', 11, "、", ","),
        ('use = ［"甲"]', 7, "［", "["),
        ('use = ["甲"】', 11, "】", "]"),
        ("【study]", 1, "【", "["),
        ('columns = ｛ id = "编号" }', 11, "｛", "{"),
        ("share = 0．95", 10, "．", "."),
        ("margin_km = 10 ＃ 公里", 16, "＃", "#"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_mark_and_its_place_are_named(tmp_path: Path, line: str, column: int, mark: str, meant: str, newline: str):
    error = refused(tmp_path, newline.join(["# 方案“一”，草稿", 'note = "全角，“可以”"', line, "after = 1", ""]))
    assert error.code == "AG2012"
    assert error.place.row == 3
    assert {key: error.values[key] for key in ("column", "mark", "meant")} == {
        "column": column, "mark": mark, "meant": meant
    }  # fmt: skip
    assert f"第 3 行第 {column} 列" in error.message("zh")
    assert line.strip() in error.message("zh")


@pytest.mark.parametrize(
    "text", ['path = "D:\\数据\\路网.shp"', 'path = "C:\\users\\a.shp"', 'path = "data\\xls\\a.xls"']
)
def test_a_backslash_in_double_quotes_gets_the_mending_step(tmp_path: Path, text: str):
    error = refused(tmp_path, f"a = 1\n{text}\n")
    assert (error.code, error.place.row) == ("AG2013", 2)
    assert error.fix("zh") == "路径请用 / 或单引号。"


def test_backslashes_in_single_quotes_are_fine(tmp_path: Path):
    path = tmp_path / "study.toml"
    path.write_text("path = 'D:\\数据\\路网.shp'\n", encoding="utf-8")
    assert user_toml(path) == {"path": "D:\\数据\\路网.shp"}


@pytest.mark.parametrize(
    ("text", "row"), [("a = 1\nb 2\n", 2), ('a = "“”"\nb = [1, 2', 2), ("a = 1\na = 2", 2), ("a = '，'  1\n", 1)]
)
def test_other_faults_are_not_blamed_on_marks(tmp_path: Path, text: str, row: int):
    error = refused(tmp_path, text)
    assert (error.code, error.place.row) == ("AG2004", row)
    assert "列" in error.message("zh")


@given(st.characters(exclude_categories=("Cs",)))
def test_only_marks_of_toml_are_ever_meant(char: str):
    meant = plain_mark(char)
    assert meant == "" or (not char.isascii() and meant in set("\"'=,[]{}.#-:"))
