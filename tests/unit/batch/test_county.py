"""What a batch says of a county that an error stopped."""

from __future__ import annotations

from pathlib import Path

from accessgis.base.errors import DataError
from accessgis.batch.county import failed
from accessgis.batch.listing import County


def test_the_place_of_an_error_is_told_in_both_languages():
    county = County(code="149921", name="小县", study=Path("a/study.toml"), label="a/study.toml")
    outcome = failed(county, DataError("AG3307", file="clinics.csv", row=2, key="床位数", number=-1.0))

    assert outcome.zh.endswith("（clinics.csv · 第 2 行 · 床位数）")
    assert outcome.en.endswith("[clinics.csv · row 2 · 床位数]")
