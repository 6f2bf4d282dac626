"""Roads from a graph that OSMnx saved as GraphML."""

from __future__ import annotations

import warnings
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from accessgis.base.crs import WGS84, transformer
from accessgis.base.errors import DataError, Doubt, Place
from accessgis.base.provenance import Reading
from accessgis.network.build import RawWays, build_roads
from accessgis.network.model import Roads
from accessgis.network.permissions import RELEVANT_KEYS, WayRule, way_rule
from accessgis.network.profiles import road_classes
from accessgis.sources.door import record, regular_file

if TYPE_CHECKING:
    import networkx as nx

GRAPH_ENDINGS = (".graphml",)

Edge = tuple[int, int, dict[str, Any]]


def read_graph_roads(path: Path, *, label: str, crs: CRS, keep: shapely.Geometry | None = None) -> Reading[Roads]:
    """Read roads from a graph of OSMnx.

    Parameters
    ----------
    path
        ``.graphml`` as ``osmnx.save_graphml`` writes it, simplified or not; its CRS is its own.
    label
        Path for messages and provenance, relative to the study.
    crs
        Working CRS, projected, metres.
    keep
        Polygon in ``crs``: edges that meet it are kept whole. None keeps all.

    Returns
    -------
    Reading[Roads]
        Roads; the two directions of a street are one edge again, and ``source_id`` is its way's OSM id, the lowest
        where several were merged. Barriers and surfaces are not in such a graph (AG9120).

    Raises
    ------
    DataError
        AG3002, AG3003, AG3120 no graph of OSMnx, AG3102 no roads, AG3103 none in ``keep``.
    """
    source = regular_file(path, label=label, endings=GRAPH_ENDINGS)
    graph, own = _graph(source, label=label)
    edges = _streets(graph)
    mixed = sum(isinstance(tags.get("highway"), list) for _, _, tags in edges)
    rules = [way_rule(_tags(tags)) for _, _, tags in edges]
    usable = [row for row, rule in enumerate(rules) if rule is not None and rule.forward | rule.backward]
    if not usable:
        raise DataError("AG3102", file=label)
    shapes = np.array([_shape(graph, edges[row]) for row in usable], dtype=object)
    if own != crs:
        project = transformer(own, crs)
        shapes = shapely.transform(shapes, lambda at: np.column_stack(project.transform(at[:, 0], at[:, 1])))
    if not np.isfinite(shapely.get_coordinates(shapes)).all():
        raise DataError("AG3120", file=label, detail="geometry")
    near = np.ones(len(usable), dtype=bool) if keep is None else shapely.intersects(keep, shapes)
    if not near.any():
        raise DataError("AG3103", file=label, count=len(usable))
    chosen = [row for row, use in zip(usable, near, strict=True) if use]
    roads = build_roads(
        _raw_ways(shapes[near], [edges[row] for row in chosen], [rules[row] for row in chosen]), crs=crs
    )
    place = Place(file=label)
    doubts = [Doubt(code="AG9120", place=place)]
    if mixed:
        doubts.append(Doubt(code="AG9119", place=place, count=mixed))
    entry = record(source, role="roads", label=label, rows=len(edges), crs=own, datum="wgs84" if own == WGS84 else None)
    return Reading(roads, (entry,), tuple(doubts))


def _graph(source: Path, *, label: str) -> tuple[nx.MultiDiGraph[int], CRS]:
    """Return the graph and its CRS."""
    import networkx as nx  # noqa: PLC0415  only where a graph is read
    import osmnx  # noqa: PLC0415  a second of every run, only where a graph is read

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            graph = osmnx.load_graphml(source)
        own = CRS.from_user_input(graph.graph["crs"])
        places = np.array([[at["x"], at["y"]] for _, at in graph.nodes(data=True)], dtype=np.float64).reshape(-1, 2)
    except (
        ParseError,
        nx.NetworkXError,
        CRSError,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        SyntaxError,
        shapely.errors.ShapelyError,
    ) as error:
        detail = " ".join(str(error).split())[:80] or type(error).__name__
        raise DataError("AG3120", file=label, detail=detail) from error
    if not np.isfinite(places).all() or not graph.is_directed():
        raise DataError("AG3120", file=label, detail="x, y")
    return graph, own


