"""Layers from a real PostGIS: the same as from files, read without leaving a trace, and refused in one sentence."""

from __future__ import annotations

import json
import logging
import math
import re
import socket
import threading
import time

import geopandas as gpd
import psycopg
import pytest
import shapely
from damage import clinics_at
from geopandas.testing import assert_geodataframe_equal
from integration import tiny_study as tiny
from pandas.testing import assert_frame_equal
from postgres import Database, Relay, new_database
from psycopg import sql
from shapely import Point

import accessgis as ag
from accessgis.base.errors import AccessGISError, DataError, Doubt, Place
from accessgis.cli.main import run
from accessgis.sources import postgis, session
from accessgis.sources.database import table_address
from accessgis.sources.vector import read_vector

pytestmark = pytest.mark.database

NAMES = ["甲村卫生室", "O'Brien", '乙"村', "a;DROP TABLE clinics;--", "%s {} $1 \\ \t|", "", "镕"]


def points(names=NAMES) -> gpd.GeoDataFrame:
    shapes = [Point(112 + place / 1000, 37.5) for place in range(len(names))]
    return gpd.GeoDataFrame({"机构名称": names, "床位数": range(len(names))}, geometry=shapes, crs="EPSG:4490")


def read(database: Database, query: str = "table=clinics", **options):
    table = table_address(database.url(query), key="path")
    return read_vector(table, label="clinics", **{"datum": "cgcs2000"} | options)


def refusal(database: Database, query: str = "table=clinics", **options) -> AccessGISError:
    with pytest.raises(AccessGISError) as caught:
        read(database, query, **options)
    return caught.value


def told(error: AccessGISError) -> tuple[str, object]:
    return error.code, vars(error)["values"]["reason_en"]


def study(folder, database: Database, **paths: str):
    """Return the tiny study with some paths put into a database."""
    path = tiny.draw(folder)
    text = path.read_text(encoding="utf-8")
    for old, query in paths.items():
        before = {"areas": '"areas.gpkg"', "roads": '"roads.osm"', "facilities": '"clinics.csv"'}[old]
        text = text.replace(before, f"'{database.url(query)}'")
    path.write_text(text, encoding="utf-8")
    return path


def put_study(database: Database) -> None:
    """Put the layers of the tiny study into a schema with a Chinese name."""
    database.run('CREATE SCHEMA "规划"')
    database.put(("规划", "行政区"), tiny.areas_frame(), srid=4490, key="code")
    database.put(("规划", "roads"), tiny.road_lines(), srid=4326)
    rows = [line.split(",") for line in tiny.CLINICS.splitlines()[1:]]
    clinics = gpd.GeoDataFrame(
        {"编号": [row[0] for row in rows], "名称": [row[1] for row in rows], "床位数": [row[4] for row in rows],
         "状态": [row[5] for row in rows]},
        geometry=[Point(float(row[2]), float(row[3])) for row in rows], crs="EPSG:4326",
    )  # fmt: skip
    database.put(("规划", "clinics"), clinics, srid=4326, key="编号")


# ------------------------------------------------------------------------------------------------ as from files


def test_a_layer_is_read_as_the_same_layer_from_a_file(database, tmp_path):
    database.put(("public", "clinics"), points(), srid=4490, key="床位数")
    tiny.save(points(), tmp_path / "clinics.gpkg")

    from_file = read_vector(tmp_path / "clinics.gpkg", label="clinics", datum="cgcs2000")
    from_base = read(database)

    assert_geodataframe_equal(from_base.value, from_file.value, check_dtype=True)
    assert from_base.doubts == from_file.doubts
    (entry,) = from_base.inputs
    assert (entry.rows, entry.crs, entry.datum, entry.note) == (7, "EPSG:4490", "cgcs2000", "SRID 4490")
    assert re.fullmatch("[0-9a-f]{64}", entry.sha256)


