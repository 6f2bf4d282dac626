"""The audit of datums: whether a layer would fit the roads, or a border, markedly better in another datum.

A layer in a wrong datum lies 100–1300 m off, and nothing in its numbers says so. Facilities, people and seats of
villages are held against the roads; areas against the administrative borders of the OSM file, against the ends of
roads that were cut at the border, and against the areas of another file of the study.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from accessgis.assess.assessment import DATUM_AUDIT
from accessgis.base.datum import Datum
from accessgis.base.errors import Doubt, Place, Value
from accessgis.layers.areas import LEVELS
from accessgis.network.model import Roads
from accessgis.sources.borders_osm import read_osm_borders
from accessgis.sources.database import is_address, layer_name
from accessgis.study.datum_fit import MOST_POINTS, Fit, Lines, fits, sampled
from accessgis.study.layers import OSM_ENDINGS
from accessgis.study.prepare import Prepared

AT_BORDER_M = 2000.0
"""Places farther from the border are not held against it."""
_STEP_M = 250.0
_MARGIN_M = 5000.0

_EVIDENCE = {
    "roads": ("the roads", "道路"),
    "osm_borders": ("the administrative borders of the roads file", "路网文件中的行政界线"),
    "road_ends": ("the ends of roads cut at the border", "在界线处截断的道路端点"),
    "areas": ("the areas of {other}", "{other} 中的行政区"),
}


@dataclass(frozen=True, eq=False, kw_only=True)
class DatumAudit:
    """What the audit found.

    Attributes
    ----------
    frame
        Schema :data:`~accessgis.assess.assessment.DATUM_AUDIT`: every layer in every datum, before and after.
    doubts
        AG9021 and AG9022 for the layers that would fit markedly better in another datum.
    """

    frame: pd.DataFrame
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One layer held against one thing."""

    layer: str
    role: str
    key: str
    evidence: str
    other: str
    declared: Datum
    found: tuple[Fit, ...]


def audit_datums(prepared: Prepared) -> DatumAudit:
    """Compare how every layer with coordinates in China fits as declared and in the other datums.

    Parameters
    ----------
    prepared
        The layers of a study. Layers with fewer than 20 places, and those of the roads file itself, are not compared.

    Returns
    -------
    DatumAudit
        The comparison, in the order of the study file, and what is doubtful.
    """
    cases = [case for case in _cases(prepared) if case.found]
    rows = [row for case in cases for row in _rows(case)]
    frame = pd.DataFrame(rows, columns=list(DATUM_AUDIT.names)) if rows else DATUM_AUDIT.empty()
    DATUM_AUDIT.require(frame)
    return DatumAudit(frame=frame, doubts=tuple(doubt for case in cases for doubt in _doubts(case)))


def _cases(prepared: Prepared) -> Iterator[_Case]:
    yield from _areas(prepared)
    lines = Lines.of_roads(prepared.roads)
    table = prepared.study.file.population
    # People counted per unit have no coordinates of their own: they stand where the areas and their points say.
    if table.table is not None and not prepared.demand.estimate:
        lived_in = prepared.demand.frame["population"].to_numpy() > 0
        people = prepared.demand.frame[lived_in]
        yield _points(prepared, lines, people, table.table, "population", "population", table.datum)
    datums: dict[str, set[Datum | None]] = {}
    for layer in prepared.study.file.facilities:
        if layer.path is not None:
            datums.setdefault(layer_name(layer.path), set()).add(layer.datum)
    frame = prepared.facilities.frame
    seen: set[str] = set()
    for number, layer in enumerate(prepared.study.file.facilities, start=1):
        # Layers of one file name are one layer here; where their datums differ, whose rows are whose is not known.
        name = "" if layer.path is None else layer_name(layer.path)
        if layer.path is None or name in seen or len(datums[name]) > 1:
            continue
        seen.add(name)
        own = frame[(frame["layer"] == name) & frame["placement"].isin(["coordinates", "parcel"])]
        yield _points(prepared, lines, own, layer.path, "facilities", f"facilities[{number}]", layer.datum)


def _points(
    prepared: Prepared, lines: Lines, frame: pd.DataFrame, label: str, role: str, key: str, datum: Datum | None
) -> _Case:
    declared: Datum = datum or "wgs84"
    x, y = sampled(frame["x"].to_numpy(), frame["y"].to_numpy(), crs=prepared.crs)
    found = fits(x, y, lines, crs=prepared.crs, declared=declared)
    return _Case(layer=label, role=role, key=key, evidence="roads", other="", declared=declared, found=found)


