"""People of units spread over weights: every total kept, nobody outside the unit."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from accessgis.layers.areas import Areas
from accessgis.layers.demand import Demand, no_cells, place, points_frame
from accessgis.layers.unit_people import UnitPeople, spread

ROWS = [("county", "149921", ""), ("township", "149921001", "149921")]
ROWS += [("village", f"14992100100{n}", "149921001") for n in range(1, 5)]
SHAPES = [shapely.box(0, 0, 40, 10)] * 2 + [shapely.box(10 * n, 0, 10 * n + 10, 10) for n in range(4)]
CODES = tuple(row[1] for row in ROWS[2:])


def areas():
    frame = pd.DataFrame(ROWS, columns=["level", "code", "parent"]).assign(
        name="村", township_kind="", ur_code=["", "", "111", "", "", "220"], seat=False, central=False
    )
    return Areas(frame=gpd.GeoDataFrame(frame, geometry=SHAPES, crs="EPSG:4546"))


def weights(x, amount):
    frame = points_frame(np.asarray(x, float), np.full(len(x), 5.0), {"total": np.asarray(amount, float)})
    return place(Demand(frame=frame, groups=("total",), cells=no_cells()), areas())


def test_shares_are_those_of_the_weight():
    counted = UnitPeople(level="village", codes=CODES[:2], people={"total": np.array([90.0, 50.0]),
                                                                    "age60plus": np.array([9.0, 10.0])})  # fmt: skip
    over = weights([2, 4, 12, 25], [1, 2, 0, 8])

    found = spread(counted, areas(), weights=over, anchors={CODES[1]: (19.0, 1.0)}, estimate="e")

    frame = found.demand.frame
    assert frame["x"].tolist() == [2, 4, 19]
    assert frame["population"].tolist() == [30, 60, 50]
    assert frame["age60plus"].tolist() == [3, 6, 10]
    assert frame["village"].tolist() == [CODES[0], CODES[0], CODES[1]]
    assert frame["ur_code"].tolist() == ["111", "111", ""]
    assert frame["judged"].all()
    assert frame["demand_id"].tolist() == [0, 1, 2]
    assert found.whole == (CODES[1],)
    assert found.factors.tolist() == [30.0]
    assert found.demand.estimate == "e"


def test_townships_are_spread_over_all_their_villages():
    counted = UnitPeople(level="township", codes=("149921001",), people={"total": np.array([100.0])})

    frame = spread(counted, areas(), weights=weights([5, 35], [1, 3]), anchors={}, estimate="e").demand.frame

    assert frame[["village", "population"]].to_numpy().tolist() == [[CODES[0], 25.0], [CODES[3], 75.0]]


def test_without_weights_a_unit_stands_at_its_point_even_outside_its_outline():
    counted = UnitPeople(level="village", codes=CODES[3:], people={"total": np.array([7.0])})

    frame = spread(counted, areas(), weights=None, anchors={CODES[3]: (-100.0, 0.0)}, estimate="e").demand.frame

    assert frame[["x", "population", "village", "township", "county", "ur_code"]].iloc[0].tolist() == [
        -100.0, 7.0, CODES[3], "149921001", "149921", "220"
    ]  # fmt: skip


@given(
    st.lists(st.tuples(st.integers(0, 39), st.just(0.0) | st.floats(1e-6, 1e6)), max_size=30),
    st.lists(st.floats(0.001, 1e6), min_size=4, max_size=4),
)
def test_every_unit_keeps_its_total(points, totals):
    counted = UnitPeople(
        level="village",
        codes=CODES,
        people={"total": np.array(totals), "under3": np.array(totals) / 7},
    )
    over = weights([x + 0.5 for x, _ in points], [w for _, w in points])
    anchors = {code: (10.0 * n + 5, 5.0) for n, code in enumerate(CODES)}

    frame = spread(counted, areas(), weights=over, anchors=anchors, estimate="e").demand.frame

    for column, wanted in (("population", np.array(totals)), ("under3", np.array(totals) / 7)):
        sums = frame.groupby("village")[column].sum().reindex(CODES).to_numpy()
        assert sums == pytest.approx(wanted, rel=1e-12)
        assert (frame[column] >= 0).all()
    outlines = dict(zip(CODES, SHAPES[2:], strict=True))
    assert all(outlines[row.village].covers(shapely.Point(row.x, row.y)) for row in frame.itertuples())