def test_a_study_in_a_database_is_judged_as_the_same_study_in_files(database, tmp_path):
    put_study(database)
    path = tiny.draw(tmp_path / "files")
    tiny.save(tiny.road_lines(), tmp_path / "files" / "roads.gpkg")
    text = path.read_text(encoding="utf-8").replace('"roads.osm"', '"roads.gpkg"\ndatum = "wgs84"')
    path.write_text(text, encoding="utf-8")
    there = study(
        tmp_path / "base",
        database,
        areas="table=规划.行政区",
        roads="table=规划.roads",
        facilities="table=规划.clinics",
    )
    there.write_text(
        there.read_text(encoding="utf-8").replace("table=规划.roads'", 'table=规划.roads\'\ndatum = "wgs84"'),
        encoding="utf-8",
    )

    files = ag.assess(ag.read_study(path))
    base = ag.assess(ag.read_study(there, allow_database=database.server))

    assert_frame_equal(base.results, files.results)
    assert_geodataframe_equal(base.areas.frame, files.areas.frame)
    known = base.facilities.frame.drop(columns=["facility_id", "layer"])
    assert_geodataframe_equal(known, files.facilities.frame.drop(columns=["facility_id", "layer"]))
    assert set(base.facilities.frame["layer"]) == {"规划.clinics"}
    by_role = {entry.role: entry for entry in base.inputs}
    assert {"areas", "roads", "facilities"} <= set(by_role)
    assert by_role["areas"].path == database.url("table=规划.行政区")
    assert by_role["facilities"].rows == 3


def test_a_register_without_geometry_is_read_as_a_table(database, tmp_path):
    columns = "编号 text PRIMARY KEY, 名称 text, 经度 numeric(9,4), 纬度 double precision, 床位数 int, 状态 varchar(4)"
    rows = [line.split(",") for line in tiny.CLINICS.splitlines()[1:]]
    database.run(f"CREATE TABLE clinics ({columns})")
    with database.connect() as connection:
        for row in rows:
            values = [cell or None for cell in row]
            connection.execute("INSERT INTO clinics VALUES (%s, %s, %s, %s, %s, %s)", values)
    files = ag.assess(ag.read_study(tiny.draw(tmp_path / "files")))
    base = ag.assess(
        ag.read_study(study(tmp_path / "base", database, facilities="table=clinics"), allow_database=database.server)
    )

    assert_frame_equal(base.results, files.results)
    names = ["name", "status", "x", "y", "beds"]
    assert_frame_equal(base.facilities.frame[names], files.facilities.frame[names])


@pytest.mark.parametrize("kind", ["VIEW", "MATERIALIZED VIEW"])
def test_views_are_read_like_tables(database, kind):
    database.put(("public", "all"), points(), srid=4490)
    database.run(f'CREATE {kind} clinics AS SELECT * FROM "all" WHERE 床位数 < 3')

    assert sorted(read(database).value["床位数"]) == [0, 1, 2]


def test_the_order_of_rows_in_the_server_does_not_matter(database):
    database.put(("public", "clinics"), points(), srid=4490, key="床位数")
    first = read(database)
    database.run("UPDATE clinics SET 床位数 = 床位数 WHERE 床位数 < 4")  # puts them after the others
    assert [row[0] for row in database.run("SELECT 床位数 FROM clinics")] == [4, 5, 6, 0, 1, 2, 3]
    again = read(database)

    assert_geodataframe_equal(first.value, again.value)
    assert first.inputs == again.inputs

    database.run("UPDATE clinics SET 床位数 = 70 WHERE 床位数 = 6")
    assert read(database).inputs[0].sha256 != first.inputs[0].sha256


def test_rows_without_a_key_are_in_the_order_of_their_content(database):
    database.put(("public", "clinics"), points(), srid=4490)
    first = read(database)
    database.run("UPDATE clinics SET 床位数 = 床位数 WHERE 床位数 < 4")

    assert read(database).inputs == first.inputs
    assert_geodataframe_equal(read(database).value, first.value)


