"""From the tags of a way or a barrier to who may use it, in which direction, and how fast.

The rules are data (``network/data/permissions.toml``); this module only applies them. Not modelled: turn restrictions,
conditional tags (``…:conditional``) and lanes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from accessgis.base.files import packaged_toml
from accessgis.network.model import BICYCLE, FOOT, MOTOR
from accessgis.network.profiles import Mode

Tags = Mapping[str, str]

MODE_BITS: dict[Mode, int] = {"foot": int(FOOT), "bicycle": int(BICYCLE), "motor": int(MOTOR)}
ALL_MODES = int(FOOT | BICYCLE | MOTOR)

_SIDES = ("forward", "backward")
_ACCESS_KEYS = ("access", "foot", "vehicle", "bicycle", "motor_vehicle", "motorcar")
RELEVANT_KEYS = frozenset(
    {"highway", "route", "junction", "area", "motorroad", "service", "tunnel", "bridge", "duration"}
    | {"oneway", "oneway:bicycle", "oneway:foot", "oneway:motor_vehicle"}
    | {"cycleway", "cycleway:left", "cycleway:right", "cycleway:both"}
    | {"maxspeed", "maxspeed:forward", "maxspeed:backward", "surface", "smoothness"}
    | {key + side for key in _ACCESS_KEYS for side in ("", ":forward", ":backward")}
)
"""Keys of a way that :func:`way_rule` looks at."""

_SPEED = re.compile(r"^(\d+(?:[.,]\d+)?)\s*(km/h|kmh|kph|公里/小时|千米/时|mph|knots)?$")
_UNIT_KPH = {None: 1.0, "mph": 1.609344, "knots": 1.852}
_CLOCK = re.compile(r"^(\d{1,3}):([0-5]\d)(?::([0-5]\d))?$")
_ISO = re.compile(r"^PT(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class WayRule:
    """What the tags of a way mean.

    Attributes
    ----------
    road_class
        One of the classes of ``permissions.toml``.
    forward, backward
        Permission masks along and against the digitised direction.
    maxspeed_forward_kph, maxspeed_backward_kph
        Posted limit, or what the surface allows a car where that is lower; NaN where neither is known.
    joinable
        Whether points may join here.
    duration_ms
        Stated duration of the whole way (ferries), −1 where none is.
    doubts
        Codes of what could not be read: AG9103 speed limit, AG9104 absurd speed limit, AG9105 duration.
    """

    road_class: str
    forward: int
    backward: int
    maxspeed_forward_kph: float
    maxspeed_backward_kph: float
    joinable: bool
    duration_ms: int
    doubts: tuple[str, ...] = ()


@cache
def _rules() -> dict[str, Any]:
    return packaged_toml("accessgis.network", "data/permissions.toml")


def is_excluded(highway: str) -> bool:
    """Return whether a ``highway`` value is known not to be a road to travel on (under construction, a bus stop …)."""
    return highway in _rules()["excluded"]["values"]


def way_rule(tags: Tags) -> WayRule | None:
    """Return what the tags of a way mean, or None where it is no road that anybody can travel.

    ``route=ferry`` is the class ``"ferry"``; else the class is the value of ``highway``. A ``highway`` of an unknown
    or excluded value gives None.
    """
    rules = _rules()
    road_class = "ferry" if tags.get("route") == "ferry" else tags.get("highway", "")
    row = rules["classes"].get(road_class)
    if row is None:
        return None
    forward, backward = _masks(tags, road_class, row)
    doubts: list[str] = []
    fast_forward, fast_backward = _limits(tags, doubts)
    duration_ms = _duration_ms(tags.get("duration"), doubts) if road_class == "ferry" else -1
    return WayRule(
        road_class=road_class,
        forward=forward,
        backward=backward,
        maxspeed_forward_kph=fast_forward,
        maxspeed_backward_kph=fast_backward,
        joinable=row.get("joinable", True) and _on_the_ground(tags),
        duration_ms=duration_ms,
        doubts=tuple(doubts),
    )


def barrier_mask(tags: Tags) -> int:
    """Return the mask of the modes that pass a node: all of them where it is no barrier.

    The node's own ``access``, ``foot``, ``vehicle``, ``bicycle``, ``motor_vehicle`` and ``motorcar`` override what its
    kind of barrier stops; a gate tagged ``locked=yes`` lets pass only those.
    """
    rules = _rules()
    kind = tags.get("barrier")
    if kind is None:
        return ALL_MODES
    table = rules["barriers"]
    passing = table["values"].get(kind, table["default"])
    if tags.get("locked") == "yes":
        passing = table["locked"]
    mask = 0
    for mode, bit in MODE_BITS.items():
        allowed = mode in passing
        for key in rules["chain"][mode]:
            verdict = _verdict(tags.get(key), mode)
            allowed = allowed if verdict is None else verdict
        mask |= bit if allowed else 0
    return mask


def parse_speed_kph(text: str) -> tuple[float, str]:
    """Read a ``maxspeed`` value.

    Returns
    -------
    kph
        Speed in km/h; of several values the lowest; NaN where there is none.
    doubt
        ``""``, AG9103 (cannot be read) or AG9104 (absurd: 0 or above 150 km/h).
    """
    table = _rules()["maxspeed"]
    found = math.inf
    for part in re.split(r"[;|]", text.lower()):
        word = part.strip()
        if word in table["words"]:
            found = min(found, table["words"][word])
        elif word not in table["unlimited"]:
            match = _SPEED.match(word)
            if match is None:
                return math.nan, "AG9103"
            kph = float(match[1].replace(",", ".")) * _UNIT_KPH.get(match[2], 1.0)
            if not 0 < kph <= table["highest_kph"]:
                return math.nan, "AG9104"
            found = min(found, kph)
    return (found if math.isfinite(found) else math.nan), ""


def _masks(tags: Tags, road_class: str, row: Mapping[str, Any]) -> tuple[int, int]:
    rules = _rules()
    masks = [0, 0]
    for mode, bit in MODE_BITS.items():
        default = mode in row["modes"]
        if mode != "foot" and (tags.get("area") == "yes" or _closed_service(tags, mode)):
            default = False
        if mode != "motor" and tags.get("motorroad") == "yes":
            default = False
        own = rules["own"]["ferry_motor" if road_class == "ferry" and mode == "motor" else mode]
        ways = _directions(tags, mode, oneway=row.get("oneway", False))
        for side in (0, 1):
            if ways[side] and _allowed(tags, mode, default=default, own=own, side=_SIDES[side]):
                masks[side] |= bit
    return masks[0], masks[1]


def _closed_service(tags: Tags, mode: Mode) -> bool:
    return mode == "motor" and tags.get("service") in _rules()["service"]["closed_to_motor"]


def _allowed(tags: Tags, mode: Mode, *, default: bool, own: list[str], side: str) -> bool:
    allowed = default
    for key in _rules()["chain"][mode]:
        for name in (key, f"{key}:{side}"):
            verdict = _verdict(tags.get(name), mode)
            if verdict is not None:
                allowed = verdict and (default or key in own)
    return allowed


def _verdict(value: str | None, mode: Mode) -> bool | None:
    if value is None:
        return None
    access = _rules()["access"]
    verdicts: set[bool] = set()
    for part in value.split(";"):
        word = part.strip()
        if word in access["open"]:
            verdicts.add(True)
        elif word in access["closed"] or (mode == "bicycle" and word in access["closed_to_bicycle"]):
            verdicts.add(False)
    return None if not verdicts else True in verdicts


def _directions(tags: Tags, mode: Mode, *, oneway: bool) -> tuple[bool, bool]:
    """Return whether a mode may go forward and backward as far as one-way signs tell."""
    rules = _rules()["oneway"]
    if mode == "foot":
        sign = tags.get("oneway:foot", "no")
    else:
        sign = tags.get("oneway", "")
        if sign not in rules["forward"] + rules["backward"] + rules["both"]:
            sign = "yes" if oneway or tags.get("junction") in rules["implied_by_junction"] else "no"
        if mode == "bicycle":
            lanes = (tags.get(key, "") for key in ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both"))
            sign = "no" if any(lane.startswith("opposite") for lane in lanes) else sign
        sign = tags.get("oneway:bicycle" if mode == "bicycle" else "oneway:motor_vehicle", sign)
    return sign not in rules["backward"], sign not in rules["forward"]


def _limits(tags: Tags, doubts: list[str]) -> tuple[float, float]:
    rules = _rules()
    caps = [rules["surface_kph"].get(tags.get("surface"), math.inf)]
    caps.append(rules["smoothness_kph"].get(tags.get("smoothness"), math.inf))
    limits: list[float] = []
    for side in _SIDES:
        limit = math.inf
        text = tags.get(f"maxspeed:{side}", tags.get("maxspeed"))
        if text is not None:
            kph, doubt = parse_speed_kph(text)
            limit = kph if math.isfinite(kph) else math.inf
            if doubt and doubt not in doubts:
                doubts.append(doubt)
        limit = min(limit, *caps)
        limits.append(limit if math.isfinite(limit) else math.nan)
    return limits[0], limits[1]


def _on_the_ground(tags: Tags) -> bool:
    structure = _rules()["structure"]
    return (
        tags.get("tunnel", "no") in structure["joinable_tunnels"]
        and tags.get("bridge", "no") in structure["joinable_bridges"]
        and tags.get("motorroad") != "yes"
    )


def _duration_ms(text: str | None, doubts: list[str]) -> int:
    """Read ``HH:MM``, ``HH:MM:SS``, ``PT1H20M`` or minutes; −1 where nothing is stated or it cannot be read."""
    if text is None:
        return -1
    word = text.strip().upper()
    seconds = 0
    if match := _CLOCK.match(word) or _ISO.match(word):
        hours, minutes, rest = (int(part or 0) for part in match.groups())
        seconds = hours * 3600 + minutes * 60 + rest
    elif word.isdecimal() and len(word) <= 4:
        seconds = int(word) * 60
    if not 0 < seconds <= 48 * 3600:
        doubts.append("AG9105")
        return -1
    return seconds * 1000
