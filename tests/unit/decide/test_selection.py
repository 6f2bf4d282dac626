"""Tests of facilities are parsed by a small grammar: what is unknown passes nothing, and nothing else is understood."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from accessgis.base.errors import UsageError
from accessgis.decide.selection import LONGEST, passing_rows

TEXTS = ("facility_id", "name", "status", "ownership", "placement", "site_id", "county", "township", "village")
HOMES = pd.DataFrame(
    {name: pd.array([""] * 5, dtype="str") for name in TEXTS}
    | {
        "facility_id": pd.array(list("abcde"), dtype="str"),
        "ownership": pd.array(["public", "private", "", "public", "public"], dtype="str"),
        "beds": [28.0, 40.0, np.nan, 39.0, 0.0],
        "residents": [10.0, 39.0, 5.0, 30.0, 0.0],
        "standardised": [1.0, 0.0, np.nan, 1.0, 0.0],
    }
)


@pytest.mark.parametrize(
    ("where", "passing"),
    [
        ("beds < 40", "ade"),
        ("beds <= 40 and occupancy < 0.5", "a"),
        ("beds < 40 or residents == 5", "acde"),
        ("not beds < 40", "b"),
        ("not (beds < 40 and occupancy < 0.5)", "bd"),
        ("not (beds < 40 and ownership == 'private')", "abde"),
        ("ownership != 'public'", "b"),
        ('ownership in ["public"] and beds != 39', "ae"),
        ("beds not in [28, 39]", "be"),
        ("standardised", "ad"),
        ("not standardised", "be"),
        ("residents > -1", "abcde"),
        ("facility_id == 'c'", "c"),
        ("occupancy >= 0", "abd"),
    ],
)
def test_who_passes(where: str, passing: str) -> None:
    assert "".join(HOMES["facility_id"][passing_rows(HOMES, where)]) == passing


@pytest.mark.parametrize(
    ("where", "part"),
    [
        ("beds <", "beds <"),
        ("", ""),
        ("__import__('os').system('true')", "__import__('os').system('true')"),
        ("beds.size < 3", "beds.size"),
        ("beds < residents", "residents"),
        ("beds + 1 < 3", "beds + 1"),
        ("10 < beds < 40", "10 < beds < 40"),
        ("beds", "beds"),
        ("beds == '40'", "'40'"),
        ("ownership < 'public'", "ownership < 'public'"),
        ("ownership == 3", "3"),
        ("beds in 3", "3"),
        ("beds in []", "[]"),
        ("beds < True", "True"),
        ("beds is 3", "beds is 3"),
        ("beds < 40; 1", "beds < 40; 1"),
        ("(" * 400 + "beds" + ")" * 400, ""),
        ("beds < 40 " + " " * LONGEST, "…"),
    ],
)
def test_what_is_no_test_is_refused(where: str, part: str) -> None:
    with pytest.raises(UsageError) as caught:
        passing_rows(HOMES, where)
    error = caught.value
    assert error.code == "AG2530"
    assert part in error.message("en")


def test_unknown_columns_are_named_with_those_that_are_there() -> None:
    with pytest.raises(UsageError) as caught:
        passing_rows(HOMES, "bets < 40")
    error = caught.value
    assert error.code == "AG2531"
    assert all(name in error.fix("en") for name in ("beds", "occupancy", "standardised", "township"))
    without = HOMES.drop(columns="residents")
    with pytest.raises(UsageError, match="AG2531"):
        passing_rows(without, "occupancy < 0.5")
