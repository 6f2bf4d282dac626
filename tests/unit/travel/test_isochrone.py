from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon

from accessgis.travel.isochrone import bands

DISC = shapely.Point(512_345.6, 3_456_789.1).buffer(3000)
CENTRE = DISC.centroid


def from_centre(x, y):
    """One metre a second, straight."""
    return np.hypot(x - CENTRE.x, y - CENTRE.y).round() * 1000


def test_bands_fill_the_polygon_without_overlap():
    found = bands(DISC, arrive=from_centre, limits_ms=[1_000_000, 2_000_000])
    shapes = [shape for *_, shape in found]

    assert [(a, b) for a, b, _ in found] == [(0, 1_000_000), (1_000_000, 2_000_000), (2_000_000, None)]
    assert all(isinstance(shape, MultiPolygon) and shape.is_valid for shape in shapes)
    assert shapely.union_all(shapes).symmetric_difference(DISC).area < 1e-3
    for i, shape in enumerate(shapes):
        for other in shapes[i + 1 :]:
            assert shape.intersection(other).area < 1e-3


def test_the_inner_band_is_about_the_circle_it_stands_for():
    (_, _, inner), *_ = bands(DISC, arrive=from_centre, limits_ms=[1_000_000])

    assert inner.area == pytest.approx(np.pi * 1000**2, rel=0.03)
    assert inner.hausdorff_distance(CENTRE.buffer(1000)) < 100


def test_a_longer_cutoff_never_takes_area_away():
    found = bands(DISC, arrive=from_centre, limits_ms=range(300_000, 3_000_000, 300_000))
    so_far = np.cumsum([shape.area for *_, shape in found])

    assert (np.diff(so_far) > 0).all()
    assert so_far[-1] == pytest.approx(DISC.area)


def test_exactly_at_the_limit_is_inside_and_unreachable_is_in_the_last_band():
    def halves(x, y):
        return np.where(x < CENTRE.x, 1000.0, np.inf)

    (first, last) = bands(DISC, arrive=halves, limits_ms=[1000])

    assert first[:2] == (0, 1000)
    assert last[:2] == (1000, None)
    assert first[2].area == pytest.approx(DISC.area / 2, rel=0.05)
    assert bands(DISC, arrive=halves, limits_ms=[999])[0][:2] == (999, None)


def test_bands_without_any_place_are_left_out():
    everywhere = bands(DISC, arrive=lambda x, y: np.full(x.size, 5.0), limits_ms=[4, 10, 20])

    assert [(a, b) for a, b, _ in everywhere] == [(4, 10)]
    assert everywhere[0][2].area == pytest.approx(DISC.area)


def test_the_lattice_keeps_to_its_number_of_points_and_its_smallest_step():
    asked = []

    def count(x, y):
        asked.append((x.size, np.unique(np.diff(np.unique(x))).round(6).min()))
        return np.zeros(x.size)

    bands(DISC, arrive=count, limits_ms=[1], max_points=500)
    bands(DISC, arrive=count, limits_ms=[1])
    bands(DISC, arrive=count, limits_ms=[1], step_m=400)

    (few, _), (many, step), (_, wide) = asked
    assert 400 < few <= 500
    assert step == 50
    assert many > 11_000
    assert wide == 400


def test_a_county_of_several_parts_with_holes():
    parts = shapely.MultiPolygon([shapely.box(0, 0, 900, 900), shapely.box(2000, 0, 2900, 900)])
    holed = parts.difference(shapely.box(300, 300, 600, 600))

    found = bands(holed, arrive=lambda x, y: x * 1000, limits_ms=[450_000, 2_500_000])

    assert shapely.union_all([s for *_, s in found]).symmetric_difference(holed).area < 1e-3


@pytest.mark.parametrize("limits_ms", [[], [5, 5], [9, 3], [-1]])
def test_limits_must_ascend(limits_ms):
    with pytest.raises(ValueError, match="limits_ms"):
        bands(DISC, arrive=from_centre, limits_ms=limits_ms)


def test_smoothing_never_cuts_into_a_narrow_area():
    ribbon = shapely.LineString([(13, 7), (1531, 977), (3007, 119)]).buffer(20)

    found = bands(ribbon, arrive=lambda x, y: x * 1000, limits_ms=[700_000, 1_500_000])

    assert shapely.union_all([shape for *_, shape in found]).symmetric_difference(ribbon).area < 1e-3
