"""What the map's script draws: shapes, figures by area and pictures, free of language, as plain data for JSON."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from accessgis.assess.assessment import Assessment, RuleRecord
from accessgis.layers.facilities import PROPOSED
from accessgis.report import shapes
from accessgis.report.counted_map import counted_data, mapped_rules
from accessgis.report.figures import Figures, area_names, whole_figures
from accessgis.report.grid_image import CellGrid, cell_grid, people_breaks
from accessgis.report.numbers import percent
from accessgis.report.sentences import Case, area_class
from accessgis.report.view import SHOWN_GAPS, cases_of
from accessgis.report.wording import symbol
from accessgis.standards.marks import CAPACITIES

INSIDE_COLOURS = ("#5f94b8", "#9abfd6", "#cfe1ec")
NEAR_COLOUR, FAR_COLOUR = "#f6e6c8", "#ecc795"
COVERED_COLOURS = ("#c2d2dd", "#97b4c8", "#6288a6")
UNCOVERED_COLOURS = ("#e2a765", "#bf6320", "#74300c")
NOT_CONCERNED_COLOUR = "#d9d6cf"

_AREA_LEVELS = ("county", "township", "village")
_BAND_VERTICES = 12_000
_ROAD_VERTICES = 40_000
_DEFAULT_EDGES = (1 / 3, 2 / 3, 1.0, 1.5)
_FOCUS_EDGE, _FOCUS_SHARE = 0.01, 0.3
_NO_CODES = np.zeros(0, dtype=np.uint8)
_SHOWN_STATUSES = ("in_service", "under_construction", "planned", "mobile", PROPOSED)
"""Those of facilities, and what a change adds to them: drawn apart though it counts as in service."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Drawing:
    """What every rule's drawing needs: the encoder, the drawn areas, the people as cells."""

    assessment: Assessment
    encode: shapes.Encoder
    areas: dict[str, NDArray[np.object_]]
    outline: shapely.Geometry
    grid: CellGrid | None
    everybody: NDArray[np.float64]
    """People of all ages by cell."""
    codes: dict[str, list[str]]
    """Codes of the areas of a level, in the order drawn."""


def map_data(assessment: Assessment) -> dict[str, Any]:
    """Return everything the map draws.

    Coordinates are WGS-84: shapes as steps of 1/100,000 degree (see :mod:`accessgis.report.shapes`), points as
    ``[lat, lon]``. People are whole numbers that add up over the levels.
    """
    areas = shapes.drawn_areas(assessment.areas)
    outline = shapely.union_all(areas["county"] if "county" in areas else next(iter(areas.values())))
    grid = cell_grid(assessment.demand, assessment.crs)
    frame = assessment.areas.frame
    drawing = Drawing(
        assessment=assessment,
        encode=shapes.encoder(assessment.crs),
        areas=areas,
        outline=outline,
        grid=grid,
        everybody=np.zeros(0) if grid is None else grid.sums(assessment.demand.people("total")),
        codes={level: frame.loc[frame["level"] == level, "code"].tolist() for level in areas},
    )
    return {
        "perDegree": shapes.PER_DEGREE,
        "bounds": _bounds(drawing),
        "areas": {level: _areas(drawing, level) for level in _AREA_LEVELS if level in areas},
        "roads": _roads(drawing),
        "facilities": _facilities(drawing),
        "grid": None if grid is None else {"bounds": grid.bounds, "cellM": round(grid.cell_m)},
        "colours": {
            "covered": COVERED_COLOURS,
            "uncovered": UNCOVERED_COLOURS,
            "notConcerned": NOT_CONCERNED_COLOUR,
        },
        "rules": [
            *(_rule(drawing, rule) for rule in assessment.circles),
            *(_counted(drawing, rule) for rule in mapped_rules(assessment)),
        ],
    }


def _bounds(drawing: Drawing) -> list[list[float]]:
    lats, lons = zip(*drawing.encode.points(*shapely.get_coordinates(drawing.outline).T), strict=True)
    return [[min(lats), min(lons)], [max(lats), max(lons)]]


def _areas(drawing: Drawing, level: str) -> dict[str, Any]:
    frame = drawing.assessment.areas.frame
    frame = frame[frame["level"] == level]
    names = area_names(drawing.assessment)
    drawn = drawing.areas[level]
    points = shapes.label_points(drawn, inside=level != "village")
    return {
        "names": frame["name"].tolist(),
        "parents": [names.get(code, "") if level == "village" else "" for code in frame["parent"]],
        "labels": drawing.encode.points(shapely.get_x(points), shapely.get_y(points)),
        "shapes": drawing.encode.polygons(drawn),
    }


