"""A province cut into counties: its counties, prefectures and sums are those of the province as one study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from integration import tiny_province as province
from integration import tiny_study as tiny

from accessgis.base.errors import DataError, UsageError
from accessgis.batch.county import Options
from accessgis.batch.cut import cut_counties
from accessgis.batch.listing import read_cut
from accessgis.batch.run import Batch, batch_run, require_applied
from accessgis.batch.whatif import WhatIf, changed_here, read_whatifs
from accessgis.decide.scenario import read_scenario, run_scenario
from accessgis.study.model import read_study
from accessgis.study.prepare import prepare
from accessgis.study.run import assess

SAME = {"people": "people", "covered": "covered", "share": "covered_share", "low": "range_low", "high": "range_high",
        "value": "value", "unit": "unit", "target": "target", "verdict": "verdict", "counts": "counts"}  # fmt: skip
KEYS = ["level", "area", "rule", "profile"]
SCENARIO = """\
[scenario]
name = "北移"

[[change]]
action = "close"
id = "H2"

[[change]]
action = "add"
kind = "village_clinic"
at = [112.018, 37.0072]
datum = "wgs84"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return province.draw(tmp_path_factory.mktemp("province") / "drawn").parent


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        kept = tmp_path_factory.mktemp("cache")
        patch.setattr("accessgis.batch.cut.cache_folder", lambda: kept)
        yield kept


@pytest.fixture(scope="module")
def batch(folder: Path) -> Batch:
    (folder / "A.toml").write_text(SCENARIO, encoding="utf-8")
    options = Options(scenarios=read_whatifs([folder / "A.toml"]))
    return batch_run(folder, folder / "out", workers=0, options=options)


def whole(folder: Path, code: str) -> pd.DataFrame:
    """Return the rows of a study of all layers, of the areas whose code begins so."""
    path = folder / f"whole-{code}.toml"
    text = province.STUDY.replace('code = "140000"', f'code = "{code}"').replace("value = 900", "value = 1")
    path.write_text(text, encoding="utf-8")
    return assess(read_study(path)).results


def same_rows(ours: pd.DataFrame, theirs: pd.DataFrame, columns: dict[str, str], keys: Sequence[str] = KEYS) -> None:
    one = ours.set_index(list(keys))[list(columns)].sort_index()
    other = theirs.set_index(list(keys))[list(columns.values())].sort_index().set_axis(list(columns), axis=1)
    # Sums over the same points in another order: their last digits alone may differ.
    pd.testing.assert_frame_equal(one, other, rtol=1e-12, atol=1e-12, check_dtype=False)


def test_counties_are_those_of_the_province_as_one_study(folder, batch):
    rows, one = batch.results, whole(folder, "140000")
    ours = rows[(rows["county"] != "") & (rows["scenario"] == "")]
    below = one[one["level"].isin(["county", "township", "village"])]

    assert [outcome.state for outcome in batch.outcomes] == ["done"] * 3
    plain = {name: column for name, column in SAME.items() if name not in ("low", "high")}
    counted = ours["profile"] == ""
    same_rows(ours[~counted], below[below["profile"] != ""], SAME)
    same_rows(ours[counted], below[below["profile"] == ""], plain)
    assert ours["completeness"].isna().all()


@pytest.mark.parametrize(("level", "code"), [("prefecture", "1498"), ("province", "14")])
def test_wholes_are_judged_as_studies_of_their_own(folder, batch, level, code):
    rows, one = batch.results, whole(folder, code.ljust(6, "0"))
    ours = rows[(rows["level"] == level) & (rows["area"] == code) & (rows["scenario"] == "")]
    theirs = one[one["level"] == level]

    circles = ours["profile"] != ""
    columns = {name: SAME[name] for name in ("people", "covered", "target", "verdict", "counts")}
    same_rows(ours[circles], theirs[theirs["profile"] != ""], columns, ["rule", "profile"])
    columns = {name: SAME[name] for name in ("value", "unit", "target", "verdict", "counts")}
    here = theirs[theirs["profile"] == ""]
    same_rows(ours[~circles & ours["rule"].isin(here["rule"])], here, columns, ["rule"])


def test_verdicts_of_the_prefectures_are_those_of_paper(batch):
    rows = batch.results
    found = rows[(rows["level"] == "prefecture") & rows["headline"] & (rows["scenario"] == "")]
    verdicts = found.groupby("rule")["verdict"].agg(tuple)

    assert {rule.removeprefix("own/"): by for rule, by in verdicts.items()} == {
        "circle": ("falls_short", "falls_short"), "county": ("", ""), "presence": ("meets", "falls_short"),
        "ratio": ("meets", "falls_short"), "share": ("falls_short", "meets"), "total": ("meets", "meets"),
        "whole": ("meets", "falls_short"),
    }  # fmt: skip


