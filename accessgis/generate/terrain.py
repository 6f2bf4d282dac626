"""The land: county outline, rivers and relief.

Method: rivers come first. A main river meanders along an axis from north-west to south-east, tributaries and streams
branch from it as correlated random walks that keep clear of each other. The relief is then built upwards from the
river beds: the bed of the nearest river, plus a rise with the distance from it, plus fractal noise, all stronger away
from the main valley. Ridges so fall where two rivers are equally far, as in real drainage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from accessgis.generate.arrays import Array, metres
from accessgis.generate.plan import BORDER_MARGIN_M, CELL_M, TERRAIN_BEYOND_M, Plan

AXIS_RADIANS = np.deg2rad(-38.0)
"""Direction in which the main river flows."""
_STEP_M = 150.0
_BANK_CLEAR_M = 1_300.0


@dataclass(frozen=True, eq=False, kw_only=True)
class River:
    """A river from its upper end to its mouth; ``barrier`` rivers are crossed at bridges only."""

    name: str
    width_m: float
    barrier: bool
    line: Array
    bed_m: Array


@dataclass(frozen=True, eq=False, kw_only=True)
class Land:
    """Relief and water on a grid of 100 m cells, row 0 in the north.

    Attributes
    ----------
    left, top
        Outer corner of the first cell.
    height_m, slope
        Elevation (metres) and gradient (metres per metre) of each cell.
    water_m
        Distance from each cell to the nearest barrier river.
    valley_m
        Distance from each cell to the main river.
    outline
        The border as first drawn; the villages decide its last detail.
    """

    left: float
    top: float
    height_m: NDArray[np.float32]
    slope: NDArray[np.float32]
    water_m: NDArray[np.float32]
    valley_m: NDArray[np.float32]
    outline: shapely.Polygon
    rivers: tuple[River, ...]

    def sample(self, raster: NDArray[np.float32], x: Array, y: Array) -> Array:
        """Return the bilinear values of a raster at points; points outside take the edge's value."""
        rows = (self.top - np.asarray(y)) / CELL_M - 0.5
        cols = (np.asarray(x) - self.left) / CELL_M - 0.5
        return ndimage.map_coordinates(raster, [rows, cols], order=1, mode="nearest", output=np.float64)

    def water(self) -> shapely.MultiLineString:
        """Return the barrier rivers, prepared for many tests."""
        lines = shapely.MultiLineString([river.line for river in self.rivers if river.barrier])
        shapely.prepare(lines)
        return lines


def make_land(plan: Plan) -> Land:
    """Make the outline, the rivers and the relief of a county."""
    outline = _outline(plan)
    west, south, east, north = outline.buffer(TERRAIN_BEYOND_M).bounds
    left, top = np.floor(west / CELL_M) * CELL_M, np.ceil(north / CELL_M) * CELL_M
    shape = (int(np.ceil((top - south) / CELL_M)), int(np.ceil((east - left) / CELL_M)))
    rivers = _rivers(plan)
    distance, bed = _from_water(rivers, left, top, shape)
    water, _ = _from_water([r for r in rivers if r.barrier], left, top, shape)
    valley, _ = _from_water(rivers[:1], left, top, shape)
    height = _relief(plan, distance, bed, valley)
    rise_y, rise_x = np.gradient(height, CELL_M)
    return Land(
        left=float(left),
        top=float(top),
        height_m=height.astype(np.float32),
        slope=np.hypot(rise_x, rise_y).astype(np.float32),
        water_m=water.astype(np.float32),
        valley_m=valley.astype(np.float32),
        outline=outline,
        rivers=tuple(rivers),
    )


def _outline(plan: Plan) -> shapely.Polygon:
    rng = plan.rng("outline")
    angle = np.linspace(0, 2 * np.pi, 361)[:-1]
    wobble = np.zeros_like(angle)
    for order in range(2, 14):
        wobble += rng.normal(0, 0.10 / order**0.75) * np.cos(order * angle + rng.uniform(0, 2 * np.pi))
    radius = plan.radius_m * np.maximum(1 + wobble - wobble.max(), 0.5)
    x, y = plan.centre
    polygon = shapely.Polygon(np.column_stack([x + radius * np.cos(angle), y + radius * np.sin(angle)]))
    west, south, east, north = polygon.bounds
    # The drawn shape is centred, so that the rasters keep the size that the plan asks for.
    side = 2 * plan.radius_m
    stretched = shapely.affinity.scale(polygon, side / (east - west), side / (north - south))
    west, south, east, north = stretched.bounds
    return shapely.affinity.translate(stretched, x - (west + east) / 2, y - (south + north) / 2)


