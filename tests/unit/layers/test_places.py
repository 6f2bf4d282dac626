"""Place classes: a small county drawn as a table, each class checked by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from accessgis.layers.areas import Areas, ClassSource
from accessgis.layers.demand import Demand, no_cells
from accessgis.layers.places import concerned, place_classes, statable_words, stated_class

UR_CODES = ("111", "112", "121", "122", "123", "210", "220", "")
DISTRICT, COUNTY, CITY = "149902", "149921", "149981"


def make_areas(
    *,
    seat: bool = True,
    has_central: bool = True,
    class_source: ClassSource = "ur_code",
    where: str = "",
) -> Areas:
    """Return one village, with the seat of government or without."""
    frame = gpd.GeoDataFrame(
        {
            "level": ["village"],
            "code": ["149921100001"],
            "name": ["甲社区"],
            "parent": [""],
            "township_kind": [""],
            "ur_code": [""],
            "seat": [seat],
            "central": [False],
        },
        geometry=[box(0, 0, 1, 1)],
        crs=4546,
    )
    return Areas(frame=frame, has_central=has_central, class_source=class_source, where=where)


def make_demand(people: Iterable[dict[str, object]]) -> Demand:
    """Return one demand point per dict; what it does not say is an ordinary village of the county."""
    usual = {
        "x": 0.0,
        "y": 0.0,
        "population": 1.0,
        "county": COUNTY,
        "township": "149921100",
        "village": "149921100201",
        "ur_code": "220",
        "seat": False,
        "central": False,
        "judged": True,
        "cell": -1,
    }
    frame = pd.DataFrame([usual | person for person in people])
    frame.insert(0, "demand_id", np.arange(len(frame)))
    return Demand(frame=frame, groups=("total",), cells=no_cells())


def ask(
    people: Iterable[dict[str, object]], where: str, *, areas: Areas | None = None, study_code: str = COUNTY
) -> str:
    """Return one letter a person: y concerned, n not, ? unclassified."""
    yes, unknown = concerned(make_demand(people), areas or make_areas(), where=where, study_code=study_code)
    assert not (yes & unknown).any()
    return "".join("y" if a else "?" if b else "n" for a, b in zip(yes, unknown, strict=True))


# One column per code of UR_CODES:                     111 112 121 122 123 210 220 ''
TABLE = [
    ("all", COUNTY, False, "yyyyyyyy"),
    ("urban_community", DISTRICT, False, "yynnnnn?"),
    ("urban_community", CITY, False, "yynnnnn?"),
    ("urban_community", COUNTY, False, "nnnnnnn?"),
    ("county_town", COUNTY, True, "nnyyynn?"),
    ("county_town", COUNTY, False, "nnnnnnn?"),
    ("county_town", DISTRICT, True, "nnnnnnn?"),
    ("county_town", CITY, True, "nnnnnnn?"),
    ("urban", COUNTY, False, "yyyyynn?"),
    ("urban", DISTRICT, True, "yyyyynn?"),
    ("rural", COUNTY, False, "nnnnnyy?"),
    ("rural", CITY, True, "nnnnnyy?"),
]


@pytest.mark.parametrize(("where", "county", "seat", "expected"), TABLE)
def test_each_urban_rural_code(where: str, county: str, seat: bool, expected: str):
    people = [{"ur_code": code, "county": county, "seat": seat} for code in UR_CODES]
    assert ask(people, where) == expected


def test_a_code_that_is_none_of_the_bureaus_is_unknown():
    assert ask([{"ur_code": "999"}, {"ur_code": "11"}], "urban") == "??"


@pytest.mark.parametrize(
    ("digits", "kind"),
    [("01", "y"), ("20", "y"), ("21", "n"), ("80", "n"), ("81", "y"), ("99", "y"), ("00", "?")],
)
def test_digits_five_and_six_tell_districts_and_cities_from_counties(digits: str, kind: str):
    people = [{"ur_code": "111", "county": f"1499{digits}"}]
    assert ask(people, "urban_community") == kind
    town = [{"ur_code": "121", "county": f"1499{digits}", "seat": True}]
    assert ask(town, "county_town") == {"y": "n", "n": "y", "?": "?"}[kind]


@pytest.mark.parametrize(
    ("digits", "expected"),
    [("001", "y"), ("199", "y"), ("200", "n"), ("399", "n"), ("498", "n"), ("598", "n"), ("000", "?")],
)
def test_digits_ten_to_twelve_tell_communities(digits: str, expected: str):
    assert ask([{"village": f"149921100{digits}"}], "community") == expected


@pytest.mark.parametrize(
    ("township", "village", "expected"),
    [
        ("149921001", "149921001201", "y"),
        ("149921099", "149921099001", "y"),
        ("149921001", "", "y"),
        ("149921100", "149921100001", "y"),
        ("149921100", "149921100201", "n"),
        ("149921200", "149921200199", "y"),
        ("149921100", "", "?"),
        ("", "", "?"),
        ("", "149921100001", "y"),
        ("149921000", "149921000201", "?"),
    ],
)
def test_subdistricts_and_communities(township: str, village: str, expected: str):
    assert ask([{"township": township, "village": village}], "subdistrict_community") == expected


def test_central_city_is_a_matter_of_its_polygon_alone():
    people = [
        {"central": True, "ur_code": "220"},
        {"central": False, "ur_code": "111"},
        {"central": True, "ur_code": ""},
    ]
    assert ask(people, "central_city") == "yny"
    assert ask(people, "central_city", areas=make_areas(has_central=False)) == "???"


def test_township_seat_is_the_seat_and_never_the_whole_township():
    assert ask([{"seat": True}, {"seat": False}], "township_seat") == "yn"


def test_a_study_without_any_seat_does_not_say_that_nobody_lives_in_one():
    nowhere = make_areas(seat=False)
    assert ask([{}, {}], "township_seat", areas=nowhere) == "??"
    towns = [{"ur_code": "121"}, {"ur_code": "220"}, {"ur_code": "111"}]
    assert ask(towns, "county_town", areas=nowhere) == "?nn"


def test_people_beyond_the_border_are_neither():
    people = [{"judged": False, "ur_code": "220"}, {"judged": False, "ur_code": ""}]
    for where in place_classes():
        yes, unknown = concerned(make_demand(people), make_areas(), where=where, study_code=COUNTY)
        assert not yes.any()
        assert not unknown.any()


@pytest.mark.parametrize("where", ["community", "subdistrict_community"])
def test_codes_of_another_form_tell_nothing(where: str):
    people = [{"county": "4314902", "township": "4314902-1", "village": "A17"}]
    assert ask(people, where, study_code="4314902") == "?"
    assert ask([{}], where, study_code="4314902") == "?", "the study's code decides whether codes are Chinese"


def test_urban_community_abroad_is_unknown_only_where_the_code_would_decide():
    people = [{"ur_code": code, "county": "4314902"} for code in ("111", "121", "220", "")]
    assert ask(people, "urban_community", study_code="4314902") == "?nn?"
    assert ask(people, "urban", study_code="4314902") == "yyn?"


def test_people_in_no_county_polygon_live_in_the_studys_county():
    people = [{"ur_code": "111", "county": ""}]
    assert ask(people, "urban_community", study_code=DISTRICT) == "y"
    assert ask(people, "urban_community", study_code=COUNTY) == "n"


STUDY_TABLE = [
    ("urban_community", "all urban_community urban community subdistrict_community"),
    ("county_town", "all county_town urban community subdistrict_community township_seat"),
    ("urban", "all urban"),
    ("rural", "all rural"),
    ("community", "all community subdistrict_community"),
    ("township_seat", "all township_seat"),
]


@pytest.mark.parametrize(("stated", "holds"), STUDY_TABLE)
def test_one_class_stated_for_everybody(stated: str, holds: str):
    areas = make_areas(class_source="study", where=stated, has_central=True)
    people = [{"ur_code": ""}, {"ur_code": "", "county": "35016", "village": "", "township": ""}]
    for where in place_classes():
        expected = "yy" if where in holds.split() else "nn"
        assert ask(people, where, areas=areas, study_code="35016") == expected, where


def test_a_stated_class_does_not_draw_the_central_city():
    areas = make_areas(class_source="study", where="urban_community", has_central=False)
    assert ask([{}], "central_city", areas=areas) == "?"
    assert ask([{}], "central_city", areas=make_areas(class_source="study", where="central_city")) == "y"


def test_all_stated_for_everybody_tells_nothing_else():
    areas = make_areas(class_source="study", where="all")
    assert ask([{}], "all", areas=areas) == "y"
    assert ask([{}], "rural", areas=areas) == "?"


def test_nobody_at_all_is_no_error():
    demand = Demand(frame=make_demand([{}]).frame.iloc[:0], groups=("total",), cells=no_cells())
    for where in place_classes():
        yes, unknown = concerned(demand, make_areas(), where=where, study_code=COUNTY)
        assert yes.shape == unknown.shape == (0,)


def test_an_unknown_class_is_refused():
    with pytest.raises(ValueError, match="urban_community"):
        ask([{}], "moon")


def test_names_come_in_both_languages():
    assert place_classes()["county_town"].zh == "县城社区"
    assert all(title.zh and title.en for title in place_classes().values())


STATED = ("urban_community", "county_town", "urban", "rural")


@pytest.mark.parametrize(
    ("stated", "answers"),
    [
        ("urban_community", {"urban_community": "y", "county_town": "n", "urban": "y", "rural": "n"}),
        ("county_town", {"urban_community": "n", "county_town": "y", "urban": "y", "rural": "n"}),
        ("urban", {"urban_community": "?", "county_town": "?", "urban": "y", "rural": "n"}),
        ("rural", {"urban_community": "n", "county_town": "n", "urban": "n", "rural": "y"}),
    ],
)
def test_a_stated_class_decides_what_it_says_and_nothing_else(stated: str, answers: dict[str, str]):
    areas = replace(make_areas(seat=False, class_source="place_class"), classes={"149921100201": stated})
    people = [{"ur_code": ""}]
    assert {where: ask(people, where, areas=areas) for where in STATED} == answers


@pytest.mark.parametrize("ur_code", ["111", "121", "220", ""])
def test_a_stated_class_goes_before_the_code(ur_code: str):
    areas = replace(make_areas(class_source="place_class"), classes={"149921100201": "rural"})
    assert ask([{"ur_code": ur_code}], "rural", areas=areas) == "y"
    assert ask([{"ur_code": ur_code}], "urban", areas=areas) == "n"
    other = [{"ur_code": "121", "village": "149921100202"}]
    assert ask(other, "urban", areas=areas) == "y", "other villages keep their code"


def test_what_a_stated_class_leaves_open_the_seat_or_the_code_tells():
    stated = {"149921100201": "urban"}
    areas = replace(make_areas(seat=True, class_source="place_class"), classes=stated)
    assert ask([{"ur_code": "", "seat": True}], "county_town", areas=areas) == "y"
    assert ask([{"ur_code": "", "seat": False}], "county_town", areas=areas) == "n"
    assert ask([{"ur_code": "111", "county": CITY}], "urban_community", areas=areas, study_code=CITY) == "y"
    assert ask([{"ur_code": "121", "county": CITY}], "urban_community", areas=areas, study_code=CITY) == "n"


def test_words_of_stated_classes():
    assert [stated_class(word) for word in ("城市社区", "县 城", "城镇", "农村", "rural")] == [
        "urban_community", "county_town", "urban", "rural", "rural"
    ]  # fmt: skip
    assert stated_class("中心城区") is None, "a matter of polygons"
    assert statable_words() == ("城市社区", "县城社区", "城镇", "乡村")
