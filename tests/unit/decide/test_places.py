"""Candidate places of every source."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from paper.proposals import DRAWN, EAST_TOWN, RULES, WEST
from paper.studies import measured

from accessgis.base.errors import UsageError
from accessgis.decide.candidates import CANDIDATES
from accessgis.decide.locate import locate
from accessgis.decide.places import candidate_places, far_from_existing, parcel_places
from accessgis.sources.parcels import read_parcels


@pytest.fixture(scope="module")
def study():
    return measured(DRAWN, RULES[0])


def test_villages_give_the_place_where_most_live(study):
    places = candidate_places(study, study.found[0], source="villages")
    CANDIDATES.require(places.frame)
    homes = study.prepared.demand.frame
    # Without villages each township is one place: homes of 30 and of 70 people.
    assert places.frame["township"].tolist() == [WEST, EAST_TOWN]
    assert places.frame[["x", "y"]].to_numpy().tolist() == homes.loc[[2, 6], ["x", "y"]].to_numpy().tolist()


def test_road_junctions_are_thinned_by_square_and_lie_on_permitted_roads(study):
    roads = study.prepared.roads
    places = candidate_places(study, study.found[0], source="roads", spacing_m=100.0)
    CANDIDATES.require(places.frame)
    nodes = set(zip(roads.node_x.tolist(), roads.node_y.tolist(), strict=True))
    found = set(zip(places.frame["x"], places.frame["y"], strict=True))
    assert found == nodes, "all four junctions: no two share a square of 100 m"
    wide = candidate_places(study, study.found[0], source="roads", spacing_m=1e6)
    assert len(wide.frame) == len({tuple(np.floor(np.array(at) / 1e6)) for at in nodes})
    driven = measured(DRAWN, RULES[3])
    by_car = candidate_places(driven, driven.found[0], source="roads", spacing_m=100.0)
    assert len(by_car.frame) == 3, "the one-way street leads nowhere for cars: it is an island"


def test_a_grid_covers_the_area_evenly(study):
    places = candidate_places(study, study.found[0], source="grid", spacing_m=1000.0)
    xy = places.frame[["x", "y"]].to_numpy()
    assert ((xy / 1000.0) % 1.0 == 0.5).all()
    outline = study.prepared.areas.outline()
    west, south, east, north = (int(value // 1000) for value in outline.bounds)
    middles = [(1000.0 * i + 500, 1000.0 * j + 500) for i in range(west, east + 1) for j in range(south, north + 1)]
    assert [tuple(at) for at in xy] == [at for at in middles if outline.intersects(shapely.Point(at))]


def test_places_near_a_facility_of_the_kind_are_left_out_and_counted(study):
    every = candidate_places(study, study.found[0])
    kept = far_from_existing(study, every, "village_clinic", min_distance_m=600.0)
    assert len(every.frame) - len(kept.frame) == 1, "the clinic's own place; a home 600 m off stays"
    assert kept.left_out == {"too_near": 1}
    assert len(far_from_existing(study, every, "village_clinic", min_distance_m=601.0).frame) == len(every.frame) - 2


def test_parcels_say_what_they_cost(study, tmp_path):
    homes = study.prepared.demand.frame
    boxes = [shapely.box(x - 5, y - 5, x + 5, y + 5) for x, y in homes.loc[[5, 6], ["x", "y"]].to_numpy()]
    path, crs = tmp_path / "plots.gpkg", study.prepared.crs
    columns = {"name": ["甲", "乙"], "造价": [9.0, 3.0], "注": ["x", "y"]}
    gpd.GeoDataFrame(columns, geometry=boxes, crs=crs).to_file(path)
    places = parcel_places(study.prepared, read_parcels(path, label="plots.gpkg", crs=crs, column="造价"))
    assert places.cost is not None
    assert places.cost.tolist() == [9.0, 3.0]
    for budget, chosen in ((8.0, ["乙"]), (9.0, ["甲"])):
        found = locate(study, kind="village_clinic", standard="own/clinic", budget=budget, candidates=places)
        assert found.chosen["place"].tolist() == chosen
    for column in ("注", "无"):
        with pytest.raises(UsageError) as caught:
            read_parcels(path, label="plots.gpkg", crs=crs, column=column)
        assert caught.value.code == "AG2444"