def test_contributions_are_the_weighted_distances_from_the_whole(batch):
    rows = batch.results[(batch.results["headline"]) & (batch.results["scenario"] == "")]
    county = rows[(rows["level"] == "county") & (rows["prefecture"] == "1498")].set_index(["rule", "county"])
    people = {code: Fraction(county.loc[("own/ratio", code), "people"]) for code in ("149801", "149802")}
    beds = {"149801": 12, "149802": 20}
    average = Fraction(32) / sum(people.values())
    for code, lived in people.items():
        expected = lived / sum(people.values()) * (Fraction(beds[code]) / lived - average) * 1000
        assert county.loc[("own/ratio", code), "contribution"] == pytest.approx(float(expected), abs=1e-12)
    assert county.loc[("own/share", "149801"), "contribution"] == pytest.approx(12 / 32 * (10 / 12 - 14 / 32))
    sums = county.groupby("rule")["contribution"].sum(min_count=1).dropna()
    assert set(sums.index) >= {"own/circle", "own/presence", "own/ratio", "own/share"}
    assert (sums.abs() < 1e-12).all()
    sheet = pd.read_excel(batch.out / "results.xlsx", sheet_name=0, engine="calamine")
    told = sheet[sheet["指标"] == "护理型床位占比"]
    assert list(told["说明"].dropna())[:2] == ["拉低全市14.8个百分点", "拉高全市14.8个百分点"]


def test_a_scenario_is_that_of_the_whole_in_every_county(folder, batch):
    text = SCENARIO.replace('name = "北移"', 'name = "北移"\nstudy = "whole.toml"')
    (folder / "one.toml").write_text(text, encoding="utf-8")
    after = run_scenario(read_scenario(folder / "one.toml")).after.results
    rows = batch.results
    ours = rows[(rows["scenario"] == "北移") & (rows["level"] == "county") & (rows["profile"] != "")]

    same_rows(ours, after[(after["level"] == "county") & (after["profile"] != "")], SAME)
    before = rows[(rows["scenario"] == "") & (rows["level"] == "county") & (rows["profile"] != "")]
    assert list(ours["covered"]) != list(before["covered"])
    beds = rows[(rows["scenario"] == "北移") & (rows["rule"] == "own/total") & (rows["area"] == "1498")]
    assert (beds["value"].item(), beds["verdict"].item()) == (12, "falls_short")
    circle = rows[(rows["rule"] == "own/circle") & (rows["level"] == "prefecture") & rows["headline"]]
    assert circle.groupby("scenario")["verdict"].agg(set).to_dict() == {"": {"falls_short"}, "北移": {"meets"}}


def test_counties_of_a_cluster_have_the_rows_that_they_have_alone(folder, batch):
    more = '[[clusters]]\nid = "pair"\ncounties = ["149802", "149901"]\n'
    (folder / "clustered.toml").write_text(province.PROVINCE + more, encoding="utf-8")
    clustered = batch_run(folder / "clustered.toml", folder / "clustered", workers=0)

    assert [outcome.code for outcome in clustered.outcomes] == ["149801", "pair"]
    plain = batch.results[batch.results["scenario"] == ""].reset_index(drop=True)
    order = ["county", "level", "area", "rule", "profile"]
    one, other = (
        rows.sort_values(order, kind="stable", ignore_index=True).drop(columns=["county_name", "low", "high"])
        for rows in (clustered.results, plain)
    )
    pd.testing.assert_frame_equal(one, other, rtol=1e-12, atol=1e-12)


def test_pieces_are_made_once_and_again_when_a_layer_changes(tmp_path):
    path = province.draw(tmp_path / "p", more='counties = ["149801"]\n')

    def steps() -> tuple[int, Path]:
        seen: list[str] = []
        (county,) = cut_counties(read_cut(path), progress=seen.append)
        return sum(step.startswith("cutting") for step in seen), county.study

    assert steps()[0] == 3
    assert steps()[0] == 0
    (path.parent / "homes.csv").write_text(province.HOMES.replace(",12,10", ",13,10"), encoding="utf-8")
    made, study = steps()
    assert made == 3
    assert ",13,10" in (study.parent / "149801" / "facilities2" / "homes.csv").read_text(encoding="utf-8")
    file = read_study(study).file
    assert (file.study.code, file.study.name, file.controls) == ("149801", "小县0", ())


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        ({"province.toml": ('cut = "whole.toml"', 'cut = "whole.toml"\ncounties = ["149999"]')}, "AG2512"),
        ({"whole.toml": ('path = "clinics.csv"', 'path = "postgresql://h/d?table=t"')}, "AG2513"),
        ({"homes.csv": ("149802100200", "")}, "AG2515"),
        ({"province.toml": ('"whole.toml"', '"../whole.toml"')}, "AG2011"),
    ],
)
def test_what_cannot_be_cut_is_said(tmp_path, spoil, code):
    path = province.draw(tmp_path / "p")
    for name, (old, new) in spoil.items():
        text = (path.parent / name).read_text(encoding="utf-8")
        assert old in text
        (path.parent / name).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        cut_counties(read_cut(path), progress=lambda _: None)
    assert raised.value.code == code


