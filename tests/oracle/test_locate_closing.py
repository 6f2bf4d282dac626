"""What may close when sites are chosen: the county's own facilities of every kind that is asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paper.proposals import DRAWN
from paper.studies import Site, circle, measured, with_sites

from accessgis.base.errors import UsageError
from accessgis.decide.built import with_sites as built
from accessgis.decide.candidates import lived_in_places
from accessgis.decide.locate import locate
from accessgis.decide.wish import Size
from accessgis.report.locate_view import located_view

BOTH = circle("own/both", facilities_any=(("village_clinic", "township_hospital"),), limit_s=100)
HOSPITALS = circle("own/hospital", facilities_any=(("township_hospital",),), limit_s=100)


TOWN = replace(DRAWN, given=DRAWN.given | {"township_hospital"})


def covered_as_built(study, found):
    after = built(study, found)
    return [
        float(one.people[item.reaches[0].covered["central"]].sum())
        for item, one in zip(after.found, after.populations, strict=True)
    ]


@pytest.mark.parametrize("existing", ["free", "closable"])
def test_a_centre_of_several_kinds_counts_no_facility_of_either_that_closes(existing):
    # Homes of 10, 20 … 70 people every 600 m; each site covers only the home where it stands. A clinic at the first, a
    # hospital at the fourth (40 people). One centre at the last home, of 70, is best, and both others close.
    study = measured(with_sites(TOWN, [Site("a", 0, 0), Site("h", 1800, 0, kind="township_hospital")]), BOTH, HOSPITALS)
    kinds, rules = ["village_clinic", "township_hospital"], ["own/both", "own/hospital"]
    found = locate(study, kind=kinds, standard=rules, sites=1, existing=existing)
    assert found.rules["before"].tolist() == [50.0, 40.0]
    assert found.rules["after"].tolist() == [70.0, 70.0] == covered_as_built(study, found)
    assert found.closed["facility_id"].tolist() == ["a", "h"]


def test_a_closable_facility_of_either_kind_may_stay():
    # Under the first rule alone a kept hospital (40) beats the only candidate, the home of 10.
    study = measured(with_sites(TOWN, [Site("h", 1800, 0, kind="township_hospital")]), BOTH, HOSPITALS)
    few = lived_in_places(study.prepared).iloc[:1]
    found = locate(
        study, kind=["village_clinic", "township_hospital"], standard=["own/both", "own/hospital"], sites=1,
        existing="closable", candidates=few,
    )  # fmt: skip
    assert (found.kept, len(found.chosen)) == (1, 0)
    assert found.rules["after"].tolist() == [40.0, 40.0] == covered_as_built(study, found)


@pytest.mark.parametrize("existing", ["free", "closable"])
def test_kinds_that_serve_different_parts_are_refused_where_they_may_close(existing):
    rule = circle("own/two", facilities_any=(("village_clinic",), ("library",)))
    study = measured(DRAWN, rule, circle("own/library", facilities_any=(("library",),)))
    both = {"kind": ["village_clinic", "library"], "standard": ["own/two", "own/library"]}
    with pytest.raises(UsageError) as caught:
        locate(study, **both, sites=1, existing=existing)
    assert caught.value.code == "AG2441"


@pytest.mark.parametrize("existing", ["free", "closable"])
@pytest.mark.parametrize("objective", ["max-coverage", "p-median", "backup"])
def test_a_neighbour_s_facility_stays(existing, objective):
    # The farm (3 people) at (4500, 5000) uses the clinic across the line at x = 5000.
    study = measured(with_sites(DRAWN, [Site("a", 0, 0), Site("n", 5005, 5000)]), circle(limit_s=620))
    few = lived_in_places(study.prepared).iloc[[2, 4, 6]] if objective != "backup" else None
    found = locate(
        study, kind="village_clinic", standard="own/clinic", sites=1 if few is not None else 9, existing=existing,
        objective=objective, candidates="cells" if few is None else few,
    )  # fmt: skip
    assert "n" not in found.closed["facility_id"].tolist()
    assert found.kept + len(found.closed) == 1
    assert [found.covered_after] == covered_as_built(study, found)
    if objective == "max-coverage":
        assert found.covered_after == 3.0 + 40.0 + 50.0 + 60.0, "the farm, and the homes around the candidate at 2400 m"


@pytest.mark.parametrize("cost", [{"cost": 3.0}, {"keep_cost": 3.0}])
def test_costs_of_opening_and_of_keeping_are_known_together_or_not_at_all(cost):
    with pytest.raises(UsageError) as caught:
        locate(
            measured(DRAWN, circle()), kind="village_clinic", standard="own/clinic", target=0.5, existing="closable",
            **cost,
        )  # fmt: skip
    assert caught.value.code == "AG2446"
    assert ("--keep-cost" if "cost" in cost else "--cost") in caught.value.message("en")


def with_beds(study, beds):
    layers = study.prepared.facilities
    frame = layers.frame.copy()
    frame["beds"] = [beds.get(name, np.nan) for name in frame["facility_id"]]
    return replace(study, prepared=replace(study.prepared, facilities=replace(layers, frame=frame)))


def test_a_neighbour_s_room_is_not_the_county_s_to_fill():
    study = measured(with_sites(DRAWN, [Site("a", 0, 0), Site("n", 5005, 5000)]), circle(limit_s=620))
    few = lived_in_places(study.prepared).iloc[[6]]
    found = locate(
        with_beds(study, {"a": 5}), kind="village_clinic", standard="own/clinic", sites=1, candidates=few,
        capacity=Size(column="beds", most=100),
    )  # fmt: skip
    # Five of the 30 people around the clinic; a hundred of the 130 around the candidate; the farm of 3 is not served.
    assert (found.covered_before, found.covered_after) == pytest.approx((5.0, 105.0))
    assert found.loads["facility_id"].tolist() == ["", "a"]
    assert "1 facilities across the county line are left out" in " ".join(located_view(study, found, lang="en").notes)


def test_the_mean_way_is_of_those_who_have_one():
    study = measured(with_sites(DRAWN, [Site("a", 0, 0)]), circle(limit_s=310))
    few = lived_in_places(study.prepared).iloc[[1, 6]]
    asked = {"kind": "village_clinic", "standard": "own/clinic", "sites": 1, "objective": "p-median"}
    found = locate(study, **asked, candidates=few)
    # At most 1240 s: 10 people at 0, 20 at 600, 30 at 1200; with the site 70 at 0, 60 at 600, 50 at 1200. The 40
    # between are within 1240 s of the place not chosen: the model counts them with 1240 s. The ford's 7 and the
    # farm's 3 have none.
    assert found.mean_way == pytest.approx((20 * 600 + 30 * 1200 + 50 * 1200 + 60 * 600) / 240, rel=1e-4)
    assert found.value == pytest.approx((144_000 + 40 * 1240) / 280, rel=1e-4)
    assert found.no_way == 50.0
    assert "50 people, with no facility within 4 times" in " ".join(located_view(study, found, lang="en").notes)
    room = with_beds(study, {"a": 5})
    tight = locate(room, **asked, candidates=few.iloc[1:], capacity=Size(column="beds", most=100))
    # Five at the clinic, 70 at the site and 30 of those 600 m from it.
    assert tight.mean_way == pytest.approx(30 * 600 / 105, rel=1e-3)
    assert tight.no_way == pytest.approx(185.0)
    assert "185 people without a place" in " ".join(located_view(room, tight, lang="en").notes)


def test_the_front_counts_people_of_the_second_group_where_none_of_the_first_live():
    # Each site covers its own home; the clinic covers 10. Old people live at the second home of 20 alone.
    homes = tuple(replace(home, groups=(("age60plus", 5.0 if home.x == 600 else 0.0),)) for home in DRAWN.homes)
    study = measured(replace(DRAWN, homes=homes, groups=("age60plus",)), circle(limit_s=100))
    found = locate(
        study, kind="village_clinic", standard="own/clinic", sites=1, group="age60plus", pareto="total"
    )  # fmt: skip
    assert found.front[["covered", "other"]].to_numpy().tolist() == [[5.0, 30.0], [0.0, 80.0]]
