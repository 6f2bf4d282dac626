"""The document read back by python-docx: styles, fonts, tables and figures against the report that it is made of."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from weakref import WeakKeyDictionary

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Mm
from fake_assessment import HOSTILE_NAMES, fake_assessment
from matplotlib.figure import Figure
from PIL import Image

from accessgis.assess.rounding import rounded_people
from accessgis.base.errors import UsageError
from accessgis.report import picture, report_docx, word_pages
from accessgis.report.report_docx import write_document
from accessgis.report.report_view import report_view
from accessgis.report.word_parts import column_widths
from accessgis.report.wording import say

needs_font = pytest.mark.skipif(
    not picture.chinese_font(), reason="no Chinese font: apt-get install fonts-noto-cjk (or fonts-wqy-microhei)"
)


@pytest.fixture(scope="module")
def view(fake):
    return report_view(fake)


@pytest.fixture(scope="module")
def path(fake, view, tmp_path_factory):
    return write_document(fake, tmp_path_factory.mktemp("docx") / "report.docx", view=view)


@pytest.fixture(scope="module")
def document(path):
    return Document(path)


def all_text(document):
    return "".join(node.text or "" for node in document.element.body.iter(qn("w:t")))


def east_asian(style):
    return style.element.rPr.rFonts.get(qn("w:eastAsia"))


def test_the_form_is_that_of_official_documents(document):
    section = document.sections[0]
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(margin.mm) for margin in margins] == [37, 35, 28, 26]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    styles = document.styles
    assert {name: (east_asian(styles[name]), styles[name].font.size.pt) for name in ("Title", "Normal")} == {
        "Title": ("方正小标宋简体", 22), "Normal": ("仿宋", 16)
    }  # fmt: skip
    assert [east_asian(styles[f"Heading {level}"]) for level in (1, 2, 3)] == ["黑体", "楷体", "仿宋"]
    assert styles["Normal"].paragraph_format.line_spacing.pt == pytest.approx(28.8)
    assert styles["Normal"].element.pPr.ind.get(qn("w:firstLineChars")) == "200"


def test_every_style_in_use_names_its_east_asian_font_and_no_theme_overrules_it(document):
    used = {paragraph.style.name for paragraph in document.paragraphs}
    used |= {cell.paragraphs[0].style.name for table in document.tables for cell in table.rows[0].cells}
    assert used >= {"Title", "Heading 1", "Heading 2", "Heading 3", "Normal", "Caption", "Cell Head"}
    for name in used:
        fonts = document.styles[name].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia"))
        assert not [key for key in fonts.attrib if "heme" in key], name


def test_headings_are_numbered_as_official_documents_number_them(document):
    headings = [(p.style.name, p.text) for p in document.paragraphs if p.style.name.startswith("Heading")]
    assert ("Heading 1", "一、主要指标完成情况表") in headings
    assert ("Heading 1", "二、服务圈规则分述") in headings
    assert [text[:3] for name, text in headings if name == "Heading 2"][:2] == ["（一）", "（二）"]
    assert [text for name, text in headings if name == "Heading 3"][:2] == ["1. 分乡镇情况表", "2. 待补短板清单"]


def test_the_plain_form_and_english(fake, tmp_path):
    document = Document(write_document(fake, tmp_path / "p.docx", lang="en", style="plain"))
    assert round(document.sections[0].left_margin.mm) == 25
    assert east_asian(document.styles["Normal"]) == "微软雅黑"
    headings = [p.text for p in document.paragraphs if p.style.name.startswith("Heading")]
    assert headings[0] == "1. Main indicators"
    assert any(text.startswith("2.1 ") for text in headings)


def test_the_finding_comes_first_and_every_sentence_of_the_sections_is_there(document, view):
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert texts[0] == view.title
    assert [text for text in texts if text in view.finding.sentences] == list(view.finding.sentences)
    text = all_text(document)
    for part in view.circles:
        assert part.view.headline.sentence in text
        for note in part.view.notes:
            assert note.text in text
        for _, lines in part.facts:
            assert all(line in text for line in lines)
    for line in (*view.method, *view.page.speeds, *view.page.doubts, *view.plans, *view.index.notes):
        assert line in text
    assert view.page.approval in text
    assert view.version in text


def test_tables_repeat_their_headings_and_break_no_row(document, view):
    tables = [table for table in document.tables if table._tbl.tblPr.find(qn("w:tblBorders")) is not None]
    assert len(tables) > len(view.circles) * 3
    for table in tables:
        rows = table._tbl.tr_lst
        assert rows[0].trPr.find(qn("w:tblHeader")) is not None
        assert all(row.trPr.find(qn("w:cantSplit")) is not None for row in rows)
        assert all(row.trPr.find(qn("w:tblHeader")) is None for row in rows[1:])


def rows_under(document, heading):
    """Return the cells of the table whose first heading cells are these."""
    for table in document.tables:
        rows = [[cell.text for cell in row.cells] for row in table.rows]
        if rows[0][: len(heading)] == heading:
            yield rows


def test_the_tables_are_those_of_the_report(document, view):
    units = list(rows_under(document, ["乡镇（街道）", "人口/人"]))
    told = [part.table for part in view.circles]
    assert len(units) == len(told)
    for rows, table in zip(units, told, strict=True):
        names = [row.name for row in table.rows] + [table.total.name]
        assert [row[0] for row in rows[1:]] == names
        assert [row[2 + len(table.modes)] for row in rows[1:-1]] == [row.uncovered for row in table.rows]
    gaps = list(rows_under(document, ["序号", "乡镇（街道）", "村（社区）"]))
    assert [len(rows) - 1 for rows in gaps] == [len(part.gaps) for part in view.circles if part.gaps]
    (score,) = rows_under(document, ["序号", "类别", "指标名称"])
    assert [row[2] for row in score[1:]] == [line.title for line in view.scorecard]
    assert [row[6] for row in score[1:]] == [line.indicator.value or "—" for line in view.scorecard]


def test_no_field_is_left_to_fill_and_captions_count(document):
    for paragraph in document.element.body.iter(qn("w:p")):
        kinds = [mark.get(qn("w:fldCharType")) for mark in paragraph.iter(qn("w:fldChar"))]
        assert kinds in ([], ["begin", "separate", "end"])
    assert not [node for node in document.element.body.iter(qn("w:instrText")) if "TOC" in node.text]
    captions = [p.text for p in document.paragraphs if p.style.name == "Caption" and p.text.startswith("表")]
    assert [text.split("　")[0].replace(" ", "") for text in captions] == [f"表{n + 1}" for n in range(len(captions))]


def test_the_contents_name_every_heading_and_lead_to_it(document):
    entries = [p for p in document.paragraphs if p.style.name.startswith("toc")]
    headings = [p for p in document.paragraphs if p.style.name in ("Heading 1", "Heading 2")]
    assert len(entries) == len(headings) > 0
    for entry, heading in zip(entries, headings, strict=True):
        link = entry._element.find(qn("w:hyperlink"))
        assert "".join(node.text for node in link.iter(qn("w:t"))) == heading.text
        marks = [mark.get(qn("w:name")) for mark in heading._element.iter(qn("w:bookmarkStart"))]
        assert marks == [link.get(qn("w:anchor"))]


def test_pages_are_numbered_outside_with_dashes_and_marked_as_generated(document):
    section = document.sections[0]
    for footer, side in ((section.footer, 2), (section.even_page_footer, 0)):
        (paragraph,) = footer.paragraphs
        assert paragraph.text == "— 1 —"
        assert paragraph.alignment == side
        assert " PAGE " in [node.text for node in paragraph._element.iter(qn("w:instrText"))]
    assert document.settings.odd_and_even_pages_header_footer
    assert section.header.paragraphs[0].text == "生成数据"
    assert all(each.footer.is_linked_to_previous for each in list(document.sections)[1:])


def test_the_table_of_indicators_lies_across_and_the_rest_upright(document):
    across = [section.page_width > section.page_height for section in document.sections]
    assert across == [False, True, False]


@needs_font
def test_pictures_are_sharp_and_described(path, document, view):
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.startswith("word/media/")]
        images = [Image.open(io.BytesIO(archive.read(name))) for name in names if name.endswith(".png")]
    assert len(images) >= 4 * len([part for part in view.circles if part.maps])
    described = list(document.element.body.iter(qn("wp:docPr")))
    assert all(each.get("descr") for each in described)
    assert len({each.get("id") for each in described}) == len(described)
    for image in images:
        assert image.info.get("Software") is None
    width_mm = max(extent.get("cx") for extent in document.element.body.iter(qn("wp:extent")))
    assert int(width_mm) <= Mm(156.5)
    assert max(image.width for image in images) / (156 / 25.4) > 250, "dots per inch at the width of the text"


def test_a_picture_is_hatched_and_the_drawing_left_as_it_was(view, monkeypatch):
    part = next(part for part in view.circles if part.maps)
    drawing = part.maps[0]
    before = drawing.svg
    first = picture.png(drawing.figure)
    monkeypatch.setattr(picture, "_KNOWN", WeakKeyDictionary())
    assert picture.png(drawing.figure) == first, "drawn anew"
    assert drawing.svg == before


def test_without_a_chinese_font_it_is_said_and_nothing_is_drawn(fake, view, tmp_path, monkeypatch):
    monkeypatch.setattr("accessgis.report.word_sections.chinese_font", lambda: "")
    document = Document(write_document(fake, tmp_path / "r.docx", view=view))
    assert not list(document.element.body.iter(qn("wp:docPr")))
    assert all_text(document).count(say("word.no_font", "zh")) == 1


def test_the_same_assessment_gives_the_same_bytes(path, tmp_path):
    assert write_document(fake_assessment(villages=60), tmp_path / "other.docx").read_bytes() == path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {1980}
        assert archive.testzip() is None


def test_the_properties_tell_of_the_study_and_not_of_the_clock(document, fake, view):
    properties = document.core_properties
    assert properties.title == view.title
    assert properties.created.date() == properties.modified.date() == fake.study.data_date


def test_hostile_names_are_text(tmp_path):
    fake = fake_assessment(villages=60, name="示例\x07县&<w:b/>", village_names=tuple(HOSTILE_NAMES))
    document = Document(write_document(fake, tmp_path / "h.docx"))
    assert "示例县&<w:b/>" in document.paragraphs[0].text
    assert not list(document.element.body.iter(qn("w:altChunk")))
    relations = document.part.rels.values()
    assert not [relation for relation in relations if relation.is_external]


def test_rounded_people_are_what_the_tables_say(fake, tmp_path):
    document = Document(write_document(rounded_people(fake, 50), tmp_path / "r.docx"))
    found = 0
    for rows in rows_under(document, ["乡镇（街道）", "人口/人"]):
        for row in rows[1:]:
            found += 1
            assert int(row[1].replace(",", "")) % 50 == 0
    assert found


def test_columns_leave_room_for_what_no_line_may_break():
    widths = column_widths([["人口/人", "名称"], ["145,366", "云溪街道" * 20]], 60.0, 10.0)
    assert sum(widths) == pytest.approx(60.0)
    assert widths[0] > 7 * 0.5 * 10 * 25.4 / 72
    assert widths[1] > widths[0]


def test_without_libreoffice_page_numbers_say_what_to_install(fake, view, tmp_path, monkeypatch):
    monkeypatch.setattr(word_pages.shutil, "which", lambda name: None)
    with pytest.raises(UsageError) as raised:
        write_document(fake, tmp_path / "r.docx", view=view, page_numbers=True)
    assert raised.value.code == "AG2140"


def test_a_document_that_is_laid_out_twice_draws_its_pictures_once(fake, tmp_path, monkeypatch):
    view = report_view(fake)
    own = {drawing.figure for part in view.circles for drawing in part.maps}
    drawn, draw = [], Figure.draw
    monkeypatch.setattr(Figure, "draw", lambda self, *args: drawn.append(self) or draw(self, *args))
    monkeypatch.setattr(report_docx, "pages_of", lambda _, marks: dict.fromkeys(marks, 99))
    monkeypatch.setattr("accessgis.report.word_sections.chinese_font", lambda: "any")
    write_document(fake, tmp_path / "r.docx", view=view, page_numbers=True)
    assert own
    assert {figure: drawn.count(figure) for figure in own} == dict.fromkeys(own, 1)


def test_python_docx_is_loaded_only_when_a_document_is_made():
    code = "import sys, accessgis.report.write; print([m for m in ('docx', 'lxml.etree') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