def _areas(prepared: Prepared) -> Iterator[_Case]:
    """Hold the areas against the borders of the roads file, the ends of roads, and areas of other files."""
    table = prepared.study.file.areas
    if table.path is None:
        return
    declared: Datum = table.datum or "wgs84"
    label = table.path if isinstance(table.path, str) else next(iter(table.path.values()))
    outline = prepared.areas.outline()
    x, y = _along(outline, prepared)
    if not x.size:
        return
    own = Lines.of_shapes(_rings(outline))

    def case(evidence: str, found: tuple[Fit, ...], other: str = "", layer: str = label) -> _Case:
        return _Case(layer=layer, role="areas", key="areas", evidence=evidence, other=other, declared=declared,
                     found=found)  # fmt: skip

    if table.village_points is not None:
        yield _village_points(prepared, declared, table.village_points)
    borders = _borders(prepared, outline)
    if borders.size:
        lines = Lines.of_shapes(borders)
        near = lines.distance_m(x, y) < AT_BORDER_M
        yield case("osm_borders", fits(x[near], y[near], lines, crs=prepared.crs, declared=declared))
    ends_x, ends_y = sampled(*_ends(prepared.roads), crs=prepared.crs)
    near = own.distance_m(ends_x, ends_y) < AT_BORDER_M
    ends = fits(ends_x[near], ends_y[near], own, crs=prepared.crs, declared=declared, moved="lines")
    yield case("road_ends", ends)
    if isinstance(table.path, dict):
        levels = [level for level in LEVELS if level in table.path and len(prepared.areas.at(level))]
        outlines = {level: shapely.union_all(prepared.areas.at(level).geometry.to_numpy()) for level in levels}
        for one in levels:
            for other in levels:
                if table.path[one] != table.path[other]:
                    lines = Lines.of_shapes(_rings(outlines[other]))
                    x, y = _along(outlines[one], prepared)
                    near = lines.distance_m(x, y) < AT_BORDER_M
                    found = fits(x[near], y[near], lines, crs=prepared.crs, declared=declared)
                    yield case("areas", found, other=table.path[other], layer=table.path[one])


def _village_points(prepared: Prepared, declared: Datum, label: str) -> _Case:
    """Hold the seats of the villages, which share the areas' datum, against the roads."""
    at = np.array(list(prepared.areas.committees.values()), dtype=np.float64).reshape(-1, 2)
    x, y = sampled(at[:, 0], at[:, 1], crs=prepared.crs)
    found = fits(x, y, Lines.of_roads(prepared.roads), crs=prepared.crs, declared=declared)
    return _Case(layer=label, role="areas", key="areas", evidence="roads", other="", declared=declared, found=found)


def _borders(prepared: Prepared, outline: shapely.Geometry) -> NDArray[np.object_]:
    text = prepared.study.file.roads.path
    if is_address(text):
        return np.empty(0, dtype=object)
    path = prepared.study.locate(text, key="roads.path")
    if not path.name.lower().endswith(OSM_ENDINGS):
        return np.empty(0, dtype=object)
    keep = shapely.buffer(outline, _MARGIN_M)
    return read_osm_borders(path, label=text, crs=prepared.crs, keep=keep)


def _rings(shape: shapely.Geometry) -> NDArray[np.object_]:
    return np.asarray(shapely.get_exterior_ring(shapely.get_parts(shape)), dtype=object)


def _along(shape: shapely.Geometry, prepared: Prepared) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return places along the outer rings of a shape, evenly spaced."""
    rings = _rings(shape)
    step_m = max(_STEP_M, float(shapely.length(rings).sum()) / MOST_POINTS)
    places = [shapely.line_interpolate_point(ring, np.arange(0.0, shapely.length(ring), step_m)) for ring in rings]
    at = shapely.get_coordinates(np.concatenate([np.empty(0, dtype=object), *places]))
    return sampled(at[:, 0], at[:, 1], crs=prepared.crs)


def _ends(roads: Roads) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the junctions at which a single edge ends."""
    degree = np.bincount(np.concatenate([roads.tail, roads.head]), minlength=roads.node_count)
    return roads.node_x[degree == 1], roads.node_y[degree == 1]


def _rows(case: _Case) -> Iterator[dict[str, object]]:
    for fit in case.found:
        fields = {name: getattr(case, name) for name in ("layer", "role", "evidence", "other", "declared")}
        yield fields | asdict(fit)


def _doubts(case: _Case) -> Iterator[Doubt]:
    before = case.found[0]
    for fit in case.found[1:]:
        if fit.better:
            english, chinese = (words.format(other=case.other) for words in _EVIDENCE[case.evidence])
            values: dict[str, Value] = {
                "declared": case.declared,
                "datum": fit.datum,
                "evidence_en": english,
                "evidence_zh": chinese,
                "before_m": round(before.median_m),
                "after_m": round(fit.median_m),
                "percent": round(100 * fit.share_nearer),
            }
            code = "AG9021" if case.evidence == "roads" else "AG9022"
            yield Doubt(
                code=code, place=Place(file=case.layer, key=f"{case.key}.datum"), count=fit.points, values=values
            )