def _roads(drawing: Drawing) -> dict[str, shapes.Lines]:
    extent = shapes.extent_m(drawing.assessment.areas)
    drawn = shapes.drawn_roads(drawing.assessment.roads_for_map, drawing.outline, extent=extent, most=_ROAD_VERTICES)
    return {rank: drawing.encode.lines(line) for rank, line in drawn.items()}


def _facilities(drawing: Drawing) -> dict[str, Any]:
    wanted = _kinds(drawing.assessment)
    frame = drawing.assessment.facilities.frame
    frame = frame[frame["kind"].isin(wanted) & frame["status"].isin(_SHOWN_STATUSES) & frame["x"].notna()]
    names = area_names(drawing.assessment)
    new = (frame["layer"] == PROPOSED) & (frame["status"] == "in_service")
    frame = frame.assign(status=frame["status"].mask(new, PROPOSED))
    columns = (frame[name].tolist() for name in ("kind", "name", "township", "village", "status"))
    stated = [name for name in CAPACITIES if name in frame and frame[name].notna().any()]
    rows = [
        [
            wanted.index(kind),
            *point,
            name,
            names.get(township, "") + names.get(village, ""),
            _SHOWN_STATUSES.index(status),
            *([capacities] if capacities else []),
        ]
        for point, capacities, kind, name, township, village, status in zip(
            drawing.encode.points(frame["x"], frame["y"]), _capacities(frame, stated), *columns, strict=True
        )
    ]
    return {
        "kinds": [{"id": kind} | drawn_symbol(kind) for kind in wanted],
        "statuses": list(_SHOWN_STATUSES),
        "capacities": stated,
        "rows": rows,
    }


def _capacities(frame: pd.DataFrame, stated: list[str]) -> list[list[list[float]]]:
    """Return what each facility states: the place of the capacity in the list, and how much."""
    table = np.round(frame[stated].to_numpy(dtype=np.float64), 2)
    return [
        [[place, int(value) if value.is_integer() else value] for place, value in enumerate(row) if value == value]
        for row in table.tolist()
    ]


def _kinds(assessment: Assessment) -> list[str]:
    """Return the kinds of all rules on the map."""
    rules = (*assessment.circles, *mapped_rules(assessment))
    return list(dict.fromkeys(kind for rule in rules for kind in rule.kinds))


def _counted(drawing: Drawing, rule: RuleRecord) -> dict[str, Any]:
    kinds = _kinds(drawing.assessment)
    found = counted_data(drawing.assessment, rule, drawing.codes)
    return {
        "kinds": [kinds.index(kind) for kind in rule.kinds],
        "counted": True,
        "levels": found["levels"],
        "bands": None,
        "gaps": [],
        "focus": None,
        "modes": [{"profile": "", "areas": found["areas"], "people": None, "time": None}],
    }


def drawn_symbol(kind: str) -> dict[str, Any]:
    """Return the sign of a kind of facility."""
    sign = symbol(kind)
    return {"shape": sign["shape"], "hollow": sign["hollow"], "radius": sign["radius_px"]}


def _rule(drawing: Drawing, rule: RuleRecord) -> dict[str, Any]:
    assessment = drawing.assessment
    cases = cases_of(assessment, rule)
    judged = bool(cases) and cases[0].judged
    kinds = _kinds(assessment)
    edges = _edges(assessment, rule)
    concerned = _concerned(drawing, rule)
    modes = [
        _mode(drawing, rule, case, edges, concerned if judged else None) for case in (cases if judged else cases[:1])
    ]
    return {
        "kinds": [kinds.index(kind) for kind in rule.kinds],
        "target": rule.target,
        "inMetres": rule.limit_m is not None,
        "limit": rule.limit_m if rule.limit_s is None else rule.limit_s / 60,
        "edges": [edge if rule.limit_s is None else edge / 60 for edge in edges],
        "from": rule.direction == "from_facility",
        "bandColours": _band_colours(rule, edges),
        "breaks": concerned.breaks,
        "bands": _bands(drawing, rule, edges) if judged else None,
        "gaps": _gap_shapes(drawing, rule),
        "focus": _focus(drawing, concerned.people),
        "modes": modes,
    }