def test_counties_that_overlap_are_refused(tmp_path):
    path = province.draw(tmp_path / "p")
    rows = [(*row[:4], (112.0, 37.0, 112.0101, 37.01)) if row[0] == "149801" else row for row in province.areas()]
    tiny.write_areas(path.parent / "areas.gpkg", tiny.areas_frame(rows))
    with pytest.raises(UsageError) as raised:
        cut_counties(read_cut(path), progress=lambda _: None)
    assert raised.value.code == "AG2514"


def test_a_county_drawn_inside_another_is_refused(tmp_path):
    path = province.draw(tmp_path / "p")
    inside = (112.0121, 37.0021, 112.0141, 37.0041)  # within the square of 149802, which has no hole for it
    rows = [(*row[:4], inside) if row[0].startswith("149901") else row for row in province.areas()]
    tiny.write_areas(path.parent / "areas.gpkg", tiny.areas_frame(rows))
    with pytest.raises(UsageError) as raised:
        cut_counties(read_cut(path), progress=lambda _: None)
    assert raised.value.code == "AG2514"


def test_a_county_named_twice_is_cut_once(folder):
    twice = replace(read_cut(folder), counties=("149801", "149801"))
    assert [county.code for county in cut_counties(twice, progress=lambda _: None)] == ["149801"]


def test_people_without_coordinates_are_refused_not_dropped(tmp_path):
    path = province.draw(tmp_path / "p")
    table = '[population]\ntable = "people.csv"\ndatum = "wgs84"\n'
    text = province.STUDY.replace('[population]\ntotal = "total.tif"\nnodata = -99999\n', table)
    (path.parent / "whole.toml").write_text(text, encoding="utf-8")
    people = "经度,纬度,人口\n112.002,37.003,5\n,,7\n112.022,37.003,6\n"
    (path.parent / "people.csv").write_text(people, encoding="utf-8")
    with pytest.raises(DataError) as raised:
        cut_counties(read_cut(path), progress=lambda _: None)
    assert (raised.value.code, raised.value.place.row) == ("AG3421", 2)


def test_service_areas_and_constraints_are_cut_with_the_rest(tmp_path):
    path = province.draw(tmp_path / "p", more='counties = ["149801"]\n')
    served = '[facilities.service_areas]\npath = "served.gpkg"\ndatum = "cgcs2000"\n\n[[constraints]]\n'
    land = 'name = "permanent_farmland"\neffect = "forbid"\npath = "farm.gpkg"\ndatum = "cgcs2000"\n\n'
    text = province.STUDY.replace("[[controls]]", f"{served}{land}[[controls]]")
    (path.parent / "whole.toml").write_text(text, encoding="utf-8")
    square = gpd.GeoDataFrame({"编号": ["H1"]}, geometry=[shapely.box(112, 37, 112.01, 37.01)], crs="EPSG:4490")
    for name in ("served.gpkg", "farm.gpkg"):
        tiny.save(square, path.parent / name)
    (county,) = cut_counties(read_cut(path), progress=lambda _: None)

    study = read_study(county.study)
    kept = (study.file.facilities[1].service_areas.path, study.file.constraints[0].path)
    assert [Path(text).name for text in kept] == ["served.gpkg", "farm.gpkg"]
    assert all((county.study.parent / text).is_file() for text in kept)
    layers = prepare(study)
    assert layers.facilities.frame.set_index("facility_id").loc["H1", "serves"] == "149801100200;149801100201"
    assert [one.name for one in layers.constraints] == ["permanent_farmland"]


