"""A network as a file for other programs: GeoPackage, GeoParquet, or GraphML that OSMnx and networkx read."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from accessgis.base.crs import to_degrees
from accessgis.base.errors import AccessGISError, UsageError
from accessgis.network.model import Network
from accessgis.report.geopackage import write_layers

if TYPE_CHECKING:
    import networkx as nx

ENDINGS = (".gpkg", ".graphml", ".parquet")


def arc_frame(network: Network) -> gpd.GeoDataFrame:
    """Return one row per permitted direction: ids, length_m, seconds, road_class, and the shape as travelled."""
    roads, edge = network.roads, network.arc_edge
    shapes = roads.shapes()[edge]
    shapes = np.where(network.arc_forward, shapes, shapely.reverse(shapes))
    return gpd.GeoDataFrame(
        {
            "edge_id": edge.astype(np.int64),
            "tail": network.arc_tail.astype(np.int64),
            "head": network.arc_head.astype(np.int64),
            "length_m": roads.length_m[edge],
            "seconds": network.arc_ms / 1000.0,
            "road_class": np.array(roads.classes, dtype=object)[roads.road_class[edge]],
            "joinable": network.joinable[edge],
            "island": network.island[edge],
        },
        geometry=shapes,
        crs=roads.crs,
    )


def to_networkx(network: Network) -> nx.MultiDiGraph[int]:
    """Return the network as OSMnx understands it: lon/lat, parallel edges kept, ``travel_time`` in seconds."""
    import networkx as nx  # noqa: PLC0415  only where a graph is written

    roads = network.roads
    lon, lat = to_degrees(roads.crs).transform(roads.node_x, roads.node_y)
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph(crs="EPSG:4326", simplified=True)
    graph.add_nodes_from((node, {"x": float(lon[node]), "y": float(lat[node])}) for node in range(roads.node_count))
    arcs = arc_frame(network).to_crs("EPSG:4326")
    columns = [arcs[name].tolist() for name in ("tail", "head", "edge_id", "length_m", "seconds", "road_class")]
    for tail, head, edge, length_m, seconds, road_class, shape in zip(*columns, arcs.geometry, strict=True):
        graph.add_edge(tail, head, osmid=edge, length=length_m, travel_time=seconds, highway=road_class, geometry=shape)
    return graph


def write_network(network: Network, path: Path) -> None:
    """Write a network to a file by its ending, whole or not at all.

    Raises
    ------
    UsageError
        AG2213 the ending is not one of :data:`ENDINGS`.
    AccessGISError
        AG1001 the file cannot be written.
    """
    if path.suffix.lower() not in ENDINGS:
        raise UsageError("AG2213", file=path.name)
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.tmp-") as folder:
            fresh = Path(folder) / path.name
            if path.suffix.lower() == ".graphml":
                import osmnx  # noqa: PLC0415  a second of every run, only where a graph is written

                osmnx.save_graphml(to_networkx(network), fresh)
            elif path.suffix.lower() == ".parquet":
                arc_frame(network).to_parquet(fresh)
            else:
                roads = network.roads
                points = gpd.GeoSeries(gpd.points_from_xy(roads.node_x, roads.node_y), crs=roads.crs)
                nodes = gpd.GeoDataFrame({"node": np.arange(roads.node_count)}, geometry=points)
                write_layers({"nodes": nodes, "edges": arc_frame(network)}, fresh)
            fresh.replace(path)
    except OSError as error:
        raise AccessGISError("AG1001", file=str(path), detail=error.strerror or str(error)) from error
