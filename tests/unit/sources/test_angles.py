"""Degrees, minutes and seconds as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accessgis.sources.angles import angle

VALUE = 112 + 21 / 60 + 3.5 / 3600


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("112°21′03.5″", None),
        ("112°21'03.5\"", None),
        ("112°21'3.5''", None),
        ("112º21’03.5”", None),
        ("112˚21′03.5″", None),
        ("112度21分3.5秒", None),
        ("112度21分3.5", None),
        ("112-21-03.5", None),
        ("112–21–03.5", None),
        ("112－21－03．5", None),
        ("112:21:03.5", None),
        ("112：21：03.5", None),
        ("112 21 03.5", None),
        ("112° 21′ 03.5″", None),
        ("１１２°２１′０３．５″", None),
        ("１１２度２１分３．５秒", None),
        ("+112°21′03.5″", None),
        ("E112°21′03.5″", "lon"),
        ("e 112°21′03.5″", "lon"),
        ("Ｅ１１２°２１′０３．５″", "lon"),
        ("112°21′03.5″E", "lon"),
        ("112°21′03.5″ E", "lon"),
        ("东经112°21′03.5″", "lon"),
        ("东经：112°21′03.5″", "lon"),
        ("N112-21-03.5", "lat"),
        ("北纬112度21分3.5秒", "lat"),
    ],
)
def test_every_way_of_writing_an_angle(text: str, axis: str | None):
    found = angle(text)
    assert found is not None
    assert found.degrees == pytest.approx(VALUE, abs=1e-13)
    assert found.axis == axis


@pytest.mark.parametrize(
    ("text", "degrees", "axis"),
    [
        ("112.5", 112.5, None),
        ("112.5°", 112.5, None),
        ("-16.25", -16.25, None),
        ("东经112.5度", 112.5, "lon"),
        ("E112.5", 112.5, "lon"),
        ("112.5E", 112.5, "lon"),
        ("112°30′", 112.5, None),
        ("112度30.6分", 112.51, None),
        ("W16°15′0″", -16.25, "lon"),
        ("南纬30°30′", -30.5, "lat"),
        ("-16°15′0″", -16.25, None),
    ],
)
def test_parts_and_sides(text: str, degrees: float, axis: str | None):
    found = angle(text)
    assert found is not None
    assert found.degrees == pytest.approx(degrees, abs=1e-13)
    assert found.axis == axis


@pytest.mark.parametrize(
    "text",
    ["", "无", "abc", "112°60′00″", "112°21′60″", "112-21-75", "112-21", "2025-06", "112.5°21′", "112°21.5′03″",
     "E112°21′03.5″E", "E-112°21′", "112°21′03.5″1", "°", "E", "1.2.3", "112°21′03.5″X", "112,5"],
)  # fmt: skip
def test_what_is_no_angle(text: str):
    assert angle(text) is None


@given(
    degrees=st.integers(0, 179),
    minutes=st.integers(0, 59),
    tenths=st.integers(0, 599_999),
    form=st.sampled_from(["{}°{}′{}″", "{}-{}-{}", "东经{}度{}分{}秒", "{}:{}:{}", "{} {} {}", "{}°{:02}'{}\"E"]),
)
def test_seconds_to_four_places_come_back(degrees: int, minutes: int, tenths: int, form: str):
    """One ten-thousandth of a second is 3 mm."""
    found = angle(form.format(degrees, minutes, f"{tenths / 1e4:07.4f}"))
    assert found is not None
    assert round(found.degrees * 36_000_000) == (degrees * 3600 + minutes * 60) * 10_000 + tenths


@given(st.text(max_size=24))
def test_any_text_is_an_angle_or_not(text: str):
    found = angle(text)
    assert found is None or abs(found.degrees) < 1e25