def _streets(graph: nx.MultiDiGraph[int]) -> list[Edge]:
    """Return every street once: a two-way street is two edges of a graph of OSMnx, one per direction."""
    pairs: dict[tuple[Any, ...], dict[bool, list[Edge]]] = defaultdict(lambda: {True: [], False: []})
    streets: list[Edge] = []
    for tail, head, _, tags in sorted(graph.edges(keys=True, data=True), key=lambda edge: edge[:3]):
        if tags.get("oneway") is True:
            streets.append((tail, head, tags))
            continue
        twin = (min(tail, head), max(tail, head), *sorted(_ids(tags)), round(float(tags.get("length", 0.0)), 2))
        # As drawn is the direction that was not reversed.
        pairs[twin][tags.get("reversed") is not False].append((tail, head, tags))
    for drawn in pairs.values():
        streets.extend(_one_way_each(drawn[False], drawn[True]))
    return sorted(streets, key=lambda edge: (edge[0], edge[1], min(_ids(edge[2]))))


def _one_way_each(drawn: list[Edge], reversed_: list[Edge]) -> list[Edge]:
    """Return one edge of every pair of directions of streets that are alike."""
    if drawn and reversed_:
        return drawn if len(drawn) >= len(reversed_) else reversed_
    same = drawn or reversed_
    if all(tail == head for tail, head, _ in same):
        return same[: (len(same) + 1) // 2]
    up = [edge for edge in same if edge[0] < edge[1]]
    down = [edge for edge in same if edge[0] > edge[1]]
    return up if len(up) >= len(down) else down


def _ids(tags: dict[str, Any]) -> list[int]:
    ids = tags.get("osmid", 0)
    return [int(one) for one in (ids if isinstance(ids, list) else [ids])]


def _tags(tags: dict[str, Any]) -> dict[str, str]:
    """Return the tags of a street as OSM has them; of several classes the least, of several speeds the lowest."""
    found = {}
    for key, value in tags.items():
        if key in RELEVANT_KEYS and key != "oneway":
            one = _least(key, value) if isinstance(value, list) else value
            if one is not None and not (isinstance(one, float) and np.isnan(one)):
                found[key] = str(one)
    if tags.get("oneway") is True:
        found["oneway"] = "yes"
    return found


def _least(key: str, values: list[Any]) -> str | None:
    texts = sorted(str(value) for value in values)
    if key == "highway":
        order = {name: place for place, name in enumerate(road_classes())}
        return max(texts, key=lambda name: order.get(name, -1))
    if key == "maxspeed":
        numbers = [text for text in texts if text.isdigit()]
        return min(numbers, key=int) if numbers else None
    # A street that is partly a bridge or tunnel is none as a whole: it would bar points from joining all of it.
    return None if key in ("bridge", "tunnel") else texts[0]


def _shape(graph: nx.MultiDiGraph[int], edge: Edge) -> shapely.LineString:
    shape = edge[2].get("geometry")
    if isinstance(shape, shapely.LineString) and not shape.is_empty:
        return shape
    ends = [(graph.nodes[node]["x"], graph.nodes[node]["y"]) for node in edge[:2]]
    return shapely.LineString(ends)


def _raw_ways(shapes: Any, edges: list[Edge], rules: list[WayRule | None]) -> RawWays:
    """Return the streets as ways that meet at the nodes of the graph only."""
    known = [rule for rule in rules if rule is not None]
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    start = np.searchsorted(owner, np.arange(len(edges) + 1)).astype(np.int64)
    names = sorted({node for edge in edges for node in edge[:2]})
    number = {node: place for place, node in enumerate(names)}
    node_id = len(names) + np.arange(len(points), dtype=np.int64)
    node_id[start[:-1]] = [number[tail] for tail, _, _ in edges]
    node_id[start[1:] - 1] = [number[head] for _, head, _ in edges]
    classes = road_classes()
    return RawWays(
        start=start,
        node_id=node_id,
        x=points[:, 0],
        y=points[:, 1],
        road_class=np.array([classes.index(rule.road_class) for rule in known], dtype=np.uint8),
        classes=classes,
        forward=np.array([rule.forward for rule in known], dtype=np.uint8),
        backward=np.array([rule.backward for rule in known], dtype=np.uint8),
        maxspeed_forward_kph=np.array([rule.maxspeed_forward_kph for rule in known]),
        maxspeed_backward_kph=np.array([rule.maxspeed_backward_kph for rule in known]),
        joinable=np.array([rule.joinable for rule in known], dtype=bool),
        duration_ms=np.array([rule.duration_ms for rule in known], dtype=np.int64),
        source_id=np.array([min(_ids(edge[2])) for edge in edges], dtype=np.int64),
        barrier_id=np.zeros(0, dtype=np.int64),
        barrier_mask=np.zeros(0, dtype=np.uint8),
    )
