"""What a siting model is asked: the people of rules, the sites that may be chosen, and who is near which.

Rows are the demand points of each rule, one rule after the other; columns are facilities of today that are chosen among
or have room of their own, then the candidates, then, as one site that always stays, the other facilities of today.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from accessgis.base.errors import UsageError
from accessgis.decide.candidates import circles_of, others_ms, people_of, quickest_of, trips, without_ms
from accessgis.decide.places import Places
from accessgis.decide.wish import Existing
from accessgis.measures.coverage import is_covered
from accessgis.standards.kinds import kind_id, load_kinds
from accessgis.study.measure import Measured
from accessgis.study.prepare import Prepared
from accessgis.study.reaches import RuleReaches, admitted, cutoff_of
from accessgis.travel.within import TimeMatrix

FloatArray = NDArray[np.float64]
LongArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
_Pairs = tuple[LongArray, LongArray, LongArray]

FURTHEST = 4
"""How many times the limit a way may be in models that look at the length of ways."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Asked:
    """One rule that sites are chosen under.

    Attributes
    ----------
    item, kind
        The rule with its times, and the kind of the new facilities that it counts.
    weight
        What one of its people counts.
    people
        People concerned at each demand point, of the group asked for.
    others
        Way to the slowest part that does not count the kind: no site makes anybody's way shorter.
    stays
        Way of each demand point, were there only those facilities of today that stay as one.
    """

    item: RuleReaches
    kind: str
    weight: float
    people: FloatArray
    others: FloatArray
    stays: FloatArray

    @property
    def rule(self) -> str:
        """Id of the rule."""
        return self.item.chosen.standard.id

    @property
    def cutoff(self) -> int:
        """Limit in milliseconds, or millimetres of a rule in metres."""
        return cutoff_of(self.item.chosen)

    @property
    def covered_today(self) -> BoolArray:
        """Which demand points are within the limit today."""
        return is_covered(self.item.reaches[0].ms, cutoff_ms=self.cutoff)