def test_every_type_of_column_has_a_form(database):
    database.run(
        "CREATE TYPE mood AS ENUM ('好', '坏')",
        "CREATE DOMAIN spot AS geometry(PointZ, 4545)",
        """CREATE TABLE clinics (whole int, gone bigint, share numeric(6,2), code numeric(12,0), flag bool, day date,
           moment timestamptz, list text[], odd jsonb, blob bytea, id uuid, feeling mood, padded char(6),
           "Select" text, geom spot)""",
        """INSERT INTO clinics VALUES (7, NULL, 2.50, 110101001001, true, '2025-06-01', '2025-06-01 08:00+08',
           '{a,b}', '{"a": 1}', '\\x00ff', '00000000-0000-0000-0000-000000000001', '坏', 'x', '中',
           ST_SetSRID(ST_MakePoint(500000, 4000000, 9), 4545))""",
    )
    frame = read(database, datum=None).value

    assert frame.drop(columns="geometry").iloc[0].to_dict() == {
        "whole": 7, "gone": None, "share": 2.5, "code": "110101001001", "flag": True, "day": "2025-06-01",
        "moment": "2025-06-01 00:00:00+00", "list": "{a,b}", "odd": '{"a": 1}', "blob": "\\x00ff",
        "id": "00000000-0000-0000-0000-000000000001", "feeling": "坏", "padded": "x", "Select": "中",
    }  # fmt: skip
    assert frame.geometry.iloc[0].equals(Point(500000, 4000000))
    assert frame.crs.to_epsg() == 4545


def test_the_system_of_a_srid_is_the_one_that_the_database_defines(database):
    database.run(
        "INSERT INTO spatial_ref_sys SELECT 990001, NULL, NULL, srtext, proj4text FROM spatial_ref_sys "
        "WHERE srid = 4545",
        "CREATE TABLE clinics (geom geometry(Point, 990001))",
        "INSERT INTO clinics VALUES ('SRID=990001;POINT(500000 4000000)')",
    )

    assert read(database, datum=None).value.crs.to_epsg(min_confidence=20) == 4545


def test_an_empty_table_has_the_system_of_its_column(database):
    database.run("CREATE TABLE clinics (name text, geom geometry(Point, 4545))")
    reading = read(database, datum=None)

    assert (len(reading.value), reading.value.crs.to_epsg(), reading.inputs[0].rows) == (0, 4545, 0)


def test_rows_without_shape_are_left_out_and_counted(database):
    frame = points(["a", "b", "c"])
    frame.geometry = [Point(112, 37), None, shapely.Point()]
    database.put(("public", "clinics"), frame, srid=4490, key="床位数")
    reading = read(database)

    assert list(reading.value["机构名称"]) == ["a"]
    (doubt,) = reading.doubts
    assert doubt == Doubt(code="AG9002", place=Place(file="clinics"), count=2, values={"rows": "2, 3"})


def test_shapes_of_every_sort_are_read_or_refused_by_row(database):
    """What a column of any geometry may hold; curves become lines, as in files."""
    arc = "112 37, 112.1 37.1, 112.2 37"
    shapes = {
        "point m": ("POINT M(112 37 5)", "Point"), "mixed": ("GEOMETRYCOLLECTION(POINT(112 37))", "GeometryCollection"),
        "arc": (f"CIRCULARSTRING({arc})", "LineString"), "compound": (f"COMPOUNDCURVE(({arc}))", "LineString"),
        "curve polygon": (f"CURVEPOLYGON(CIRCULARSTRING({arc}, 112.1 36.9, 112 37))", "Polygon"),
        "surface": (f"MULTISURFACE(CURVEPOLYGON(({arc}, 112 37)))", "MultiPolygon"),
        "nan": ("POINT(NaN 37)", "AG3012"), "no degrees": ("POINT(589000 4096000)", "AG3014"),
        "bow-tie": ("POLYGON((112 37, 113 38, 113 37, 112 38, 112 37))", "AG3016"),
        "mesh": ("TIN(((112 37, 112.1 37, 112.1 37.1, 112 37)))", "AG3013"),
    }  # fmt: skip
    database.run("CREATE TABLE clinics (name text, geom geometry)")
    found = {}
    for name, (text, _) in shapes.items():
        database.run("TRUNCATE clinics", f"INSERT INTO clinics VALUES ('first', 'SRID=4490;{text}')")
        try:
            found[name] = read(database).value.geom_type.item()
        except DataError as error:
            found[name] = error.code
    assert found == {name: outcome for name, (_, outcome) in shapes.items()}


def test_a_circle_in_a_database_has_the_area_of_a_circle(database):
    ring = "510000 4000000, 500000 4010000, 490000 4000000, 500000 3990000, 510000 4000000"
    database.run(
        "CREATE TABLE clinics (geom geometry(CurvePolygon, 4545))",
        f"INSERT INTO clinics VALUES ('SRID=4545;CURVEPOLYGON(CIRCULARSTRING({ring}))')",
    )
    assert read(database, datum=None).value.area.item() == pytest.approx(math.pi * 1e8, rel=1e-3)


