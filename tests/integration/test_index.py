"""The equal-access index of the bundled county, computed again from the other files written, with pandas alone."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from accessgis.standards.weights import load_weights

TEXTS = {"area": "str", "level": "str", "rule": "str", "verdict": "str", "state": "str", "unit": "str"}


@pytest.fixture(scope="module")
def document(demo_out: Path) -> dict[str, Any]:
    return json.loads((demo_out / "assessment.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def areas(demo_out: Path) -> pd.DataFrame:
    return pd.read_csv(demo_out / "index.csv", dtype=TEXTS)


@pytest.fixture(scope="module")
def contributions(demo_out: Path) -> pd.DataFrame:
    return pd.read_csv(demo_out / "index_rules.csv", dtype=TEXTS)


def goal(rule: dict[str, Any], row: pd.Series) -> tuple[float, float]:
    """Return figure and aim of one printed row, NaN where it counts for nothing."""
    nothing = (math.nan, math.nan)
    if rule["rule_kind"] == "circle":
        return row["covered_share"], rule["target"] or 1.0
    if rule["rule_kind"] == "presence":
        if row["state"] in ("substitute", "shared"):
            return 1.0, 1.0
        asked = row["state"] in ("present", "absent") or "/" in str(row["state"])
        return (row["value"], row["target"] if row["unit"] == "facilities" else rule["target"]) if asked else nothing
    assert rule["rule_kind"] in ("share", "ratio")
    return (row["value"], rule["target"] or rule["value"]) if row["level"] == "county" else nothing


def recomputed(out: Path, document: dict[str, Any]) -> dict[tuple[str, str], tuple[float, float, float]]:
    """Return low, central and high of every area, from coverage.csv and the rules alone."""
    weights = {entry["id"]: entry["weight"] for entry in document["index"]["weights"]["fields"]}
    assert set(weights.values()) == {1}
    rules = {rule["rule"]: rule for rule in document["rules"] if rule["stage"] != "expired"}
    rows = pd.read_csv(out / "coverage.csv", dtype=TEXTS)
    rows = rows[rows["rule"].isin(rules) & rows["level"].isin(["county", "township"])]
    shut = set(rows[(rows["level"] == "county") & (rows["verdict"] == "not_judged")]["rule"])
    shares = []
    for _, row in rows.iterrows():
        rule = rules[row["rule"]]
        circle = rule["rule_kind"] == "circle"
        sets = circle or rule["target"] is not None or rule["value"] is not None
        if not sets or rule["rule_kind"] == "consolidation" or (circle and row["rule"] in shut):
            continue
        figure, aim = goal(rule, row)
        if row["verdict"] in ("not_judged", "nobody_concerned") or math.isnan(figure):
            continue
        sides = (row["range_low"], figure, row["range_high"]) if circle else (figure,) * 3
        low, central, high = (min(1.0, side / aim) for side in sides)
        shares.append((row["level"], row["area"], rule["category"] or "other", low, central, high))
    table = pd.DataFrame(shares, columns=["level", "area", "field", "low", "central", "high"])
    fields = table.groupby(["level", "area", "field"])[["low", "central", "high"]].mean()
    means = fields.groupby(["level", "area"]).mean()
    return {key: tuple(line) for key, line in zip(means.index, means.to_numpy().tolist(), strict=True)}


def test_every_area_is_computed_again_from_the_other_files(demo_out, document, areas) -> None:
    expected = recomputed(demo_out, document)
    assert set(zip(areas["level"], areas["area"], strict=True)) == set(expected)
    assert areas["level"].value_counts().to_dict() == {"township": 11, "county": 1}
    for row in areas.to_dict("records"):
        printed = (row["attained_low"], row["attained"], row["attained_high"])
        assert printed == pytest.approx(expected[row["level"], row["area"]], rel=1e-7)
    assert areas["attained"].between(0.2, 0.95).all()


def test_contributions_add_up_in_the_files(areas, contributions) -> None:
    sums = contributions.groupby(["level", "area"])[["weight", "contribution", "lost"]].sum()
    for row in areas.to_dict("records"):
        line = sums.loc[row["level"], row["area"]]
        assert line["contribution"] == pytest.approx(row["attained"], abs=1e-8)
        assert line["weight"] == pytest.approx(1.0, abs=1e-8)
        assert line["lost"] == pytest.approx(1 - row["attained"], abs=1e-8)
    statuses = contributions.groupby("area")["status"].value_counts()
    for row in areas.to_dict("records"):
        for status in ("judged", "not_judged", "nobody_concerned", "other_level"):
            assert row[f"rules_{status}"] == statuses[row["area"]].get(status, 0)


def test_the_document_holds_the_same_and_says_what_it_is(document, areas, contributions) -> None:
    index = document["index"]
    assert "非官方统计指标" in index["title"]["zh"]
    assert "not an official statistic" in index["title"]["en"]
    assert index["none"] is None
    assert [row["attained"] for row in index["areas"]] == areas["attained"].tolist()
    assert areas["note"].eq(index["title"]["zh"]).all()
    assert len(index["rules"]) == len(contributions)
    part = {entry["rule"] for entry in index["left_out"]} | {row["rule"] for row in index["rules"]}
    assert part == {rule["rule"] for rule in document["rules"]}
    assert {entry["reason"] for entry in index["left_out"]} >= {"expired", "recorded"}
    for entry in [*index["weights"]["fields"], index["weights"]["rule"], *index["bands"]]:
        assumed = entry["grounds"]["assumed"]
        assert entry["grounds"]["source"] or (assumed["zh"] and assumed["en"])


def test_bands_follow_from_the_thresholds(document, areas) -> None:
    bands = document["index"]["bands"]
    starts = [band["at_least"] for band in bands]

    def band(value: float) -> int:
        return 1 + next(place for place, start in enumerate(starts) if value >= start)

    needed = load_weights().band_needs.weight
    assert areas["band"].eq(0).equals(areas["weight_judged"].lt(needed))
    for row in areas[areas["band"] > 0].to_dict("records"):
        assert row["band"] == band(row["attained"])
        assert row["band_name"] == bands[row["band"] - 1]["title"]["zh"]
        assert row["robust"] == (band(row["attained_low"]) == band(row["attained_high"]))
    assert len(set(areas["band"])) > 1
