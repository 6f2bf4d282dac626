"""What is drawn of a result beside another: areas and facilities, of an assessment, a folder or a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from accessgis.assess.assessment import Assessment
from accessgis.base.errors import UsageError
from accessgis.report.map_ground import Ground
from accessgis.sources.database import schema_address
from accessgis.sources.session import driver, session

LAYERS = "results.gpkg"
FACILITY_COLUMNS = ["facility_id", "kind", "name", "status", "township", "village", "x", "y"]
_DRAWN = "SELECT level, area AS code, area_name AS name, geom FROM areas GROUP BY level, area ORDER BY level, area"


@dataclass(frozen=True, eq=False, kw_only=True)
class Drawn:
    """What is drawn of one result: ``areas`` (level, code, name, geometry) and ``facilities``, in its working CRS.

    ``roads`` as in :class:`accessgis.report.map_ground.Ground`; a kept result does not hold them.
    """

    areas: gpd.GeoDataFrame
    facilities: pd.DataFrame
    roads: gpd.GeoDataFrame | None = None

    @cached_property
    def crs(self) -> str:
        """The working CRS."""
        assert self.areas.crs is not None
        return str(self.areas.crs.to_string())

    @cached_property
    def ground(self) -> Ground:
        """What static maps of it are drawn on."""
        return Ground(areas=self.areas, facilities=self.facilities, roads=self.roads)


def drawn_of(assessment: Assessment) -> Drawn:
    """Return what is drawn of an assessment."""
    frame = assessment.areas.frame
    named = assessment.results.drop_duplicates(["level", "area"]).set_index(["level", "area"])["area_name"]
    names = [
        named.get((level, code), name)
        for level, code, name in zip(frame["level"], frame["code"], frame["name"], strict=True)
    ]
    areas = frame[["level", "code", "geometry"]].assign(name=names)
    facilities = assessment.facilities.frame[FACILITY_COLUMNS]
    return Drawn(areas=areas, facilities=facilities, roads=assessment.roads_for_map)


def drawn_in(folder: Path) -> Drawn:
    """Return what is drawn of the result in a folder.

    Raises
    ------
    UsageError
        AG2143 the folder has no layers.
    """
    path = folder / LAYERS
    if not path.is_file():
        raise UsageError("AG2143", file=folder.name)
    areas = pyogrio.read_dataframe(path, sql=_DRAWN)
    facilities = pyogrio.read_dataframe(path, layer="facilities", columns=FACILITY_COLUMNS, read_geometry=False)
    return Drawn(areas=areas, facilities=facilities)


def drawn_stored(address: str, told: Mapping[str, Any], *, key: str) -> Drawn:
    """Return what is drawn of a result in a schema of a database.

    Parameters
    ----------
    address
        ``postgresql://HOST[:PORT]/DATABASE?schema=NAME``.
    told
        Its ``assessment.json``.
    key
        What messages call the address.

    Raises
    ------
    AccessGISError
        AG1010–AG1012 no driver, no connection, no answer; AG3046 the server refuses.
    """
    server, schema = schema_address(address, key=key)
    sql = driver().sql
    ask = sql.SQL("SELECT {} FROM {}")
    kept = ["level", "code", "geometry"]
    with session(server, read_only=True, label=key) as connection:
        rows, facilities = (
            connection.execute(
                ask.format(sql.SQL(", ").join(map(sql.Identifier, names)), sql.Identifier(schema, table))
            ).fetchall()
            for table, names in (("areas", kept), ("facilities", FACILITY_COLUMNS))
        )
    named = {(row["level"], row["area"]): row["area_name"] for row in told["results"]}
    ordered = sorted(row for row in rows if (row[0], row[1]) in named)
    levels, codes, shapes = zip(*ordered, strict=True) if ordered else ((), (), ())
    areas = gpd.GeoDataFrame(
        {"level": levels, "code": codes, "name": [named[place] for place in zip(levels, codes, strict=True)]},
        geometry=shapely.set_srid(shapely.from_wkb(list(shapes)), 0),
        crs=told["study"]["crs"],
    )
    return Drawn(areas=areas, facilities=pd.DataFrame(sorted(facilities), columns=FACILITY_COLUMNS))
