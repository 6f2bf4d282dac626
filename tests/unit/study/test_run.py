"""The pipeline around the verdicts: areas of people, figures of quality, doubts, the frames of the result."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from paper.studies import COUNTY, ONE_TOWNSHIP, Drawing, Home, Site, Unit, circle, headline, judge, line, prepared

from accessgis.assess.assessment import GAPS, RESULTS, VERDICTS
from accessgis.base.schema import Schema
from accessgis.report.figures import main_area, whole_figures
from accessgis.report.view import page_view
from accessgis.study.groupings import area_groupings

#  y=1000   A ────900 m──── F ────900 m──── B ──── border at 4000 ──── C      D is 1000 m from every road
DRAWING = Drawing(
    units=tuple(ONE_TOWNSHIP),
    ways=(line((100, 1000), (2000, 1000)), line((2000, 1000), (4500, 1000)), line((100, 400), (100, 1000))),
    homes=(Home(100, 1000, 10), Home(1900, 1000, 20), Home(4300, 1000, 70), Home(2500, 2000, 5)),
    sites=(Site("F", 1000, 1000), Site("P", 2500, 1000, status="planned"), Site("X", 4400, 1000)),
    snap_limit_m=400.0,
)


def require(schema: Schema, frame) -> None:
    schema.require(frame)
    assert list(frame.columns) == list(schema.names)
    assert frame.index.tolist() == list(range(len(frame)))


def test_people_are_grouped_at_every_level_that_has_areas() -> None:
    layers = prepared(DRAWING)
    groupings = area_groupings(layers.areas, layers.demand, layers.study.file.study)
    assert list(groupings) == ["county", "township", "village"]
    for grouping in groupings.values():
        # the third home lives beyond the border
        assert grouping.index.tolist() == [0, 0, -1, 0]
    assert groupings["village"].names == (f"名{COUNTY}100名{COUNTY}100200",)
    assert groupings["county"].names == (f"名{COUNTY}",)


def test_without_villages_there_is_no_level_of_villages() -> None:
    layers = prepared(replace(DRAWING, units=tuple(ONE_TOWNSHIP[:2])))
    assert list(area_groupings(layers.areas, layers.demand, layers.study.file.study)) == ["county", "township"]
    result = judge(layers, circle())
    assert set(result.results["level"]) == {"county", "township"}


def test_a_study_of_two_counties_has_a_verdict_for_each() -> None:
    units = (Unit("county", "149921", "", (0, 0, 1500, 2000)), Unit("county", "149922", "", (1500, 0, 4000, 2000)))
    result = judge(replace(DRAWING, units=units), circle(target=0.5))
    assert headline(result)["verdict"] == "meets"
    # 900 s by the other county's clinic, which is not their own
    assert headline(result, area="149922")["covered_share"] == pytest.approx(20 / 25)
    assert headline(result, area="149922")["covered_share_own"] == 0.0


def test_a_study_of_a_province_is_judged_as_a_whole_and_adds_up_over_its_counties() -> None:
    units = (Unit("county", "149921", "", (0, 0, 1500, 2000)), Unit("county", "149922", "", (1500, 0, 4000, 2000)))
    layers = prepared(replace(DRAWING, units=units))
    file = layers.study.file
    whole = file.model_copy(update={"study": file.study.model_copy(update={"code": "14"})})
    layers = replace(layers, study=replace(layers.study, file=whole))
    rule = circle(target=0.8, target_level="province")
    result = judge(layers, rule)
    rows = result.results[result.results["headline"]]
    assert rows[["level", "area"]].to_numpy().tolist() == [
        ["province", "14"], ["county", "149921"], ["county", "149922"]
    ]  # fmt: skip
    assert rows["people"].tolist() == [35.0, 10.0, 25.0]
    assert rows["covered"].tolist() == [30.0, 10.0, 20.0]
    assert rows["verdict"].tolist() == ["meets", "", ""], "a county is not held to the province's target"
    assert main_area(result) == "14"
    figures = whole_figures(result, result.rules[0], "walk")
    assert {code: figure.covered for level in ("province", "county") for code, figure in figures[level].items()} == {
        "14": 30, "149921": 10, "149922": 20,
    }  # fmt: skip
    view = page_view(result, lang="en")
    assert view.rules[0].headline.mark == "meets"
    assert headline(judge(layers, circle(target=0.5)), area="149922")["verdict"] == "meets"


def test_frames_are_as_documented() -> None:
    result = judge(DRAWING, circle(target=0.5), circle("own/missing", group="under3"), isochrones=True)
    require(RESULTS, result.results)
    require(GAPS, result.gaps)
    assert set(result.results["verdict"]) <= {*VERDICTS, ""}
    assert list(result.people.columns) == ["demand_id", "rule", "profile", "seconds", "metres"]
    assert set(result.people["rule"]) == {"own/clinic"}
    assert list(result.isochrones.columns) == ["rule", "profile", "limit_s", "from_s", "to_s", "geometry"]
    assert result.evidence is None
    for frame in (result.gaps, result.isochrones, result.snaps):
        assert frame.crs.to_epsg() == 4546


def test_rows_are_in_reading_order() -> None:
    rows = judge(DRAWING, circle("own/b"), circle("own/a", group="under3"), circle("own/c")).results
    assert rows["rule"].drop_duplicates().tolist() == ["own/b", "own/a", "own/c"]
    for _, table in rows.groupby("rule", sort=False):
        assert table["level"].drop_duplicates().tolist() == ["county", "township", "village"]
        assert table.groupby("level")["headline"].first().all()
        assert (table.groupby("level")["headline"].sum() == 1).all()


def test_times_are_given_for_the_people_concerned_only() -> None:
    units = (*ONE_TOWNSHIP[:2], Unit("village", f"{COUNTY}100200", f"{COUNTY}100", (0, 0, 1500, 2000), "220"),
             Unit("village", f"{COUNTY}100201", f"{COUNTY}100", (1500, 0, 4000, 2000), "121"))  # fmt: skip
    result = judge(replace(DRAWING, units=units), circle(), circle("own/rural", where="rural"))
    ids = result.people.groupby(["rule", "profile"], observed=True)["demand_id"].apply(list)
    assert ids["own/clinic", "walk"] == [0, 1, 3]
    assert ids["own/rural", "walk"] == [0]


def test_quality_says_who_and_what_lies_where() -> None:
    figures = judge(DRAWING, circle()).quality.figures
    assert figures["people:total"] == 35.0
    assert figures["people_beyond_border"] == 70.0
    assert (figures["facilities:in_service"], figures["facilities:planned"]) == (2.0, 1.0)
    assert (figures["facilities:unplaced"], figures["facilities:beyond_border"]) == (0.0, 1.0)
    assert (figures["road_km"], figures["junctions"]) == (5.0, 4.0)


def codes(result) -> dict[str, int]:
    return {doubt.code: doubt.count for doubt in result.quality.doubts}


def test_doubts_are_counted() -> None:
    found = codes(judge(DRAWING, circle()))
    # D with five people is off the network; no official total; somebody's facility stands beyond the border
    assert found["AG9207"] == 1
    assert "AG9203" in found
    assert "AG9206" not in found
    alone = codes(judge(replace(DRAWING, sites=DRAWING.sites[:1]), circle()))
    assert "AG9206" in alone


def test_a_kind_without_a_layer_beside_one_that_has_is_a_doubt() -> None:
    result = judge(DRAWING, circle(facilities_any=(("village_clinic", "township_hospital"),)))
    doubts = [doubt for doubt in result.quality.doubts if doubt.code == "AG9201"]
    assert [doubt.values["kind_zh"] for doubt in doubts] == ["乡镇卫生院"]
    assert headline(result)["covered"] == 30.0


def test_an_official_total_takes_the_doubt_away() -> None:
    for name in ("village_clinic", "村卫生室"):
        found = codes(judge(replace(DRAWING, controls=((f"facilities:{name}", 1),)), circle()))
        assert "AG9203" not in found


def test_facilities_off_the_network_or_far_from_it_are_doubts() -> None:
    sites = (
        Site("F", 1000, 1000),
        Site("far", 1000, 1101),
        Site("off", 1000, 1900),
        Site("other", 900, 1900, "library"),
    )
    found = codes(judge(replace(DRAWING, sites=sites), circle()))
    assert (found["AG9204"], found["AG9205"]) == (1, 1)


def test_people_whose_answer_lies_beyond_the_data_are_counted() -> None:
    # roads are known in the box 100–4500 × 1000–3000; the limit reaches 900 m on foot; B2 is 300 m from the edge
    ways = (line((100, 1000), (4500, 1000)), line((4500, 1000), (4500, 3000)), line((100, 1000), (100, 3000)),
            line((100, 3000), (4500, 3000)))  # fmt: skip
    homes = (Home(2200, 1300, 10), Home(2200, 1950, 7), Home(1000, 1000, 3))
    row = headline(judge(replace(DRAWING, ways=ways, homes=homes, snap_limit_m=2000.0), circle(limit_s=900)))
    # the third home is covered, so that nothing beyond could change it; the second is 950 m from the edge
    assert (row["covered"], row["edge_people"]) == (3.0, 10.0)
    wider = headline(judge(replace(DRAWING, ways=ways, homes=homes, snap_limit_m=2000.0), circle(limit_s=951)))
    assert wider["edge_people"] == 17.0


def test_bands_fill_the_county_without_overlap() -> None:
    result = judge(DRAWING, circle(limit_s=600), isochrones=True)
    bands = result.isochrones
    assert bands["from_s"].tolist() == [0.0, *bands["to_s"].tolist()[:-1]]
    assert 600.0 in bands["to_s"].tolist()
    assert bands.geometry.area.sum() == pytest.approx(4000 * 2000, rel=1e-6)
    assert gpd.GeoSeries(bands.geometry).union_all().area == pytest.approx(4000 * 2000, rel=1e-6)


def test_bands_show_the_quickest_profile_and_the_part_that_is_slowest() -> None:
    """The clinic stands 1000 m along the road, the hospital 3000 m; a bicycle is five times as fast as a walk."""
    sites = (Site("F", 1000, 1000), Site("H", 3000, 1000, kind="county_hospital"))
    drawing = replace(DRAWING, sites=sites, given=frozenset({"village_clinic", "county_hospital"}))
    parts = (("village_clinic",), ("county_hospital",))

    def along_the_road(**more) -> list[float]:
        bands = judge(drawing, circle(limit_s=1500, **more), isochrones=True).isochrones
        within = bands[bands["to_s"] <= 1500].geometry.union_all()
        crossed = within.intersection(shapely.LineString([(500_000, 4_101_000), (504_000, 4_101_000)]))
        return [crossed.bounds[0] - 500_000, crossed.bounds[2] - 500_000]

    walk, ride = along_the_road(), along_the_road(profiles=("walk", "bicycle"))
    assert walk == pytest.approx([0, 2500], abs=25)
    assert ride[-1] > 3900
    assert along_the_road(facilities_any=parts) == pytest.approx([1500, 2500], abs=25)


def test_no_rule_can_be_computed_and_the_frames_still_stand() -> None:
    result = judge(DRAWING, circle(group="under3"), evidence=True, isochrones=True)
    require(GAPS, result.gaps)
    assert result.people.empty
    assert result.isochrones.empty
    assert result.snaps.empty
    assert headline(result)["verdict"] == "not_judged"
    assert set(result.evidence) == {
        "nodes", "edges", "edge_shapes", "demand", "facilities", "rule_facilities", "snaps", "times",
    }  # fmt: skip


def test_nobody_lives_here_and_the_frames_still_stand() -> None:
    result = judge(replace(DRAWING, homes=(Home(4300, 1000, 70),)), circle(target=0.5), evidence=True)
    assert headline(result)["verdict"] == "nobody_concerned"
    assert np.isnan(headline(result)["covered_share"])
    assert result.gaps.empty
    assert result.people.empty


def test_the_same_layers_give_the_same_result_again() -> None:
    layers = prepared(DRAWING)
    before = layers.demand.frame.copy(), layers.facilities.frame.copy()
    one, other = (judge(layers, circle(target=0.5), evidence=True, isochrones=True) for _ in range(2))
    assert one.results.equals(other.results)
    assert one.people.equals(other.people)
    assert one.isochrones.equals(other.isochrones)
    for name, table in one.evidence.items():
        assert table.equals(other.evidence[name]), name
    assert layers.demand.frame.equals(before[0])
    assert layers.facilities.frame.equals(before[1])