@dataclass(frozen=True, eq=False, kw_only=True)
class Problem:
    """Rules, people and sites.

    Attributes
    ----------
    measured
        The study with its times.
    asked
        The rules, at least one.
    kinds
        Kinds that a new centre is of.
    places
        Candidate places.
    existing
        What becomes of today's facilities of the kinds.
    facilities
        Rows of today's facilities that are columns of their own: those that may close, or all that count where each
        has its own room.
    listed
        Whether all of today's facilities that count are among them, so that none stays as one site.
    """

    measured: Measured
    asked: tuple[Asked, ...]
    kinds: tuple[str, ...]
    places: Places
    existing: Existing
    facilities: LongArray
    listed: bool

    @property
    def first_candidate(self) -> int:
        """Column of the first candidate."""
        return self.facilities.size

    @property
    def site_count(self) -> int:
        """Number of columns."""
        return self.facilities.size + len(self.places.frame) + (not self.listed)

    @cached_property
    def people(self) -> FloatArray:
        """People of each row, times the weight of their rule."""
        return np.concatenate([one.weight * one.people for one in self.asked])

    @cached_property
    def fixed(self) -> BoolArray:
        """Which columns stay open whatever is chosen."""
        found = np.zeros(self.site_count, dtype=bool)
        mine = closing(self.measured.prepared, [one.kind for one in self.asked])[self.facilities]
        found[: self.facilities.size] = ~mine | (self.existing == "fixed")
        if not self.listed:
            found[-1] = True
        return found

    def cover(self, also: BoolArray | None = None) -> TimeMatrix:
        """Return who is within the limit of which site: rows with people, and those named besides."""
        parts: list[_Pairs] = []
        lived = self.people > 0 if also is None else (self.people > 0) | also
        for number, one in enumerate(self.asked):
            stays, some = is_covered(one.stays, cutoff_ms=one.cutoff), np.split(lived, len(self.asked))[number]
            wanted = some & ~stays & (one.others <= one.cutoff)
            for row, column, ms in self._pairs(one, one.cutoff, wanted):
                parts.append((row + number * one.people.size, column, np.maximum(ms, one.others[row].astype(np.int64))))
            if not self.listed:
                row = np.flatnonzero(stays & some)
                last = np.full(row.size, self.site_count - 1)
                parts.append((row + number * one.people.size, last, one.stays[row].astype(np.int64)))
        return self._matrix(parts, max(one.cutoff for one in self.asked))

    def ways(self) -> TimeMatrix:
        """Return the ways to sites as far as is looked, of one rule, where they are shorter than those that stay.

        Under a rule of several parts a way is as long as that to the slowest of them, those of other kinds included.
        People are asked for in bands of their way today, so that nobody's ways are sought further than they help.
        """
        (one,) = self.asked
        furthest = FURTHEST * one.cutoff
        wanted, now = one.people > 0, one.stays
        parts: list[_Pairs] = []
        least, end = -1.0, max(1, furthest >> 6)
        while least < furthest:
            end = min(end, furthest)
            band = wanted & (now > least) & ((now <= end) | (end == furthest))
            for row, column, trip in self._pairs(one, end, band) if band.any() else ():
                ms = np.maximum(trip, np.minimum(one.others[row], furthest + 1).astype(np.int64))
                kept = (ms < now[row]) & (ms <= furthest)
                parts.append((row[kept], column[kept], ms[kept]))
            least, end = float(end), end * 2
        if not self.listed:
            near = np.flatnonzero(wanted & (now <= furthest))
            parts.append((near, np.full(near.size, self.site_count - 1), now[near].astype(np.int64)))
        return self._matrix(parts, furthest)

    def _pairs(self, one: Asked, cutoff: int, wanted: BoolArray) -> Iterator[_Pairs]:
        """Yield the pairs of demand points and columns within a cutoff: facilities of today, then candidates."""
        measured, kind = self.measured, one.kind
        mine = self._counted(one)
        if mine.any():
            found = trips(measured, one.item, kind, mine, cutoff=cutoff, wanted=wanted)
            at = np.full(mine.size, -1)
            at[self.facilities] = np.arange(self.facilities.size)
            yield found.origin.astype(np.int64), at[found.destination], found.ms.astype(np.int64)
        if len(self.places.frame):
            found = trips(measured, one.item, kind, self.places.frame, cutoff=cutoff, wanted=wanted)
            column = found.destination.astype(np.int64) + self.first_candidate
            yield found.origin.astype(np.int64), column, found.ms.astype(np.int64)

    def _counted(self, one: Asked) -> BoolArray:
        """Return which facilities that are columns serve a rule."""
        frame = self.measured.prepared.facilities.frame
        found = np.zeros(len(frame), dtype=bool)
        found[self.facilities] = True
        names = _kinds(one.item, one.kind) if self.listed else [other.kind for other in self.asked]
        return found & admitted(self.measured.prepared, [name for name in names if _counts(one.item, name)])

    def _matrix(self, parts: Sequence[_Pairs], cutoff: int) -> TimeMatrix:
        nothing = np.zeros(0, dtype=np.int64)
        row, column, ms = (np.concatenate([nothing, *values]) for values in zip(*parts, strict=True)) if parts else (
            nothing, nothing, nothing
        )  # fmt: skip
        return quickest_of(row, column, ms, shape=(self.people.size, self.site_count), cutoff=cutoff)


