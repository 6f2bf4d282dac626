"""Scenarios of a whole batch: which of their changes are about a county, and the county's figures with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accessgis.base.errors import UsageError
from accessgis.base.files import sha256
from accessgis.decide.apply import apply_changes
from accessgis.decide.change import Add, Merge
from accessgis.decide.scenario import ScenarioFile, read_scenario_file
from accessgis.study.measure import Measured, measure
from accessgis.study.prepare import Prepared

ELSEWHERE = frozenset({"AG2401", "AG2410", "AG2413", "AG2417"})
"""What a study says of a change about a place, a facility, a road or an area that is not within it or its margin."""

_CHANGE = re.compile(r"change\[(\d+)\]")


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """A scenario for every county of a batch: its name, the name and hash of its file, and its content."""

    name: str
    path: str
    sha256: str
    file: ScenarioFile


def read_whatifs(paths: Sequence[str | Path]) -> tuple[WhatIf, ...]:
    """Read the scenarios of a batch; a ``study`` that one names is not read.

    Raises
    ------
    UsageError
        AG2511 two scenarios of one name; what :func:`accessgis.decide.scenario.read_scenario_file` says of a file.
    """
    found: dict[str, WhatIf] = {}
    for path in map(Path, paths):
        file = read_scenario_file(path)
        name = file.scenario.name
        if name in found:
            raise UsageError("AG2511", file=path.name, value=name, other=found[name].path)
        changes = tuple(_named(file.change))
        file = file.model_copy(update={"change": changes})
        found[name] = WhatIf(name=name, path=path.name, sha256=sha256(path), file=file)
    return tuple(found.values())


def _named(some: Sequence[Any]) -> list[Any]:
    """Give additions the ids that they would have in one study, so that they have the same in every county.

    From a change on that adds as many as a county lacks, ids differ by county.
    """
    added, counted, named = 0, True, []
    for change in some:
        counted = counted and "at_each" not in change.model_fields_set
        unnamed = counted and isinstance(change, Add) and change.id is None
        added += unnamed
        named.append(change.model_copy(update={"id": f"new-{added}"}) if unnamed else change)
    return named


def measured_with(before: Measured, whatif: WhatIf, *, progress: Callable[[str], None]) -> tuple[Measured, list[int]]:
    """Return a county with the changes that are about it, and their numbers in the scenario, from 1.

    Roads, joins and times that no change touches are taken over.

    Raises
    ------
    UsageError
        A change about this county that cannot be made.
    """
    progress(whatif.name)
    prepared, applied = changed_here(before.prepared, whatif)
    return measure(prepared, before.rules, before.catalogue, before=before, progress=progress), applied


def changed_here(prepared: Prepared, whatif: WhatIf) -> tuple[Prepared, list[int]]:
    """Apply the changes whose place, facility, road or area lies within a study or its margin."""
    numbers = list(range(1, len(whatif.file.change) + 1))
    while True:
        some = [whatif.file.change[number - 1] for number in numbers]
        try:
            return apply_changes(prepared, some, file=whatif.path), numbers
        except UsageError as error:
            place = _CHANGE.fullmatch(error.place.key or "")
            if place is None:
                raise
            number = numbers[int(place[1]) - 1]
            if error.code not in ELSEWHERE or _partly_here(prepared, whatif.file.change[number - 1]):
                told: dict[str, Any] = {**error.values, "key": f"change[{number}]"}
                raise UsageError(error.code, **told) from error
            numbers.remove(number)


def _partly_here(prepared: Prepared, change: Any) -> bool:
    """Return whether a merger is about facilities of which only some are within the study or its margin."""
    known = prepared.facilities.frame["facility_id"]
    return isinstance(change, Merge) and bool(known.isin(list(change.ids)).any())
