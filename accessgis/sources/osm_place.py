"""A place of OpenStreetMap: its boundary, roads and facilities, fetched through OSMnx by those who have internet."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import cast

import geopandas as gpd
import networkx as nx
import osmnx
import pandas as pd
import shapely
from shapely import MultiPolygon, Polygon

from accessgis.base.crs import WGS84
from accessgis.base.errors import AccessGISError, UsageError
from accessgis.base.files import scratch_folder
from accessgis.sources.recognise import Recognised
from accessgis.standards.kinds import osm_keys, osm_kind

BOUNDARY, ROADS, FACILITIES = "boundary.geojson", "roads.graphml", "facilities.geojson"
_DATED = ("created_date", "created_with")
"""What OSMnx writes into a graph that differs from day to day."""


def fetch_place(place: str, *, margin_m: float) -> dict[str, bytes]:
    """Fetch a place from OpenStreetMap.

    Parameters
    ----------
    place
        Name as Nominatim knows it, such as 示例县, 某省.
    margin_m
        How far beyond the boundary roads and facilities are fetched.

    Returns
    -------
    dict
        Name of file → content: boundary, roads and facilities with the kind that their tags mean.

    Raises
    ------
    AccessGISError
        AG1014 the servers cannot be reached, AG1015 they answer with something else.
    UsageError
        AG2454 no place of that name has an outline.
    """
    with _asked(place):
        outline = _outline(place)
        metric = outline.estimate_utm_crs()
        around = cast(
            "Polygon | MultiPolygon", outline.to_crs(metric).buffer(margin_m).to_crs(WGS84).union_all()
        )  # fmt: skip
        graph = osmnx.graph_from_polygon(around, network_type="all", retain_all=True, truncate_by_edge=True)
        try:
            features = osmnx.features_from_polygon(around, dict.fromkeys(sorted(osm_keys()), True))
        except osmnx._errors.InsufficientResponseError:  # noqa: SLF001  nothing there is an answer
            features = gpd.GeoDataFrame(geometry=[], crs=WGS84)
    return {
        BOUNDARY: outline.to_json(drop_id=True, ensure_ascii=False).encode(),
        ROADS: _graphml(graph),
        FACILITIES: _facilities(features).to_json(drop_id=True, ensure_ascii=False).encode(),
    }


def layers_of_place() -> list[Recognised]:
    """Return what the files of :func:`fetch_place` are."""
    return [
        Recognised(path=BOUNDARY, role="areas", columns={"name": "name"}, datum="wgs84"),
        Recognised(path=ROADS, role="roads"),
        Recognised(
            path=FACILITIES, role="facilities", columns={"id": "id", "name": "name", "kind": "kind"}, datum="wgs84"
        ),
    ]


@contextlib.contextmanager
def _asked(place: str) -> Iterator[None]:
    """Ask the servers without leaving a cache behind, and say in one sentence what fails."""
    before = osmnx.settings.use_cache
    osmnx.settings.use_cache = False
    try:
        yield
    except (osmnx._errors.InsufficientResponseError, TypeError) as error:  # noqa: SLF001  it exports them nowhere else
        raise UsageError("AG2454", key="--place", value=place) from error
    except (osmnx._errors.ResponseStatusCodeError, ValueError) as error:  # noqa: SLF001
        raise AccessGISError("AG1015", detail=" ".join(str(error).split())[:100]) from error
    except OSError as error:  # what requests raises is one
        raise AccessGISError("AG1014", detail=type(error).__name__) from error
    finally:
        osmnx.settings.use_cache = before


def _outline(place: str) -> gpd.GeoDataFrame:
    found = osmnx.geocode_to_gdf(place)
    shape = found.geometry.iloc[0]
    return gpd.GeoDataFrame({"name": [str(found["name"].iloc[0])]}, geometry=[shape], crs=WGS84)


def _graphml(graph: nx.MultiDiGraph[int]) -> bytes:
    for name in _DATED:
        graph.graph.pop(name, None)
    with scratch_folder() as folder:
        osmnx.save_graphml(graph, folder / ROADS)
        return (folder / ROADS).read_bytes()


def _facilities(features: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the features that are facilities, with id, name and kind, sorted by id."""
    rows: dict[str, tuple[str, str, shapely.Geometry]] = {}
    for index, row in features.drop(columns="geometry").iterrows():
        tags = {str(key): str(value) for key, value in row.items() if isinstance(value, str) and not pd.isna(value)}
        kind = osm_kind(tags)
        if kind is not None and isinstance(index, tuple):
            shape = features.geometry.loc[index]
            rows["/".join(map(str, index))] = (tags.get("name:zh") or tags.get("name", ""), kind, shape)
    ordered = sorted(rows)
    columns = {"id": ordered, "name": [rows[one][0] for one in ordered], "kind": [rows[one][1] for one in ordered]}
    return gpd.GeoDataFrame(columns, geometry=[rows[one][2] for one in ordered], crs=WGS84)
