"""The styles of report.docx: the form of official documents (GB/T 9704) or a plain one. Fonts are only named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from accessgis.base.errors import Language

Style = Literal["official", "plain"]
PAGE_MM = (210.0, 297.0)
DETAIL, FIGURE, NOTE, CELL, CELL_SMALL, CELL_HEAD = "Detail", "Figure", "Note", "Cell", "Cell Small", "Cell Head"
TAG = "Tag"
_THEMES = ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme")
_COMPAT = "http://schemas.microsoft.com/office/word"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a document is set: margins in mm (top, bottom, left, right) and the looks of its styles."""

    margins: tuple[float, float, float, float]
    latin: str
    body: str
    title: str
    heading: tuple[str, str, str]
    title_pt: float
    body_pt: float
    line_pt: float
    detail_pt: float
    cell_pt: float
    heading_pt: tuple[float, float, float]
    heading_bold: tuple[bool, bool, bool]
    indent_chars: int
    page: str
    """Font of the page number."""

    @property
    def text_mm(self) -> float:
        """Width of the text."""
        return PAGE_MM[0] - self.margins[2] - self.margins[3]


FORMS: dict[Style, Form] = {
    "official": Form(
        margins=(37, 35, 28, 26), latin="Times New Roman", body="仿宋", title="方正小标宋简体",
        heading=("黑体", "楷体", "仿宋"), title_pt=22, body_pt=16, line_pt=28.8, detail_pt=12, cell_pt=10.5,
        heading_pt=(16, 16, 16), heading_bold=(False, False, True), indent_chars=2, page="宋体",
    ),
    "plain": Form(
        margins=(25, 25, 25, 25), latin="Calibri", body="微软雅黑", title="微软雅黑",
        heading=("微软雅黑", "微软雅黑", "微软雅黑"), title_pt=20, body_pt=11, line_pt=18, detail_pt=10, cell_pt=9.5,
        heading_pt=(15, 13, 11), heading_bold=(True, True, True), indent_chars=0, page="微软雅黑",
    ),
}  # fmt: skip


def new_document(style: Style, lang: Language) -> WordDocument:
    """Return an empty document with page, styles and settings of a form."""
    form = FORMS[style]
    document = Document()
    _set_page(document.sections[0], form)
    styles = document.styles
    _set_defaults(styles.element, form, lang)
    chars = form.indent_chars if lang == "zh" else 0
    strong, small = "黑体" if style == "official" else form.body, form.detail_pt
    told = {
        "Normal": _Looks(form.body, form.body_pt, line=form.line_pt, indent=chars, align="justify"),
        "Title": _Looks(form.title, form.title_pt, line=form.title_pt * 1.6, align="center", after=6),
        "Caption": _Looks(strong, form.cell_pt, align="center", before=6),
        "Header": _Looks(form.body, 9),
        "Footer": _Looks(form.body, 9),
        DETAIL: _Looks(form.body, small, line=small * 1.6, indent=chars, align="justify"),
        TAG: _Looks(form.heading[1], small, align="center", after=10),
        FIGURE: _Looks(form.body, small, align="center", before=6, keep=True),
        NOTE: _Looks(form.body, form.cell_pt - 1, after=8, before=2),
        CELL: _Looks(form.body, form.cell_pt),
        CELL_SMALL: _Looks(form.body, form.cell_pt - 2),
        CELL_HEAD: _Looks(strong, form.cell_pt - 1, align="center"),
    }
    for level in range(3):
        told[f"Heading {level + 1}"] = _Looks(
            form.heading[level], form.heading_pt[level], line=form.line_pt, bold=form.heading_bold[level],
            indent=chars, before=12 if level == 0 else 6, keep=True,
        )  # fmt: skip
    known = {entry.name for entry in styles}
    for name, looks in told.items():
        _set_looks(styles[name] if name in known else _added(styles, name), form.latin, looks)
    for name, left in (("toc 1", 0), ("toc 2", 2)):
        entry = _added(styles, name, builtin=True)
        _set_looks(entry, form.latin, _Looks(form.body, small + 1, line=small * 1.7))
        _indent(entry, left, "leftChars", "left", small + 1)
        entry.paragraph_format.tab_stops.add_tab_stop(Mm(form.text_mm), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
    _set_compatibility(document)
    return document


def _added(styles: Any, name: str, *, builtin: bool = False) -> Any:
    style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, builtin=builtin)
    style.base_style = styles["Normal"]
    return style


