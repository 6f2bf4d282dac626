"""Every message code of the code stands in the catalogue, in both languages, with the values its text names."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

import accessgis
from accessgis.base.errors import message_catalogue

PACKAGE = Path(accessgis.__file__).parent
CODE = re.compile(r"^AG\d{4}$")
PLACE = {"file", "layer", "row", "key"}
RANGE = {"AccessGISError": "1", "UsageError": "2", "DataError": "3", "Doubt": "9"}


def modules() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if "_demo" not in path.parts]


def used_codes() -> dict[str, str]:
    """Return every code written in the package, with one place where it is."""
    found: dict[str, str] = {}
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.match(node.value):
                found.setdefault(node.value, f"{path.relative_to(PACKAGE)}:{node.lineno}")
    return found


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def alike(text: str) -> set[str]:
    """Return the fields without the language that some end with (``expected_en``, ``expected_zh``)."""
    return {name.removesuffix("_en").removesuffix("_zh") for name in fields(text)}


def calls() -> list[tuple[str, str, set[str] | None, str]]:
    """Return class, code, values given (None when ``**values`` hides them) and place of every error and doubt."""
    found = []
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RANGE):
                continue
            named = {item.arg: item.value for item in node.keywords}
            first = node.args[0] if node.args else named.get("code")
            if isinstance(first, ast.Constant):
                place = f"{path.relative_to(PACKAGE)}:{node.lineno}"
                found.append((node.func.id, str(first.value), _values(node.func.id, named), place))
    return found


def _values(name: str, named: dict[str | None, ast.expr]) -> set[str] | None:
    if None in named:
        return None
    given = {key for key in named if key}
    if name != "Doubt":
        return given
    values = named.get("values", ast.Dict([], []))
    if not isinstance(values, ast.Dict) or any(not isinstance(key, ast.Constant) for key in values.keys):
        return None
    return given | {str(key.value) for key in values.keys} | (PLACE if "place" in named else set())


def test_every_code_used_is_in_the_catalogue():
    missing = {code: place for code, place in used_codes().items() if code not in message_catalogue()}

    assert missing == {}


def test_every_code_in_the_catalogue_is_used():
    unused = sorted(set(message_catalogue()) - set(used_codes()))

    assert unused == []


@pytest.mark.parametrize("code", sorted(message_catalogue()))
def test_texts_are_complete_and_agree(code):
    texts = message_catalogue()[code]
    wanted = {"en", "zh"} if code.startswith("AG9") else {"en", "zh", "fix_en", "fix_zh"}

    assert CODE.match(code)
    assert set(texts) == wanted
    assert all(text.strip() == text and text for text in texts.values())
    assert alike(texts["en"]) == alike(texts["zh"])
    assert re.search(r"[\u4e00-\u9fff]", texts["zh"])
    if "fix_en" in wanted:
        assert alike(texts["fix_en"]) == alike(texts["fix_zh"])
        assert re.search(r"[\u4e00-\u9fff]", texts["fix_zh"])


def test_the_code_agrees_with_the_class():
    wrong = [(name, code, place) for name, code, _, place in calls() if code[2:3] != RANGE[name]]

    assert wrong == []


def test_every_value_that_a_text_names_is_given():
    lacking = []
    for _, code, given, place in calls():
        if given is not None and code in message_catalogue():
            asked = set().union(*map(fields, message_catalogue()[code].values()))
            lacking += [(code, place, name) for name in sorted(asked - given)]

    assert lacking == []
