"""What page, document and workbook tell of two results: places and facilities that change, inputs that differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accessgis.base.errors import Language
from accessgis.layers.areas import LEVELS
from accessgis.report.compared import Compared, Place, changed_facilities
from accessgis.report.comparison_view import ComparisonLine
from accessgis.report.numbers import count
from accessgis.report.wording import kind_name, listing, role_name, say

SHOWN_PLACES = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceTable:
    """The places of one rule that gain and lose most, and how many more there are."""

    rule: str
    title: str
    gains: tuple[Place, ...]
    losses: tuple[Place, ...]
    more: str
    person_by_person: bool
    people: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityLine:
    """A facility that only one of the two results has in service."""

    name: str
    kind: str
    place: str
    change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InputLine:
    """An input that only one of the two results has, or that is another file in each."""

    role: str
    path: str
    change: str
    before: str
    after: str


def tally(lines: Sequence[ComparisonLine], rules: int, lang: Language) -> str:
    """Return how many rules were compared, and of how many figure or verdict changes."""
    changed = {line.rule for line in lines}
    flips = {line.rule for line in lines if line.marks[0] != line.marks[1]}
    to_met = {line.rule for line in lines if line.marks[1] == "meets" and line.rule in flips}
    from_met = {line.rule for line in lines if line.marks[0] == "meets" and line.rule in flips}
    if not flips:
        return say("compare.tally_same", lang, rules=count(rules), changed=count(len(changed)))
    told = {"rules": rules, "changed": len(changed), "flips": len(flips), "met": len(to_met), "lost": len(from_met)}
    return say("compare.tally", lang, **{name: count(number) for name, number in told.items()})


def place_tables(compared: Compared, found: Mapping[str, list[Place]], lang: Language) -> list[PlaceTable]:
    """Return the table of every rule of which a place below the whole changes, finest level.

    Parameters
    ----------
    compared
        The two results.
    found
        The places of each rule (:func:`accessgis.report.compared.places`).
    lang
        ``"zh"`` or ``"en"``.
    """
    tables = []
    for rule, rows in found.items():
        circle = compared.rules[rule]["rule_kind"] == "circle"
        level = _finest(rows)
        mine = [place for place in rows if place.level == level and place.change in ("gain", "loss")]
        if not mine or level == "county":
            continue
        gains, losses = _ranked(mine)
        hidden = max(0, len(gains) - SHOWN_PLACES) + max(0, len(losses) - SHOWN_PLACES)
        tables.append(
            PlaceTable(
                rule=rule,
                title=str(compared.rules[rule]["title"][lang]),
                gains=tuple(gains[:SHOWN_PLACES]),
                losses=tuple(losses[:SHOWN_PLACES]),
                more=say("compare.more_places", lang, count=count(hidden)) if hidden else "",
                person_by_person=any(place.gained is not None for place in mine),
                people=circle,
            )
        )
    return tables


def _finest(rows: Sequence[Place]) -> str:
    """Return the finest level that has a change, else the finest there is."""
    levels = [level for level in LEVELS if any(place.level == level for place in rows)]
    moving = [
        level for level in levels if any(place.level == level and place.change in ("gain", "loss") for place in rows)
    ]
    return (moving or levels or ["county"])[-1]


def _ranked(rows: Sequence[Place]) -> tuple[list[Place], list[Place]]:
    """Return the places that gain and those that lose, most people first, then by code."""
    order = sorted(rows, key=lambda place: (-abs(place.net or 0), place.code))
    return [place for place in order if place.change == "gain"], [place for place in order if place.change == "loss"]


def facility_lines(compared: Compared, lang: Language) -> list[FacilityLine]:
    """Return the facilities that only one of the two results has in service."""
    frame = changed_facilities(compared)
    names = {
        (row["level"], row["code"]): row["name"]
        for drawn in (compared.before, compared.after)
        for row in drawn.areas[["level", "code", "name"]].to_dict("records")
    }
    return [
        FacilityLine(
            name=str(row["name"] or "") or str(row["facility_id"]),
            kind=kind_name(row["kind"], lang),
            place=names.get(("village", row["village"])) or names.get(("township", row["township"]), ""),
            change=say(f"compare.facility_{row['change']}", lang),
        )
        for row in frame.to_dict("records")
    ]


def input_lines(compared: Compared, lang: Language) -> list[InputLine]:
    """Return the inputs in which the two results differ: by what they are used as and called, then by their bytes.

    A file that is merely called otherwise is no difference.
    """
    sides = [{(each["role"], each["path"]): each for each in side} for side in compared.inputs]
    held = [{(each["role"], each["sha256"]) for each in side} for side in compared.inputs]
    lines = []
    for key in dict.fromkeys((*sides[1], *sides[0])):
        role, path = key
        here = [side.get(key) for side in sides]
        known = [each for each in here if each is not None]
        if len(known) == 2 and known[0]["sha256"] == known[1]["sha256"]:
            continue
        if len(known) == 1 and all((role, known[0]["sha256"]) in side for side in held):
            continue
        change = "changed" if len(known) == 2 else "new" if here[0] is None else "gone"
        rows = [count(each["rows"]) if each is not None and each["rows"] else "" for each in here]
        lines.append(
            InputLine(
                role=role_name(role, lang),
                path=path,
                change=say(f"compare.input_{change}", lang),
                before=rows[0],
                after=rows[1],
            )
        )
    return lines


def assumption_lines(compared: Compared, lang: Language) -> list[tuple[str, str]]:
    """Return what the rules that change assume, each assumption once: the titles of its rules, and the assumption."""
    rules: dict[str, dict[str, None]] = {}
    for line in compared.view.lines:
        for assumed in compared.rules[line.rule]["assumed"]:
            rules.setdefault(str(assumed[lang]), {})[str(compared.rules[line.rule]["title"][lang])] = None
    return [(listing(titles, lang), text) for text, titles in rules.items()]
