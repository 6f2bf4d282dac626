"""Static maps of two results: a rule before and after, and where it changes, drawn on the ground of reports' maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.figure import Figure

from accessgis.base.errors import Language
from accessgis.report.compared import Compared, Place, changed_facilities
from accessgis.report.drawn import Drawn
from accessgis.report.map_legend import LegendContent
from accessgis.report.rule_map import AreaMark, MapContent, Moved, Shade, rule_map
from accessgis.report.wording import kind_name, say

_STATES: tuple[Shade, ...] = ("p", "h", "n", "ga", "gb", "a", "b", "c", "d", "s1", "s2", "s3", "s4", "u", "x")
_CHANGES: tuple[Shade, ...] = ("gain", "loss", "same", "u", "x")
_NAMED = 12
"""Places that a map of changes names, those of most people: the table lists the others."""
_LEAST = 2
"""Areas from which on a map says more than its figure."""
RingWord = tuple[Literal["new", "gone"], str]


@dataclass(frozen=True, eq=False, kw_only=True)
class ComparedMaps:
    """Maps that share one legend and one caption: each with what stands above it and what it shows in words."""

    figures: tuple[tuple[Figure, str, str], ...]
    legend: LegendContent
    caption: str


def compared_maps(compared: Compared, rule: str, rows: Sequence[Place], lang: Language) -> list[ComparedMaps]:
    """Return the maps of a rule.

    Before and after side by side, by townships, where the class of one of them changes; then where the rule changes,
    at the finest level that changes.

    Parameters
    ----------
    compared
        The two results.
    rule
        Its id.
    rows
        Its places (:func:`accessgis.report.compared.places`).
    lang
        ``"zh"`` or ``"en"``.
    """
    levels = {level: [place for place in rows if place.level == level] for level in ("township", "village")}
    whole = next((level for level, mine in levels.items() if len(mine) >= _LEAST), "")
    moving = next(
        (level for level in ("village", "township") if _moving(levels[level]) and len(levels[level]) >= _LEAST), ""
    )
    found = []
    if whole and any(place.shades[0] != place.shades[1] for place in levels[whole]):
        found.append(_states(compared, rule, levels[whole], lang))
    if moving:
        found.append(_changes(compared, rule, levels[moving], lang))
    return found


def _moving(rows: Sequence[Place]) -> list[Place]:
    return [place for place in rows if place.change in ("gain", "loss")]


def _states(compared: Compared, rule: str, rows: Sequence[Place], lang: Language) -> ComparedMaps:
    moved = _moved(compared, rule)
    sides = []
    for side, drawn, change in ((0, compared.before, "gone"), (1, compared.after, "new")):
        marks = [
            AreaMark(code=place.code, shade=place.shades[side], name=place.name, text=(place.before, place.after)[side])
            for place in rows
        ]
        mine = [each for each in moved if each.change == change]
        sides.append((_map(drawn, compared, rule, rows[0].level, marks, mine, lang), compared.names[side]))
    used = {shade for place in rows for shade in place.shades}
    words = [(shade, say(f"legend.{shade}", lang)) for shade in _STATES if shade in used]
    return _together(compared, rule, rows[0].level, sides, words, "states", lang)


def _changes(compared: Compared, rule: str, rows: Sequence[Place], lang: Language) -> ComparedMaps:
    """Return the map of what becomes of each place; those that change most are named."""
    named = {
        place.code
        for place in sorted(_moving(rows), key=lambda place: (-abs(place.net or 0), place.code))[:_NAMED]
    }  # fmt: skip
    townships = {each["name"] for each in compared.after.areas.to_dict("records") if each["level"] == "township"}
    marks = [
        AreaMark(
            code=place.code,
            shade=place.change,
            name=_short(place.name, townships) if place.code in named else "",
            text=place.told if place.code in named else "",
        )
        for place in rows
    ]
    figure = _map(compared.after, compared, rule, rows[0].level, marks, _moved(compared, rule), lang)
    used = {place.change for place in rows}
    words = [(shade, say(f"compare.change_{shade}", lang)) for shade in _CHANGES if shade in used]
    return _together(compared, rule, rows[0].level, [(figure, "")], words, "changes", lang)


def _short(name: str, townships: set[str]) -> str:
    """Return a village's name without its township, which a map shows."""
    above = max((each for each in townships if name.startswith(each) and name != each), key=len, default="")
    return name.removeprefix(above).strip()


def _map(
    drawn: Drawn,
    compared: Compared,
    rule: str,
    level: str,
    marks: Sequence[AreaMark],
    moved: Sequence[Moved],
    lang: Language,
) -> Figure:
    content = MapContent(
        level=level,
        marks=marks,
        kinds=compared.rules[rule]["kinds"],
        discs=(),
        north=say("report.north", lang),
        scale=say("report.scale_km", lang, km="{km}"),
        moved=moved,
    )
    return rule_map(drawn.ground, content)


def _moved(compared: Compared, rule: str) -> list[Moved]:
    frame = changed_facilities(compared, compared.rules[rule]["kinds"])
    frame = frame[frame["x"].notna()]
    return [
        Moved(kind=row["kind"], x=float(row["x"]), y=float(row["y"]), change=row["change"])
        for row in frame.to_dict("records")
    ]


def _together(
    compared: Compared,
    rule: str,
    level: str,
    figures: Sequence[tuple[Figure, str]],
    words: Sequence[tuple[Shade, str]],
    what: str,
    lang: Language,
) -> ComparedMaps:
    caption = say(
        f"compare.map_{what}",
        lang,
        title=str(compared.rules[rule]["title"][lang]),
        units=say(f"report.units_{level}", lang),
        before=compared.names[0],
        after=compared.names[1],
    )
    there = {kind for drawn in (compared.before, compared.after) for kind in drawn.facilities["kind"]}
    moved = {each.change for each in _moved(compared, rule)}
    rings: tuple[RingWord, ...] = (
        ("new", say("compare.facility_new", lang)),
        ("gone", say("compare.facility_gone", lang)),
    )
    content = LegendContent(
        shades=words,
        kinds=[(kind, kind_name(kind, lang)) for kind in compared.rules[rule]["kinds"] if kind in there],
        gaps="",
        roads=say("report.legend_roads", lang) if compared.after.roads is not None else "",
        moved=[ring for ring in rings if ring[0] in moved],
    )
    return ComparedMaps(
        figures=tuple((figure, above, say("report.map_alt", lang, caption=caption)) for figure, above in figures),
        legend=content,
        caption=caption,
    )
