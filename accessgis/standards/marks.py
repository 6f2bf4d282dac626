"""What is told of facilities beside kind and place: capacities, and marks (是/否) such as “up to standard”."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from accessgis.base.files import packaged_toml

CAPACITIES: tuple[str, ...] = (
    "places", "beds", "nursing_beds", "staff", "doctors", "nurses", "floor_m2", "area_m2", "land_m2", "pitches",
    "residents", "enrolled", "length_km",
)  # fmt: skip
"""Capacity columns that a layer may carry; a missing number is unknown (NaN), never zero."""

LAND, GROUNDS = "land_m2", "area_m2"
OF_SITES = (LAND, GROUNDS)
"""Capacities that belong to a site: facilities that share one (一址多用) have them once."""

DERIVED: tuple[str, ...] = ("occupancy",)
"""What is worked out from capacities: residents over beds."""

TEXTS: tuple[str, ...] = ("kind", "ownership")
"""Texts that a rule may test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that holds of a facility or not.

    Attributes
    ----------
    id
        Stable id, and the name of its column.
    zh, en
        Names that users see.
    aliases
        Headings that registers use.
    """

    id: str
    zh: str
    en: str
    aliases: tuple[str, ...]


def load_marks() -> dict[str, Mark]:
    """Return every mark by id, in the order of the list that is shipped."""
    return {mark.id: mark for mark in _marks()}


def mark_ids() -> tuple[str, ...]:
    """Return the ids of all marks."""
    return tuple(load_marks())


@cache
def _marks() -> tuple[Mark, ...]:
    return tuple(
        Mark(id=name, zh=entry["zh"], en=entry["en"], aliases=tuple(entry.get("aliases", ())))
        for name, entry in packaged_toml("accessgis.standards.data", "marks.toml").items()
    )
