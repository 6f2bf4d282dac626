"""Angles as people write them: degrees, minutes and seconds with every mark that a keyboard has."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, NamedTuple

Axis = Literal["lon", "lat"]

_MARKS = str.maketrans({
    "º": "°", "˚": "°", "∘": "°", "度": "°",
    "’": "'", "‘": "'", "´": "'", "`": "'", "分": "'",
    "”": '"', "“": '"', "〃": '"', "秒": '"',
    "–": "-", "—": "-", "−": "-", "‐": "-", "～": "-",
})  # fmt: skip
_SIDES: dict[str, tuple[Axis, int]] = {
    "E": ("lon", 1), "W": ("lon", -1), "N": ("lat", 1), "S": ("lat", -1),
    "东经": ("lon", 1), "西经": ("lon", -1), "北纬": ("lat", 1), "南纬": ("lat", -1),
}  # fmt: skip
_SIDE = "|".join(_SIDES)
_WRITTEN = re.compile(rf"^(?P<before>{_SIDE})?[: ]*(?P<sign>[+-])?(?P<body>[0-9.°'\": -]+?) ?(?P<after>[EWNS])?$")
_WHOLE, _ANY = r"(\d+)", r"(\d+(?:\.\d*)?)"
_BODIES = (
    re.compile(rf"^{_ANY} ?°?$"),
    re.compile(rf"^{_WHOLE} ?° ?{_ANY} ?'?$"),
    re.compile(rf"^{_WHOLE} ?° ?{_WHOLE} ?' ?{_ANY} ?(?:\"|'')?$"),
    re.compile(rf"^{_WHOLE}-{_WHOLE}-{_ANY}$"),
    re.compile(rf"^{_WHOLE}:{_WHOLE}:{_ANY}$"),
    re.compile(rf"^{_WHOLE} {_WHOLE} {_ANY}$"),
)


class Angle(NamedTuple):
    """Degrees, and the axis that the text names (None where it names none)."""

    degrees: float
    axis: Axis | None


def angle(text: str) -> Angle | None:
    """Return the angle that a text means.

    Understood are decimal degrees, degrees and minutes, and degrees, minutes and seconds: ``112°21′03.5″``,
    ``112-21-03.5``, ``112:21:03.5``, ``112 21 03.5``, ``112度21分3.5秒``, with E, W, N or S before or after, or 东经,
    西经, 北纬 or 南纬 before, in plain and in full-width form.

    Returns
    -------
    Angle or None
        None when the text is no angle, or has minutes or seconds of 60 and more.
    """
    plain = unicodedata.normalize("NFKC", text.translate(_MARKS)).translate(_MARKS).replace("′", "'")
    match = _WRITTEN.match(re.sub(r"\s+", " ", plain).strip().upper())
    if match is None or (match["before"] and match["after"]):
        return None
    side = match["before"] or match["after"]
    if side and match["sign"]:
        return None
    body = match["body"].strip()
    found = next(filter(None, (form.match(body) for form in _BODIES)), None)
    if found is None:
        return None
    degrees, minutes, seconds = (*(float(part) for part in found.groups()), 0.0, 0.0)[:3]
    if minutes >= 60 or seconds >= 60:
        return None
    axis, sense = _SIDES[side] if side else (None, -1 if match["sign"] == "-" else 1)
    return Angle(sense * (degrees + (minutes + seconds / 60.0) / 60.0), axis)
