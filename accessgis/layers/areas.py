"""Nested administrative areas: county, township, village, with codes and the class of each place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, cast

import geopandas as gpd
import shapely
from shapely import MultiPolygon, Polygon

from accessgis.base.schema import Column, Schema

Level = Literal["province", "prefecture", "county", "township", "village"]
LEVELS: tuple[Level, ...] = ("province", "prefecture", "county", "township", "village")
ClassSource = Literal["place_class", "ur_code", "land_survey", "study", ""]
JUDGED_LEVELS: tuple[Level, ...] = ("county", "township", "village")
"""Levels that results are given for."""

AREAS = Schema(
    "areas",
    (
        Column("level", "text", "one of LEVELS"),
        Column("code", "text", "unique code; GB/T form only where the study's code has it"),
        Column("name", "text", "name as the bureau writes it"),
        Column("parent", "text", "code of the area one level up that is present; '' for the top"),
        Column("township_kind", "text", "街道, 镇, 乡 or '' (township level only)"),
        Column("ur_code", "text", "城乡分类代码 111 112 121 122 123 210 220, or '' (village level only)"),
        Column("seat", "bool", "whether the seat of government lies here (village level: of its township or county)"),
        Column("central", "bool", "whether it lies in the central urban area (中心城区)"),
        Column("geometry", "geometry", "polygon or multipolygon in the working CRS"),
    ),
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Areas:
    """Administrative areas of one study, in its working CRS.

    Attributes
    ----------
    frame
        GeoDataFrame of schema :data:`AREAS`, sorted by level (county first) and code, index 0…n−1.
    has_central
        Whether a layer of the central urban area was given: without it ``central`` is unknown, not false.
    class_source
        Where the class of most villages comes from: ``"place_class"`` (stated by the layer), ``"ur_code"``,
        ``"land_survey"``, ``"study"`` (one ``where`` for everybody, assumed) or ``""``.
    where
        The one class assumed for everybody when ``class_source`` is ``"study"``, else ``""``.
    classes
        Village code → class of the place, where one is stated or the land survey tells it. It goes before ``ur_code``.
    committees
        Village code → committee point (x, y) in the working CRS, metres, where a layer of them is given.
    """

    frame: gpd.GeoDataFrame
    has_central: bool = False
    class_source: ClassSource = ""
    where: str = ""
    classes: Mapping[str, str] = field(default_factory=dict)
    committees: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        AREAS.require(self.frame)

    def at(self, level: Level) -> gpd.GeoDataFrame:
        """Return the areas of one level, sorted by code: always the same frame, which nobody may change."""
        return self._by_level[level]

    def outline(self) -> Polygon | MultiPolygon:
        """Return the union of the counties: the border of the study."""
        return self._outline

    @cached_property
    def _by_level(self) -> dict[Level, gpd.GeoDataFrame]:
        return {level: self.frame[self.frame["level"] == level] for level in LEVELS}

    @cached_property
    def _outline(self) -> Polygon | MultiPolygon:
        return cast("Polygon | MultiPolygon", shapely.union_all(self.at("county").geometry.to_numpy()))
