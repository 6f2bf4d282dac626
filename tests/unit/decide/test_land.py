"""The land of a site: what it occupies, where building is forbidden, who is nearer on foot, what is kept of ranks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from paper.proposals import DRAWN, place
from paper.studies import circle, measured, prepared

from accessgis.base.errors import UsageError
from accessgis.base.files import cache_folder
from accessgis.decide import ranks
from accessgis.decide.candidates import lived_in_places, places_of_parcels
from accessgis.decide.check import SiteCheck, best_place, check_site
from accessgis.decide.land import barred_by, forbidden, land_layers, land_of, slope_of
from accessgis.decide.locate import locate
from accessgis.decide.proposal import propose
from accessgis.layers.constraints import Constraint, Effect
from accessgis.sources.parcels import Parcel
from accessgis.study.measure import Measured

pytestmark = pytest.mark.usefixtures("two_profiles")


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """A rectangle of the drawing, in the working CRS."""
    return shapely.transform(shapely.box(west, south, east, north), DRAWN.move)


def land(*boxes: shapely.Polygon, effect: Effect = "forbid", name: str = "基本农田") -> Constraint:
    shapes = np.empty(len(boxes), dtype=object)
    shapes[:] = boxes
    return Constraint(name=name, effect=effect, shapes=shapes, labels=tuple(f"片{i}" for i in range(len(boxes))))


def barred_study(*constraints: Constraint) -> Measured:
    return measured(replace(prepared(DRAWN), constraints=constraints), circle())


def at(study: Measured, x: float, y: float) -> SiteCheck:
    site = place(DRAWN, x, y)
    return check_site(study, kind="village_clinic", at=(site.lon, site.lat), datum="wgs84")


def test_what_a_parcel_occupies_counts_once_and_an_edge_is_nothing() -> None:
    farm = land(box(0, 0, 60, 100), box(40, 0, 80, 100), box(100, 0, 200, 100))
    parcel = box(20, 50, 100, 150)
    # from 20 to 80 and from 50 to 100, though the first two overlap; the third only touches
    assert farm.occupied_m2(parcel) == pytest.approx(60 * 50, abs=1e-6)
    assert farm.touching(parcel).tolist() == [0, 1]
    assert farm.touching(shapely.transform(shapely.Point(60, 50), DRAWN.move)).tolist() == [0, 1]
    shapes = np.array([parcel, box(80, 0, 100, 100), *shapely.points(DRAWN.move(np.array([[0, 0], [90, 5]])))])
    assert farm.holds(shapes).tolist() == [True, False, True, False]
    assert farm.holds(shapes).tolist() == [farm.touching(shape).size > 0 for shape in shapes]


def test_layers_that_are_not_given_are_never_said_to_be_free() -> None:
    layers = replace(prepared(DRAWN), constraints=(land(box(0, 0, 60, 100)), land(name="水域", effect="info")))
    rows = land_of(layers, box(20, 50, 100, 150)).set_index("layer")
    assert rows.loc["基本农田", ["given", "inside", "polygons"]].tolist() == [True, True, "片0"]
    assert rows.loc["基本农田", "share"] == pytest.approx(40 * 50 / 8000, abs=1e-9)
    assert rows.loc["水域", ["given", "known"]].tolist() == [True, 0]
    others = rows[~rows["given"]]
    assert len(others) == len(land_layers()) - 2, "基本农田 is another name of the first layer"
    assert others["occupied_m2"].isna().all()
    assert not (others["inside"] | (others["known"] > 0)).any()
    assert np.isnan(land_of(layers, shapely.transform(shapely.Point(1, 1), DRAWN.move))["share"]).all()


def test_candidates_on_forbidden_land_have_no_rank_and_are_counted() -> None:
    free, barred = measured(DRAWN, circle()), barred_study(land(box(1700, -100, 1900, 100)))
    before, after = at(free, 3000, 0).ranks.iloc[0], at(barred, 3000, 0).ranks.iloc[0]
    gains = ranks.rivals(free, "village_clinic").gains["own/clinic"]
    kept = [gain for home, gain in zip(DRAWN.homes, gains, strict=True) if (home.x, home.y) != (1800, 0)]
    assert (before["candidates"], before["forbidden"]) == (9, 0)
    assert (after["candidates"], after["forbidden"], after["best_net"]) == (8, 1, max(kept))
    assert after["rank"] == 1 + sum(gain > after["net"] for gain in kept)
    assert at(barred, 1800, 0).ranks["rank"].tolist() == [0]
    assert at(free, 1800, 0).ranks["rank"].item() > 0


def test_sites_are_never_chosen_on_forbidden_land() -> None:
    free, rule = measured(DRAWN, circle()), {"kind": "village_clinic", "standard": "own/clinic", "sites": 1}
    first = locate(free, **rule).chosen.iloc[0]
    (there,) = DRAWN.move(np.array([[0.0, 0.0]]))
    x, y = (lived_in_places(free.prepared).set_index("lon").loc[first["lon"], ["x", "y"]] - there).tolist()
    barred = barred_study(land(box(x - 10, y - 10, x + 10, y + 10)), land(box(-90, -90, 4900, 5900), effect="warn"))
    found = locate(barred, **rule)
    assert (found.forbidden, found.candidates) == (1, 8)
    assert found.chosen["lon"].item() != first["lon"]
    with pytest.raises(UsageError) as caught:
        locate(barred_study(land(box(-90, -90, 4900, 5900))), **rule)
    assert caught.value.code == "AG2522"
    parcels = [Parcel(name="a", shape=box(0, 0, 50, 50)), Parcel(name="b", shape=box(200, 0, 250, 50))]
    layers = replace(prepared(DRAWN), constraints=(land(box(45, 0, 100, 100)),))
    assert places_of_parcels(layers, parcels)["forbidden"].tolist() == [True, False], "though not the point within it"
    assert forbidden(layers, np.array([parcel.shape for parcel in parcels], dtype=object)).tolist() == [True, False]


def test_who_is_nearer_on_foot_and_the_land_that_is_served() -> None:
    found = at(measured(DRAWN, circle()), 1800, 0)
    # 15 minutes: homes at 1200, 1800, 2400 and beyond the ford; 30: those east of 1800 as well, 1800 has the old clinic
    assert found.walk["people"].tolist() == [30 + 40 + 50 + 7, 50 + 60 + 70 + 7]
    nearer = found.nearer.iloc[0]
    assert (nearer["people"], nearer["newly_reaching"], nearer["median_saved_min"]) == (257.0, 0.0, 30.0)
    assert found.walk["age60plus"].isna().all()
    rows = found.catchments.set_index(["rule", "limit_s"])
    whole, walk = rows.loc[("own/clinic", 900.0), "geometry"], rows.loc[("", 900.0), "geometry"]
    assert whole.equals(walk), "the rule is a walk of 15 minutes"
    for metres, inside in ((850, True), (950, False)):
        on_road = shapely.transform(shapely.Point(1800 + metres, 0), DRAWN.move)
        assert shapely.contains(walk, on_road) == inside


def test_the_best_candidate_stands_beside_the_sites() -> None:
    study = measured(DRAWN, circle())
    site = at(study, 3000, 0)
    best = best_place(study, site)
    assert best is not None
    assert best.ranks["rank"].tolist() == [1]
    assert best.effect.rules["net"].iloc[0] == site.ranks["best_net"].item()


def test_a_parcel_is_entered_where_it_is_said_to_be() -> None:
    layers = prepared(DRAWN)
    (gate,) = (place(DRAWN, 1000, 80),)
    shape, study = box(1000, 40, 1100, 120), measured(DRAWN, circle())
    plain = check_site(study, kind="village_clinic", shape=shape)
    given = check_site(study, kind="village_clinic", shape=shape, at=(gate.lon, gate.lat), datum="wgs84")
    assert [check.standing["access_m"].iloc[0] for check in (plain, given)] == pytest.approx([40, 80], abs=1e-3)
    assert given.proposal.row["geometry"].equals(shape)
    with pytest.raises(UsageError) as caught:
        propose(layers, kind="village_clinic", shape=shape, at=(gate.lon + 0.01, gate.lat), datum="wgs84")
    assert caught.value.code == "AG2521"


def test_slope_is_unknown_without_elevation() -> None:
    row = slope_of(prepared(DRAWN), box(0, 0, 100, 100)).iloc[0]
    assert (row["samples"], row["limit"]) == (0, 0.25)
    assert np.isnan(row["mean"])


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own, in which small studies are kept too."""
    monkeypatch.setattr(ranks, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(ranks, "_SMALL", 0)
    return tmp_path


def test_ranks_are_kept_by_what_they_follow_from(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def told(study: Measured) -> pd.DataFrame:
        ranks.rivals.cache_clear()
        return at(study, 3000, 0).ranks

    first = told(measured(DRAWN, circle()))
    (file,) = kept.glob("*.npz")
    richer = replace(DRAWN, homes=(replace(DRAWN.homes[0], people=11.0), *DRAWN.homes[1:]))
    with monkeypatch.context() as patch:
        patch.setattr(ranks, "reachable", _never)
        pd.testing.assert_frame_equal(told(measured(DRAWN, circle())), first)
        # The home at the clinic's door is covered today: one person more there changes no candidate's gain.
        pd.testing.assert_frame_equal(told(measured(richer, circle())), first)
        # Other people, speeds, limits or candidates are another question.
        crowded = replace(DRAWN, homes=(*DRAWN.homes[:5], replace(DRAWN.homes[5], people=61.0), *DRAWN.homes[6:]))
        others = [measured(crowded, circle()), measured(replace(DRAWN, speed=1.5), circle())]
        others += [measured(DRAWN, circle(limit_s=901)), barred_study(land(box(1700, -9, 1900, 9)))]
        for other in others:
            with pytest.raises(AssertionError):
                told(other)
    file.write_bytes(file.read_bytes()[:-40])
    pd.testing.assert_frame_equal(told(measured(DRAWN, circle())), first)
    assert cache_folder() != kept


def _never(*_: Any) -> Callable[..., Any]:
    raise AssertionError("worked out anew")


def test_a_boundary_to_build_within_forbids_what_lies_outside() -> None:
    boundary = land(box(0, -100, 1000, 100), name="城镇开发边界")
    parcels = [box(0, 0, 50, 50), box(980, 0, 1020, 50), box(2000, 0, 2050, 50)]
    points = shapely.points(DRAWN.move(np.array([[600.0, 0.0], [1200.0, 0.0]])))
    layers = replace(prepared(DRAWN), constraints=(boundary,))
    assert forbidden(layers, np.array(parcels, dtype=object)).tolist() == [False, True, True], "wholly, partly, not"
    assert forbidden(layers, points).tolist() == [False, True]
    assert [barred_by(land_of(layers, shape)).any() for shape in (*parcels, *points)] == [
        False,
        True,
        True,
        False,
        True,
    ]
    # a layer of none in the study tells nothing, and one that is only a warning takes nothing away
    for other in (land(name="城镇开发边界"), land(box(0, 0, 9, 9), effect="warn", name="开发边界")):
        bare = replace(layers, constraints=(other,))
        assert not forbidden(bare, points).any()
        assert not barred_by(land_of(bare, parcels[2])).any()