@dataclass(frozen=True, slots=True)
class _Looks:
    """How a style looks: East Asian font, size and exact line height in pt, first line's indent in characters."""

    font: str
    size: float
    line: float | None = None
    bold: bool = False
    indent: int = 0
    before: float = 0
    after: float = 0
    align: Literal["left", "center", "justify"] = "left"
    keep: bool = False


_ALIGNMENTS = {
    "left": WD_ALIGN_PARAGRAPH.LEFT, "center": WD_ALIGN_PARAGRAPH.CENTER, "justify": WD_ALIGN_PARAGRAPH.JUSTIFY,
}  # fmt: skip


def _set_looks(style: Any, latin: str, looks: _Looks) -> None:
    characters = style.element.get_or_add_rPr()
    name_fonts(characters, latin, looks.font)
    style.font.size, style.font.bold, style.font.italic = Pt(looks.size), looks.bold, False
    for color in characters.findall(qn("w:color")):
        characters.remove(color)
    paragraph = style.paragraph_format
    paragraph.space_before, paragraph.space_after = Pt(looks.before), Pt(looks.after)
    if looks.line is None:
        paragraph.line_spacing_rule = WD_LINE_SPACING.SINGLE
    else:
        paragraph.line_spacing, paragraph.line_spacing_rule = Pt(looks.line), WD_LINE_SPACING.EXACTLY
    paragraph.keep_with_next = looks.keep
    paragraph.alignment = _ALIGNMENTS[looks.align]
    _indent(style, looks.indent, "firstLineChars", "firstLine", looks.size)
    properties = style.element.get_or_add_pPr()
    for border in properties.findall(qn("w:pBdr")):
        properties.remove(border)


def _indent(style: Any, characters: int, chars_name: str, name: str, size: float) -> None:
    """Indent by characters, with the length for programs that know no characters."""
    element = style.element.get_or_add_pPr().get_or_add_ind()
    element.set(qn(f"w:{chars_name}"), str(characters * 100))
    element.set(qn(f"w:{name}"), str(round(characters * size * 20)))


def name_fonts(properties: Any, latin: str, chinese: str) -> None:
    """Name the fonts of Latin and of East Asian text, whatever a theme says."""
    fonts = properties.get_or_add_rFonts()
    for theme in _THEMES:
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for name in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{name}"), latin)
    fonts.set(qn("w:eastAsia"), chinese)


def _set_defaults(styles: Any, form: Form, lang: Language) -> None:
    properties = styles.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    name_fonts(properties, form.latin, form.body)
    language = properties.find(qn("w:lang"))
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "zh-CN")
    if lang == "en":
        language.set(qn("w:val"), "en-GB")


def _set_page(section: Any, form: Form) -> None:
    section.page_width, section.page_height = Mm(PAGE_MM[0]), Mm(PAGE_MM[1])
    top, bottom, left, right = form.margins
    section.top_margin, section.bottom_margin = Mm(top), Mm(bottom)
    section.left_margin, section.right_margin = Mm(left), Mm(right)
    section.footer_distance = Mm(max(12.0, bottom - 10))
    section.header_distance = Mm(15)


def _set_compatibility(document: WordDocument) -> None:
    """Say that the document is of today, or Word opens it in compatibility mode; pages differ left and right."""
    document.settings.odd_and_even_pages_header_footer = True
    settings: Any = document.settings.element
    found = settings.find(qn("w:compat"))
    if found is None:
        found = OxmlElement("w:compat")
        settings.append(found)
    for old in found.findall(qn("w:compatSetting")):
        if old.get(qn("w:name")) == "compatibilityMode":
            found.remove(old)
    setting = OxmlElement("w:compatSetting")
    for name, value in (("name", "compatibilityMode"), ("uri", _COMPAT), ("val", "15")):
        setting.set(qn(f"w:{name}"), value)
    found.append(setting)
