"""Graphs of OSMnx: the same roads as from the file they were made of, judged by networkx on the graph itself."""

from __future__ import annotations

import subprocess
import sys
import warnings

import networkx as nx
import numpy as np
import osmnx
import pytest
import shapely
from pyproj import CRS

from accessgis.base.errors import DataError
from accessgis.sources.roads_graphml import read_graph_roads

UTM = CRS.from_epsg(32649)
#   1 ── 2 ── 3     2–3 one way east; 3–4–1 drawn with inner vertices; 5 a dead end by a path; a loop at 4.
NODES = {1: (112.0, 37.0), 2: (112.01, 37.0), 3: (112.02, 37.0), 4: (112.01, 37.01), 5: (112.01, 37.02),
         11: (112.018, 37.004), 12: (112.004, 37.006), 21: (112.012, 37.011), 22: (112.011, 37.012)}  # fmt: skip
WAYS = [
    (101, [1, 2], {"highway": "primary", "maxspeed": "60"}),
    (102, [2, 3], {"highway": "secondary", "oneway": "yes"}),
    (103, [3, 11, 4], {"highway": "tertiary"}),
    (104, [4, 12], {"highway": "residential"}),
    (105, [12, 1], {"highway": "unclassified"}),
    (106, [4, 5], {"highway": "path"}),
    (107, [4, 21, 22, 4], {"highway": "residential"}),
    (108, [2, 4], {"highway": "tertiary", "bridge": "yes"}),
]


def osm_text():
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6" generator="drawn">']
    lines += [f'<node id="{node}" version="1" lon="{lon}" lat="{lat}"/>' for node, (lon, lat) in NODES.items()]
    for way, nodes, tags in WAYS:
        refs = "".join(f'<nd ref="{node}"/>' for node in nodes)
        said = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
        lines.append(f'<way id="{way}" version="1">{refs}{said}</way>')
    return "\n".join([*lines, "</osm>"])


@pytest.fixture(params=[True, False], ids=["simplified", "whole"])
def graph(request, tmp_path):
    (tmp_path / "a.osm").write_text(osm_text(), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return osmnx.graph_from_xml(tmp_path / "a.osm", simplify=request.param, retain_all=True)


def saved(graph, folder):
    osmnx.save_graphml(graph, folder / "roads.graphml")
    return folder / "roads.graphml"


def read(path, **options):
    return read_graph_roads(path, label=path.name, crs=UTM, **options)


def test_lengths_and_directions_are_those_of_the_graph(graph, tmp_path):
    roads = read(saved(graph, tmp_path)).value

    metric = osmnx.project_graph(graph, to_crs=UTM)
    place = {node: (round(at["x"]), round(at["y"])) for node, at in metric.nodes(data=True)}
    oracle = nx.MultiDiGraph()
    for tail, head, tags in metric.edges(data=True):
        ends = [[metric.nodes[node]["x"], metric.nodes[node]["y"]] for node in (tail, head)]
        line = tags.get("geometry") or shapely.LineString(ends)
        oracle.add_edge(place[tail], place[head], m=line.length)
    ours = nx.MultiDiGraph()
    at = [(round(x), round(y)) for x, y in zip(roads.node_x, roads.node_y, strict=True)]
    for row in range(roads.edge_count):
        tail, head, length = at[roads.tail[row]], at[roads.head[row]], float(roads.length_m[row])
        ours.add_edges_from([(tail, head, {"m": length})] if roads.forward[row] & 4 or roads.forward[row] & 1 else [])
        # Walkers go both ways; the graph of OSMnx says what vehicles may.
        both = roads.backward[row] & 4 or roads.classes[roads.road_class[row]] == "path"
        ours.add_edges_from([(head, tail, {"m": length})] if both else [])
    for source in oracle:
        wanted = nx.single_source_dijkstra_path_length(oracle, source, weight="m")
        found = nx.single_source_dijkstra_path_length(ours, source, weight="m")
        assert {node: pytest.approx(length, abs=0.01) for node, length in wanted.items()} == {
            node: found[node] for node in wanted
        }


def test_every_street_is_there_once(graph, tmp_path):
    reading = read(saved(graph, tmp_path))

    roads = reading.value
    lines = [shapely.LineString([NODES[node] for node in nodes]) for _, nodes, _ in WAYS]
    drawn = sum(osmnx.projection.project_geometry(line, to_crs=UTM)[0].length for line in lines)
    assert roads.length_m.sum() == pytest.approx(drawn, rel=1e-9)
    assert "AG9120" in {doubt.code for doubt in reading.doubts}
    assert (roads.backward[roads.source_id == 102] & 4).tolist() == [0]
    assert roads.joinable[roads.source_id == 108].tolist() == [False]
    assert roads.maxspeed_forward_kph[roads.source_id == 101].tolist() == [60.0]


def test_merged_streets_count_as_the_least(tmp_path):
    (tmp_path / "a.osm").write_text(osm_text(), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph = osmnx.graph_from_xml(tmp_path / "a.osm", simplify=True, retain_all=True)

    reading = read(saved(graph, tmp_path))

    # Ways 101 (primary), 104 (residential) and 105 (unclassified) are one street of the simplified graph.
    roads = reading.value
    (row,) = np.flatnonzero(roads.source_id == 101)
    assert roads.classes[roads.road_class[row]] == "residential"
    assert {doubt.code: doubt.count for doubt in reading.doubts}["AG9119"] == 1


def test_only_what_is_near_is_kept(graph, tmp_path):
    path = saved(graph, tmp_path)
    whole = read(path).value
    x, y = whole.node_x.min(), whole.node_y.min()

    assert read(path, keep=shapely.box(x - 10, y - 10, x + 10, y + 10)).value.edge_count < whole.edge_count
    with pytest.raises(DataError, match="AG3103"):
        read(path, keep=shapely.box(0, 0, 1, 1))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "AG3120"),
        ("<html><body>404</body></html>", "AG3120"),
        ('<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph edgedefault="directed"/></graphml>', "AG3120"),
        (
            '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph edgedefault="undirected"/></graphml>',
            "AG3120",
        ),
    ],
)
def test_what_is_no_graph_of_osmnx_is_refused(tmp_path, text, code):
    (tmp_path / "a.graphml").write_text(text, encoding="utf-8")

    with pytest.raises(DataError, match=code):
        read(tmp_path / "a.graphml")


def test_a_graph_cut_short_or_without_roads_is_refused(graph, tmp_path):
    path = saved(graph, tmp_path)
    text = path.read_text(encoding="utf-8")
    for place in (0.3, 0.9):
        path.write_text(text[: int(len(text) * place)], encoding="utf-8")
        with pytest.raises(DataError, match="AG3120"):
            read(path)
    for _, _, tags in graph.edges(data=True):
        tags["highway"] = "proposed"
    with pytest.raises(DataError, match="AG3102"):
        read(saved(graph, tmp_path))


def test_osmnx_is_loaded_only_where_a_graph_is_read_or_written():
    code = (
        "import sys, accessgis.study.run, accessgis.report.network_files; "
        "print([m for m in ('osmnx', 'networkx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
