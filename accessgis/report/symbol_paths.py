"""Symbols of facilities as matplotlib paths: the shapes that the map draws."""

from __future__ import annotations

from functools import cache

from matplotlib.path import Path

_ARM, _THIN = 0.36, 0.17
_BOX = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]


def _cross(a: float, b: float) -> list[tuple[float, float]]:
    return [(-a, -b), (a, -b), (a, -a), (b, -a), (b, a), (a, a), (a, b), (-a, b), (-a, a), (-b, a), (-b, -a), (-a, -a)]


_RINGS: dict[str, list[list[tuple[float, float]]]] = {
    "plus": [_cross(_ARM, 1.0)],
    "square-cross": [_BOX, _cross(_THIN, 0.66)[::-1]],
    "square-plus": [_BOX, [(-0.55, 0.0), (0.55, 0.0)], [(0.0, -0.55), (0.0, 0.55)]],
    "diamond": [[(0.0, -1.2), (1.2, 0.0), (0.0, 1.2), (-1.2, 0.0)]],
    "pentagon": [[(0.0, 1.15), (1.1, 0.25), (0.75, -1.0), (-0.75, -1.0), (-1.1, 0.25)]],
    "triangle": [[(0.0, 1.1), (1.1, -0.9), (-1.1, -0.9)]],
    "square": [[(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)]],
}


@cache
def symbol_path(shape: str) -> Path:
    """Return the outline of a shape around the origin, about one unit wide each way, y upwards."""
    if shape not in _RINGS:
        return Path.unit_circle()
    return Path.make_compound_path(*(_ring(points) for points in _RINGS[shape]))


def _ring(points: list[tuple[float, float]]) -> Path:
    if len(points) == 2:
        return Path(points)
    return Path([*points, points[0]], closed=True)
