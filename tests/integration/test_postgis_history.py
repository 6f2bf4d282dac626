"""A history in a real PostGIS: the same report and the same comparison as from folders, and nothing left out unsaid."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pytest
from fake_assessment import fake_assessment
from integration import many_counties as many
from pandas.testing import assert_frame_equal
from postgres import Database

import accessgis as ag
from accessgis.base.errors import AccessGISError
from accessgis.cli.main import run
from accessgis.report.geopackage import write_layers
from accessgis.report.tables import document, manifest_document, result_layers, to_json

pytestmark = pytest.mark.database

YEARS = {2024: 40, 2025: 45, 2026: 50}
"""Villages that the county has in each year, so that its figures differ."""


@pytest.fixture(scope="module")
def results():
    made = {}
    for year, villages in YEARS.items():
        result = fake_assessment(villages=villages)
        made[year] = dataclasses.replace(
            result,
            study=dataclasses.replace(result.study, data_date=dt.date(year, 12, 31)),
            parameters=result.parameters | ({"snap_limit_m": 500.0} if year == 2026 else {}),
        )
    return made


@pytest.fixture(scope="module")
def folders(results, tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("history")
    for year, result in results.items():
        folder = root / str(year)
        folder.mkdir()
        for name, told in (("assessment", document(result)), ("manifest", manifest_document(result))):
            (folder / f"{name}.json").write_text(to_json(told), encoding="utf-8")
        write_layers(result_layers(result), folder / "results.gpkg")
    return root


@pytest.fixture
def stored(database: Database, results) -> Database:
    for year, result in results.items():
        ag.write_postgis(result, database.url(f"schema=result_{year}"))
    return database


def refusal(*history: str) -> AccessGISError:
    with pytest.raises(AccessGISError) as caught:
        ag.monitor(history)
    return caught.value


def test_a_database_and_folders_tell_the_same_story(stored, folders, tmp_path, capfd):
    kept = ag.monitor(folders)
    read = ag.monitor(stored.url("").rstrip("?"))
    assert_frame_equal(read.table, kept.table, check_exact=True)
    rules = read.table[read.table["rule"] != "index"]
    changed = rules.groupby("year")["change"].agg(lambda values: values.notna().any())
    assert changed.to_dict() == {2024: False, 2025: True, 2026: False}, "what results were made with is known"
    assert set(rules[rules["year"] == 2026]["not_comparable"]) == {"basis"}
    assert [one.label for one in read.results] == [
        f"{stored.server}/{stored.name} result_{year}" for year in sorted(YEARS)
    ]
    mixed = ag.monitor([folders / "2024", stored.url("schema=result_2025"), stored.url("schema=*_2026")])
    assert_frame_equal(mixed.table, kept.table, check_exact=True)

    out = tmp_path / "report"
    assert run(["monitor", stored.url("schema=result_*"), "--out", str(out)]) == 0
    ag.write_monitoring(kept, tmp_path / "kept")
    assert (out / "monitor.csv").read_bytes() == (tmp_path / "kept" / "monitor.csv").read_bytes()
    assert stored.password not in "".join(capfd.readouterr()) + (out / "monitor.json").read_text(encoding="utf-8")


def test_two_stored_results_compare_as_their_folders_do(stored, folders, tmp_path):
    kept = [str(folders / str(year)) for year in (2024, 2026)]
    read = [stored.url(f"schema=result_{year}") for year in (2024, 2026)]
    assert run(["compare", *kept, "--out", str(tmp_path / "kept")]) == 0
    assert run(["compare", *read, "--out", str(tmp_path / "read")]) == 0
    for name in ("compare.json", "compare.html", "compare.xlsx"):
        assert (tmp_path / "read" / name).read_bytes() == (tmp_path / "kept" / name).read_bytes(), name
    assert run(["compare", kept[0], read[1], "--out", str(tmp_path / "mixed")]) == 0
    assert (tmp_path / "mixed" / "compare.html").read_bytes() == (tmp_path / "kept" / "compare.html").read_bytes()


def test_what_cannot_be_read_from_a_database_is_said(stored, monkeypatch, capfd):
    assert refusal(stored.url("schema=none*")).code == "AG2550"
    assert run(["compare", stored.url("schema=result_*"), "x", "--lang", "en"]) == 2, "a name is not a pattern there"
    assert f"The database {stored.name} on {stored.server} holds no result in a schema named result_*." in (
        capfd.readouterr().err
    )
    stored.run("CREATE SCHEMA copied", "CREATE TABLE copied.study AS SELECT * FROM result_2024.study")
    stored.run("COMMENT ON TABLE copied.study IS 'accessgis result 1'")
    twice = refusal(stored.url("").rstrip("?"))
    assert (twice.code, "copied" in twice.message("en")) == ("AG2508", True)
    stored.run("ALTER TABLE copied.study DROP COLUMN manifest")
    assert refusal(stored.url("").rstrip("?")).code == "AG2552"
    stored.run(
        "CREATE ROLE clerk LOGIN PASSWORD 'clerk'", "GRANT USAGE ON SCHEMA result_2024 TO clerk",
        "GRANT SELECT ON ALL TABLES IN SCHEMA result_2024 TO clerk", "DROP SCHEMA copied CASCADE",
    )  # fmt: skip
    monkeypatch.setenv("PGUSER", "clerk")
    monkeypatch.setenv("PGPASSWORD", "clerk")
    unread = refusal(stored.url("schema=result_*"))
    assert (unread.code, "result_2025" in unread.message("zh")) == ("AG2551", True)
    assert len(ag.monitor(stored.url("schema=result_2024")).results) == 1
    monkeypatch.setenv("PGPASSWORD", "wrong")
    assert refusal(stored.url("schema=result_2024")).code == "AG1011"


def test_who_signs_in_is_never_echoed(tmp_path, capfd):
    for address in (
        "postgresql://u53r:s3cret@h/db",
        "postgresql://h/db?password=s3cret",
        "postgresql://h/db?schema=a&sslpassword=s3cret",
    ):
        for command in (
            ["monitor", address],
            ["monitor", address, "--out", str(tmp_path / "o")],
            ["monitor", str(tmp_path), "--out", address],
            ["compare", address, str(tmp_path)],
        ):
            assert run(command) == 2
            said = "".join(capfd.readouterr())
            assert "s3cret" not in said
            assert "u53r" not in said
    assert run(["monitor", "postgresql://h/db"]) == 2
    assert "AG2527" in capfd.readouterr().err, "where the report is to go must be said"


def test_a_batch_leaves_its_history_in_the_database(database, tmp_path, capfd):
    codes = many.CODES[:2]
    drawn, to = many.draw(tmp_path / "counties", codes), database.url("schema=y2025")
    command = ["batch", "run", str(drawn), "--workers", "0", "--out", str(tmp_path / "h" / "out"), "--to", to]
    assert run(command) == 0
    kept, read = ag.monitor(tmp_path / "h"), ag.monitor(database.url("schema=y2025*"))
    assert_frame_equal(read.table, kept.table, check_exact=True)
    assert set(read.table["county"]) == set(codes)

    assert run([*command, "--resume"]) == 0
    assert "沿用 2" in capfd.readouterr().out
    assert run([*command[:-1], database.url("schema=other"), "--resume"]) == 0, "what another database lacks"
    assert len(ag.monitor(database.url("schema=other*")).results) == 2
    study = drawn / codes[0] / "study.toml"
    study.write_text(study.read_text(encoding="utf-8").replace("2025-12-31", "2026-12-31"), encoding="utf-8")
    assert run([*command, "--resume"]) == 1, "the history keeps every year"
    assert "AG2553" in capfd.readouterr().out
    assert_frame_equal(ag.monitor(database.url("schema=y2025*")).table, kept.table, check_exact=True)
    assert run([*command[:-1], "postgresql://u:s3cret@h/db?schema=a"]) == 2
    assert "s3cret" not in "".join(capfd.readouterr())
