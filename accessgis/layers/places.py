"""Who a rule concerns: the class of the place people live in, and whose class is unknown.

The classes are data (``data/place_classes.toml``): predicates over the urban–rural code, the seat of government, the
central urban area, and what codes of the Chinese form tell about county, township and committee. Truth has three
values: what is unknown makes people *unclassified*, never silently outside a class.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessgis.base.crs import has_chinese_form
from accessgis.base.files import packaged_toml
from accessgis.layers.areas import Areas
from accessgis.layers.belonging import ancestor_codes
from accessgis.layers.demand import Demand
from accessgis.standards.model import Title

BoolArray = NDArray[np.bool_]
_COUNTY_DIGITS = 6


class _Truth(NamedTuple):
    """Three values: ``yes``; known and not ``yes`` is no; the rest is unknown."""

    yes: BoolArray
    known: BoolArray

    def also(self, other: _Truth) -> _Truth:
        """And: no as soon as either is no."""
        no = (self.known & ~self.yes) | (other.known & ~other.yes)
        yes = self.yes & other.yes
        return _Truth(yes, yes | no)

    def either(self, other: _Truth) -> _Truth:
        """Or: yes as soon as either is yes."""
        yes = self.yes | other.yes
        return _Truth(yes, yes | (self.known & other.known))


def place_classes() -> dict[str, Title]:
    """Return every class that a rule's ``where`` may name, with its name in both languages."""
    return {name: Title(zh=entry["zh"], en=entry["en"]) for name, entry in _data()["classes"].items()}


def stated_class(word: str) -> str | None:
    """Return the class that a village's stated one names, by id or word, None where it is none that can be stated."""
    return _stated_words().get("".join(unicodedata.normalize("NFKC", word).split()).casefold())


def statable_words() -> tuple[str, ...]:
    """Return one word, in Chinese, for every class that may be stated for a village."""
    return tuple(entry["words"][0] for entry in _data()["classes"].values() if "words" in entry)


def land_survey_classes() -> dict[str, str]:
    """Return code of the land survey's attribute of settlements → class; '' where the code tells none."""
    table = _data()["land_survey"]
    return dict(table["classes"]) | dict.fromkeys(table["ignored"], "")


def contradicts(stated: str, ur_code: str) -> bool:
    """Return whether a stated class and an urban–rural code cannot both be true: one is urban, the other rural."""
    fits = [name for name in ("urban", "rural") if ur_code in _data()["classes"][name]["any"][0]["ur_code"]]
    return any(name in _data()["classes"][stated]["excludes"] for name in fits)


def concerned(demand: Demand, areas: Areas, *, where: str, study_code: str) -> tuple[BoolArray, BoolArray]:
    """Tell for each demand point whether a rule's ``where`` concerns its people, and whether that is unknown.

    Parameters
    ----------
    demand
        People with the attributes of the place they live in, n points.
    areas
        Areas of the study: whether a central urban area and seats are given, and a class assumed for everybody.
    where
        Class id, one of :func:`place_classes`.
    study_code
        Code of the study. Only where it has the Chinese form do codes tell kinds of county, township and committee.

    Returns
    -------
    tuple of numpy.ndarray
        Two bool arrays of length n: concerned, and unclassified. No point is both, none beyond the border is either.

    Raises
    ------
    ValueError
        No such class.

    Notes
    -----
    A class that asks for the urban–rural code leaves everybody without one unclassified. Central urban area and seat
    are unknown where the study gives no such layer or no place with a seat. Where the study states one class for
    everybody, that class and those it implies hold for all, and no other does; the central urban area stays a matter of
    its polygon.
    """
    judged = demand.frame["judged"].to_numpy(dtype=bool)
    truth = _of_class(demand.frame, areas, where=where, study_code=study_code)
    return judged & truth.yes, judged & ~truth.known


def village_class(areas: Areas, *, where: str, study_code: str) -> pd.Series:
    """Tell for each village area whether it is of a place class: 1 yes, 0 no, −1 unknown, by code.

    Parameters
    ----------
    areas
        Areas of the study.
    where, study_code
        As in :func:`concerned`.
    """
    villages = areas.at("village")
    above = {level: ancestor_codes(areas, level) for level in ("township", "county")}
    frame = pd.DataFrame(villages[["ur_code", "seat", "central"]]).assign(
        village=villages["code"],
        **{level: [codes.get(code, "") for code in villages["code"]] for level, codes in above.items()},
    )
    truth = _of_class(frame, areas, where=where, study_code=study_code)
    return pd.Series(np.where(truth.known, truth.yes, -1).astype(np.int64), index=pd.Index(villages["code"]))


def code_kinds(attribute: str, codes: Iterable[str], *, study_code: str) -> list[str]:
    """Return what codes tell of units: their ``township_kind``, ``committee_kind`` or ``county_kind``; '' unknown."""
    rule = _data()["codes"][attribute]
    return [_kind_of(code, rule, study_code) or "" for code in codes]


