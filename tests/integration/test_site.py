"""``accessgis site`` on the bundled county: the numbers of its rows, their words, and refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from accessgis.cli.main import run
from accessgis.decide.check import check_site
from accessgis.report.site_view import site_document, site_frame, site_table
from accessgis.study.measure import Measured

pytestmark = pytest.mark.usefixtures("bare_documents")

AT = (112.406532, 37.213662)


def test_the_best_candidate_is_as_good_as_its_gain_says(county: Measured) -> None:
    first = check_site(county, kind="村卫生室", at=AT, datum="wgs84")
    assert len(first.ranks) == 2
    for row in first.ranks.to_dict("records"):
        best = check_site(county, kind="village_clinic", at=(row["best_lon"], row["best_lat"]), datum="wgs84")
        there = best.ranks.set_index("rule").loc[row["rule"]]
        assert there["rank"] == 1
        assert there["net"] == pytest.approx(row["best_net"], rel=1e-9)
        assert there["net"] >= row["net"]


def test_the_table_of_sites_says_what_the_numbers_say(county: Measured) -> None:
    checks = [check_site(county, kind="village_clinic", at=AT, datum=datum) for datum in ("wgs84", "gcj02")]
    for lang in ("zh", "en"):
        table = site_table(county, checks, ["A", "B"], lang=lang)
        frame = site_frame(table, lang=lang)
        assert frame.columns.tolist()[1:3] == ["A", "B"]
        assert not frame.map(lambda text: "{" in text or not text).to_numpy().any()
    row = checks[0].effect.rules.iloc[0]
    net = f"{round(row['net']):,}人"
    assert any(values[0].startswith(net) for _, values in site_table(county, checks, ["A", "B"]).rows)
    assert net in site_table(county, checks, ["A", "B"]).conclusions[0]
    one, other = (site_document(check, label="x")["site"] for check in checks)
    metres = np.hypot((one["lon"] - other["lon"]) * 88_700, (one["lat"] - other["lat"]) * 111_000)
    assert 300 < metres < 900, "GCJ-02 is some hundred metres off"


def test_presence_rules_see_the_new_clinic(county: Measured) -> None:
    counted = check_site(county, kind="village_clinic", at=(112.40, 37.25), datum="wgs84").counted
    village = counted[(counted["rule"] == "shanxi-13fyp/village-clinic") & (counted["level"] == "village")]
    assert village[["state_before", "state_after"]].to_numpy().tolist() == [["absent", "present"]]
    whole = counted[(counted["rule"] == "shanxi-13fyp/village-clinic") & (counted["level"] == "county")].iloc[0]
    assert whole["value_after"] - whole["value_before"] == pytest.approx(1 / 241)


def test_json_has_the_fields_of_the_interface(
    root: Path, county_at_hand: None, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    study = str(root / "data" / "study.toml")
    at = f"{AT[0]},{AT[1]}"
    assert run(["site", study, "--kind", "村卫生室", "--at", at, "--datum", "wgs84", "--json"]) == 0
    document = json.loads(capfdbinary.readouterr().out)
    assert {"site", "rules"} <= set(document)
    for row in document["rules"]:
        assert {"rule", "profile", "group", "net", "gross", "moved", "before", "after"} <= set(row)
        assert row["net"] == pytest.approx(row["after"] - row["before"], abs=1e-3)
    assert pd.DataFrame(document["rules"])["headline"].sum() == 2


def test_a_folder_holds_the_study_with_the_site_built(root: Path, county_at_hand: None, tmp_path: Path) -> None:
    study = str(root / "data" / "study.toml")
    at = f"{AT[0]},{AT[1]}"
    out = tmp_path / "out"
    assert run(["site", study, "--kind", "村卫生室", "--at", at, "--datum", "wgs84", "--out", str(out), "--quiet"]) == 0
    site = json.loads((out / "site.json").read_text(encoding="utf-8"))
    comparison = json.loads((out / "comparison.json").read_text(encoding="utf-8"))
    rows = {(row["rule"], row["profile"]): row for row in comparison["rows"] if row["level"] == "county"}
    for row in site["rules"]:
        there = rows[row["rule"], row["profile"]]
        assert (there["before"], there["after"]) == (row["before"], row["after"])
        assert there["gained"] - there["lost"] == pytest.approx(row["net"], abs=1e-6)
    assert {"map.html", "report.html", "manifest.json", "assessment.json"} <= {path.name for path in out.iterdir()}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--kind", "村卫生室", "--at", "112.4,37.2"], "AG2403"),
        (["--kind", "村卫生室", "--at", "112.4", "--datum", "wgs84"], "AG2405"),
        (["--kind", "村卫生室", "--at", "37.2,112.4", "--datum", "wgs84"], "AG2401"),
        (["--kind", "村卫生世", "--at", "112.4,37.2", "--datum", "wgs84"], "AG2102"),
        (["--kind", "县级综合医院", "--at", "112.4,37.2", "--datum", "wgs84"], "AG2404"),
        (["--kind", "村卫生室", "--at", "112.4,37.2", "--datum", "wgs84", "--capacity", "beds"], "AG2406"),
        (["--kind", "村卫生室", "--at", "112.4,37.2", "--datum", "wgs84", "--capacity", "bads=3"], "AG2402"),
        (["--kind", "村卫生室", "--at", "1,1", "--datum", "wgs84", "--label", "a", "--label", "b"], "AG2407"),
    ],
)
def test_wrong_use_is_one_sentence(
    arguments: list[str], code: str, root: Path, county_at_hand: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["site", str(root / "data" / "study.toml"), *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.split()[0]) == ("", code)