def problem(
    measured: Measured,
    asked: Sequence[tuple[RuleReaches, str, float]],
    places: Places,
    *,
    kinds: Sequence[str],
    existing: Existing = "fixed",
    group: str | None = None,
    listed: bool = False,
    roomy: bool = False,
) -> Problem:
    """Return the question of where to build under some rules.

    Parameters
    ----------
    measured
        The study with its times.
    asked
        Rules, the kind that each counts, and what one of its people weighs.
    places
        Candidate places.
    kinds
        Kinds that a new centre is of: it serves every part of a rule that counts one of them.
    existing
        What becomes of today's facilities of the kinds.
    group
        Whose coverage counts; by default each rule's own group.
    listed
        Whether each of today's facilities is a site of its own: where it has its own room, or is counted.
    roomy
        Whether sites have limited room: a neighbour's is not the county's to fill, so that its facilities are left out.

    Raises
    ------
    UsageError
        AG2416 the study has no people of that group, AG2441 today's facilities are sites of their own and several
        kinds serve different parts of a rule.
    """
    prepared = measured.prepared
    if group is not None and group not in prepared.demand.groups:
        raise UsageError("AG2416", value=group, known=", ".join(prepared.demand.groups))
    rows = np.zeros(len(prepared.facilities.frame), dtype=bool)
    names = tuple(dict.fromkeys(kind for _, kind, _ in asked))
    mine = closing(prepared, names)
    found = []
    for item, kind, weight in asked:
        if existing != "fixed" or listed:
            key = f"--{existing}" if existing != "fixed" else "--capacity" if roomy else "--objective backup"
            _require_alike(item, kinds, key)
        if listed:
            rows |= admitted(prepared, _kinds(item, kind)) & ~(mine & (existing == "free"))
        elif existing == "closable":
            rows |= mine
        found.append(
            Asked(
                item=item,
                kind=kind,
                weight=weight,
                people=people_of(measured, item, group),
                others=others_ms(item, kinds),
                stays=_stays(measured, item, kind, None if existing == "fixed" else mine, listed=listed),
            )
        )
    return Problem(
        measured=measured,
        asked=tuple(found),
        kinds=tuple(kinds),
        places=places,
        existing=existing,
        facilities=np.flatnonzero(rows & own_county(prepared) if roomy else rows),
        listed=listed,
    )


def own_county(prepared: Prepared) -> BoolArray:
    """Return the facilities that are no neighbour's: those in the study's counties."""
    return (prepared.facilities.frame["county"] != "").to_numpy(dtype=bool)


def closing(prepared: Prepared, kinds: Sequence[str]) -> BoolArray:
    """Return today's facilities of some kinds that a choice may close: a neighbour's are not the county's to close."""
    return admitted(prepared, kinds) & own_county(prepared)


def left_to_neighbours(question: Problem) -> int:
    """Return how many facilities that serve a rule are a neighbour's, whose room is not counted."""
    one, prepared = question.asked[0], question.measured.prepared
    return int((admitted(prepared, _kinds(one.item, one.kind)) & ~own_county(prepared)).sum())


def _stays(measured: Measured, item: RuleReaches, kind: str, gone: BoolArray | None, *, listed: bool) -> FloatArray:
    if listed:
        return np.full(item.reaches[0].ms.size, np.inf)
    return item.reaches[0].ms if gone is None else without_ms(measured, item, kind, gone)


def _counts(item: RuleReaches, kind: str) -> bool:
    return any(kind in kinds for kinds in item.chosen.standard.facilities_any)


def _require_alike(item: RuleReaches, names: Sequence[str], key: str) -> None:
    """Refuse kinds that serve different parts of a rule: a facility of today would serve only some of them."""
    parts = {tuple(name for name in names if name in kinds) for kinds in item.chosen.standard.facilities_any}
    if len(parts - {()}) > 1:
        raise UsageError("AG2441", key=key, other=", ".join(f"--kind {name}" for name in names))


def _kinds(item: RuleReaches, kind: str) -> tuple[str, ...]:
    """Return the kinds of facilities that serve every part of a rule which counts a kind."""
    sets = [kinds for kinds in item.chosen.standard.facilities_any if kind in kinds]
    return tuple(name for name in sets[0] if all(name in kinds for kinds in sets))


def rule_of(measured: Measured, standard: str, kinds: Sequence[str]) -> tuple[RuleReaches, str]:
    """Return a circle of the study by its id, and the first of some kinds that it counts.

    Raises
    ------
    UsageError
        AG2102 unknown kind, AG2421 the rule is no circle of the study that counts one of them, AG2558 none is.
    """
    names = [kind_id(kind) for kind in kinds]
    for name in names:
        for item in circles_of(measured, name):
            if item.chosen.standard.id == standard:
                return item, name
    entry = load_kinds()[names[0]]
    fitting = dict.fromkeys(item.chosen.standard.id for name in names for item in circles_of(measured, name))
    if not fitting:
        raise UsageError("AG2558", kind=names[0], kind_zh=entry.zh, kind_en=entry.en)
    raise UsageError("AG2421", value=standard, kind_zh=entry.zh, kind_en=entry.en, known=", ".join(fitting))