def _of_class(frame: pd.DataFrame, areas: Areas, *, where: str, study_code: str) -> _Truth:
    classes = _data()["classes"]
    if where not in classes:
        raise ValueError(f"no place class {where!r}; known: {', '.join(classes)}")
    everywhere = np.ones(len(frame), dtype=bool)
    if where == "all":
        return _Truth(everywhere, everywhere)
    if areas.class_source == "study" and (where == areas.where or where != "central_city"):
        return _assumed(where, areas.where, everywhere)
    by_attributes = _evaluate(classes[where]["any"], frame, areas, study_code)
    if not areas.classes or "words" not in classes[where]:
        return by_attributes
    return _stated(by_attributes, where, frame, areas, study_code)


def _stated(otherwise: _Truth, where: str, frame: pd.DataFrame, areas: Areas, study_code: str) -> _Truth:
    """Let the classes stated for villages decide where they say anything about a class."""
    stated = frame["village"].map(areas.classes).fillna("").to_numpy(dtype=object)
    yes, no = np.zeros(len(frame), dtype=bool), np.zeros(len(frame), dtype=bool)
    for name, entry in _data()["classes"].items():
        here = stated == name
        if name == where or where in entry.get("implies", ()):
            yes |= here
        elif where in entry.get("excludes", ()):
            no |= here
    truth = _Truth(np.where(yes | no, yes, otherwise.yes), np.where(yes | no, True, otherwise.known))
    for name, more in _data()["classes"][where].get("refines", {}).items():
        here = stated == name
        finer = _Truth(here, here)
        for attribute, wanted in more.items():
            finer = finer.also(_attribute(attribute, wanted, frame, areas, study_code))
        truth = _Truth(np.where(here, finer.yes, truth.yes), np.where(here, finer.known, truth.known))
    return truth


def _assumed(where: str, stated: str, everybody: BoolArray) -> _Truth:
    """Return what one class stated for everybody says about another; ``all`` says nothing."""
    if stated in ("all", ""):
        return _Truth(~everybody, ~everybody)
    holds = where == stated or where in _data()["classes"][stated].get("implies", ())
    return _Truth(everybody if holds else ~everybody, everybody)


def _evaluate(alternatives: list[dict[str, Any]], frame: pd.DataFrame, areas: Areas, study_code: str) -> _Truth:
    nobody = np.zeros(len(frame), dtype=bool)
    result = _Truth(nobody, ~nobody)
    classless = nobody
    for table in alternatives:
        fits = _Truth(~nobody, ~nobody)
        for attribute, wanted in table.items():
            fits = fits.also(_attribute(attribute, wanted, frame, areas, study_code))
        if "ur_code" in table:
            classless = classless | ~_ur_known(frame)
        result = result.either(fits)
    return _Truth(result.yes & ~classless, result.known & ~classless)


def _attribute(attribute: str, wanted: Any, frame: pd.DataFrame, areas: Areas, study_code: str) -> _Truth:
    if attribute == "ur_code":
        return _Truth(frame["ur_code"].isin(wanted).to_numpy(dtype=bool), _ur_known(frame))
    if attribute in ("seat", "central"):
        given = areas.has_central if attribute == "central" else bool(areas.frame["seat"].any())
        known = np.full(len(frame), given)
        return _Truth((frame[attribute].to_numpy(dtype=bool) == wanted) & known, known)
    return _code_kind(attribute, frozenset(wanted), frame, study_code)


def _ur_known(frame: pd.DataFrame) -> BoolArray:
    return frame["ur_code"].isin(_ur_codes()).to_numpy(dtype=bool)


def _code_kind(attribute: str, wanted: frozenset[str], frame: pd.DataFrame, study_code: str) -> _Truth:
    """Read the kind of a unit off its code, one code at a time over the few that differ."""
    rule = _data()["codes"][attribute]
    rows, codes = pd.factorize(frame[rule["column"]])
    kinds = [_kind_of(_code(str(code), rule["column"], study_code), rule, study_code) for code in codes]
    yes = np.array([kind in wanted for kind in kinds], dtype=bool)
    known = np.array([kind is not None for kind in kinds], dtype=bool)
    return _Truth(yes[rows], known[rows])


def _code(code: str, column: str, study_code: str) -> str:
    """Return the code; people in no county polygon live in the county that the study's own code names."""
    return study_code[:_COUNTY_DIGITS] if column == "county" and not code else code


def _kind_of(code: str, rule: dict[str, Any], study_code: str) -> str | None:
    first, end = rule["digits"]
    if not (has_chinese_form(study_code) and has_chinese_form(code)) or len(code) < end:
        return None
    number = int(code[first:end])
    if number == 0:
        return None
    return next((kind for kind, (low, high) in rule["kinds"].items() if low <= number <= high), "other")


@cache
def _data() -> dict[str, Any]:
    return packaged_toml("accessgis.layers.data", "place_classes.toml")


@cache
def _stated_words() -> dict[str, str]:
    classes = _data()["classes"].items()
    return {word: name for name, entry in classes if "words" in entry for word in (name, *entry["words"])}


@cache
def _ur_codes() -> frozenset[str]:
    """Every urban–rural code that some class names: a text that is none of them is unknown."""
    return frozenset(
        code
        for entry in _data()["classes"].values()
        for table in entry.get("any", ())
        for code in table.get("ur_code", ())
    )
