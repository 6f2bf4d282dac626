"""Laws that an assessment obeys whatever the county: more service never harms, figures add up, places only move."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from paper.counties import CLINIC, COLUMNS, HOSPITAL, ROADS, STREET_COUNT, counties, generators, site, streets, units
from paper.studies import Drawing, Home, Site, circle, judge, prepared, seconds, still, with_sites

from accessgis.assess.assessment import Assessment

pytestmark = pytest.mark.usefixtures("two_profiles")

GROWING = ("covered", "covered_share", "covered_share_own", "covered_share_construction", "covered_share_planned")
SIDES = ("range_low", "range_high")
WALK = circle("own/walk", limit_s=600)
RIDE = circle("own/ride", limit_s=400, profiles=("vehicle", "walk"))

DRAWN = (Phase.explicit, Phase.reuse, Phase.generate)
"""No shrinking: an assessment takes a tenth of a second, so that the first failure found is the one to look at."""
FEW = settings(max_examples=4, phases=DRAWN)


@st.composite
def full_grids(draw: st.DrawFn) -> Drawing:
    """Draw a county with every street and everybody on one or straight beside it: access legs are whole metres."""
    rng = draw(generators())

    def beside() -> tuple[float, float]:
        return float(COLUMNS[rng.integers(len(COLUMNS))] + 25 * rng.integers(4)), 50.0 * int(rng.integers(4, 21))

    return Drawing(
        units=units(counties=1),
        ways=streets([ROADS[1]] * STREET_COUNT),
        homes=tuple(Home(*beside(), people=10.0) for _ in range(10)),
        sites=tuple(Site(f"f{number}", *beside()) for number in range(rng.integers(1, 4))),
    )


def times(result: Assessment) -> np.ndarray:
    return result.people["seconds"].to_numpy()


def nearest(result: Assessment) -> pd.Series:
    """Return the nearest facility on foot of every home."""
    return result.evidence["times"].query("profile == 'walk'").set_index("demand_id")["facility_id"]


def never_falls(before: Assessment, after: Assessment, columns: tuple[str, ...]) -> None:
    """Assert that no figure of any row is lower than before."""
    for column in columns:
        old, new = before.results[column].to_numpy(), after.results[column].to_numpy()
        assert (np.isnan(old) == np.isnan(new)).all(), column
        assert (np.nan_to_num(new) >= np.nan_to_num(old)).all(), column


def same_figures(one: Assessment, other: Assessment) -> None:
    """Assert that every number that does not tell where something lies is the same to the last bit."""
    pd.testing.assert_frame_equal(one.results, other.results, check_exact=True)
    pd.testing.assert_frame_equal(one.people, other.people, check_exact=True)
    places = ["geometry", "lon", "lat", "facility_id"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(one.gaps.drop(columns=places)), pd.DataFrame(other.gaps.drop(columns=places)), check_exact=True
    )


# ------------------------------------------------------------------------------------------------- more is never worse


@FEW
@given(county=counties(), rng=generators())
def test_adding_a_facility_never_makes_anybody_worse_off(county: Drawing, rng: np.random.Generator) -> None:
    new = replace(site(rng, "new"), status="in_service", kind=CLINIC)
    before, after = judge(county, WALK, RIDE), judge(with_sites(county, (*county.sites, new)), WALK, RIDE)

    assert (times(after) <= times(before)).all()
    never_falls(before, after, (*GROWING, *SIDES))


@FEW
@given(county=counties(), limits=st.lists(st.integers(0, 3000), min_size=2, max_size=2))
def test_a_longer_limit_never_covers_fewer(county: Drawing, limits: list[int]) -> None:
    layers, (short, long) = prepared(county), sorted(limits)
    before, after = (judge(layers, circle(limit_s=limit, profiles=("walk", "vehicle"))) for limit in (short, long))

    assert (times(after) == times(before)).all()
    never_falls(before, after, (*GROWING, *SIDES, "covered_share_high"))


@FEW
@given(county=counties())
def test_what_is_planned_only_adds_and_own_facilities_never_do(county: Drawing) -> None:
    layers = prepared(county)
    rows = judge(layers, RIDE).results.query("people > 0")

    assert (rows["covered_share_construction"] >= rows["covered_share"]).all()
    assert (rows["covered_share_planned"] >= rows["covered_share_construction"]).all()
    assert (rows["covered_share_own"] <= rows["covered_share"]).all()
    built = [replace(site, status="closed" if site.status == "closed" else "in_service") for site in county.sites]
    opened = judge(with_sites(county, built), RIDE).results.query("people > 0")
    assert (opened["covered_share"] == rows["covered_share_planned"]).all()


@FEW
@given(county=counties())
def test_sharing_less_never_covers_more(county: Drawing) -> None:
    # a clinic in either township and one just beyond the border, on a grid that leads to all
    clinics = (Site("west", 900, 600), Site("east", 1850, 200), Site("beyond", 2150, 1000))
    layers = prepared(
        replace(county, ways=streets([ROADS[1]] * STREET_COUNT), sites=(*county.sites, *clinics), snap_limit_m=2000.0)
    )
    found = {
        name: judge(layers, circle(limit_s=600, sharing=name), evidence=True) for name in ("any", "county", "township")
    }
    rows = {name: result.results.query("people > 0") for name, result in found.items()}
    belongs = layers.facilities.frame.set_index("facility_id")

    assert (rows["county"]["covered_share"] == rows["any"]["covered_share_own"]).all()
    for less, more in (("county", "any"), ("township", "county")):
        assert (rows[less]["covered"] <= rows[more]["covered"]).all()
    for table in rows.values():
        assert (table["covered_share_own"] <= table["covered_share"]).all()
    for unit in ("county", "township"):
        homes = found[unit].demand.frame
        homes = homes[homes["judged"]]
        mine = belongs.loc[nearest(found[unit]).loc[homes["demand_id"]], unit]
        assert mine.tolist() == homes[unit].tolist()


@FEW
@given(county=counties())
def test_a_choice_of_profiles_covers_at_least_each_alone(county: Drawing) -> None:
    result = judge(county, circle(limit_s=200, profiles=("vehicle", "walk")))

    rows = {profile: table.reset_index(drop=True) for profile, table in result.results.groupby("profile", sort=False)}
    assert list(rows) == ["vehicle+walk", "vehicle", "walk"]
    for alone in ("vehicle", "walk"):
        for column in (*GROWING, *SIDES):
            assert (rows["vehicle+walk"][column].fillna(0) >= rows[alone][column].fillna(0)).all()
    quickest = result.people.pivot_table(index="demand_id", columns="profile", values="seconds", observed=True)
    if not quickest.empty:
        assert (quickest["vehicle+walk"] == quickest[["vehicle", "walk"]].min(axis=1)).all()


@FEW
@given(county=counties())
def test_asking_for_several_kinds_covers_at_most_each(county: Drawing) -> None:
    limits = {"limit_s": 900, "profiles": ("vehicle", "walk")}
    result = judge(
        county,
        circle("own/all", facilities_any=((CLINIC,), (HOSPITAL,)), **limits),
        circle("own/clinic", facilities_any=((CLINIC,),), **limits),
        circle("own/hospital", facilities_any=((HOSPITAL,),), **limits),
        circle("own/either", facilities_any=((CLINIC, HOSPITAL),), **limits),
    )

    rows = {rule: table.reset_index(drop=True) for rule, table in result.results.groupby("rule", sort=False)}
    for kind in ("own/clinic", "own/hospital"):
        assert (rows["own/all"]["covered"] <= rows[kind]["covered"]).all()
        assert (rows["own/either"]["covered"] >= rows[kind]["covered"]).all()
    walk = {rule: np.array(list(seconds(result, rule, profile="vehicle+walk").values())) for rule in rows}
    assert (walk["own/all"] == np.maximum(walk["own/clinic"], walk["own/hospital"])).all()
    assert (walk["own/either"] == np.minimum(walk["own/clinic"], walk["own/hospital"])).all()


# --------------------------------------------------------------------------------------------- what must not matter


@FEW
@given(county=full_grids())
def test_doubling_all_speeds_halves_all_times(county: Drawing) -> None:
    slow = judge(county, circle("own/clinic", limit_s=600, profiles=("walk",)))
    fast = judge(replace(county, speed=2.0), circle("own/clinic", limit_s=300, profiles=("walk",)))

    assert (times(fast) * 2 == times(slow)).all()
    pd.testing.assert_series_equal(fast.results["covered"], slow.results["covered"], check_exact=True)
    assert (fast.results["p90_s"] * 2 == slow.results["p90_s"]).all() or slow.results["p90_s"].isna().any()


MOVES = {
    "shifted": lambda xy: still(xy) + np.array([-7000.0, 123_456.0]),
    "mirrored": lambda xy: still(xy * np.array([-1.0, 1.0])),
    "turned": lambda xy: still(xy[:, ::-1] * np.array([-1.0, 1.0])),
}


@pytest.mark.parametrize("how", list(MOVES))
@settings(max_examples=4, phases=DRAWN)
@given(county=counties())
def test_where_the_origin_lies_and_which_way_is_up_is_irrelevant(county: Drawing, how: str) -> None:
    same_figures(judge(replace(county, move=MOVES[how]), RIDE), judge(county, RIDE))


@FEW
@given(county=counties(), data=st.data())
def test_names_of_facilities_decide_ids_only(county: Drawing, data: st.DataObject) -> None:
    before = judge(county, RIDE)
    names = [f"f{place}" for place in range(len(county.sites))]
    shuffled = dict(zip(names, data.draw(st.permutations(names)), strict=True))
    other = judge(
        with_sites(county, [replace(site, facility_id=shuffled[site.facility_id]) for site in county.sites]), RIDE
    )
    longer = judge(
        with_sites(county, [replace(site, facility_id=f"x{site.facility_id}") for site in county.sites]), RIDE
    )

    same_figures(other, before)
    same_figures(longer, before)
    assert [name.removeprefix("x") for name in longer.gaps["facility_id"]] == before.gaps["facility_id"].tolist()


@FEW
@given(county=counties(), data=st.data())
def test_closing_a_facility_and_opening_it_again_restores_everything(county: Drawing, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(county.sites) - 1))
    opened = [replace(site, status="in_service") for site in county.sites]
    closed = [*opened]
    closed[place] = replace(opened[place], status="closed")
    before, between, after = (judge(with_sites(county, state), RIDE) for state in (opened, closed, opened))

    never_falls(between, before, (*GROWING, *SIDES))
    assert opened[place].facility_id not in set(between.gaps["facility_id"])
    gone = judge(with_sites(county, opened[:place] + opened[place + 1 :]), RIDE)
    same_figures(gone, between)
    same_figures(after, before)
    assert after.gaps["facility_id"].tolist() == before.gaps["facility_id"].tolist()


# ------------------------------------------------------------------------------------------------ figures add up


@settings(max_examples=6, phases=DRAWN)
@given(county=counties())
def test_figures_are_shares_of_the_people_and_add_up(county: Drawing) -> None:
    result = judge(county, WALK, RIDE, circle("own/target", target=0.5))
    rows = result.results
    people = result.demand.people("total")

    nobody = rows["people"] == 0
    for share in ("covered_share", "covered_share_high", *GROWING[1:], *SIDES):
        assert (rows[share].isna() == nobody).all(), share
        assert rows.loc[~nobody, share].between(0, 1).all(), share
    assert (rows["covered"] <= rows["people"]).all()
    assert (rows["covered_share"] <= rows["covered_share_high"])[~nobody].all()
    assert (rows["range_low"] <= rows["covered_share"])[~nobody].all()
    assert (rows["covered_share"] <= rows["range_high"])[~nobody].all()
    known = rows["covered"] + rows["off_network"] + rows["unreachable"]
    assert (known <= rows["people"] * (1 + 1e-12)).all()
    assert (rows["median_s"].isna() == nobody).all()
    assert (rows["median_s"] <= rows["p90_s"])[~nobody].all()
    # the median lies within the limit exactly where half of the people do
    half = rows["covered"] * 2 >= rows["people"] * (1 - 1e-12)
    limit = rows["rule"].map({rule.rule: rule.limit_s for rule in result.rules})
    assert ((rows["median_s"] <= limit) == half)[~nobody].all()
    assert rows["rule"].nunique() == 3
    assert rows.loc[rows["level"] == "county", "people"].groupby(rows["profile"] + rows["rule"]).sum().tolist() == (
        pytest.approx([people[result.demand.frame["judged"]].sum()] * rows.groupby(["rule", "profile"]).ngroups)
    )


@FEW
@given(county=counties())
def test_villages_townships_and_counties_add_up(county: Drawing) -> None:
    result = judge(county, RIDE)
    summed = result.results.groupby(["rule", "profile", "level"])[["people", "covered", "off_network", "unreachable"]]
    levels = {level: table.droplevel("level") for level, table in summed.sum().groupby("level")}

    assert set(levels) == {"county", "township", "village"}
    for level in ("township", "village"):
        pd.testing.assert_frame_equal(levels[level], levels["county"], rtol=1e-12, atol=1e-12)


@FEW
@given(county=counties())
def test_gaps_add_up_to_the_uncovered_of_each_township(county: Drawing) -> None:
    result = judge(county, WALK, RIDE)
    rows = result.results.query("level == 'township' and headline").set_index(["rule", "area"])
    left = rows["people"] - rows["covered"]
    gaps = result.gaps.groupby(["rule", "township"])
    parts = ["people_off_network", "people_no_path", "people_too_far"]

    assert gaps["people"].sum().reindex(left.index, fill_value=0.0).tolist() == pytest.approx(left.tolist(), abs=1e-9)
    assert result.gaps[parts].sum(axis=1).tolist() == pytest.approx(result.gaps["people"].tolist())
    off = gaps["people_off_network"].sum().reindex(left.index, fill_value=0.0)
    assert off.tolist() == pytest.approx(rows["off_network"].tolist(), abs=1e-9)
    no_path = gaps["people_no_path"].sum().reindex(left.index, fill_value=0.0)
    assert no_path.tolist() == pytest.approx(rows["unreachable"].tolist(), abs=1e-9)


@FEW
@given(county=counties())
def test_faster_people_and_further_joins_never_cover_fewer(county: Drawing) -> None:
    rows = judge(county, RIDE).results
    for (_, slow, fast), (_, near, far) in rows.loc[rows["people"] > 0, "sensitivity"]:
        assert slow <= fast
        assert near <= far
