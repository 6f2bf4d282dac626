"""Codes of administrative units: how they are written, and what their digits say."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

from accessgis.base.crs import has_chinese_form
from accessgis.base.files import packaged_toml
from accessgis.layers.areas import Level

UR_CODES: frozenset[str] = frozenset({"111", "112", "121", "122", "123", "210", "220"})
"""城乡分类代码 of the statistics bureau."""

_DECIMAL = re.compile(r"^(\d+)\.0+$")
_ZERO_TAILS = ((12, "000", 9), (9, "000", 6))


def normal_code(value: object, *, chinese: bool) -> str:
    """Return a code as it should have been written.

    ``140781.0`` and full-width digits become ``140781``. For codes of Chinese form, digits beyond 12 are cut when they
    are zeros, and a code filled up with zeros is shortened to its level: ``140781000000`` is the county ``140781``.
    Leading zeros are kept.

    Raises
    ------
    ValueError
        When the code was mangled by a spreadsheet (``1.40781E+11``), or a tail beyond 12 digits is not zero.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    missing = value is None or str(value) in ("nan", "NaN", "<NA>", "None")
    text = "" if missing else unicodedata.normalize("NFKC", str(value)).strip()
    text = text.strip("'\u200b\ufeff \t")
    decimal = _DECIMAL.match(text)
    text = decimal.group(1) if decimal else text
    if re.match(r"^\d+\.?\d*[eE]\+?\d+$", text) and "+" in text:
        raise ValueError(text)
    if not chinese or not text.isdigit():
        return text
    if len(text) > 12:
        if text[12:].strip("0"):
            raise ValueError(text)
        text = text[:12]
    for length, tail, kept in _ZERO_TAILS:
        if len(text) == length and text.endswith(tail):
            text = text[:kept]
    return text


def renewed(code: str) -> str:
    """Return a code whose county was given another one, with the new code of the county; other codes as they are."""
    change = _code_changes().get(code[:6])
    return f"{change['now']}{code[6:]}" if change else code


@cache
def _code_changes() -> dict[str, dict[str, Any]]:
    return packaged_toml("accessgis.layers.data", "code_changes.toml")


def code_level(code: str) -> Level | None:
    """Return the level that a code of Chinese form says by its length, None for another form."""
    if not has_chinese_form(code):
        return None
    if len(code) == 6:
        return "province" if code.endswith("0000") else "prefecture" if code.endswith("00") else "county"
    return "township" if len(code) == 9 else "village"


def code_prefix(code: str) -> str:
    """Return the digits that the codes of everything inside a unit start with: ``140700`` → ``1407``."""
    level = code_level(code)
    return code[: {"province": 2, "prefecture": 4}.get(level or "", len(code))]


def parent_prefixes(code: str) -> tuple[str, ...]:
    """Return the codes that the units above one of Chinese form would have, nearest first."""
    found = [code[:length] for length in (9, 6) if length < len(code)]
    found += [code[:4] + "00", code[:2] + "0000"]
    return tuple(candidate for candidate in found if candidate != code)


def township_kind(code: str) -> str:
    """Return 街道, 镇 or 乡 as digits 7–9 of a township's code say, '' for another form or range."""
    if not has_chinese_form(code) or len(code) < 9:
        return ""
    number = int(code[6:9])
    if 1 <= number <= 99:
        return "街道"
    if 100 <= number <= 199:
        return "镇"
    return "乡" if 200 <= number <= 399 else ""