def test_a_capacity_of_any_type_is_a_number_or_refused(database):
    cells = {
        ("numeric", "'NaN'"): None, ("numeric", "NULL"): None, ("jsonb", "'3'"): 3.0, ("jsonb", "'[3]'"): "AG3018",
        ("int[]", "'{3}'"): "AG3018", ("money", "3"): "AG3018", ("numeric", "'Infinity'"): "AG3018",
        ("numeric", "1e400"): "AG3046",
    }  # fmt: skip
    for (column, value), expected in cells.items():
        database.run(
            "DROP TABLE IF EXISTS clinics",
            f"CREATE TABLE clinics (床位数 {column}, geom geometry(Point, 4490))",
            f"INSERT INTO clinics VALUES ({value}, 'SRID=4490;POINT(112 37)')",
        )
        try:
            beds = register(database)["beds"].item()
            found = None if math.isnan(beds) else beds
        except DataError as error:
            found = error.code
        assert found == expected, (column, value)


def register(database: Database) -> gpd.GeoDataFrame:
    """Read the table of clinics as a study does."""
    return clinics_at(table_address(database.url("table=clinics"), key="path"))


def test_a_register_without_rows_or_of_mixed_shapes(database):
    database.run("CREATE TABLE clinics (id int PRIMARY KEY, geom geometry(Geometry, 4490))")
    assert len(register(database)) == 0

    database.run(
        "INSERT INTO clinics VALUES (1, 'SRID=4490;POINT(112 37)'), (2, NULL), "
        "(3, 'SRID=4490;POLYGON((112 37, 112.001 37, 112 37.001, 112 37))')"
    )
    assert register(database)["placement"].tolist() == ["coordinates", "unplaced", "parcel"]

    database.run("INSERT INTO clinics VALUES (4, 'SRID=4490;LINESTRING(112 37, 112 37.1)')")
    with pytest.raises(DataError) as caught:
        register(database)
    assert (caught.value.code, caught.value.place.row) == ("AG3305", 4)


# ------------------------------------------------------------------------------------------------------ encodings


def test_a_database_in_a_chinese_encoding_and_a_gbk_client(postgis_server, database, monkeypatch):
    chinese = new_database(postgis_server, encoding="EUC_CN")
    chinese.put(("public", "诊所"), points(NAMES[:-1]), srid=4490, key="床位数")
    monkeypatch.setenv("PGCLIENTENCODING", "GBK")

    assert list(read(chinese, "table=诊所").value["机构名称"]) == NAMES[:-1]


def test_gbk_in_a_database_that_declares_no_encoding_is_judged_on_the_whole_table(postgis_server, database):
    raw = new_database(postgis_server, encoding="SQL_ASCII")
    raw.run("CREATE TABLE clinics (id int PRIMARY KEY, name text, geom geometry(Point, 4490))")
    with raw.connect(client_encoding="SQL_ASCII") as connection:
        for number, name in enumerate(("镇卫生院", "镕村", "plain")):
            text = name.encode("gb18030")
            query = b"INSERT INTO clinics VALUES (%d, '%s', 'SRID=4490;POINT(112 37)')" % (number, text)
            connection.execute(query)
    reading = read(raw)

    assert list(reading.value["name"]) == ["镇卫生院", "镕村", "plain"]
    assert [doubt.code for doubt in reading.doubts] == ["AG9001"]
    assert reading.inputs[0].note == "SRID 4490, encoding gb18030"

    raw.run("UPDATE clinics SET name = E'\\\\377\\\\376' WHERE id = 2".replace("\\\\", "\\"))
    assert refusal(raw).code == "AG3006"


# ------------------------------------------------------------------------------------------------------- refusals


