"""The speeds that a result assumes, one line per mode of travel with the range it is varied over and its source."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from accessgis.assess.assessment import Assessment
from accessgis.base.errors import Language
from accessgis.report.wording import PROFILE_JOINER, listing, mode_name, say

_ASSUMED = "assumed"
_HAN = re.compile("[\u3400-\u9fff]")
_NORM = re.compile(r"[A-Z]{2,4}(?:/T)? [A-Z]?\d+(?:\.\d+)?—\d{4}")
_CASES = ("low", "central", "high")


def speed_lines(assessment: Assessment, profiles: Iterable[str], lang: Language) -> list[str]:
    """Return the assumed speeds of profiles, or of parts of joined ones, slow modes first.

    A mode whose speed goes by road class has the span of its central values, ferries left out.
    """
    wanted = {part for profile in profiles for part in profile.split(PROFILE_JOINER)}
    used = [entry for entry in assessment.profiles if entry.get("id") in wanted and math.isfinite(_fastest(entry))]
    return [_line(entry, lang) for entry in sorted(used, key=_fastest)]


def _fastest(entry: Mapping[str, Any]) -> float:
    """Return the highest central speed of a profile, infinite when it states none."""
    own, by_class = entry.get("speed_kph"), entry.get("class_speed_kph") or {}
    spans = [own] if own else list(by_class.values())
    return max((float(span["central"]) for span in spans), default=math.inf)


def _line(entry: Mapping[str, Any], lang: Language) -> str:
    name = mode_name(str(entry["id"]), lang)
    mode = name if lang == "zh" else name[:1].upper() + name[1:]
    source = _source(str(entry.get("source", _ASSUMED)), lang)
    own = entry.get("speed_kph")
    if own:
        low, central, high = (f"{float(own[case]):.1f}" for case in _CASES)
        return say("fact.speed_text", lang, mode=mode, low=low, central=central, high=high, source=source)
    roads = [float(span["central"]) for name, span in entry["class_speed_kph"].items() if name != "ferry"]
    return say("fact.speed_class", lang, mode=mode, low=f"{min(roads):g}", high=f"{max(roads):g}", source=source)


def _source(text: str, lang: Language) -> str:
    """Return where a speed comes from; in English a source that is written in Chinese by the norms that it cites."""
    if text in ("", _ASSUMED):
        return say("fact.speed_assumed", lang)
    if lang == "zh" or not _HAN.search(text):
        return text
    norms = listing(dict.fromkeys(_NORM.findall(text)), lang)
    return say("fact.speed_source", lang, source=norms) if norms else say("fact.speed_stated", lang)
