"""Lint: text of users reaches HTML by two doors only, and both escape it.

As JSON through ``script_json`` and then ``textContent``, or through a Jinja template that escapes. Whatever could go
around them (folium's popups and tooltips, ``|safe``, ``Markup``, HTML in an f-string) is not written anywhere, but for
one module that turns drawings of ElementTree and files of ours into markup.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PAGES = "report/coverage_map.py"
"""The one module that writes HTML."""
REPORT = "report/report_html.py"
"""Fills a template of ours that escapes."""
COMPARISON = "report/comparison_page.py"
"""Likewise, with the environment of the report."""
READY = "report/ready.py"
"""The one module that makes markup which is not escaped again."""
TRUSTED = {
    "this.body", "this.policy", "this.leaflet_css", "this.css", "this.notice", "this.plain", "this.hatches",
    "this.data", "this.leaflet_js", "this.app_js", "this.script.render()", "this.get_name()", "this.get_name()|tojson",
    "this.all_options()|tojson", "this._parent.get_name()", '"zh-CN" if this.view.lang == "zh" else "en"',
}  # fmt: skip
"""What templates paste as it is: files of ours, what was escaped before, and words of ours."""
BANNED_NAMES = {
    "Popup", "Tooltip", "Html", "GeoJsonPopup", "GeoJsonTooltip", "Marker", "CircleMarker", "DivIcon", "GeoJson",
    "LayerControl", "TileLayer", "Icon", "Markup", "IFrame", "explore",
}  # fmt: skip
FOLIUM = {"folium": {"Map"}, "folium.template": {"Template"}, "branca.element": {"Figure", "MacroElement"}}
"""All that is used of folium and branca."""
TAG = re.compile(
    r"<\s*/?\s*(?:[a-zA-Z][\w-]*(?=[\s>/])|!doctype|!--)[^<]*>|<(?:script|img|svg|a|div|span|p|td|br)\b",
    re.IGNORECASE,
)
NO_HTML = re.compile(r"<(?:NA|file)>|\(\?P<\w+>|<svg\\b\.\*\?</svg>")
"""What looks like a tag and is none: a missing value of pandas, a placeholder, a named group, a pattern of drawings."""
TEMPLATE = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
SCRIPT_SINKS = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|createContextualFragment|srcdoc|"
    r"DOMParser|bindPopup|setTimeout\(\s*[\"']|setInterval\(\s*[\"']|\.href\s*=|\.src\s*=|setAttribute\(\s*[\"'](?:on|href|src|style)"
)


@pytest.fixture(scope="module")
def modules(root: Path) -> dict[str, ast.Module]:
    folder = root / "accessgis"
    paths = sorted(folder.rglob("*.py"))
    return {path.relative_to(folder).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def documentation(tree: ast.AST) -> set[int]:
    """Return the ids of the nodes that are docstrings: they may speak of HTML."""
    found = set()
    for node in ast.walk(tree):
        for child in getattr(node, "body", []) if isinstance(getattr(node, "body", None), list) else []:
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                found.add(id(child.value))
    return found


def html_texts(tree: ast.AST) -> list[str]:
    """Return the strings of a module that hold HTML, pieces of f-strings among them."""
    left_out = documentation(tree)
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in left_out
    ]
    return [text for text in texts if TAG.search(NO_HTML.sub("", text))]


def test_only_one_module_writes_html(modules: dict[str, ast.Module]) -> None:
    writing = {name: html_texts(tree) for name, tree in modules.items() if name != PAGES and html_texts(tree)}
    assert writing == {}
    assert html_texts(modules[PAGES])


@pytest.mark.parametrize(
    "code",
    ['f"<b>{name}</b>"', '"<td>" + name', '"<img src=%s>" % name', 'f"<script>{x}"', '"<!-- {} -->".format(x)',
     "f'<a href={x}>'"],
)  # fmt: skip
def test_html_in_a_string_is_found(code: str) -> None:
    assert html_texts(ast.parse(code + "\nx = 1")) or html_texts(ast.parse(f"y = {code}"))


def test_no_string_with_values_holds_html(modules: dict[str, ast.Module]) -> None:
    """Also in the module of the page: HTML stands in templates, never in an f-string, a sum or a format."""
    for tree in modules.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr | ast.BinOp):
                assert not html_texts(node), ast.unparse(node)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
                assert not html_texts(node.func), ast.unparse(node)


def test_nothing_of_folium_that_pastes_text_is_used(modules: dict[str, ast.Module]) -> None:
    for name, tree in modules.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("folium", "branca"):
                assert name == PAGES
                assert {alias.name for alias in node.names} <= FOLIUM[str(node.module)]
            if isinstance(node, ast.Import):
                assert not [alias for alias in node.names if alias.name.split(".")[0] in ("folium", "branca")]
            if isinstance(node, ast.Name | ast.Attribute):
                used = node.id if isinstance(node, ast.Name) else node.attr
                assert used not in BANNED_NAMES or (name, used) == (READY, "Markup"), (name, used)


def test_markup_that_is_pasted_is_a_drawing_or_a_file_of_ours(modules: dict[str, ast.Module]) -> None:
    made = [
        ast.unparse(node.args[0])
        for node in ast.walk(modules[READY])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Markup"
    ]
    assert made == ["ET.tostring(element, encoding='unicode')", "asset(name)", "css"]
    asked = {
        (name, node.func.id, ast.unparse(node.args[0]))
        for name, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("own_file", "own_style")
    }
    assert asked == {(REPORT, "own_file", "'hatches.html'"), (REPORT, "own_style", "css")}


def test_templates_escape_all_but_what_is_ours(modules: dict[str, ast.Module]) -> None:
    texts = [
        node.value
        for node in ast.walk(modules[PAGES])
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "{{" in node.value
    ]
    expressions = {found for text in texts for found in TEMPLATE.findall(text)} - {"map", "link", "basemap"}
    assert expressions
    raw = {expression for expression in expressions if not re.search(r"\|\s*e$", expression)}
    assert raw <= TRUSTED, "text of users is written with |e"
    assert "this.view.title|e" in expressions
    for text in texts:
        assert not re.search(r"\|\s*safe|autoescape", text)


def test_the_templates_of_files_escape_by_themselves(root: Path, modules: dict[str, ast.Module]) -> None:
    pages = sorted((root / "accessgis" / "report" / "assets").glob("*.html"))
    assert pages
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\|\s*safe|autoescape|<script|\bon\w+\s*=|javascript:", text), path.name
    calls = [node for page in (PAGES, REPORT) for node in ast.walk(modules[page]) if isinstance(node, ast.Call)]
    environments = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Environment"]
    assert len(environments) >= 2
    for call in environments:
        said = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        assert said["autoescape"] == "True"


def test_scripts_make_text_of_text(root: Path) -> None:
    scripts = sorted((root / "accessgis" / "report" / "assets").glob("*.js"))
    assert scripts
    tooltips = 0
    for path in scripts:
        code = re.sub(r"//.*", "", path.read_text(encoding="utf-8"))
        assert not SCRIPT_SINKS.search(code), (path.name, SCRIPT_SINKS.search(code))
        # leaflet makes HTML of what a tooltip is given as a string: here it is given a function that makes elements
        given_all = re.findall(r"bindTooltip\((.{10})", code)
        assert len(given_all) == code.count("bindTooltip"), path.name
        assert all(given.startswith("function (") for given in given_all), path.name
        tooltips += len(given_all)
    assert tooltips


def test_every_page_that_is_written_has_a_policy(modules: dict[str, ast.Module]) -> None:
    """Whatever writes a file called .html takes its text from the module of the page, which puts the policy in."""
    writers = {
        name
        for name, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[\w-]+\.html", node.value)
    }
    assert writers <= {
        PAGES,
        REPORT,
        READY,
        COMPARISON,
        "report/comparison_files.py",
        "report/write.py",
        "cli/assess.py",
        "cli/demo.py",
        "cli/locate.py",
        "cli/scenario.py",
        "cli/monitor.py",
        "report/monitor_write.py",
        "report/province_page.py",
        "batch/province_map.py",
        "report/report_pdf.py",
    }
    filled = next(node for node in modules[REPORT].body if getattr(node, "name", "") == "filled_page")
    assert "policy_hash(css)" in ast.unparse(filled)
    for name in (REPORT, "report/monitor_write.py", "report/province_page.py"):
        assert "filled_page(" in ast.unparse(modules[name]), name
    functions = {node.name: node for node in modules[PAGES].body if isinstance(node, ast.FunctionDef)}
    returned = [node.value for node in ast.walk(functions["map_page"]) if isinstance(node, ast.Return)]
    assert [ast.unparse(value) for value in returned if value is not None] == [
        "drawn_page(frame, payload, bounds=data['bounds'])"
    ]
    drawn = [node.value for node in ast.walk(functions["drawn_page"]) if isinstance(node, ast.Return)]
    assert [ast.unparse(value) for value in drawn if value is not None] == [
        "_with_policy(page.render(), images=f'data: {_TILE_SERVERS}' if frame.basemap else 'data:')"
    ]
    (comparison,) = (node for node in modules[COMPARISON].body if getattr(node, "name", "") == "comparison_page")
    last = comparison.body[-1]
    assert isinstance(last, ast.Return)
    assert ast.unparse(last).startswith("return drawn_page(")
