"""Mobile services: stops on published weekdays and hours, which stand among the facilities as a status of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, count
from pathlib import Path

import numpy as np
import shapely

from accessgis.base.errors import UsageError
from accessgis.base.files import confined
from accessgis.base.provenance import Reading
from accessgis.decide import change as changes
from accessgis.decide.proposal import metres_of, proposed_layer, require_inside, with_proposal
from accessgis.layers.facilities import WEEKDAYS, FacilityLayer
from accessgis.sources.stops import read_stops
from accessgis.standards.kinds import kind_id, load_kinds
from accessgis.study.prepare import Prepared

_DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stop:
    """Where (working CRS) and when a mobile service stands."""

    x: float
    y: float
    days: tuple[str, ...]
    opens: str
    closes: str
    name: str


def add_mobile_service(prepared: Prepared, change: changes.MobileService, folder: Path) -> Prepared:
    """Return the layers with the stops of a mobile service.

    A stop is a facility of status ``mobile``: it joins the roads as every other, and counts in circles alone, by
    :func:`accessgis.assess.mobile.with_mobile`.

    Raises
    ------
    UsageError
        AG2401 a stop beyond the study, AG2411 an id that is taken, AG2536 a row of the table that is no stop, AG2537
        no layer of the kind is given, AG2538 another mobile service of the kind asks for another number of days,
        AG2539 the service would stand at two places at once.
    DataError
        The table cannot be used.
    """
    kind = kind_id(change.kind)
    _require_one_bar(prepared, kind, change.min_days)
    reading = _stops(prepared, change, folder)
    stops, service = reading.value, change.id or _free_service(prepared)
    _require_one_place_at_a_time(stops)
    ids = [f"{service}-{number}" for number in range(1, len(stops) + 1)]
    taken = set(prepared.facilities.frame["facility_id"]) & set(ids)
    if taken:
        raise UsageError("AG2411", value=min(taken))
    points = np.asarray(shapely.points([(stop.x, stop.y) for stop in stops]), dtype=object)
    for point in points:
        require_inside(prepared, point)
    layer = proposed_layer(
        prepared,
        points,
        ids=ids,
        kind=kind,
        fields={
            "name": [stop.name or name for stop, name in zip(stops, ids, strict=True)],
            "status": ["mobile"] * len(stops),
            "site_id": [service] * len(stops),
            "days": [";".join(stop.days) for stop in stops],
            "hours": [f"{stop.opens}-{stop.closes}" for stop in stops],
        },
        min_days=change.min_days,
    )
    return replace(
        prepared,
        facilities=with_proposal(prepared.facilities, FacilityLayer(frame=layer.frame, kinds_given=frozenset())),
        inputs=(*prepared.inputs, *reading.inputs),
        doubts=(*prepared.doubts, *reading.doubts),
    )


def _require_one_bar(prepared: Prepared, kind: str, min_days: int) -> None:
    """Refuse a kind that is not known of the study, or of which stops ask for another number of days already."""
    entry = load_kinds()[kind]
    if kind not in prepared.facilities.kinds_given:
        raise UsageError("AG2537", value=kind, kind_zh=entry.zh, kind_en=entry.en)
    frame = prepared.facilities.frame
    others = set(frame.loc[(frame["kind"] == kind) & (frame["status"] == "mobile"), "min_days"])
    if others - {min_days}:
        raise UsageError(
            "AG2538", value=min_days, other=int(min(others - {min_days})), kind_zh=entry.zh, kind_en=entry.en
        )


def _stops(prepared: Prepared, change: changes.MobileService, folder: Path) -> Reading[list[_Stop]]:
    if change.path is not None:
        reading = read_stops(
            confined(folder, change.path, key="path", allow_outside=prepared.study.allow_outside),
            label=change.path,
            columns=change.columns,
            datum=change.datum,
            crs=prepared.crs,
            sheet=change.sheet,
        )
        rows = reading.value.to_dict("records")
        table = [
            _Stop(
                x=float(row["x"]),
                y=float(row["y"]),
                days=tuple(str(row["days"]).split(";")),
                opens=str(row["from"]),
                closes=str(row["to"]),
                name=str(row["name"]),
            )
            for row in rows
        ]
        return Reading(table, reading.inputs, reading.doubts)
    places = metres_of(prepared, [stop.at for stop in change.stops], datum=change.datum)
    return Reading(
        [
            _Stop(
                x=float(x),
                y=float(y),
                days=tuple(day for day in WEEKDAYS if day in stop.days),
                opens=stop.from_,
                closes=stop.to,
                name=stop.name,
            )
            for stop, (x, y) in zip(change.stops, places, strict=True)
        ]
    )


def _free_service(prepared: Prepared) -> str:
    """Return the first of ``mobile-1``, ``mobile-2`` … that no stop belongs to."""
    taken = set(prepared.facilities.frame["site_id"])
    return next(name for name in (f"mobile-{i}" for i in count(1)) if name not in taken)


def _require_one_place_at_a_time(stops: Sequence[_Stop]) -> None:
    """Refuse a service that stands at two places at once; two vehicles are two changes."""
    for one, other in combinations(stops, 2):
        same = [day for day in one.days if day in other.days]
        apart = (one.x, one.y) != (other.x, other.y)
        if same and apart and one.opens < other.closes and other.opens < one.closes:
            first, second = (stops.index(stop) + 1 for stop in (one, other))
            day, hours = WEEKDAYS.index(same[0]), f"{other.opens}-{other.closes}"
            day_zh, day_en = f"周{'一二三四五六日'[day]}", _DAYS_EN[day]
            raise UsageError("AG2539", first=first, second=second, hours=hours, day_zh=day_zh, day_en=day_en)
