"""Facility kinds: ids, Chinese and English names, and the OSM tags that mean them."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from accessgis.base.errors import UsageError
from accessgis.base.files import packaged_toml

ANY_VALUE = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class OsmRule:
    """One line of the mapping from OSM tags to kinds.

    Attributes
    ----------
    tags
        ``(key, values)`` pairs that must all fit; ``"*"`` is any value.
    kind
        Kind id, or ``""``: these tags alone make no facility, ``note`` says why.
    only
        Keys of which no other value may stand beside the one that fits (``isced:level = 1;2`` is no primary school).
    closed
        Values of ``access`` that leave the object out.
    note
        Remark on the reading.
    """

    tags: tuple[tuple[str, frozenset[str]], ...]
    kind: str
    only: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    note: str = ""

    def fits(self, tags: Mapping[str, str]) -> bool:
        """Return whether all tags of the rule fit."""
        for key, wanted in self.tags:
            value = tags.get(key)
            if value is None:
                return False
            given = {part.strip() for part in value.split(";")}
            if ANY_VALUE not in wanted and not given & wanted:
                return False
            if key in self.only and not given <= wanted:
                return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of facility.

    Attributes
    ----------
    id
        Stable id.
    zh, en
        Names that users see.
    aliases
        Other Chinese names that registers use.
    service
        Group of service (``health``, ``school``, ``elderly`` …).
    capacities
        Capacity columns usual for the kind.
    osm
        OSM rules that yield the kind.
    """

    id: str
    zh: str
    en: str
    aliases: tuple[str, ...]
    service: str
    capacities: tuple[str, ...]
    osm: tuple[OsmRule, ...]


@cache
def load_kinds() -> Mapping[str, Kind]:
    """Return every kind by id, in the order of the list that is shipped."""
    return MappingProxyType({kind.id: kind for kind in _kinds()})


def kind_id(text: str) -> str:
    """Return the id of a kind given by id, Chinese or English name, or alias.

    Width and case of letters and space around the text do not matter.

    Raises
    ------
    UsageError
        AG2102 no such kind; the message names the closest ones.
    """
    found = _names().get(_normal(text))
    if found is None:
        raise UsageError("AG2102", value=text, close=close_kinds(text))
    return found


def close_kinds(text: str) -> str:
    """Return the kinds whose names are closest to ``text``, as ``id 中文名`` joined by ``、``; ``—`` when none is."""
    by_id = load_kinds()
    names = difflib.get_close_matches(_normal(text), list(_names()), n=6, cutoff=0.5)
    near = list(dict.fromkeys(_names()[name] for name in names))[:3]
    return "、".join(f"{kind} {by_id[kind].zh}" for kind in near) or "—"


def osm_rules() -> tuple[OsmRule, ...]:
    """Return the mapping from OSM tags to kinds in the order it is read."""
    return _osm()


def osm_keys() -> frozenset[str]:
    """Return the keys of which an OSM object must have one to be a facility: what a reader may filter on."""
    return frozenset(_osm_index())


def osm_kind(tags: Mapping[str, str]) -> str | None:
    """Return the kind of an OSM object, or None when it is no facility of ours.

    The first rule that fits and names a kind decides. Objects out of use (``disused=yes``, ``disused:amenity=…``) or
    closed to residents are none.

    Parameters
    ----------
    tags
        Tags of the object; anything with ``get`` will do.
    """
    rule = next(
        (
            rule
            for key, rules in _osm_index().items()
            if tags.get(key)
            for rule in rules
            if rule.kind and rule.fits(tags)
        ),
        None,
    )
    if rule is None:
        return None
    keys, access = _osm_exclude()
    if any(tags.get(key, "no") != "no" for key in keys):
        return None
    return None if tags.get("access", "") in access | rule.closed else rule.kind


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


@cache
def _osm() -> tuple[OsmRule, ...]:
    return tuple(
        OsmRule(
            tags=tuple((key, frozenset(values)) for key, values in entry["tags"].items()),
            kind=entry["kind"],
            only=frozenset(entry.get("only", ())),
            closed=frozenset(entry.get("closed", ())),
            note=entry.get("note", ""),
        )
        for entry in packaged_toml("accessgis.standards.data", "kinds.toml")["osm"]
    )


@cache
def _osm_index() -> dict[str, tuple[OsmRule, ...]]:
    """Rules by their first key, keys in order of first use: the file keeps the rules of one first key together."""
    index: dict[str, tuple[OsmRule, ...]] = {}
    for rule in _osm():
        index[rule.tags[0][0]] = (*index.get(rule.tags[0][0], ()), rule)
    return index


@cache
def _osm_exclude() -> tuple[tuple[str, ...], frozenset[str]]:
    table = packaged_toml("accessgis.standards.data", "kinds.toml")["osm_exclude"]
    return tuple(table["keys"]), frozenset(table["access"])


@cache
def _kinds() -> tuple[Kind, ...]:
    return tuple(
        Kind(
            id=entry["id"],
            zh=entry["zh"],
            en=entry["en"],
            aliases=tuple(entry["aliases"]),
            service=entry["service"],
            capacities=tuple(entry["capacities"]),
            osm=tuple(rule for rule in _osm() if rule.kind == entry["id"]),
        )
        for entry in packaged_toml("accessgis.standards.data", "kinds.toml")["kinds"]
    )


@cache
def _names() -> dict[str, str]:
    return {_normal(name): kind.id for kind in _kinds() for name in (kind.id, kind.zh, kind.en, *kind.aliases)}
