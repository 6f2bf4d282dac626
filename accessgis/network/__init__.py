"""Roads as physical edges, and what each travel profile makes of them.

The names below load on first use, so that importing a type stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accessgis.network.build import RawWays, build_network, build_roads
    from accessgis.network.check import ISLANDS, island_table, network_doubts, road_doubts
    from accessgis.network.model import BICYCLE, FOOT, MOTOR, Network, Roads
    from accessgis.network.permissions import WayRule, barrier_mask, way_rule
    from accessgis.network.profiles import (
        SPEED_CASES,
        Profile,
        SpeedRange,
        class_speed_sources,
        load_profiles,
        road_classes,
        with_overrides,
    )
    from accessgis.network.terrain import edge_factors, speed_factor

__all__ = [
    "BICYCLE",
    "FOOT",
    "ISLANDS",
    "MOTOR",
    "SPEED_CASES",
    "Network",
    "Profile",
    "RawWays",
    "Roads",
    "SpeedRange",
    "WayRule",
    "barrier_mask",
    "build_network",
    "build_roads",
    "class_speed_sources",
    "edge_factors",
    "island_table",
    "load_profiles",
    "network_doubts",
    "road_classes",
    "road_doubts",
    "speed_factor",
    "way_rule",
    "with_overrides",
]

_HOME = {
    "build": ("RawWays", "build_network", "build_roads"),
    "check": ("ISLANDS", "island_table", "network_doubts", "road_doubts"),
    "model": ("BICYCLE", "FOOT", "MOTOR", "Network", "Roads"),
    "permissions": ("WayRule", "barrier_mask", "way_rule"),
    "profiles": (
        "SPEED_CASES",
        "Profile",
        "SpeedRange",
        "class_speed_sources",
        "load_profiles",
        "road_classes",
        "with_overrides",
    ),
    "terrain": ("edge_factors", "speed_factor"),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOME.items():
        if name in names:
            return getattr(import_module(f"accessgis.network.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
