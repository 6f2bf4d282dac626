"""Units that the headers of columns state, such as 常住人口（万人）."""

from __future__ import annotations

import re
import unicodedata

UNIT = re.compile(
    r"[(\[](?:单位:)?(万?[人户张个所处座床位名]|万|m2|平方米|公里|km|m|米|°|度|[e东]|东经|[n北]|北纬)(?:,[^)\]]*)?[)\]]$",
)
"""A unit in brackets at the end of a name that was made plain, without blanks and case, alone or as in (单位:万人) and
(万人,2023年)."""


def header_unit(name: str) -> str | None:
    """Return the unit that a header states in brackets at its end, below a grouped one its own part's first."""
    whole = "".join(unicodedata.normalize("NFKC", name).split()).casefold()
    found = (UNIT.search(part) for part in (whole, *reversed(whole.split("/"))))
    return next((unit[1] for unit in found if unit), None)


def header_factor(name: str) -> float:
    """Return what the numbers of a column are multiplied by as its header says: 10000 below 常住人口（万人）."""
    return 10_000.0 if (header_unit(name) or "").startswith("万") else 1.0
