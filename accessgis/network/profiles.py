"""Travel profiles: a mode with a person, their speeds and where those come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from accessgis.base.errors import UsageError
from accessgis.base.files import packaged_toml

Mode = Literal["foot", "bicycle", "motor"]
SpeedCase = Literal["low", "central", "high"]
SPEED_CASES: tuple[SpeedCase, ...] = ("low", "central", "high")


STRAIGHT = "straight-line"
"""Way as the crow flies, in metres."""
DISTANCE = "-distance"
"""Ending of a profile whose ways are measured in metres along the roads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedRange:
    """A speed and the range it is varied over, km/h."""

    low: float
    central: float
    high: float

    def at(self, case: SpeedCase) -> float:
        """Return the speed of one case."""
        return float(getattr(self, case))


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A mode with a person.

    Attributes
    ----------
    id
        ``walk``, ``walk-elderly``, ``walk-carer``, ``bicycle``, ``ebike`` or ``vehicle``.
    mode
        Which permissions apply.
    obeys_oneway
        Walking ignores one-way signs; vehicles and bicycles obey them.
    speed_kph
        One speed range for every road (walking, riding), or None where the class decides (vehicle).
    class_speed_kph
        Speed range by road class: every class for ``vehicle``, else only classes that differ (a ferry). A posted limit
        below a speed caps that of vehicles.
    walking_kph
        Speed of the person's access legs.
    title_zh, title_en
        Names that users see.
    source
        Where the speeds come from, or ``"assumed"``.
    """

    id: str
    mode: Mode
    obeys_oneway: bool
    speed_kph: SpeedRange | None
    class_speed_kph: dict[str, SpeedRange]
    walking_kph: SpeedRange
    title_zh: str
    title_en: str
    source: str


_RANGE_KEYS = ("low", "central", "high")
_HIGHEST_KPH = 200.0


def load_profiles() -> dict[str, Profile]:
    """Return the shipped profiles by id, in the order of the page: walking first, the car last.

    Speeds and their sources are data (``network/data/profiles.toml``). Riders and drivers walk their access legs at
    the speed of ``walk``; on a ferry without a stated duration everybody travels at the ferry's assumed speed.
    """
    tables = packaged_toml("accessgis.network", "data/profiles.toml")
    ferry = _shipped_range(tables.pop("ferry"))
    by_class = {name: _shipped_range(row) for name, row in tables.pop("class_speed_kph").items()}
    walking = _shipped_range(tables["walk"]["speed_kph"])
    profiles: dict[str, Profile] = {}
    for name, table in tables.items():
        own = _shipped_range(table["speed_kph"]) if "speed_kph" in table else None
        profiles[name] = Profile(
            id=name,
            mode=table["mode"],
            obeys_oneway=table["obeys_oneway"],
            speed_kph=own,
            class_speed_kph={"ferry": ferry} if own else {**by_class, "ferry": ferry},
            walking_kph=own if own and table["mode"] == "foot" else walking,
            title_zh=table["title_zh"],
            title_en=table["title_en"],
            source=table["source"],
        )
    return profiles


def class_speed_sources() -> dict[str, str]:
    """Return where the vehicle speed of each road class comes from, as printed in the list of assumptions."""
    tables = packaged_toml("accessgis.network", "data/profiles.toml")
    rows = {**tables["class_speed_kph"], "ferry": tables["ferry"]}
    return {name: str(row["source"]) for name, row in rows.items()}


def with_overrides(
    profiles: Mapping[str, Profile], overrides: Mapping[str, Mapping[str, object]]
) -> dict[str, Profile]:
    """Return profiles with the speeds of a study file's ``[profiles.<id>]`` tables put in place.

    Parameters
    ----------
    profiles
        Profiles by id.
    overrides
        Per profile id: ``speed_kph = {low, central, high}``, ``walking_kph`` (the same form),
        ``class_speed_kph = {<class> = {low, central, high}}`` and ``source`` (text). Walkers' access legs follow
        their own speed, and riders' and drivers' that of ``walk``, unless ``walking_kph`` is given.

    Returns
    -------
    dict
        New profiles; one that was changed without a ``source`` has the source ``"study"``.

    Raises
    ------
    UsageError
        AG2040 unknown profile, AG2041 unknown key or road class, AG2042 not a speed range, AG2043 low > central > high
        or out of 0–200 km/h, AG2044 ``speed_kph`` for a profile whose speed is by class, AG2045 ``source`` not text.
    """
    changed = dict(profiles)
    for name, table in overrides.items():
        if name not in profiles:
            raise UsageError("AG2040", key=f"profiles.{name}", profile=name, known=", ".join(profiles))
        changed[name] = _overridden(profiles[name], table)
    if "walk" in changed:
        walking = changed["walk"].walking_kph
        for name, profile in changed.items():
            if profile.mode != "foot" and "walking_kph" not in overrides.get(name, {}):
                changed[name] = replace(profile, walking_kph=walking)
    return changed


def _overridden(profile: Profile, table: Mapping[str, object]) -> Profile:
    where = f"profiles.{profile.id}"
    known = ("speed_kph", "walking_kph", "class_speed_kph", "source")
    for key in table:
        if key not in known:
            raise UsageError("AG2041", key=f"{where}.{key}", name=key, known=", ".join(known))
    source = table.get("source", "study" if table else profile.source)
    if not isinstance(source, str) or not source:
        raise UsageError("AG2045", key=f"{where}.source")
    new = replace(profile, source=source)
    if "speed_kph" in table:
        if profile.speed_kph is None:
            raise UsageError("AG2044", key=f"{where}.speed_kph", profile=profile.id)
        speed = _range(table["speed_kph"], key=f"{where}.speed_kph")
        new = replace(new, speed_kph=speed, walking_kph=speed if profile.mode == "foot" else profile.walking_kph)
    if "walking_kph" in table:
        new = replace(new, walking_kph=_range(table["walking_kph"], key=f"{where}.walking_kph"))
    if "class_speed_kph" in table:
        rows = table["class_speed_kph"]
        if not isinstance(rows, Mapping):
            raise UsageError("AG2042", key=f"{where}.class_speed_kph")
        classes = road_classes()
        speeds = dict(profile.class_speed_kph)
        for road_class, row in rows.items():
            key = f"{where}.class_speed_kph.{road_class}"
            if road_class not in classes:
                raise UsageError("AG2041", key=key, name=str(road_class), known=", ".join(classes))
            speeds[str(road_class)] = _range(row, key=key)
        new = replace(new, class_speed_kph=speeds)
    return new


def road_classes() -> tuple[str, ...]:
    """Return the road classes that permissions and speeds are known for: OSM ``highway`` values and ``"ferry"``."""
    return tuple(packaged_toml("accessgis.network", "data/permissions.toml")["classes"])


def _shipped_range(row: Mapping[str, Any]) -> SpeedRange:
    return SpeedRange(low=float(row["low"]), central=float(row["central"]), high=float(row["high"]))


def _range(row: object, *, key: str) -> SpeedRange:
    if not isinstance(row, Mapping) or set(row) != set(_RANGE_KEYS):
        raise UsageError("AG2042", key=key)
    numbers = [row[name] for name in _RANGE_KEYS]
    if not all(isinstance(number, (int, float)) and not isinstance(number, bool) for number in numbers):
        raise UsageError("AG2042", key=key)
    low, central, high = (float(number) for number in numbers)
    if not 0 < low <= central <= high <= _HIGHEST_KPH:
        raise UsageError("AG2043", key=key, low=low, central=central, high=high)
    return SpeedRange(low=low, central=central, high=high)