def test_a_table_that_is_not_there_or_may_not_be_read(database):
    database.put(("public", "clinics"), points(), srid=4490)
    assert refusal(database, "table=Clinics").code == "AG3040"
    assert refusal(database, "table=other.clinics").code == "AG3040"
    assert refusal(database, "table=clinics_geom").code == "AG3040"

    database.run("CREATE ROLE visitor LOGIN PASSWORD 'p-visitor'", "REVOKE ALL ON clinics FROM PUBLIC")
    visitor = Database(database.port, database.name, "visitor", "p-visitor")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGUSER", visitor.user)
        patch.setenv("PGPASSWORD", visitor.password)
        assert refusal(database).code == "AG3040"
        database.run("GRANT SELECT (geom) ON clinics TO visitor")
        assert list(read(database).value.columns) == ["geometry"]
    database.run("DROP OWNED BY visitor", "DROP ROLE visitor")


def test_a_column_that_is_not_there(database, tmp_path):
    put_study(database)
    path = study(tmp_path / "base", database, areas="table=规划.行政区")
    path.write_text(
        path.read_text(encoding="utf-8").replace("[roads]", 'columns = { code = "编码" }\n\n[roads]'), encoding="utf-8"
    )
    with pytest.raises(DataError) as caught:
        ag.assess(ag.read_study(path, allow_database=[database.server]))

    assert (caught.value.code, caught.value.place.key) == ("AG3017", "columns.code")
    assert "code, name, level, ur_code" in str(caught.value)


def test_geometry_that_is_missing_doubled_or_without_system(database):
    database.run(
        "CREATE TABLE bare (name text)",
        "CREATE TABLE two (a geometry, b geometry(Point, 4545))",
        "INSERT INTO two VALUES ('SRID=4490;POINT(112 37)', 'SRID=4545;POINT(500000 4000000)')",
        "CREATE TABLE zero (geom geometry(Point))",
        "INSERT INTO zero VALUES ('POINT(112 37)')",
        "CREATE TABLE empty (geom geometry(Point))",
        "CREATE TABLE mixed (geom geometry)",
        "INSERT INTO mixed VALUES ('SRID=4490;POINT(112 37)'), ('SRID=4545;POINT(500000 4000000)')",
        "CREATE TABLE unknown (geom geometry)",
        "INSERT INTO unknown VALUES ('SRID=990002;POINT(1 1)')",
        "CREATE TABLE solid (geom geometry)",
        "INSERT INTO solid VALUES ('SRID=4545;POLYHEDRALSURFACE Z(((0 0 0,0 0 1,0 1 1,0 1 0,0 0 0)))')",
    )
    codes = {name: refusal(database, f"table={name}").code for name in
             ("bare", "two", "zero", "empty", "mixed", "unknown")}  # fmt: skip

    assert codes == {
        "bare": "AG3015", "two": "AG3041", "zero": "AG3042", "empty": "AG3042", "mixed": "AG3043", "unknown": "AG3044",
    }  # fmt: skip
    assert read(database, "table=two&geometry=b", datum=None).value.crs.to_epsg() == 4545
    assert read(database, "table=two&geometry=a").value.crs.to_epsg() == 4326
    assert refusal(database, "table=two&geometry=c").code == "AG3041"
    assert refusal(database, "table=solid").code == "AG3013"


def test_more_rows_than_allowed(database, monkeypatch):
    database.put(("public", "clinics"), points(), srid=4490)
    monkeypatch.setattr(postgis, "MAX_ROWS", 7)
    assert len(read(database).value) == 7
    monkeypatch.setattr(postgis, "MAX_ROWS", 6)
    assert refusal(database).code == "AG3045"
    monkeypatch.setattr(postgis, "MAX_ROWS", 7)
    monkeypatch.setattr(postgis, "MAX_BYTES", 300)
    assert refusal(database).code == "AG3045"


@pytest.mark.parametrize(
    "name",
    ['x"; DROP TABLE clinics; --', "x'; DROP TABLE clinics; --", "a.b", "a&table=b", "%s", "{}", "表 名", "clinics)--"],
)
def test_names_are_only_ever_names(database, name):
    database.put(("public", "clinics"), points(), srid=4490)
    quoted = "".join(f"%{byte:02x}" for byte in name.encode())

    assert refusal(database, f"schema=public&table={quoted}").code == "AG3040"
    database.put(("public", name), points(["甲"]), srid=4490)
    assert list(read(database, f"schema=public&table={quoted}").value["机构名称"]) == ["甲"]
    assert len(database.run("SELECT 1 FROM clinics")) == len(NAMES)


