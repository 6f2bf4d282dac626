"""Networks to measure on: seeded road-like ones of any size, and real ones where their data are at hand.

``named("lattice-100000")`` gives one by name; :func:`names` lists them. A real network is cut to its longest component,
for a peer without a notion of islands has nothing to answer there. Data that are absent raise :class:`Absent`, whose
text says what to do.

Gothenburg comes from the npm package ``geojson-path-finder`` 2.1.0 (ISC), fetched once with ``npm pack`` into the
user's cache folder. Porto Alegre and Las Palmas are PBF files under the folder that ``ACCESSGIS_DATA`` names. All real
roads are © OpenStreetMap contributors, ODbL.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from pyproj import CRS
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from accessgis.base.crs import from_degrees, working_crs
from accessgis.base.files import cache_folder
from accessgis.network.build import build_network, components
from accessgis.network.model import Network, Roads
from accessgis.network.permissions import way_rule
from accessgis.network.profiles import Profile, SpeedRange, load_profiles, road_classes
from accessgis.network.split import RawWays, build_roads, ragged
from accessgis.sources.roads_osm import read_osm_roads, scan_osm

SPACING_M = 150.0
ONE_WAY_DRAWN = 0.39
"""Share of edges drawn one-way so that 30 % of those left are: a dead end drawn so falls away with all behind it."""
ALL_MODES = 7

GOTHENBURG_PACKAGE = "geojson-path-finder"
GOTHENBURG_VERSION = "2.1.0"
GOTHENBURG_MEMBER = "package/test/large-network.json"
GOTHENBURG_SHA256 = "e43f69b9b18a6b37d6a73fcb95631389be2ebae44cb3b74efc3b493d6033c1e4"

CITIES = {
    "porto-alegre": "porto_alegre/poa_osm.pbf",
    "las-palmas": "las_palmas/example_las_palmas_2023_osm_20230221.pbf",
}
REAL = (
    "gothenburg-vehicle",
    "gothenburg-walk",
    "gothenburg-walk-vertices",
    "porto-alegre-vehicle",
    "porto-alegre-walk",
    "las-palmas-vehicle",
    "las-palmas-walk",
)
TITLES = {
    "lattice": "{nodes:,} nodes, made",
    "oneway": "{nodes:,} nodes, made, 30 % of edges one-way",
    "gothenburg-vehicle": "Gothenburg, by car",
    "gothenburg-walk": "Gothenburg, on foot",
    "gothenburg-walk-vertices": "Gothenburg, on foot, every vertex a node",
    "porto-alegre-vehicle": "Porto Alegre, by car",
    "porto-alegre-walk": "Porto Alegre, on foot",
    "las-palmas-vehicle": "Las Palmas, by car",
    "las-palmas-walk": "Las Palmas, on foot",
}


class Absent(Exception):  # noqa: N818 (not an error: a benchmark that cannot run here)
    """What is measured on, or with, is not at hand; the text says why and how to get it."""


def names(sizes: tuple[int, ...]) -> tuple[str, ...]:
    """Return the names of the made networks of some sizes, then of the real ones."""
    made = [f"{kind}-{size}" for size in sizes for kind in ("lattice", "oneway")]
    return (*made, *REAL)


def named(name: str) -> Network:
    """Return a network by its name: ``lattice-N``, ``oneway-N``, or one of ``REAL``.

    Raises
    ------
    Absent
        When its data are not at hand.
    """
    kind, _, rest = name.partition("-")
    if kind in {"lattice", "oneway"} and rest.isdigit():
        return lattice(int(rest), one_way=kind == "oneway")
    if name not in REAL:
        raise ValueError(f"no network is called {name}; known: lattice-N, oneway-N, {', '.join(REAL)}")
    city = name.removesuffix("-vertices")
    place, profile = city.rsplit("-", 1)
    roads = gothenburg(every_vertex=city != name) if place == "gothenburg" else osm_city(place)
    return longest_part(roads, load_profiles()[profile])


# ------------------------------------------------------------------------------------------------------------- made


def lattice(junctions: int, *, seed: int = 0, one_way: bool = False) -> Network:
    """Return a jittered lattice with gaps, arterials and motorways, its nodes in random order.

    Parameters
    ----------
    junctions
        About as many nodes as the largest strongly connected component will have.
    seed
        Of everything that is drawn.
    one_way
        Whether 30 % of the edges have one direction only.
    """
    rng = np.random.default_rng(seed)
    side = int(np.sqrt(junctions / (0.65 if one_way else 0.955)))
    row, column = (values.astype(np.int32) for values in np.divmod(np.arange(side * side), side))
    x, y = ((values + rng.uniform(-0.35, 0.35, values.size)) * SPACING_M for values in (column, row))
    index = np.arange(side * side, dtype=np.int32).reshape(side, side)
    tail = np.concatenate([index[:, :-1].ravel(), index[:-1].ravel()])
    head = np.concatenate([index[:, 1:].ravel(), index[1:].ravel()])
    line = np.concatenate([row[index[:, :-1].ravel()], column[index[:-1].ravel()]])
    del row, column, index
    arterial, motorway = line % 10 == 0, line % 60 == 30
    kept = (rng.random(tail.size) < 0.6) | (arterial & (rng.random(tail.size) < 0.97)) | motorway
    tail, head, arterial, motorway = tail[kept], head[kept], arterial[kept], motorway[kept]
    share, drawn = ONE_WAY_DRAWN if one_way else 0.0, rng.random(tail.size)
    forward, backward = drawn >= share / 2, (drawn < share / 2) | (drawn >= share)
    inside = _largest(x.size, np.concatenate([tail[forward], head[backward]]),
                      np.concatenate([head[forward], tail[backward]]))  # fmt: skip
    number = np.full(x.size, -1, np.int32)
    number[inside] = rng.permutation(np.count_nonzero(inside)).astype(np.int32)
    kept = inside[tail] & inside[head]
    tail, head, arterial, motorway = number[tail[kept]], number[head[kept]], arterial[kept], motorway[kept]
    forward, backward = forward[kept], backward[kept]
    order = np.argsort(number[inside])
    x, y = x[inside][order], y[inside][order]
    length_m = np.hypot(x[tail] - x[head], y[tail] - y[head])
    speed_kph = np.where(motorway, 100.0, np.where(arterial, 60.0, rng.choice([20.0, 30.0, 30.0, 40.0], tail.size)))
    ms = np.maximum(1, np.round(length_m * 3600 / speed_kph)).astype(np.int64)
    return _straight(x, y, tail, head, length_m, ms, forward=forward, backward=backward)


def _largest(nodes: int, tail: np.ndarray, head: np.ndarray) -> np.ndarray:
    links = coo_matrix((np.ones(tail.size, np.int8), (tail, head)), shape=(nodes, nodes)).tocsr()
    _, part = connected_components(links, directed=True, connection="strong")
    return part == np.bincount(part).argmax()


def _straight(x, y, tail, head, length_m, ms, *, forward, backward) -> Network:
    """Return a network of straight edges, all of one class."""
    m = tail.size
    shape_x, shape_y = np.empty(2 * m), np.empty(2 * m)
    shape_x[::2], shape_x[1::2], shape_y[::2], shape_y[1::2] = x[tail], x[head], y[tail], y[head]
    flat = np.flatnonzero(np.column_stack([forward, backward]).ravel())
    edge, along = (flat // 2).astype(np.int32), flat % 2 == 0
    one = SpeedRange(low=4.0, central=4.0, high=4.0)
    unknown, all_true = np.full(m, np.nan), np.ones(m, np.bool_)
    return Network(
        roads=Roads(
            crs=CRS.from_epsg(4546), node_x=x, node_y=y, tail=tail, head=head, length_m=length_m,
            shape_start=np.arange(m + 1, dtype=np.int64) * 2, shape_x=shape_x, shape_y=shape_y,
            road_class=np.zeros(m, np.uint8), classes=("residential",),
            forward=np.where(forward, ALL_MODES, 0).astype(np.uint8),
            backward=np.where(backward, ALL_MODES, 0).astype(np.uint8),
            maxspeed_forward_kph=unknown, maxspeed_backward_kph=unknown,
            joinable=all_true, duration_ms=np.full(m, -1, np.int64), source_id=np.arange(m),
        ),
        profile=Profile(
            id="vehicle", mode="motor", obeys_oneway=True, speed_kph=one, class_speed_kph={}, walking_kph=one,
            title_zh="", title_en="", source="assumed",
        ),
        walking_kph=4.0,
        arc_edge=edge,
        arc_tail=np.where(along, tail[edge], head[edge]),
        arc_head=np.where(along, head[edge], tail[edge]),
        arc_forward=along,
        arc_ms=ms[edge],
        joinable=all_true,
        island=np.zeros(m, np.bool_),
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------------------- real


def osm_city(place: str) -> Roads:
    """Read a city's PBF with the product's own reader.

    Raises
    ------
    Absent
        When ``ACCESSGIS_DATA`` names no folder that holds it.
    """
    folder = os.environ.get("ACCESSGIS_DATA", "")
    path = Path(folder) / CITIES[place]
    if not folder or not path.is_file():
        raise Absent(f"{place} is left out: set ACCESSGIS_DATA to the folder that holds {CITIES[place]}")
    scan = scan_osm(path, label=path.name)
    west, south, east, north = scan.extent
    crs = working_crs((west + east) / 2, (south + north) / 2, chinese=False)
    return read_osm_roads(path, label=path.name, crs=crs, scan=scan).value


def gothenburg_file() -> Path:
    """Return the roads of Gothenburg in the user's cache folder, fetched with ``npm pack`` the first time.

    Raises
    ------
    Absent
        When they are not there and npm cannot fetch them.
    """
    folder = cache_folder() / "benchmarks"
    path = folder / "gothenburg.json"
    if path.is_file():
        return path
    package = f"{GOTHENBURG_PACKAGE}@{GOTHENBURG_VERSION}"
    npm = shutil.which("npm")
    if npm is None:
        raise Absent(f"gothenburg is left out: npm, which fetches {package}, is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [npm, "pack", package, "--silent"], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    packed = folder / f"{GOTHENBURG_PACKAGE}-{GOTHENBURG_VERSION}.tgz"
    if done.returncode or not packed.is_file():
        raise Absent(f"gothenburg is left out: npm could not fetch {package}")
    with tarfile.open(packed) as archive:
        member = archive.extractfile(GOTHENBURG_MEMBER)
        text = member.read() if member is not None else b""
    packed.unlink()
    if hashlib.sha256(text).hexdigest() != GOTHENBURG_SHA256:
        raise Absent(f"gothenburg is left out: {package} does not hold the roads it held")
    part = path.with_name("gothenburg.json.part")
    part.write_bytes(text)
    part.replace(path)
    return path


def gothenburg(*, every_vertex: bool) -> Roads:
    """Read the roads of Gothenburg: tags to permissions by the product's rules, split where vertices are shared.

    Parameters
    ----------
    every_vertex
        Whether every vertex is a node, or junctions and ends only.
    """
    features = json.loads(gothenburg_file().read_text(encoding="utf-8"))["features"]
    lines, rules, ways = [], [], []
    for feature in features:
        if feature["geometry"]["type"] != "LineString":
            continue
        tags: Mapping[str, str] = feature["properties"]
        rule = way_rule(tags)
        if rule is not None and rule.forward | rule.backward:
            lines.append(np.array(feature["geometry"]["coordinates"]))
            rules.append(rule)
            ways.append(int(tags["@id"].removeprefix("way/")))
    degrees = np.concatenate(lines)
    west, south, east, north = *degrees.min(axis=0), *degrees.max(axis=0)
    crs = working_crs((west + east) / 2, (south + north) / 2, chinese=False)
    x, y = from_degrees(crs).transform(degrees[:, 0], degrees[:, 1])
    ten_millionths = np.round(degrees * 1e7).astype(np.int64)
    place = (ten_millionths[:, 0] << 32) + ten_millionths[:, 1]
    size = np.array([len(line) for line in lines])
    start = np.concatenate([[0], np.cumsum(size)])
    way = np.arange(size.size)
    if every_vertex:
        take = np.setdiff1d(np.arange(place.size), start[1:] - 1)
        way, take = np.repeat(way, size - 1), np.column_stack([take, take + 1]).ravel()
        start, place, x, y = np.arange(way.size + 1) * 2, place[take], x[take], y[take]
    number = {name: index for index, name in enumerate(road_classes())}

    def column(values: list, dtype: type) -> np.ndarray:
        return np.array(values, dtype=dtype)[way]

    raw = RawWays(
        start=start, node_id=place, x=x, y=y,
        road_class=column([number[rule.road_class] for rule in rules], np.uint8), classes=road_classes(),
        forward=column([rule.forward for rule in rules], np.uint8),
        backward=column([rule.backward for rule in rules], np.uint8),
        maxspeed_forward_kph=column([rule.maxspeed_forward_kph for rule in rules], np.float64),
        maxspeed_backward_kph=column([rule.maxspeed_backward_kph for rule in rules], np.float64),
        joinable=column([rule.joinable for rule in rules], np.bool_),
        duration_ms=column([rule.duration_ms for rule in rules], np.int64),
        source_id=column(ways, np.int64),
        barrier_id=np.empty(0, np.int64), barrier_mask=np.empty(0, np.uint8),
    )  # fmt: skip
    return build_roads(raw, crs=crs)


def longest_part(roads: Roads, profile: Profile) -> Network:
    """Return the network of one profile on its longest strongly connected component, unused nodes dropped."""
    whole = build_network(roads, profile)
    permitted = np.zeros(roads.edge_count, np.bool_)
    permitted[whole.arc_edge] = True
    labels, longest = components(roads, permitted, whole.arc_tail, whole.arc_head, strong=True)
    edge = np.flatnonzero(permitted & (labels[roads.tail] == longest) & (labels[roads.head] == longest))
    node, ends = np.unique(np.column_stack([roads.tail[edge], roads.head[edge]]), return_inverse=True)
    ends = ends.reshape(-1, 2).astype(np.int32)
    count = np.diff(roads.shape_start)[edge]
    take = ragged(roads.shape_start[edge], count)
    part = Roads(
        crs=roads.crs, node_x=roads.node_x[node], node_y=roads.node_y[node],
        tail=ends[:, 0].copy(), head=ends[:, 1].copy(), length_m=roads.length_m[edge],
        shape_start=np.concatenate([[0], np.cumsum(count)]), shape_x=roads.shape_x[take], shape_y=roads.shape_y[take],
        road_class=roads.road_class[edge], classes=roads.classes,
        forward=roads.forward[edge], backward=roads.backward[edge],
        maxspeed_forward_kph=roads.maxspeed_forward_kph[edge], maxspeed_backward_kph=roads.maxspeed_backward_kph[edge],
        joinable=roads.joinable[edge], duration_ms=roads.duration_ms[edge], source_id=roads.source_id[edge],
    )  # fmt: skip
    return build_network(part, profile)


def title(name: str) -> str:
    """Return what a table calls a network."""
    kind, _, rest = name.partition("-")
    return TITLES[kind].format(nodes=int(rest)) if kind in TITLES else TITLES[name]
