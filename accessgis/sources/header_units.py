"""Units that the headers of columns state, such as 常住人口（万人）."""

from __future__ import annotations

import re
import unicodedata

UNIT = re.compile(r"[(\[](万?[人户张个所处座床位名]|万|m2|平方米|公里|km)[)\]]$")
"""A unit in brackets at the end of a name that was made plain (NFKC)."""


def header_factor(name: str) -> float:
    """Return what the numbers of a column are multiplied by as its header says: 10000 below 常住人口（万人）."""
    unit = UNIT.search(unicodedata.normalize("NFKC", name).strip())
    return 10_000.0 if unit and unit[1].startswith("万") else 1.0