@pytest.mark.parametrize("column", ['b"; DROP TABLE clinics; --', "%s", "%(x)s", "{}", "a'b", "geometry", "row"])
def test_columns_are_only_ever_columns(database, column):
    frame = points(["甲"]).rename_geometry("shape").rename(columns={"机构名称": column})
    database.put(("public", "clinics"), frame, srid=4490)
    found = read(database).value

    assert found.geometry.iloc[0].equals(Point(112, 37.5))
    if column != "geometry":
        assert list(found[column]) == ["甲"]


def test_reading_changes_nothing_whatever_a_view_does(database):
    database.run(
        "CREATE TABLE traces (id serial)",
        "CREATE FUNCTION trace() RETURNS int LANGUAGE sql VOLATILE AS 'INSERT INTO traces DEFAULT VALUES RETURNING 1'",
        "CREATE VIEW clinics AS SELECT trace() AS n, ST_SetSRID(ST_MakePoint(112, 37), 4490) AS geom",
    )
    error = refusal(database)

    assert told(error) == ("AG3046", "it may only be read")
    assert database.run("SELECT count(*) FROM traces") == [(0,)]


# -------------------------------------------------------------------------------------------- secrets and silence


def test_a_wrong_password_is_told_without_any_of_it(database, tmp_path, monkeypatch, capfd, caplog):
    monkeypatch.setenv("PGPASSWORD", "s3cret-咒语")
    monkeypatch.setenv("PGUSER", "u53r")
    put_study(database)
    path = study(tmp_path / "base", database, areas="table=规划.行政区")
    caplog.set_level(logging.DEBUG)
    for arguments in (["--json"], ["--lang", "en", "--debug"]):
        code = run(["assess", str(path), "--allow-database", database.server, *arguments])
        out, err = capfd.readouterr()
        told = out + err
        assert code == 1
        assert "AG1011" in told
        assert [secret for secret in ("s3cret", "咒语", "u53r") if secret in told] == []
    assert "s3cret" not in caplog.text


def test_a_study_that_holds_a_password_is_refused_without_showing_it(database, tmp_path, capfd):
    path = tiny.draw(tmp_path / "base")
    good = path.read_text(encoding="utf-8")
    for address in (
        "postgresql://u53r:s3cret@localhost/x?table=a",
        "postgresql://u53r@localhost/x?table=a",
        "postgresql://u53r:s3/cr@et@localhost/x?table=a",
        "postgres://localhost/x?table=a&password=s3cret&user=u53r",
    ):
        path.write_text(good.replace('"areas.gpkg"', f'"{address}"'), encoding="utf-8")
        assert run(["assess", str(path), "--allow-database", "localhost", "--json"]) == 2
        out, err = capfd.readouterr()
        assert json.loads(out)["error"]["code"] == "AG2080"
        assert [secret for secret in ("s3", "u53r", "et@") if secret in out + err] == []
    path.write_text(good.replace('"areas.gpkg"', "postgresql://u53r:s3cret@localhost/x"), encoding="utf-8")  # no quotes
    assert run(["assess", str(path), "--debug"]) == 2
    assert "s3cret" not in "".join(capfd.readouterr())


def test_a_misspelt_key_with_a_password_is_not_shown_either(tmp_path, capfd):
    path = tiny.draw(tmp_path / "base")
    text = path.read_text(encoding="utf-8").replace("[areas]\n", "[areas]\npth = 'postgresql://u53r:s3cret@h/x'\n")
    path.write_text(text, encoding="utf-8")

    assert run(["assess", str(path), "--debug"]) == 2
    said = "".join(capfd.readouterr())
    assert "AG2005" in said
    assert "s3cret" not in said


def test_a_password_file_does_as_well(database, tmp_path, monkeypatch):
    database.put(("public", "clinics"), points(), srid=4490)
    kept = tmp_path / "pgpass"
    kept.write_text(f"*:*:*:{database.user}:{database.password}\n", encoding="utf-8")
    kept.chmod(0o600)
    monkeypatch.delenv("PGPASSWORD")
    assert told(refusal(database)) == ("AG1011", "the server asks for a password")
    monkeypatch.setenv("PGPASSFILE", str(kept))

    assert len(read(database).value) == len(NAMES)


