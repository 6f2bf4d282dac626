"""Candidate places, and their gains beside those of single sites."""

from __future__ import annotations

import numpy as np
import pytest
from paper.proposals import DRAWN, RULES, place
from paper.studies import measured

from accessgis.decide.candidates import CANDIDATES, lived_in_places, reachable
from accessgis.decide.site import site_effect

pytestmark = pytest.mark.usefixtures("two_profiles")


def test_every_square_with_people_gives_the_place_where_most_live() -> None:
    layers = measured(DRAWN, RULES[0]).prepared
    places = lived_in_places(layers)
    CANDIDATES.require(places)
    assert len(places) == 9, "no two homes share a square of 500 m"
    wide = lived_in_places(layers, square_m=1_000_000.0)
    assert len(wide) == 1
    assert wide.loc[0, ["x", "y"]].tolist() == layers.demand.frame.loc[6, ["x", "y"]].tolist(), "70 people live there"
    assert places["place"].str.contains("名").all()


@pytest.mark.parametrize("number", range(len(RULES)))
def test_gains_are_those_of_each_site_alone(number: int) -> None:
    study = measured(DRAWN, RULES[number])
    places = lived_in_places(study.prepared)
    gains = reachable(study, study.found[0], "village_clinic", places).gains
    for index, home in enumerate(DRAWN.homes):
        row = site_effect(study, place(DRAWN, home.x, home.y), ranges=False).rules
        assert gains[index] == pytest.approx(row.loc[row["headline"], "net"].item(), abs=1e-9)
    assert np.flatnonzero(gains).size > 0
