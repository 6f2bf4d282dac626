"""Who depends on the places where unsplit roads were changed, counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from paper.studies import ONE_TOWNSHIP, Drawing, Home, circle, judge, line, prepared
from paper.ways import EAST, NORTH

from accessgis.assess.assessment import ROAD_PLACES
from accessgis.assess.rounding import rounded_people
from accessgis.base.errors import Doubt
from accessgis.network.model import NodedPlaces
from accessgis.report.tables import result_layers
from accessgis.study.road_places import road_places, with_people
from accessgis.study.routing import Router

#                    N (2000, 1900)
#                    │ 3 people
#  W ─── 5 people ───X─── 7 people ─── E (3900)      X is a junction at (2000, 1000); 11 people live 2.5 km off
DRAWING = Drawing(
    units=tuple(ONE_TOWNSHIP),
    ways=(line((100, 1000), (2000, 1000)), line((2000, 1000), (3900, 1000)), line((2000, 1000), (2000, 1900))),
    homes=(Home(1000, 900, 5), Home(3000, 900, 7), Home(2050, 1500, 3), Home(3000, 1010, 0), Home(9000, 1000, 11)),
    sites=(),
)
CHANGES = ["split", "joined", "loose", "loose"]


def noded():
    layers = prepared(DRAWING)
    places = NodedPlaces(
        change=np.array(CHANGES, dtype=object),
        row=np.array([0, 0, 2, 3]),
        x=EAST + np.array([2000.0, 100.0, 3900.0, 2000.0]),
        y=NORTH + np.array([1000.0, 1000.0, 1000.0, 1900.0]),
    )
    return replace(layers, roads=replace(layers.roads, noded=places))


def test_people_count_where_their_nearest_road_begins_or_ends() -> None:
    layers = noded()
    found = road_places(layers, Router(layers))
    ROAD_PLACES.require(found.frame)
    assert found.frame["change"].tolist() == CHANGES
    assert found.frame["people"].tolist() == [15.0, 5.0, 7.0, 3.0]
    assert found.people == {"split": 15.0, "joined": 5.0, "loose": 10.0}


def test_nobody_is_counted_twice_for_one_kind_of_change() -> None:
    layers = noded()
    twice = replace(layers.roads.noded, change=np.array(["loose"] * 4, dtype=object))
    layers = replace(layers, roads=replace(layers.roads, noded=twice))
    assert road_places(layers, Router(layers)).people == {"split": 0.0, "joined": 0.0, "loose": 15.0}


def test_doubts_say_the_people_and_the_layer_is_among_the_results() -> None:
    layers = noded()
    doubts = [Doubt(code="AG9118", count=2), Doubt(code="AG9115")]
    told = with_people(doubts, road_places(layers, Router(layers)))
    assert [(doubt.code, doubt.people) for doubt in told] == [("AG9118", 10.0), ("AG9115", None)]
    result = judge(layers, circle())
    assert result_layers(result)["road_places"]["people"].tolist() == [15.0, 5.0, 7.0, 3.0]
    assert rounded_people(result, 10).road_places["people"].tolist() == [20.0, 10.0, 10.0, 0.0]


def test_roads_taken_as_drawn_have_no_such_places() -> None:
    layers = prepared(DRAWING)
    assert road_places(layers, Router(layers)) is None
    assert "road_places" not in result_layers(judge(layers, circle()))