def test_nothing_of_the_environment_is_in_any_output(database, tmp_path):
    put_study(database)
    path = study(tmp_path / "base", database, areas="table=规划.行政区", facilities="table=规划.clinics")
    assert run(["assess", str(path), "--allow-database", database.server, "--quiet", "--evidence"]) == 0

    found = [file.name for file in (path.parent / "out").rglob("*") if file.is_file()
             and database.password.encode() in file.read_bytes()]  # fmt: skip
    manifest = json.loads((path.parent / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert found == []
    assert [entry["path"] for entry in manifest["inputs"] if entry["role"] == "areas"] == [
        database.url("table=规划.行政区")
    ]


def test_a_study_connects_nowhere_without_consent(database, tmp_path, monkeypatch):
    put_study(database)
    path = study(tmp_path / "base", database, areas="table=规划.行政区")
    monkeypatch.setattr(psycopg.Connection, "connect", lambda *_, **__: pytest.fail("connected"))
    for allowed in ((), ["localhost"], ["localhost:1"], ["PGHOST"], [f"127.0.0.1:{database.port}"]):
        with pytest.raises(ValueError, match="AG2082") as caught:
            ag.assess(ag.read_study(path, allow_database=allowed))
        assert f"--allow-database {database.server}" in caught.value.fix("en")


def test_the_server_of_the_environment(database, tmp_path, monkeypatch):
    put_study(database)
    path = study(tmp_path / "base", database, areas="table=规划.行政区")
    text = path.read_text(encoding="utf-8").replace(f"localhost:{database.port}/{database.name}", "/")
    path.write_text(text, encoding="utf-8")
    monkeypatch.setenv("PGHOST", "localhost")
    monkeypatch.setenv("PGPORT", database.port)
    monkeypatch.setenv("PGDATABASE", database.name)
    result = ag.assess(ag.read_study(path, allow_database="PGHOST"))
    (entry,) = [entry for entry in result.inputs if entry.role == "areas"]

    assert entry.note == f"SRID 4490, localhost/{database.name}"


def test_a_slow_view_ends_after_the_time_allowed(database, monkeypatch):
    database.run("CREATE VIEW clinics AS SELECT pg_sleep(60)::text AS s, 'SRID=4490;POINT(112 37)'::geometry AS geom")
    monkeypatch.setattr(session, "ANSWER_SECONDS", 0.5)
    started = time.monotonic()
    error = refusal(database)

    assert error.code in ("AG3046", "AG1012")
    assert time.monotonic() - started < 10


@pytest.fixture
def silent_server():
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        kept = []
        threading.Thread(target=lambda: kept.append(listening.accept()), daemon=True).start()
        yield listening.getsockname()[1]
        for connection, _ in kept:
            connection.close()


def test_a_server_that_never_answers_is_given_up(silent_server, monkeypatch):
    monkeypatch.setattr(session, "CONNECT_SECONDS", 2)
    started = time.monotonic()
    error = refusal(Database(str(silent_server), "x", "", ""))

    assert told(error) == ("AG1011", "no answer in time")
    assert 1 < time.monotonic() - started < 10


def test_a_server_that_falls_silent_is_given_up(database, monkeypatch):
    with Relay(database.port) as (port, silence):
        database.put(("public", "clinics"), points(), srid=4490)
        through = Database(str(port), database.name, database.user, database.password)
        assert len(read(through).value) == len(NAMES)
        monkeypatch.setattr(session, "ANSWER_SECONDS", 1)
        original = session._connect

        def then_silent(server):
            connection = original(server)
            silence.set()
            return connection

        monkeypatch.setattr(session, "_connect", then_silent)
        error = refusal(through)

    assert error.code == "AG1012"


def test_nothing_listens_there():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = refusal(Database(str(port), "x", "", ""))

    assert told(error) == ("AG1011", "nothing listens there")


def test_without_the_driver_one_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    error = refusal(Database("1", "x", "", ""))

    assert error.code == "AG1010"
    assert "accessgis[postgis]" in error.fix("zh")


def test_a_name_in_the_address_cannot_smuggle_options(database):
    named = sql.SQL("CREATE DATABASE {}").format(sql.Identifier("x user=nobody host=127.0.0.9"))
    Database(database.port, "postgres", database.user, database.password).run(named)
    error = refusal(Database(database.port, "x%20user=nobody%20host=127.0.0.9", "", ""))

    assert error.code == "AG3040"
