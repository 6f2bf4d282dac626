"""A county drawn around an outline, with its data in known datums: what the audit of datums is tried on.

The truth is WGS-84: a lattice of crooked roads, people at its junctions, and the border. What is published of it is
shifted by the scalar oracle (``gcj02.py``), never by the code under test.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import quoteattr

import gcj02
import numpy as np
import shapely

Shift = Callable[[float, float], tuple[float, float]]
SHIFTS: dict[str, Shift] = {
    "wgs84": lambda lon, lat: (lon, lat),
    "gcj02": gcj02.wgs84_to_gcj02,
    "bd09": gcj02.wgs84_to_bd09,
}

STUDY = """\
[study]
name = "画县"
code = "149921"
data_date = 2025-12-31
margin_km = {margin_km}

[areas]
path = "areas.geojson"
datum = "{declared}"
where = "rural"

[roads]
path = "roads.osm"

[population]
table = "people.csv"
datum = "wgs84"

[[facilities]]
path = "clinics.csv"
kind = "village_clinic"
datum = "wgs84"
"""


def star(lon: float = 112.7, lat: float = 37.6, size: float = 0.1, seed: int = 0) -> shapely.Polygon:
    """Return an irregular outline of some 120 corners around a place, degrees."""
    rng = np.random.default_rng(seed)
    turn = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    radius = size * (1 + 0.15 * np.sin(3 * turn) + 0.1 * np.cos(7 * turn) + rng.normal(0, 0.03, turn.size))
    return shapely.Polygon(np.column_stack([lon + radius * np.cos(turn), lat + radius * np.sin(turn)]))


def published(shape: shapely.Geometry, datum: str) -> shapely.Geometry:
    """Return a true shape with its numbers in a datum."""
    return shapely.transform(shape, lambda at: np.array([SHIFTS[datum](*place) for place in at.tolist()]))


def roads(outline: shapely.Polygon, *, step: float, beyond: float, seed: int = 1) -> list[shapely.LineString]:
    """Return crooked lines of a lattice, cut at the outline widened by ``beyond`` degrees."""
    rng = np.random.default_rng(seed)
    west, south, east, north = shapely.buffer(outline, beyond).bounds
    lon, lat = np.meshgrid(np.arange(west, east, step), np.arange(south, north, step), indexing="ij")
    lon, lat = (side + rng.normal(0, step / 6, side.shape) for side in (lon, lat))
    at = np.stack([lon, lat], axis=-1)
    lines = shapely.linestrings(np.concatenate([at.reshape(-1, 2), at.transpose(1, 0, 2).reshape(-1, 2)]), indices=(
        np.concatenate([np.repeat(np.arange(at.shape[0]), at.shape[1]),
                        np.repeat(np.arange(at.shape[1]), at.shape[0]) + at.shape[0]])
    ))  # fmt: skip
    cut = shapely.get_parts(shapely.intersection(lines, shapely.buffer(outline, beyond)))
    return [line for line in cut if line.geom_type == "LineString" and not line.is_empty]


def draw(
    folder: Path,
    outline: shapely.Polygon,
    *,
    published_in: str,
    declared: str = "wgs84",
    borders: str = "",
    cut: bool = False,
    step: float = 0.01,
    areas: shapely.Geometry | None = None,
) -> Path:
    """Write the study to ``folder`` and return its study file.

    Parameters
    ----------
    outline
        The true border, degrees.
    published_in, declared
        What the numbers of the areas are, and what the study says they are.
    borders
        How the OSM file holds the border: ``way`` (tagged), ``relation`` (members without tags), or not.
    cut
        Whether the roads end at the border; else they go on beyond it.
    areas
        The published outline itself, in place of the shifted true one.
    """
    lines = roads(outline, step=step, beyond=0.0 if cut else 0.05)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "roads.osm").write_text(osm(lines, outline if borders else None, borders), encoding="utf-8")
    shape = published(outline, published_in) if areas is None else areas
    feature = {"type": "Feature", "properties": {"code": "149921", "name": "画县"}, "geometry": shape.__geo_interface__}
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4326"}}
    document = {"type": "FeatureCollection", "crs": crs, "features": [feature]}
    (folder / "areas.geojson").write_text(json.dumps(document), encoding="utf-8")
    homes = [line.coords[len(line.coords) // 2] for line in lines]
    core = outline.buffer(-0.004)
    inside = [home for home in homes if core.contains(shapely.Point(home))]
    people = "".join(f"{lon!r},{lat!r},10\n" for lon, lat in inside)
    (folder / "people.csv").write_text("lon,lat,total\n" + people, encoding="utf-8")
    lon, lat = inside[0]
    (folder / "clinics.csv").write_text(f"id,lon,lat\nC1,{lon!r},{lat!r}\n", encoding="utf-8")
    text = STUDY.format(declared=declared, margin_km=0 if cut else 3)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder / "study.toml"


def osm(lines: list[shapely.LineString], outline: shapely.Polygon | None, borders: str) -> str:
    """Return an OSM file of roads, and of a border in two ways."""
    nodes: dict[tuple[float, float], int] = {}
    ways: list[tuple[list[int], dict[str, str]]] = []

    def add(places: list[tuple[float, float]], tags: dict[str, str]) -> None:
        ids = [nodes.setdefault((round(lon, 7), round(lat, 7)), len(nodes) + 1) for lon, lat in places]
        ways.append((ids, tags))

    for line in lines:
        add(list(line.coords), {"highway": "unclassified"})
    if outline is not None:
        ring = list(outline.exterior.coords)
        half = len(ring) // 2
        tags = {"boundary": "administrative", "admin_level": "6"} if borders == "way" else {"note": "border"}
        add(ring[: half + 1], tags)
        add(ring[half:], tags)
    text = ["<osm version='0.6'>"]
    text += [f"<node id='{number}' lon='{lon!r}' lat='{lat!r}' version='1'/>" for (lon, lat), number in nodes.items()]
    for number, (ids, tags) in enumerate(ways, start=1):
        inner = "".join(f"<nd ref='{node}'/>" for node in ids)
        inner += "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())
        text.append(f"<way id='{number}' version='1'>{inner}</way>")
    if borders == "relation":
        members = "".join(f"<member type='way' ref='{len(ways) - part}' role='outer'/>" for part in (1, 0))
        tags = "<tag k='type' v='boundary'/><tag k='boundary' v='administrative'/><tag k='admin_level' v='6'/>"
        text.append(f"<relation id='1' version='1'>{members}{tags}</relation>")
    return "\n".join([*text, "</osm>"])
