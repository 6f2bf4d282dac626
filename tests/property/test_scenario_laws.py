"""Laws of scenarios, whatever the county: more never harms, what is undone is undone, order and memory play no part."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from paper.counties import CLINIC, counties, generators, somewhere
from paper.studies import Drawing, Site, circle, measured, with_sites
from pydantic import TypeAdapter

from accessgis.base.crs import to_degrees
from accessgis.decide.apply import apply_changes
from accessgis.decide.change import Change
from accessgis.study.counted import study_layers
from accessgis.study.measure import Measured, measure
from accessgis.study.prepare import Prepared
from accessgis.study.run import judged_rows

pytestmark = pytest.mark.usefixtures("two_profiles")

FEW = settings(max_examples=3, phases=(Phase.explicit, Phase.reuse, Phase.generate))
RULES = (circle("own/walk", limit_s=600), circle("own/ride", limit_s=100, profiles=("vehicle", "walk")))
CHANGES: TypeAdapter[Any] = TypeAdapter(Change)
CUT_MS = 4
"""A road that is cut is rounded in two pieces: a millisecond for each cut on the way."""
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def change(county: Drawing, layers: Prepared, action: str, **more: Any) -> Any:
    """Return a change; places are those of the drawing."""
    for name in ("at", "line"):
        if name in more:
            points = county.move(np.array(more[name], dtype=np.float64).reshape(-1, 2))
            degrees = np.column_stack(to_degrees(layers.crs).transform(*points.T)).tolist()
            more |= {name: degrees[0] if name == "at" else degrees, "datum": "wgs84"}
    return CHANGES.validate_python({"action": action, **more})


def after(base: Measured, *some: Any) -> Measured:
    return measure(apply_changes(base.prepared, some), base.rules, base.catalogue, before=base)


def figures(study: Measured) -> pd.DataFrame:
    return judged_rows(study, study_layers(study.prepared, study.groupings, study.rules))


@FEW
@given(county=counties(), rng=generators())
def test_a_new_road_lengthens_nobodys_way(county: Drawing, rng: np.random.Generator) -> None:
    base = measured(county, *RULES)
    grade = ("ground", "bridge")[rng.integers(2)]
    line = [somewhere(rng), somewhere(rng)]
    road = change(county, base.prepared, "add-road", line=line, grade=grade, **{"class": "residential"})
    for was, now in zip(base.found, after(base, road).found, strict=True):
        for old, new in zip(was.reaches, now.reaches, strict=True):
            assert (new.ms <= old.ms + CUT_MS).all()
            assert (new.off_network <= old.off_network).all()


@FEW
@given(county=counties(), rng=generators())
def test_order_and_memory_play_no_part_and_what_is_closed_can_be_opened_again(
    county: Drawing, rng: np.random.Generator
) -> None:
    base = measured(county, *RULES)
    name = next((site.facility_id for site in county.sites if site.status == "in_service"), None)
    some = [
        change(county, base.prepared, "add", kind=CLINIC, at=somewhere(rng)),
        change(county, base.prepared, "population", factor=float(rng.integers(0, 3))),
        change(county, base.prepared, "set-speed", profile="walk", factor=0.5),
    ]
    if name is not None:
        close, reopen = (change(county, base.prepared, action, id=name) for action in ("close", "open"))
        pd.testing.assert_frame_equal(figures(after(base, close, reopen)), figures(base), check_exact=True)
        some.append(close)
    found = figures(after(base, *some))
    pd.testing.assert_frame_equal(figures(after(base, *reversed(some))), found, check_exact=True)
    anew = measure(apply_changes(base.prepared, some), base.rules, base.catalogue)
    pd.testing.assert_frame_equal(figures(anew), found, check_exact=True)


@FEW
@given(county=counties(), rng=generators())
def test_a_mobile_service_serves_whom_a_loop_over_people_and_days_finds(
    county: Drawing, rng: np.random.Generator
) -> None:
    rule = RULES[1]
    base = measured(county, rule)
    places = [somewhere(rng) for _ in range(3)]
    days = [[day for day in WEEK if rng.random() < 0.4] or ["sun"] for _ in places]
    adds = [change(county, base.prepared, "add", kind=CLINIC, at=place) for place in places]
    stops = [
        {"at": list(add.at), "days": when, "from": f"{9 + number:02d}:00", "to": f"{9 + number:02d}:50"}
        for number, (add, when) in enumerate(zip(adds, days, strict=True))
    ]
    enough = int(rng.integers(1, 5))
    service = CHANGES.validate_python(
        {"action": "mobile-service", "kind": CLINIC, "datum": "wgs84", "min_days": enough, "stops": stops}
    )
    found = after(base, service).found[0].reaches
    # Each stop alone, as an ordinary clinic of a county that has no other.
    alone = [measured(with_sites(county, [Site("only", *place)]), rule).found[0].reaches for place in places]
    for number, (was, now) in enumerate(zip(base.found[0].reaches, found, strict=True)):
        near = [[bool(covered) for covered in reaches[number].covered["central"]] for reaches in alone]
        expected = []
        for person, served in enumerate(was.covered["central"].tolist()):
            visited = {day for stop, when in zip(near, days, strict=True) if stop[person] for day in when}
            expected.append(served or len(visited) >= enough)
        assert now.covered["central"].tolist() == expected
        assert (now.covered["fixed"] == was.covered["central"]).all()
        assert (now.ms == was.ms).all()
        assert all((now.covered[name] >= was.covered[name]).all() for name in was.covered)