def test_a_change_about_no_county_is_refused(folder, batch, tmp_path):
    text = SCENARIO.replace('"北移"', '"其他"')
    (tmp_path / "B.toml").write_text(text, encoding="utf-8")
    (other,) = read_whatifs([tmp_path / "B.toml"])
    some = [replace(batch.outcomes[0], applied={"其他": (2,)}), batch.outcomes[1]]
    with pytest.raises(UsageError) as raised:
        require_applied(some, [other])
    assert (raised.value.code, raised.value.place.key) == ("AG2510", "change[1]")
    require_applied([replace(some[0], state="failed")], [other])
    with pytest.raises(UsageError) as twice:
        read_whatifs([tmp_path / "B.toml", tmp_path / "B.toml"])
    assert twice.value.code == "AG2511"


def test_a_change_is_passed_over_where_what_it_names_is_not(folder, tmp_path):
    (cut,) = cut_counties(replace(read_cut(folder), counties=("149801",)), progress=lambda _: None)
    assert cut.siblings == province.CODES  # a prefecture of which only some are asked for is not judged
    prepared = prepare(read_study(cut.study))
    add = '[[change]]\naction = "add"\nkind = "village_clinic"\nat = [{}, 37.0]\ndatum = "wgs84"\n'
    close, merge = '[[change]]\naction = "close"\nid = "{}"\n', '[[change]]\naction = "merge"\nids = {}\ninto = "{}"\n'

    def read(*changes: str) -> WhatIf:
        (tmp_path / "some.toml").write_text("\n".join(['[scenario]\nname = "某"', *changes]), encoding="utf-8")
        return read_whatifs([tmp_path / "some.toml"])[0]

    some = read(add.format(118.0), close.format("H9"), add.format(112.0), close.format("new-2"), close.format("H1"),
                merge.format('["X", "Y"]', "X"))  # fmt: skip
    changed, applied = changed_here(prepared, some)
    status = changed.facilities.frame.set_index("facility_id")["status"]
    assert applied == [3, 4, 5]
    assert (status["new-2"], status["H1"], status["H3"], "new-1" in status) == ("closed", "closed", "in_service", False)
    for changes, code, key in (
        ((merge.format('["H1", "H9"]', "H1"),), "AG2410", "change[1]"),
        ((close.format("H9"), close.format("H1"), close.format("H1")), "AG2412", "change[3]"),
    ):
        with pytest.raises(UsageError) as raised:
            changed_here(prepared, read(*changes))
        assert (raised.value.code, raised.value.place.key) == (code, key)


def test_changes_across_the_margin_are_applied_in_part_or_refused(folder, tmp_path):
    (cut,) = cut_counties(replace(read_cut(folder), counties=("149801",)), progress=lambda _: None)
    prepared = prepare(read_study(cut.study))
    move = '[[change]]\naction = "move"\nid = "{}"\nat = [{}, 37.0]\ndatum = "wgs84"\n'
    stop = '{{ at = [{}, 37.0], days = ["mon"], from = "{}", to = "{}" }}'
    bus = '[[change]]\naction = "mobile-service"\nkind = "village_clinic"\ndatum = "wgs84"\nmin_days = 1\n'
    stops = ", ".join((stop.format(118.0, "08:00", "09:00"), stop.format(112.0, "10:00", "11:00")))
    bus = f"{bus}stops = [{stops}]\n"

    def changed(*changes: str, one_layer: bool = True) -> tuple[pd.DataFrame, list[int]]:
        (tmp_path / "some.toml").write_text("\n".join(['[scenario]\nname = "某"', *changes]), encoding="utf-8")
        (read,) = read_whatifs([tmp_path / "some.toml"])
        after, applied = changed_here(prepared, read, one_layer=one_layer)
        return after.facilities.frame.set_index("facility_id"), applied

    frame, applied = changed(move.format("H1", 118.0), move.format("H9", 118.0), bus)
    assert (frame.loc["H1", "status"], applied) == ("closed", [1, 3])
    assert frame.index[frame["status"] == "mobile"].tolist() == ["mobile-1-1"]
    assert frame.loc["mobile-1-1", "hours"] == "10:00-11:00"
    merge = '[[change]]\naction = "merge"\nselect = { kind = "village_clinic" }\ninto = "H9"\n'
    named = '[[change]]\naction = "close"\nid = "mobile-1-2"\n'
    for changes, code, one_layer in (
        ([move.format("H1", 118.0)], "AG2519", False),
        ([move.format("H9", 112.0)], "AG2517", True),
        ([bus, named], "AG2518", True),
        ([move.format("H1", 112.001), merge], "AG2410", True),
    ):  # fmt: skip
        with pytest.raises(UsageError) as raised:
            changed(*changes, one_layer=one_layer)
        assert (raised.value.code, raised.value.place.key) == (code, f"change[{len(changes) - (code == 'AG2518')}]")
