"""Units as registers name them: by code, by name as written, or by name without 村委会, 社区 and the like."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from accessgis.base.files import packaged_toml
from accessgis.layers.areas import Areas, Level
from accessgis.layers.belonging import ancestor_codes
from accessgis.layers.codes import renewed

NAMED: tuple[Level, ...] = ("county", "township", "village")
"""Levels that a row may name, highest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The units that one row names.

    Attributes
    ----------
    codes
        Level → code of the units that were found.
    unknown
        Whether some stated unit was not found, or could be several.
    candidates
        Names of the units that one name could mean, where that is why nothing was found.
    recoded
        Whether some code was found only under the new code of its county.
    """

    codes: Mapping[Level, str]
    unknown: bool = False
    candidates: tuple[str, ...] = ()
    recoded: bool = False

    @property
    def lowest(self) -> Level | None:
        """Return the lowest level found."""
        return next((level for level in reversed(NAMED) if level in self.codes), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What a row states that gives units by code, by name or by both.

    Attributes
    ----------
    stated
        Level → code or name, to be looked for by :meth:`UnitNames.find`.
    by_name
        Whether the study has not the code, but a unit of the name.
    renamed
        The unit of the code, and the name beside it where the study has no unit of that name; '' else.
    against
        The unit of the code, and the name beside it where that is the name of another unit; '' else.
    """

    stated: Mapping[Level, str]
    by_name: bool = False
    renamed: str = ""
    against: str = ""


class UnitNames:
    """Finds the units of a study by what registers write.

    Parameters
    ----------
    areas
        The units of the study.
    """

    def __init__(self, areas: Areas) -> None:
        self._title: dict[str, str] = {}
        self._codes: dict[Level, set[str]] = {}
        self._written: dict[Level, dict[str, list[str]]] = {}
        self._bare: dict[Level, dict[str, list[str]]] = {}
        self._counties = {str(code)[:6] for code in areas.frame["code"]}
        self._above = {level: ancestor_codes(areas, level) for level in NAMED}
        names = dict(zip(areas.frame["code"], areas.frame["name"], strict=True))
        for level in NAMED:
            at = areas.at(level)
            self._codes[level] = set(at["code"])
            self._written[level], self._bare[level] = {}, {}
            for code, name, parent in zip(at["code"], at["name"], at["parent"], strict=True):
                before = names.get(parent, "") if level == "village" else ""
                self._title[code] = f"{before}{name}"
                self._written[level].setdefault(as_written(name), []).append(code)
                self._bare[level].setdefault(without_ending(name, level), []).append(code)

    def find(self, stated: Mapping[Level, str]) -> Named:
        """Return the units that a row names.

        Parameters
        ----------
        stated
            Level → code or name; '' where nothing is stated. A name is looked for inside the units found above it: the
            village of a township is never a namesake elsewhere.
        """
        codes: dict[Level, str] = {}
        within, lost, recoded, candidates = "", False, False, []
        for level in NAMED:
            text = stated.get(level, "")
            if not text:
                continue
            if text not in self._codes[level] and renewed(text) in self._codes[level]:
                text, recoded = renewed(text), True
            # Below a unit that was not found a name says too little; a code says everything.
            found = self._found(level, text, within) if not lost or text in self._codes[level] else []
            if len(found) == 1:
                codes[level] = within = found[0]
            else:
                lost = True
                candidates += found
        titles = [self._title[code] for code in candidates]
        if len(set(titles)) < len(titles):  # namesakes are told apart by their codes
            titles = [f"{title} ({code})" for title, code in zip(titles, candidates, strict=True)]
        return Named(codes=codes, unknown=lost, candidates=tuple(titles), recoded=recoded)

    def settle(self, codes: Mapping[Level, str], names: Mapping[Level, str]) -> Settled:
        """Return what a row states: its codes, held against the names beside them.

        Codes of villages are given anew when villages merge, and one that was of another village years ago is still
        the code of a village: only the name tells.

        Parameters
        ----------
        codes, names
            Level → code and name of the same unit; '' where it is not stated.
        """
        stated: dict[Level, str] = {}
        within, lost, by_name, renamed, against = "", False, False, "", ""
        for level in NAMED:
            code, name = codes.get(level, ""), names.get(level, "")
            stated[level] = code or name
            known = next((one for one in (code, renewed(code)) if one in self._codes[level]), "")
            called = self._found(level, name, within) if name else []
            if code.isdecimal() and name and level != "county":
                if known and called and known not in called:
                    against = f"{known} {self._title[known]} ≠ {name}"
                elif known and not called:
                    renamed = f"{known} {self._title[known]} ≠ {name}"
                elif called and not known and not lost and {code[:6], renewed(code)[:6]} & self._counties:
                    stated[level], by_name = name, True
            lost = lost or bool(stated[level] and not known and len(called) != 1)
            within = known or (called[0] if len(called) == 1 else within)
        return Settled(stated=stated, by_name=by_name, renamed=renamed, against=against)

    def title(self, code: str) -> str:
        """Return the name of a unit; villages as 乡镇+村."""
        return self._title[code]

    def _found(self, level: Level, text: str, within: str) -> list[str]:
        if text in self._codes[level]:
            return [text]
        for table, name in ((self._written, as_written(text)), (self._bare, without_ending(text, level))):
            codes = [code for code in table[level].get(name, ()) if not within or self._lies_in(code, within)]
            if codes:
                return codes
        return []

    def _lies_in(self, code: str, unit: str) -> bool:
        return any(above.get(code) == unit for above in self._above.values())


def as_written(name: str) -> str:
    """Return a name with full-width characters made plain and without blanks."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def without_ending(name: str, level: Level) -> str:
    """Return a name as written without the known endings of its level; something always remains."""
    plain = as_written(name)
    while ending := next((one for one in _endings(level) if plain.endswith(one) and plain != one), ""):
        plain = plain.removesuffix(ending)
    return plain


@cache
def _endings(level: Level) -> tuple[str, ...]:
    words = packaged_toml("accessgis.layers.data", "unit_names.toml")["endings"][level]
    return tuple(sorted(words, key=len, reverse=True))
