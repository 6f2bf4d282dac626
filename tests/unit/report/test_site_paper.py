"""The comparison of sites on paper: read back from document and workbook, and the words on its map."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import shapely
from docx import Document
from docx.oxml.ns import qn
from matplotlib.patches import Patch
from matplotlib.text import Text
from paper.proposals import DRAWN, place
from paper.studies import circle, measured, prepared

from accessgis.decide.check import SiteCheck, best_place, check_site
from accessgis.layers.constraints import Constraint
from accessgis.report.site_conclusion import recommendation, recommended
from accessgis.report.site_docx import site_docx, site_picture
from accessgis.report.site_map import site_map
from accessgis.report.site_paper import SitePaper, site_paper, site_workbook
from accessgis.report.site_view import site_table
from accessgis.study.measure import Measured

HEAD = (
    "方案", "用地面积", "所在行政村", "直线500/1000米内人口", "步行15/30分钟人口（其中60岁及以上）", "新增覆盖人口",
    "分流人口", "距最近同类设施（路程/直线）", "占用管控要素", "坡度", "备选点排名", "结论",
)  # fmt: skip


def at(study: Measured, x: float, y: float) -> SiteCheck:
    site = place(DRAWN, x, y)
    return check_site(study, kind="village_clinic", at=(site.lon, site.lat), datum="wgs84")


@pytest.fixture(scope="module")
def study() -> Measured:
    shapes = np.empty(1, dtype=object)
    shapes[:] = [shapely.transform(shapely.box(2900, -50, 3100, 50), DRAWN.move)]
    layer = Constraint(name="永久基本农田", effect="forbid", shapes=shapes, labels=("甲片",))
    return measured(replace(prepared(DRAWN), constraints=(layer,)), circle())


@pytest.fixture(scope="module")
def checks(study: Measured) -> list[SiteCheck]:
    return [at(study, 1800, 0), at(study, 3000, 0), at(study, 4500, 5000)]


@pytest.fixture(scope="module")
def paper(study: Measured, checks: list[SiteCheck]) -> SitePaper:
    best = best_place(study, checks[0])
    return site_paper(study, checks, ["甲", "乙", "丙"], best=best, maker="自然资源局")


def test_the_table_has_the_columns_of_officials_and_a_row_for_each(paper: SitePaper) -> None:
    assert paper.head == HEAD
    rows = {row[0]: dict(zip(HEAD, row, strict=True)) for row in paper.rows}
    assert list(rows) == ["甲", "乙", "丙", "不新建", "最优备选点"]
    assert rows["甲"]["新增覆盖人口"] == "127人（40–187）"
    assert rows["甲"]["分流人口"] == "0人（重复覆盖0人）"
    assert rows["甲"]["步行15/30分钟人口（其中60岁及以上）"] == "127人／287人"
    assert rows["甲"]["占用管控要素"].startswith("永久基本农田：点位不在范围内\n生态保护红线、")
    assert rows["乙"]["占用管控要素"].startswith("永久基本农田：点位在范围内（甲片）")
    assert rows["乙"]["备选点排名"] == "禁止建设，不参与"
    assert rows["不新建"]["新增覆盖人口"] == "0人"
    assert rows["不新建"]["结论"] == "维持现状，覆盖率10.3%"
    assert paper.closing.startswith("建议选用甲：按步行新增覆盖127人")


def test_a_site_that_must_not_be_built_is_never_recommended(study: Measured, checks: list[SiteCheck]) -> None:
    good, barred, far = checks
    assert recommended(checks) == 0
    assert recommended([barred, good]) == 1
    assert recommended([good, good]) == 0
    assert recommended([barred, far]) is None
    assert "乙、丙" in recommendation([barred, far], ["乙", "丙"], None, "zh")
    again = at(study, 0, 0)
    assert again.effect.rules["net"].max() == 0
    assert recommendation([again], ["x"], None, "zh").startswith("各方案均不增加覆盖人口")
    table = site_table(study, [good, barred], ["甲", "乙"], lang="en")
    assert table.columns == ("甲", "乙", "building nothing")
    assert not any("{" in text or not text for _, values in table.rows for text in values)


def test_the_document_holds_the_table_the_sentence_and_the_map(paper: SitePaper) -> None:
    png = site_picture(paper)
    content = site_docx(paper, png)
    assert content == site_docx(paper, png)
    document = Document(io.BytesIO(content))
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (297, 210)
    (table,) = document.tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [list(HEAD), *map(list, paper.rows)]
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert paper.closing in texts
    assert any("选址意见书" in text for text in texts)
    (shown,) = document.element.body.iter(qn("wp:docPr"))
    assert "村卫生室选址方案图" in shown.get("descr")


@pytest.mark.parametrize(("name", "hatches"), [("永久基本农田", True), ("城镇开发边界", False)])
def test_land_that_a_site_should_lie_within_is_not_hatched_as_forbidden(
    paper: SitePaper, name: str, hatches: bool
) -> None:
    layers = paper.measured.prepared
    layers = replace(layers, constraints=(replace(layers.constraints[0], name=name),))
    figure = site_map(layers, paper.checks, paper.labels, best=None, imprint=paper.imprint, lang="zh")
    assert any(patch.get_hatch() == "////" for patch in figure.findobj(Patch)) is hatches


def test_the_map_says_what_maps_must(paper: SitePaper) -> None:
    def words(maker: str) -> list[str]:
        imprint = replace(paper.imprint, maker=maker)
        layers, checks = paper.measured.prepared, paper.checks
        figure = site_map(layers, checks, paper.labels, best=paper.best, imprint=imprint, lang="zh")
        return [text.get_text() for text in figure.findobj(Text)]

    said = words("自然资源局")
    for text in ("县村卫生室选址方案图", "图例", "北", "甲", "乙", "永久基本农田", "村卫生室（在用）"):
        assert text in said
    (imprint,) = [text for text in said if "2000国家大地坐标系" in text]
    assert "数据时点：2025-12-31" in imprint
    assert "制图单位：自然资源局" in imprint
    assert any("千米" in text for text in said), "a scale"
    assert any("制图单位：＿＿" in text for text in words(""))


def test_the_workbook_holds_numbers(paper: SitePaper, tmp_path: Path) -> None:
    content = site_workbook(paper)
    assert content == site_workbook(paper)
    (tmp_path / "site.xlsx").write_bytes(content)
    book = openpyxl.load_workbook(tmp_path / "site.xlsx")
    assert book.sheetnames == ["比选表", "各规则数值", "就近人口变化", "管控要素", "说明"]
    table, rules, loads, land, notes = (list(sheet.iter_rows(min_row=3, values_only=True)) for sheet in book)
    assert table[0] == HEAD
    assert table[1][0] == "甲"
    told = [dict(zip(rules[0], row, strict=True)) for row in rules[1:]]
    (own,) = [row for row in told if row["方案"] == "甲" and row["新增下限（人）"] is not None]
    assert (own["新增覆盖人口（人）"], own["可服务人口（人）"], own["新增上限（人）"]) == (127, 127, 187)
    assert loads[1][2:5] == ("本点", 0, 257)
    assert loads[2][2:5] == ("a", 287, 30)
    assert [row[1] for row in land[1:] if row[0] == "乙" and row[4] == "是"] == ["永久基本农田"]
    assert notes[1] == (paper.closing,)