def _focus(drawing: Drawing, people: NDArray[np.float64]) -> list[list[float]] | None:
    """Corners of where nearly all the people of a rule live, None where that is most of the study's area."""
    frame = drawing.assessment.demand.frame
    here = np.flatnonzero((people > 0) & frame["judged"].to_numpy())
    if not here.size:
        return None
    x, y = (frame[name].to_numpy(dtype=np.float64)[here] for name in ("x", "y"))
    (west, east), (south, north) = (np.quantile(values, (_FOCUS_EDGE, 1 - _FOCUS_EDGE)) for values in (x, y))
    west_all, south_all, east_all, north_all = shapely.bounds(drawing.outline)
    if (east - west) * (north - south) > _FOCUS_SHARE * (east_all - west_all) * (north_all - south_all):
        return None
    return drawing.encode.points([west, east], [south, north])


def _mode(
    drawing: Drawing, rule: RuleRecord, case: Case, edges: list[float], concerned: Concerned | None
) -> dict[str, Any]:
    profile = case.row["profile"]
    figures = whole_figures(drawing.assessment, rule, profile)
    known = concerned is not None or case.row["verdict"] == "nobody_concerned"
    pictures: dict[str, Any] = {"people": None, "time": None}
    if concerned is not None:
        pictures = _pictures(drawing, rule, profile, edges, concerned)
    return {
        "profile": profile,
        "areas": {level: _area_figures(drawing, rule, figures, level, judged=known) for level in drawing.areas},
        **pictures,
    }


def _area_figures(drawing: Drawing, rule: RuleRecord, figures: Figures, level: str, *, judged: bool) -> dict[str, Any]:
    here = [figures.get(level, {}).get(code) for code in drawing.codes[level]]
    return {
        "people": [0 if figure is None else figure.people for figure in here],
        "covered": [0 if figure is None else figure.covered for figure in here],
        "share": ["" if figure is None or figure.share != figure.share else percent(figure.share) for figure in here],
        "class": [area_class(figure, rule, judged=judged) for figure in here],
    }


@dataclass(frozen=True, eq=False, kw_only=True)
class Concerned:
    """The people of a rule: whom each of its pictures shows.

    Attributes
    ----------
    people
        People of the rule's group at each demand point it concerns, 0 elsewhere.
    cells
        The same by cell.
    size
        Per cell 1, 2 or 3: few, more or many of them.
    leading
        Per cell the demand point that gives it its time, −1 for none.
    breaks
        What parts few, more and many.
    """

    people: NDArray[np.float64]
    cells: NDArray[np.float64]
    size: NDArray[np.uint8]
    leading: NDArray[np.int64]
    breaks: tuple[int, int] | None


def _concerned(drawing: Drawing, rule: RuleRecord) -> Concerned:
    assessment, grid = drawing.assessment, drawing.grid
    people = np.zeros(len(assessment.demand.frame))
    if rule.group in assessment.demand.groups:
        ids, _ = ways_of(assessment, rule, rule.headline_profile)
        people[ids] = assessment.demand.people(rule.group)[ids]
    if grid is None:
        return Concerned(people=people, cells=people[:0], size=_NO_CODES, leading=np.arange(0), breaks=None)
    cells = grid.sums(people)
    low, high = people_breaks(cells)
    return Concerned(
        people=people,
        cells=cells,
        size=1 + (cells > low).astype(np.uint8) + (cells > high).astype(np.uint8),
        leading=grid.leading(people),
        breaks=(low, high),
    )


def _limit(rule: RuleRecord) -> float | None:
    """Return the limit of a rule in seconds, or in metres."""
    return rule.limit_m if rule.limit_s is None else float(rule.limit_s)


