"""Rows of a table of stops: days and times as people write them, and what is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from paper.ways import GK111

from accessgis.base.errors import AccessGISError
from accessgis.sources.stops import STOPS, read_stops


def read(tmp_path: Path, days: str, opens: str = "09:00", closes: str = "11:00", lon: str = "111.0") -> list[str]:
    text = f"name;lon;lat;days;from;to\nA;{lon};37.0;{days};{opens};{closes}\n"
    (tmp_path / "stops.csv").write_text(text, encoding="utf-8")
    frame = read_stops(tmp_path / "stops.csv", label="stops.csv", columns={}, datum="wgs84", crs=GK111).value
    STOPS.require(frame)
    return [str(frame[name].iloc[0]) for name in ("days", "from", "to")]


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("周四、周一", "mon;thu"),
        ("一,四", "mon;thu"),
        ("Mon thu", "mon;thu"),
        ("星期一至星期五", "mon;tue;wed;thu;fri"),
        ("7", "sun"),
        ("周六到周日", "sat;sun"),
    ],
)
def test_days(written: str, days: str, tmp_path: Path) -> None:
    assert read(tmp_path, written) == [days, "09:00", "11:00"]


def test_times(tmp_path: Path) -> None:
    assert read(tmp_path, "mon", "8：05", "23:59:00") == ["mon", "08:05", "23:59"]


@pytest.mark.parametrize(
    "cells",
    [
        ("someday",),
        ("",),
        ("周五至周一",),
        ("周一至周三至周五",),
        ("mon", "25:00"),
        ("mon", "9"),
        ("mon", "11:00", "11:00"),
        ("mon", "09:00", "11:00", ""),
    ],
)
def test_what_is_no_stop_is_refused_with_its_row(cells: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(AccessGISError) as caught:
        read(tmp_path, *cells)
    assert (caught.value.code, caught.value.place.row) == ("AG2536", 1)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    (tmp_path / "stops.csv").write_text("lon,lat,days\n111,37,mon\n", encoding="utf-8")
    with pytest.raises(AccessGISError, match="AG3420"):
        read_stops(tmp_path / "stops.csv", label="stops.csv", columns={}, datum="wgs84", crs=GK111)
