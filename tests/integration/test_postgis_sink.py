"""Results in a real PostGIS: every layer as it is, whole or not at all, and never in the place of anything else."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from fake_assessment import fake_assessment
from integration import tiny_study as tiny
from pandas.testing import assert_frame_equal
from postgres import Database, Relay, new_database
from psycopg import sql

import accessgis as ag
from accessgis.assess.assessment import GAPS, RESULTS
from accessgis.base.errors import AccessGISError
from accessgis.cli.main import run
from accessgis.layers.areas import AREAS
from accessgis.report import database as sink
from accessgis.report.tables import document, manifest_document, to_json
from accessgis.sources import session

pytestmark = pytest.mark.database

TABLES = ["areas", "facilities", "gaps", "isochrones", "results", "study"]


@pytest.fixture(scope="session")
def result():
    return fake_assessment(villages=12)


def put(database: Database, result, **options) -> None:
    ag.write_postgis(result, database.url("schema=out"), **options)


def refusal(database: Database, result, query: str = "schema=out", **options) -> AccessGISError:
    with pytest.raises(AccessGISError) as caught:
        ag.write_postgis(result, database.url(query), **options)
    return caught.value


def told(error: AccessGISError) -> tuple[str, object]:
    return error.code, vars(error)["values"]["reason_en"]


def stored(database: Database, table: str, *, schema: str = "out") -> list[dict]:
    """Return the rows of a table by psycopg alone, shapes as WKT."""
    with database.connect() as connection:
        cursor = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, table)))
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        if row.get("geometry") is not None:
            row["geometry"] = shapely.from_wkb(row["geometry"]).wkt
    return rows


def everything(database: Database) -> dict[str, list[dict]]:
    """Return the whole of the schema."""
    names = [name for (name,) in database.run("SELECT tablename FROM pg_tables WHERE schemaname = 'out'")]
    return {name: stored(database, name) for name in sorted(names)}


def expected(frame: pd.DataFrame) -> list[dict]:
    """Return the rows of a frame as the database should have them."""
    return [{name: cell(value) for name, value in row.items()} for row in pd.DataFrame(frame).to_dict("records")]


def cell(value: object) -> object:
    """Return a cell as plain value: no number, and no end, as null; no shape as null; tuples as lists."""
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if isinstance(value, shapely.Geometry):
        return None if value.is_empty else value.wkt
    return json.loads(to_json(value)) if isinstance(value, tuple) else value


def test_every_layer_comes_back_as_it_was(database, result):
    put(database, result)

    facilities = result.facilities.frame.drop(columns="entrances")
    assert stored(database, "areas") == expected(result.areas.frame[list(AREAS.names)])
    assert stored(database, "results") == expected(result.results[list(RESULTS.names)])
    assert stored(database, "gaps") == expected(result.gaps[list(GAPS.names)])
    assert stored(database, "facilities") == expected(facilities)
    assert stored(database, "isochrones") == expected(result.isochrones)
    (study,) = stored(database, "study")
    assert study.pop("document") == json.loads(to_json(document(result)))
    assert study.pop("manifest") == json.loads(to_json(manifest_document(result)))
    assert study == {
        "code": result.study.code, "name": result.study.name, "data_date": result.study.data_date,
        "generated": result.study.generated, "crs": result.crs, "version": ag.__version__,
    }  # fmt: skip


def test_every_table_is_documented_and_indexed(database, result):
    put(database, result)
    epsg = result.areas.frame.crs.to_epsg()

    bare = database.run(
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND attnum > 0 "
        "WHERE relnamespace = 'out'::regnamespace AND relkind = 'r' AND col_description(c.oid, attnum) IS NULL"
    )
    keys = database.run(
        "SELECT relname FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid "
        "WHERE relnamespace = 'out'::regnamespace AND indisprimary ORDER BY relname"
    )
    spatial = database.run("SELECT tablename FROM pg_indexes WHERE schemaname = 'out' AND indexdef LIKE '%gist%'")
    columns = database.run("SELECT f_table_name, srid FROM geometry_columns WHERE f_table_schema = 'out' ORDER BY 1")
    words = database.run(
        "SELECT col_description('out.gaps'::regclass, attnum) FROM pg_attribute "
        "WHERE attrelid = 'out.gaps'::regclass AND attname = 'seconds'"
    )

    assert bare == []
    assert [name for (name,) in keys] == TABLES
    assert sorted(name for (name,) in spatial) == ["areas", "facilities", "gaps", "isochrones"]
    assert columns == [(name, epsg) for name in ("areas", "facilities", "gaps", "isochrones")]
    assert words == [("time from the place to it; inf when none; NaN for rules in metres [s]",)]


NASTY = [
    "O'Brien",
    '"; DROP TABLE out.areas; --',
    "a\tb\nc\\d\\.",
    "\\N",
    "NUL\0here",
    "half \ud800",
    "镕村𠮷",
    "%s{}",
    "",
]


def test_text_is_stored_as_it_is(database, result):
    frame = result.facilities.frame.copy()
    names = [NASTY[place % len(NASTY)] for place in range(len(frame))]
    frame["name"] = pd.Series(names, dtype=object)
    nasty = dataclasses.replace(
        result,
        study=dataclasses.replace(result.study, name="'; DROP SCHEMA out; --\0"),
        facilities=dataclasses.replace(result.facilities, frame=frame),
    )
    schema = 'x"; DROP SCHEMA out; --'
    put(database, result)
    ag.write_postgis(nasty, database.url("schema=" + "".join(f"%{byte:02x}" for byte in schema.encode())))

    kept = [name.replace("\0", "\ufffd").replace("\ud800", "\ufffd") for name in names]
    assert [row["name"] for row in stored(database, "facilities", schema=schema)] == kept
    assert [row["name"] for row in stored(database, "study", schema=schema)] == ["'; DROP SCHEMA out; --\ufffd"]
    assert sorted(everything(database)) == TABLES


def test_an_earlier_result_is_replaced_only_when_asked(database, result):
    put(database, result)
    before = everything(database)
    later = dataclasses.replace(result, gaps=result.gaps.head(1))

    assert refusal(database, later).code == "AG2084"
    assert everything(database) == before

    put(database, later, replace=True)
    assert len(stored(database, "gaps")) == 1


@pytest.mark.parametrize("replace", [False, True])
def test_nothing_else_is_ever_replaced(database, result, replace):
    put(database, result)
    other = dataclasses.replace(result, study=dataclasses.replace(result.study, code="999999"))
    assert refusal(database, other, replace=replace).code == "AG2085"
    renamed = dataclasses.replace(result, study=dataclasses.replace(result.study, name="别县"))
    assert refusal(database, renamed, replace=replace).code == "AG2085"
    assert refusal(database, result, "schema=public", replace=replace).code == "AG2085"

    database.run("CREATE VIEW out.mine AS SELECT 1 AS one")
    assert refusal(database, result, replace=replace).code == "AG2085"
    database.run("DROP VIEW out.mine", "COMMENT ON TABLE out.study IS NULL")
    assert refusal(database, result, replace=replace).code == "AG2085"


def test_what_depends_on_a_result_stays(database, result):
    put(database, result)
    database.run("CREATE VIEW public.mine AS SELECT code FROM out.areas")
    before = everything(database)
    error = refusal(database, result, replace=True)

    assert (error.code, "depend" in error.message("en")) == ("AG1013", True)
    assert everything(database) == before
    assert database.run("SELECT count(*) FROM public.mine") == [(len(result.areas.frame),)]


def test_an_empty_schema_of_somebody_without_other_rights_is_enough(database, result, monkeypatch):
    database.run(
        "CREATE ROLE planner LOGIN PASSWORD 'p-planner'", "CREATE SCHEMA own AUTHORIZATION planner",
        f"REVOKE ALL ON DATABASE {database.name} FROM PUBLIC", f"GRANT CONNECT ON DATABASE {database.name} TO planner",
    )  # fmt: skip
    monkeypatch.setenv("PGUSER", "planner")
    monkeypatch.setenv("PGPASSWORD", "p-planner")
    try:
        assert told(refusal(database, result, "schema=new"))[1] == "the user has no right to do this"
        ag.write_postgis(result, database.url("schema=own"))
        ag.write_postgis(result, database.url("schema=own"), replace=True)
        assert len(stored(database, "areas", schema="own")) == len(result.areas.frame)
    finally:
        database.run("DROP OWNED BY planner", "DROP ROLE planner")


def test_a_failure_leaves_nothing_or_the_earlier_result(database, result):
    twice = dataclasses.replace(result, gaps=pd.concat([result.gaps, result.gaps]))
    assert refusal(database, twice).code == "AG1013"
    assert database.run("SELECT nspname FROM pg_namespace WHERE nspname = 'out'") == []

    put(database, result)
    before = everything(database)
    assert refusal(database, twice, replace=True).code == "AG1013"
    assert everything(database) == before


def test_a_program_killed_while_it_writes_leaves_the_earlier_result(database, result):
    put(database, result)
    before = everything(database)
    program = (
        "import sys, time\n"
        "from fake_assessment import fake_assessment\n"
        "from accessgis.report import database as sink\n"
        "fill = sink._fill\n"
        "def slow(connection, schema, table, **options):\n"
        "    fill(connection, schema, table, **options)\n"
        "    if table.name == 'results':\n"
        "        print('half', flush=True)\n"
        "        sys.stdin.read()\n"
        "sink._fill = slow\n"
        "sink.write_postgis(fake_assessment(villages=12), sys.argv[1], replace=True)\n"
    )
    paths = os.pathsep.join(path for path in sys.path if path)
    process = subprocess.Popen(
        [sys.executable, "-c", program, database.url("schema=out")], text=True, env=os.environ | {"PYTHONPATH": paths},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with process:
        assert process.stdout.readline() == "half\n"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL

    assert everything(database) == before
    put(database, result, replace=True)
    assert everything(database) == before


def test_of_two_writers_at_once_one_is_first(database, result, monkeypatch):
    first_is_half, second_waits = threading.Event(), threading.Event()
    fill, order, outcome = sink._fill, [], {}

    def filling(connection, schema, table, **options):
        if not first_is_half.is_set():
            order.append(threading.current_thread().name)
            first_is_half.set()
            assert second_waits.wait(30)
        fill(connection, schema, table, **options)

    def write(name):
        try:
            put(database, result)
            outcome[name] = "stored"
        except AccessGISError as error:
            outcome[name] = error.code

    monkeypatch.setattr(sink, "_fill", filling)
    writers = [threading.Thread(target=write, args=(name,), name=name) for name in ("one", "two")]
    writers[0].start()
    assert first_is_half.wait(30)
    writers[1].start()
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    while database.run(waiting) == [(0,)] and writers[1].is_alive():
        pass
    second_waits.set()
    for writer in writers:
        writer.join(60)

    assert order == ["one"]
    assert outcome == {"one": "stored", "two": "AG2084"}
    assert stored(database, "areas") == expected(result.areas.frame[list(AREAS.names)])


def test_a_lock_that_is_never_given_up(database, result, monkeypatch):
    put(database, result)
    monkeypatch.setattr(session, "LOCK_SECONDS", 0.3)
    with database.connect() as other:
        other.autocommit = False
        other.execute("LOCK TABLE out.areas")
        error = refusal(database, result, replace=True)
        other.rollback()

    assert told(error)[1] == "somebody else holds a lock on it"


def test_a_connection_that_falls_silent_leaves_the_earlier_result(database, result, monkeypatch):
    put(database, result)
    before = everything(database)
    fill = sink._fill
    with Relay(database.port) as (port, silence):

        def then_silent(connection, schema, table, **options):
            fill(connection, schema, table, **options)
            if table.name == "results":
                silence.set()

        monkeypatch.setattr(sink, "_fill", then_silent)
        monkeypatch.setattr(session, "ANSWER_SECONDS", 3)
        through = Database(str(port), database.name, database.user, database.password)
        assert refusal(through, result, replace=True).code == "AG1012"

    assert everything(database) == before


def test_a_database_that_lacks_a_character_says_so(postgis_server, database, result):
    chinese = new_database(postgis_server, encoding="EUC_CN")
    frame = result.facilities.frame.copy()
    frame["name"] = "镕村𠮷"
    error = refusal(
        chinese, dataclasses.replace(result, facilities=dataclasses.replace(result.facilities, frame=frame))
    )

    assert told(error) == ("AG1013", "its encoding lacks a character")


def test_a_database_without_postgis(postgis_server, database, result):
    root = Database(postgis_server.port, "postgres", database.user, database.password)

    assert refusal(root, result).code == "AG2087"


def test_a_working_system_without_code(database, result):
    assert refusal(database, dataclasses.replace(result, crs="+proj=tmerc +lon_0=112.3 +ellps=GRS80")).code == "AG2086"


def test_the_command_stores_beside_the_folder(database, tmp_path, capfd):
    path = tiny.draw(tmp_path / "study")
    there = database.url("schema=小县")
    assert run(["assess", str(path), "--quiet", "--to", there]) == 0
    assert (path.parent / "out" / "manifest.json").is_file()
    documents = [row[0] for row in database.run('SELECT document FROM "小县".study')]
    assert documents == [json.loads((path.parent / "out" / "assessment.json").read_text(encoding="utf-8"))]

    capfd.readouterr()
    assert run(["assess", str(path), "--to", there, "--out", str(tmp_path / "again"), "--lang", "en"]) == 2
    assert "AG2084 The schema 小县 holds a result of this study already. (--to)" in capfd.readouterr().err
    assert not (tmp_path / "again").exists()
    assert run(["assess", str(path), "--quiet", "--to", there, "--replace"]) == 0
    assert run(["assess", str(path), "--quiet", "--to", "postgresql://u53r:s3cret@localhost/x?schema=a"]) == 2
    assert "s3cret" not in "".join(capfd.readouterr())
    assert run(["assess", str(path), "--quiet", "--replace"]) == 2
    assert "AG2088" in capfd.readouterr().err


def test_what_was_stored_can_be_read_as_layers(database, tmp_path):
    path = tiny.draw(tmp_path / "study")
    first = ag.assess(ag.read_study(path))
    ag.write_postgis(first, database.url("schema=out"))
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"areas.gpkg"', f'"{database.url("table=out.areas")}"'), encoding="utf-8")
    second = ag.assess(ag.read_study(path, allow_database=database.server))

    assert list(second.areas.frame["code"]) == list(first.areas.frame["code"])
    assert gpd.GeoSeries(second.areas.frame.geometry).geom_equals(first.areas.frame.geometry).all()
    assert_frame_equal(second.results, first.results)