def ways_of(assessment: Assessment, rule: RuleRecord, profile: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the demand points of a rule and how far they have by a profile: seconds, or metres."""
    frame = assessment.people
    rows = np.flatnonzero(_equal(frame["rule"], rule.rule) & _equal(frame["profile"], profile))
    names = ("demand_id", "metres" if rule.limit_s is None else "seconds")
    ids, ways = (frame[name].to_numpy()[rows] for name in names)
    return ids.astype(np.int64), ways.astype(np.float64)


def _equal(values: pd.Series[Any], text: str) -> NDArray[np.bool_]:
    # comparing the small codes of a category is many times faster than comparing texts
    if isinstance(values.dtype, pd.CategoricalDtype):
        code = values.cat.categories.get_indexer(pd.Index([text]))[0]
        return np.asarray((values.cat.codes.to_numpy() == code) & (code >= 0))
    return np.asarray(values == text)


def _pictures(
    drawing: Drawing, rule: RuleRecord, profile: str, edges: list[float], concerned: Concerned
) -> dict[str, Any]:
    grid, assessment = drawing.grid, drawing.assessment
    ids, found = ways_of(assessment, rule, profile)
    limit = _limit(rule)
    if grid is None or limit is None or not ids.size or rule.group not in assessment.demand.groups:
        return {"people": None, "time": None}
    ways = np.full(len(assessment.demand.frame), np.inf)
    ways[ids] = found
    covered = grid.sums(np.where(ways <= limit, concerned.people, 0.0))
    shown = concerned.cells > 0
    codes = np.where(covered * 2 >= concerned.cells, concerned.size, 3 + concerned.size)
    codes = np.where(shown, codes, np.where(drawing.everybody > 0, 7, 0)).astype(np.uint8)
    pictures: dict[str, Any] = {
        "people": grid.image(codes, ("#ffffff", *COVERED_COLOURS, *UNCOVERED_COLOURS, NOT_CONCERNED_COLOUR)),
        "time": None,
    }
    if profile != rule.headline_profile or _isochrones(assessment, rule).empty:
        bands = 1 + np.searchsorted(np.array(edges), ways[concerned.leading], side="left")
        times = np.where(shown, bands, 0).astype(np.uint8)
        pictures["time"] = grid.image(times, ("#ffffff", *_band_colours(rule, edges)))
    return pictures


def _isochrones(assessment: Assessment, rule: RuleRecord) -> pd.DataFrame:
    frame = assessment.isochrones
    frame = frame[(frame["rule"] == rule.rule) & (frame["profile"] == rule.headline_profile)]
    return frame.sort_values("from_s", kind="stable")


def _edges(assessment: Assessment, rule: RuleRecord) -> list[float]:
    """Upper ends of the bands in seconds or metres, the limit among them."""
    frame = _isochrones(assessment, rule)
    ends = {float(end) for name in ("from_s", "to_s") for end in frame[name] if end > 0 and math.isfinite(end)}
    limit = _limit(rule)
    if limit is not None:
        ends |= {limit} if ends else {limit * share for share in _DEFAULT_EDGES}
    return sorted(ends)


def _band_colours(rule: RuleRecord, edges: list[float]) -> list[str]:
    """Colours of the bands up to each edge, and of what lies beyond the last."""
    limit = _limit(rule) or 0
    inner = sum(1 for edge in edges if edge <= limit)
    steps = [round(index * (len(INSIDE_COLOURS) - 1) / max(1, inner - 1)) for index in range(inner)]
    inside = [INSIDE_COLOURS[step] for step in steps] if inner > 1 else list(INSIDE_COLOURS[1:2]) * inner
    outside = [NEAR_COLOUR] + [FAR_COLOUR] * (len(edges) - inner) if len(edges) > inner else [FAR_COLOUR]
    return inside + outside


def _bands(drawing: Drawing, rule: RuleRecord, edges: list[float]) -> dict[str, Any] | None:
    frame = _isochrones(drawing.assessment, rule)
    frame = frame[np.isfinite(frame["to_s"].to_numpy(dtype=np.float64))]
    if frame.empty:
        return None
    tolerance = shapes.band_tolerance_m(drawing.assessment.areas)
    drawn = shapes.bands(frame, drawing.outline, tolerance_m=tolerance, most=_BAND_VERTICES)
    ends = frame["to_s"].to_numpy(dtype=np.float64)
    inside = [shape for shape, end in zip(drawn, ends, strict=True) if end <= (rule.limit_s or 0)]
    line = shapes.limit_line(inside, drawing.outline, tolerance_m=tolerance)
    return {
        "band": [edges.index(float(end)) for end in ends],
        "shapes": drawing.encode.polygons(drawn),
        "limit": drawing.encode.lines(line),
    }


def _gap_shapes(drawing: Drawing, rule: RuleRecord) -> list[shapes.Rings]:
    gaps = drawing.assessment.gaps
    gaps = gaps[(gaps["rule"] == rule.rule) & (gaps["rank"] > 0) & (gaps["rank"] <= SHOWN_GAPS)]
    tolerance = max(1.0, drawing.assessment.demand.cell_diagonal_m / 4)
    return drawing.encode.polygons(shapely.simplify(gaps.geometry.to_numpy(), tolerance))
