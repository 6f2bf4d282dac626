"""The layers of a study after changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from accessgis.base.errors import AccessGISError
from accessgis.decide import change as changes
from accessgis.decide.facility_changes import add, close, merge, move, open_facility, resize
from accessgis.decide.mobile import add_mobile_service
from accessgis.decide.people_changes import change_people
from accessgis.decide.road_changes import add_road, close_road, set_speed
from accessgis.decide.steps import Step, step_between
from accessgis.sources.elevation import read_heights
from accessgis.study.prepare import Prepared


def apply_changes(prepared: Prepared, some: Sequence[Any], *, file: str = "", folder: Path = Path()) -> Prepared:
    """Return the layers of a study after changes, one after the other.

    Parameters
    ----------
    prepared
        The layers as they are; not changed.
    some
        Changes (:data:`accessgis.decide.change.Change`), in order.
    file
        Name of the scenario, for messages.
    folder
        Folder of the scenario: the tables that it names are relative to it.

    Raises
    ------
    UsageError
        AG2410–AG2418 and AG2530–AG2538 a change that cannot be made, AG2401–AG2403 a place elsewhere; each with the
        number of the change.
    DataError
        A table cannot be used.
    """
    return apply_steps(prepared, some, file=file, folder=folder)[0]


def apply_steps(
    prepared: Prepared, some: Sequence[Any], *, file: str = "", folder: Path = Path()
) -> tuple[Prepared, tuple[Step, ...]]:
    """Return the layers of a study after changes, and what each of them did.

    Parameters and errors are those of :func:`apply_changes`.
    """
    steps = []
    for number, change in enumerate(some, start=1):
        before = prepared
        try:
            prepared = _APPLY[type(change)](prepared, change, folder)
        except AccessGISError as error:
            raise error.placed(file=file, key=f"change[{number}]") from error
        steps.append(step_between(before, prepared, number=number, action=change.action))
    # Heights are read along all roads, so once for all changes.
    if any(isinstance(change, changes.AddRoad) for change in some):
        prepared = _with_heights(prepared)
    return prepared, tuple(steps)


def _with_heights(prepared: Prepared) -> Prepared:
    """Return the layers with heights along their changed roads, where the study gives any."""
    elevation = prepared.study.file.elevation
    if prepared.heights is None or elevation is None:
        return prepared
    path = prepared.study.locate(elevation.path, key="elevation.path")
    return replace(prepared, heights=read_heights(path, prepared.roads, label=elevation.path).value)


def _alone(apply: Callable[[Prepared, Any], Prepared]) -> Callable[[Prepared, Any, Path], Prepared]:
    """Return a change that reads no table as one that could."""
    return lambda prepared, change, _: apply(prepared, change)


_APPLY: dict[type, Callable[[Prepared, Any, Path], Prepared]] = {
    changes.Add: _alone(add),
    changes.Open: _alone(open_facility),
    changes.Close: _alone(close),
    changes.Move: _alone(move),
    changes.Resize: _alone(resize),
    changes.Merge: _alone(merge),
    changes.AddRoad: _alone(add_road),
    changes.CloseRoad: _alone(close_road),
    changes.SetSpeed: _alone(set_speed),
    changes.ChangePeople: change_people,
    changes.MobileService: add_mobile_service,
}