def _rivers(plan: Plan) -> list[River]:
    rng = plan.rng("rivers")
    reach = plan.radius_m + TERRAIN_BEYOND_M * 1.5
    main = _main_river(plan, rng, reach)
    found = [River(name="云溪河", width_m=90.0, barrier=True, line=main, bed_m=_beds(main, 712.0, 0.0022))]
    wanted = max(6, round(7 * plan.radius_m / 20_000))
    spots = np.linspace(0.12, 0.88, wanted) + rng.uniform(-0.03, 0.03, wanted)
    sides = np.where(np.arange(wanted) % 2 == 0, 1.0, -1.0)
    names = ("石桥河", "金沟河", "柳湾河", "青石河", "白杨河", "南梁河", "高崖河", "马岭河")
    for number, (spot, side) in enumerate(zip(spots, sides, strict=True)):
        start = int(spot * (len(main) - 1))
        heading = AXIS_RADIANS + side * rng.uniform(1.25, 1.85)
        line = _walk(rng, main[start], heading, reach * 1.4, found, 0.22, plan)
        if len(line) < 20:
            continue
        found.append(
            River(
                name=names[number % len(names)],
                width_m=25.0,
                barrier=number % 2 == 1 and len([r for r in found if r.barrier]) < 4,
                line=line[::-1],
                bed_m=_beds(line, found[0].bed_m[start], rng.uniform(0.010, 0.017))[::-1],
            )
        )
    return found + _streams(plan, rng, found)


def _streams(plan: Plan, rng: np.random.Generator, rivers: list[River]) -> list[River]:
    known = list(rivers)
    for parent in rivers:
        line = parent.line[::-1] if parent is not rivers[0] else parent.line
        bed = parent.bed_m[::-1] if parent is not rivers[0] else parent.bed_m
        every = int(rng.uniform(3_000, 4_200) / _STEP_M)
        for number, start in enumerate(range(every, len(line) - 3, every)):
            ahead = line[min(start + 3, len(line) - 1)] - line[start - 3]
            side = 1.0 if number % 2 else -1.0
            heading = np.arctan2(ahead[1], ahead[0]) + side * rng.uniform(0.8, 1.5)
            path = _walk(rng, line[start], heading, rng.uniform(4_000, 9_000), known, 0.26, plan)
            if len(path) < 8:
                continue
            beds = _beds(path, bed[start], rng.uniform(0.025, 0.045))
            known.append(River(name="", width_m=5.0, barrier=False, line=path[::-1], bed_m=beds[::-1]))
    return known[len(rivers) :]


def _main_river(plan: Plan, rng: np.random.Generator, reach: float) -> Array:
    along = np.arange(-reach * 1.15, reach * 1.15, _STEP_M)
    across = np.zeros_like(along)
    for wave_m, swing_m in ((plan.radius_m * 1.5, plan.radius_m * 0.10), (7_000.0, 480.0), (2_900.0, 210.0)):
        phase = rng.uniform(0, 2 * np.pi)
        across += swing_m * (np.sin(2 * np.pi * along / wave_m + phase) - np.sin(phase))
    across -= 750.0  # the town lies on the northern bank
    cos, sin = np.cos(AXIS_RADIANS), np.sin(AXIS_RADIANS)
    x, y = plan.centre
    return np.column_stack([x + along * cos - across * sin, y + along * sin + across * cos])


def _walk(
    rng: np.random.Generator,
    start: Array,
    heading: float,
    length_m: float,
    known: list[River],
    restless: float,
    plan: Plan,
) -> Array:
    """Walk upstream from a mouth until another river is near; the first kilometre may be near its own parent."""
    others = np.concatenate([river.line for river in known])
    centre, limit = np.array(plan.centre), plan.radius_m + TERRAIN_BEYOND_M * 1.3
    points, turn, wish = [np.asarray(start, dtype=np.float64)], 0.0, heading
    for step in range(int(length_m / _STEP_M)):
        turn = 0.75 * turn + rng.normal(0, restless)
        heading = wish + turn
        nxt = points[-1] + _STEP_M * np.array([np.cos(heading), np.sin(heading)])
        gap = np.sqrt(((others - nxt) ** 2).sum(axis=1).min())
        if metres(nxt - centre) > limit or gap < min(_BANK_CLEAR_M, 0.55 * _STEP_M * (step + 1)):
            break
        points.append(nxt)
    return np.array(points)


