"""Scenarios of a whole batch: which of their changes are about a county, and the county's figures with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely

from accessgis.base.errors import UsageError
from accessgis.base.files import confined, content_key, sha256
from accessgis.batch.resume import beside
from accessgis.decide.apply import apply_changes
from accessgis.decide.change import Add, Close, Merge, MobileService, Move, Selector
from accessgis.decide.facility_changes import selected_rows
from accessgis.decide.proposal import metres_of, require_inside
from accessgis.decide.scenario import ScenarioFile, read_scenario_file
from accessgis.sources.stops import read_stops
from accessgis.study.measure import Measured, measure
from accessgis.study.prepare import Prepared

ELSEWHERE = frozenset({"AG2401", "AG2410", "AG2413", "AG2417", "AG2532"})
"""What a study says of a change about a place, a facility, a road or an area that is not within it or its margin."""

_CHANGE = re.compile(r"change\[(\d+)\]")


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """A scenario for every county of a batch.

    Attributes
    ----------
    name
        Its name.
    path, folder
        Name of its file, and the folder that tables of its changes are relative to.
    sha256
        Hash of the file, of the tables and of what belongs to them.
    file
        Its content.
    """

    name: str
    path: str
    folder: Path
    sha256: str
    file: ScenarioFile


def read_whatifs(paths: Sequence[str | Path]) -> tuple[WhatIf, ...]:
    """Read the scenarios of a batch; a ``study`` that one names is not read.

    Raises
    ------
    UsageError
        AG2511 two scenarios of one name, AG2557 one under another sharing than the
        batch; what :func:`accessgis.decide.scenario.read_scenario_file` says of a file.
    """
    found: dict[str, WhatIf] = {}
    for path in map(Path, paths):
        file = read_scenario_file(path)
        name = file.scenario.name
        if file.scenario.sharing != "neighbours":
            raise UsageError("AG2557", file=path.name, key="scenario.sharing")
        if name in found:
            raise UsageError("AG2511", file=path.name, value=name, other=found[name].path)
        changes = tuple(_named(file.change))
        tables = dict.fromkeys(change.path for change in changes if getattr(change, "path", None))
        files = [path.parent / table for table in tables if (path.parent / table).is_file()]
        hashes = [sha256(each) for each in (path, *(other for file in files for other in (file, *beside(file))))]
        found[name] = WhatIf(
            name=name,
            path=path.name,
            folder=path.parent.resolve(),
            sha256=hashes[0] if len(hashes) == 1 else content_key("\n".join(hashes)),
            file=file.model_copy(update={"change": changes}),
        )
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


def measured_with(
    before: Measured, whatif: WhatIf, *, progress: Callable[[str], None], one_layer: bool = False
) -> tuple[Measured, list[int]]:
    """Return a county with the changes that are about it, and their numbers in the scenario, from 1.

    Roads, joins and times that no change touches are taken over.

    Raises
    ------
    UsageError
        A change about this county that cannot be made.
    """
    progress(whatif.name)
    prepared, applied = changed_here(before.prepared, whatif, one_layer=one_layer)
    return measure(prepared, before.rules, before.catalogue, before=before, progress=progress), applied


def changed_here(prepared: Prepared, whatif: WhatIf, *, one_layer: bool = False) -> tuple[Prepared, list[int]]:
    """Apply the changes whose place, facility, road or area lies within a study or its margin.

    Of a change that reaches beyond the margin the part within is applied: a facility that moves away is closed, and a
    mobile service has the stops that are near.

    Parameters
    ----------
    prepared
        The layers of the study as they are.
    whatif
        The scenario.
    one_layer
        Whether the counties are cut out of one study, so that an id means one facility in all of them.

    Raises
    ------
    UsageError
        AG2517–AG2519 a change of which a part is here and cannot be told from the rest; a change that cannot be made.
    """
    some = dict(enumerate(whatif.file.change, start=1))
    while True:
        try:
            return apply_changes(prepared, list(some.values()), file=whatif.path, folder=whatif.folder), list(some)
        except UsageError as error:
            place = _CHANGE.fullmatch(error.place.key or "")
            if place is None:
                raise
            number = list(some)[int(place[1]) - 1]
            if error.code not in ELSEWHERE or _partly_here(prepared, some[number]):
                told: dict[str, Any] = {**error.values, "key": f"change[{number}]"}
                raise UsageError(error.code, **told) from error
            change: Any = some[number]
            if isinstance(change, Move) and error.code == "AG2401" and not one_layer:
                raise UsageError("AG2519", file=whatif.path, key=f"change[{number}]", value=_moved(change)) from error
            part = _part_here(prepared, change, whatif, number=number, code=error.code)
            some = {at: one for at, one in some.items() if at != number or part is not None}
            if part is not None:
                some[number] = part


def _partly_here(prepared: Prepared, change: Any) -> bool:
    """Return whether a merger is about facilities of which only some are within the study or its margin."""
    if not isinstance(change, Merge):
        return False
    known = prepared.facilities.frame["facility_id"]
    return bool(known.isin([*change.ids, change.into]).any()) or (
        change.select is not None and _finds(prepared, change.select)
    )


def _finds(prepared: Prepared, selector: Selector) -> bool:
    try:
        return bool(selected_rows(prepared, selector).size)
    except UsageError as error:
        if error.code != "AG2532":
            raise
        return False


def _part_here(prepared: Prepared, change: Any, whatif: WhatIf, *, number: int, code: str) -> Any | None:
    """Return what a change that a study refuses with a code of :data:`ELSEWHERE` does to it; None for nothing."""
    key = f"change[{number}]"
    if isinstance(change, Move):
        if code == "AG2401":  # known here, for facilities are looked up first: it leaves
            return Close(action="close", id=change.id, select=change.select)
        ((x, y),) = metres_of(prepared, [change.at], datum=change.datum)
        if _is_near(prepared, x, y):
            raise UsageError("AG2517", file=whatif.path, key=key, value=_moved(change))
    if isinstance(change, MobileService) and code == "AG2401":
        stops = _places(prepared, change, whatif.folder)
        near = [_is_near(prepared, x, y) for x, y in stops]
        if not any(near):
            return None
        if change.path is not None or _names_a_stop(whatif.file.change, change):
            raise UsageError("AG2518", file=whatif.path, key=key, count=sum(near), total=len(near))
        kept = tuple(stop for stop, here in zip(change.stops, near, strict=True) if here)
        return change.model_copy(update={"stops": kept})
    return None


def _moved(change: Move) -> str:
    return change.id or (change.select.kind if change.select else "")


def _places(prepared: Prepared, change: MobileService, folder: Path) -> list[tuple[float, float]]:
    """Return where the stops of a mobile service are, in the working CRS."""
    if change.path is None:
        found = metres_of(prepared, [stop.at for stop in change.stops], datum=change.datum)
        return [(float(x), float(y)) for x, y in found]
    path = confined(folder, change.path, key="path", allow_outside=prepared.study.allow_outside)
    rows = read_stops(
        path, label=change.path, columns=change.columns, datum=change.datum, crs=prepared.crs, sheet=change.sheet
    ).value
    return list(zip(rows["x"].tolist(), rows["y"].tolist(), strict=True))


def _names_a_stop(some: Sequence[Any], service: MobileService) -> bool:
    """Return whether another change names a stop of a mobile service: where some are left out numbers shift."""
    stop = re.compile(rf"{re.escape(service.id) if service.id else 'mobile-[0-9]+'}-[0-9]+")
    named = [str(name) for one in some for name in (getattr(one, "id", None), *getattr(one, "ids", ()))]
    return any(stop.fullmatch(name) for name in named)


def _is_near(prepared: Prepared, x: float, y: float) -> bool:
    """Return whether a place lies within a study or its margin."""
    try:
        require_inside(prepared, shapely.Point(x, y))
    except UsageError:
        return False
    return True
