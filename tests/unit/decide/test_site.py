"""Proposed sites on streets drawn in metres: the same as adding the facility and judging everything anew."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paper.proposals import DRAWN, EAST_TOWN, RULES, WEST, place
from paper.studies import Site, circle, judge, measured

from accessgis.base.errors import UsageError
from accessgis.decide import ranks
from accessgis.decide.candidates import Reachable, lived_in_places, people_of, reachable
from accessgis.decide.check import built, check_site
from accessgis.decide.proposal import Proposal, propose
from accessgis.decide.site import site_effect
from accessgis.report.site_conclusion import shortcomings
from accessgis.study.measure import Measured

pytestmark = pytest.mark.usefixtures("two_profiles")


def test_who_is_newly_covered_who_is_served_and_who_moves_over() -> None:
    effect = site_effect(measured(DRAWN, circle()), place(DRAWN, 1800, 0))
    row = effect.rules[effect.rules["headline"]].iloc[0]
    # 900 s on foot: the clinic in the west reaches homes 0 and 1, the site 1 to 3 … 900 m each way, and the ford's home
    assert (row["people"], row["before"]) == (10 + 20 + 30 + 40 + 50 + 60 + 70 + 7 + 3, 30.0)
    assert (row["gross"], row["net"], row["after"]) == (30 + 40 + 50 + 7, 127.0, 157.0)
    assert row["moved"] == 0.0, "home 1 keeps the clinic: the site is no nearer"
    assert effect.neighbours[["facility_id", "before", "after"]].to_numpy().tolist() == [
        ["new-1", 0.0, 257.0],
        ["a", 287.0, 30.0],
    ]
    assert row["both"] == 0.0, "nobody lives within 900 s of both"
    towns = effect.areas[effect.areas["level"] == "township"].set_index("area")
    assert towns.loc[EAST_TOWN, ["before", "after"]].tolist() == [0.0, 97.0]
    saved = effect.saved.set_index("from_min")["people"]
    assert saved.sum() == 257.0
    # homes 2 (600 s sooner), 3 and beyond (1800 s sooner); the ford's home 1800 s sooner
    assert saved.to_dict() == {0.0: 0.0, 5.0: 30.0, 10.0: 0.0, 20.0: 227.0, 30.0: 0.0}


def test_ranges_hold_what_slower_and_quicker_walkers_gain() -> None:
    row = site_effect(measured(DRAWN, circle()), place(DRAWN, 1800, 0)).rules.iloc[0]
    # half as fast 450 m: home 3 only … twice as fast 1800 m, of which the old clinic holds the first four
    assert (row["net_low"], row["net_high"]) == (40.0, 187.0)
    plain = site_effect(measured(DRAWN, circle()), place(DRAWN, 1800, 0), ranges=False).rules.iloc[0]
    assert plain["net"] == row["net"]
    assert np.isnan(plain["net_low"]) or plain["net_low"] == plain["net"]


@cache
def today() -> tuple[Measured, pd.DataFrame]:
    """Return the town under every rule, and its rows as judging it gives them."""
    return measured(DRAWN, *RULES), judge(DRAWN, *RULES).results


@settings(max_examples=6, deadline=None)
@given(x=st.integers(0, 4500), y=st.integers(-300, 5200))
def test_net_is_what_adding_the_facility_gives(x: int, y: int) -> None:
    town, before = today()
    effect = site_effect(town, place(DRAWN, x, y))
    after = judge(replace(DRAWN, sites=(*DRAWN.sites, Site("new-1", x, y))), *RULES).results
    for row in effect.rules.to_dict("records"):
        where = (after["rule"] == row["rule"]) & (after["profile"] == row["profile"]) & (after["level"] == "county")
        was, now = (frame.loc[where, "covered"].item() for frame in (before, after))
        assert (row["before"], row["after"], row["net"]) == (was, now, now - was)
        assert row["gross"] >= row["net"]
        assert row["moved"] <= row["before"]
    for row in effect.areas.to_dict("records"):
        where = (after["rule"] == row["rule"]) & after["headline"] & (after["area"] == row["area"])
        assert (row["before"], row["after"]) == (
            before.loc[where, "covered"].item(),
            after.loc[where, "covered"].item(),
        )
    for row in effect.rules[effect.rules["headline"]].to_dict("records"):
        where = (after["rule"] == row["rule"]) & after["headline"] & (after["level"] == "county")
        if not after.loc[where, "sensitivity"].item():
            continue
        people = row["people"]
        for i, factor in enumerate(("speed", "snap_limit")):
            for side in (1, 2):
                sides = [frame.loc[where, "sensitivity"].item()[i] for frame in (before, after)]
                assert {entry[0] for entry in sides} == {factor}
                net = (sides[1][side] - sides[0][side]) * people
                assert row["net_low"] - 1e-9 <= net <= row["net_high"] + 1e-9


def test_where_a_site_lies_is_held_against_it_and_what_no_road_reaches_is_named() -> None:
    study = measured(DRAWN, *RULES)
    known = {"road_m": [], "straight_m": [], "facility_id": []}
    for x, y in ((0, 20), (4500, 5000), (-300, 0)):
        check = check_site(study, kind="village_clinic", **_where(place(DRAWN, x, y)))
        row = check.nearest[(check.nearest["status"] == "in_service") & (check.nearest["profile"] == "walk")].iloc[0]
        for name, values in known.items():
            values.append(row[name])
        said = shortcomings(check, "zh")
        assert ("与在用的a同址" in said) == (y == 20)
        assert ("在研究范围以外" in said) == (x < -100)
    assert known["facility_id"] == ["a", "a", "a"]
    assert known["road_m"][1] == np.inf
    assert known["straight_m"] == pytest.approx([20.0, np.hypot(4500, 5000), 300.0], abs=0.5)


def test_a_kind_that_no_rule_counts_and_a_place_elsewhere_are_refused() -> None:
    study = measured(DRAWN, circle())
    with pytest.raises(UsageError) as caught:
        propose(study.prepared, kind="village_clinic", at=(0.0, 0.0), datum="wgs84")
    assert caught.value.code == "AG2401"
    with pytest.raises(UsageError) as caught:
        propose(study.prepared, kind="village_clinic", at=(111.0, 37.0))
    assert caught.value.code == "AG2403"
    park = replace(place(DRAWN, 0, 0), layer=place(DRAWN, 0, 0).layer)
    park.layer.frame["kind"] = "park"
    with pytest.raises(UsageError) as caught:
        site_effect(study, park)
    assert caught.value.code == "AG2404"


def test_what_is_the_same_for_every_site_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    study = measured(DRAWN, *RULES)
    sites = [place(DRAWN, 1800, 0), place(DRAWN, 3000, 0)]
    alone = [check_site(measured(DRAWN, *RULES), kind="village_clinic", **_where(site)) for site in sites]
    asked: list[str] = []

    def gains(*arguments: Any) -> Reachable:
        asked.append(arguments[1].chosen.standard.id)
        return reachable(*arguments)

    monkeypatch.setattr(ranks, "reachable", gains)
    together = [check_site(study, kind="village_clinic", **_where(site)) for site in sites]
    assert sorted(asked) == sorted(rule.id for rule in RULES)
    for one, other in zip(alone, together, strict=True):
        pd.testing.assert_frame_equal(one.ranks, other.ranks)
        pd.testing.assert_frame_equal(one.counted, other.counted)


def _where(site: Proposal) -> dict[str, Any]:
    return {"at": (site.lon, site.lat), "datum": "wgs84"}


def test_under_service_areas_a_site_serves_its_own_township() -> None:
    sites = (Site("a", 0, 0, serves=WEST), *DRAWN.sites[1:])
    study = measured(replace(DRAWN, sites=sites), circle(sharing="serves"))
    places = lived_in_places(study.prepared).iloc[3]
    check = check_site(study, kind="village_clinic", at=(places["lon"], places["lat"]), datum="wgs84")
    # Within 900 s of 1800 m: 40 and 50 on the street and 7 across; the 30 at 1200 m live in the other township.
    assert check.effect.rules["net"].iloc[0] == check.ranks["net"].iloc[0] == 40 + 50 + 7
    after = built(study, check.proposal)
    item = after.found[0]
    assert people_of(after, item)[item.reaches[0].covered["central"]].sum() == 30.0 + 97.0