def _beds(line: Array, mouth_m: float, gradient: float) -> Array:
    """Beds in the order of ``line``: for walks from the mouth upwards; the main river is given from its source."""
    steps = np.arange(len(line)) * _STEP_M
    if gradient < 0.005:
        rise = (steps[-1] - steps) * gradient
    else:
        rise = steps * gradient * (0.6 + 0.4 * np.minimum(1.0, steps / 15_000.0))
    return np.asarray(mouth_m + rise, dtype=np.float64)


def _from_water(rivers: list[River], left: float, top: float, shape: tuple[int, int]) -> tuple[Array, Array]:
    """Return the distance to the nearest river and the bed there, for every cell."""
    dense, beds = [], []
    for river in rivers:
        steps = np.linspace(0, len(river.line) - 1, (len(river.line) - 1) * 4 + 1)
        index = np.arange(len(river.line))
        dense.append(np.column_stack([np.interp(steps, index, river.line[:, axis]) for axis in (0, 1)]))
        beds.append(np.interp(steps, index, river.bed_m))
    points, bed = np.concatenate(dense), np.concatenate(beds)
    rows = np.floor((top - points[:, 1]) / CELL_M).astype(int)
    cols = np.floor((points[:, 0] - left) / CELL_M).astype(int)
    inside = (rows >= 0) & (rows < shape[0]) & (cols >= 0) & (cols < shape[1])
    order = np.argsort(-bed[inside], kind="stable")  # where rivers meet, the lowest bed is written last
    water = np.zeros(shape, dtype=bool)
    level = np.zeros(shape)
    water[rows[inside], cols[inside]] = True
    level[rows[inside][order], cols[inside][order]] = bed[inside][order]
    distance, nearest = ndimage.distance_transform_edt(~water, return_indices=True)
    return distance * CELL_M, level[nearest[0], nearest[1]]


def fractal(rng: np.random.Generator, shape: tuple[int, int], wave_cells: float, octaves: int) -> Array:
    """Return smooth noise of mean 0 and standard deviation 1 whose longest waves span ``wave_cells`` cells."""
    total = np.zeros(shape)
    for octave in range(octaves):
        step = max(2.0, wave_cells / 2**octave)
        coarse = rng.normal(size=(int(shape[0] / step) + 4, int(shape[1] / step) + 4))
        rows = np.linspace(1, 1 + (shape[0] - 1) / step, shape[0])
        cols = np.linspace(1, 1 + (shape[1] - 1) / step, shape[1])
        grid = np.meshgrid(rows, cols, indexing="ij")
        total += ndimage.map_coordinates(coarse, grid, order=3, mode="nearest") * 0.52**octave
    return np.asarray((total - total.mean()) / total.std(), dtype=np.float64)


def _relief(plan: Plan, distance: Array, bed: Array, valley: Array) -> Array:
    rng = plan.rng("relief")
    shape = distance.shape
    broad = fractal(rng, shape, 160, 2)
    rough = fractal(rng, shape, 26, 4)
    away = np.clip((valley - 1_700.0) / (0.34 * plan.radius_m), 0, 1)
    away = away * away * (3 - 2 * away)
    away *= np.clip(0.72 + 0.33 * broad, 0.22, 1.25)
    bank = 1 - np.exp(-((distance / 1_150.0) ** 1.35))
    height = ndimage.gaussian_filter(bed, 5.0) + away * (430.0 * bank + 95.0 * rough * bank)
    height += np.minimum(valley, 2_000.0) * 0.006 + 2.0 * rough * bank
    height = ndimage.gaussian_filter(height, 1.2)
    carve = np.exp(-((distance / 220.0) ** 2))
    return np.asarray(height * (1 - carve) + np.minimum(bed, height) * carve, dtype=np.float64)


def raster_window(outline: shapely.Geometry) -> tuple[float, float, int, int]:
    """Return left, top, rows and columns of the population rasters, on whole hundreds of metres."""
    west, south, east, north = shapely.bounds(shapely.buffer(outline, BORDER_MARGIN_M))
    left, top = np.floor(west / CELL_M) * CELL_M, np.ceil(north / CELL_M) * CELL_M
    return float(left), float(top), int(np.ceil((top - south) / CELL_M)), int(np.ceil((east - left) / CELL_M))
