"""``accessgis study new --place``: what servers of OpenStreetMap say becomes a study. They are played on loopback."""

import json
import threading
import time
import tomllib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import geopandas as gpd
import osmnx
import pytest

from accessgis.cli.main import run
from accessgis.study.model import read_study
from accessgis.study.prepare import prepare

# A square of about 1 km at 112.0° E, 37.0° N with a street across, and a clinic, a closed one and a tree beside it.
CORNERS = [[112.0, 37.0], [112.01, 37.0], [112.01, 37.01], [112.0, 37.01], [112.0, 37.0]]
PLACE = [
    {"place_id": 1, "osm_type": "relation", "osm_id": 9, "lat": "37.005", "lon": "112.005", "name": "小县",
     "display_name": "小县", "class": "boundary", "type": "administrative", "importance": 0.5, "place_rank": 12,
     "addresstype": "county", "boundingbox": ["37.0", "37.01", "112.0", "112.01"],
     "geojson": {"type": "Polygon", "coordinates": [CORNERS]}}
]  # fmt: skip
STREETS = [
    {"type": "node", "id": 1, "lat": 37.001, "lon": 112.001},
    {"type": "node", "id": 2, "lat": 37.005, "lon": 112.005},
    {"type": "node", "id": 3, "lat": 37.009, "lon": 112.009},
    {"type": "node", "id": 4, "lat": 37.009, "lon": 112.001},
    {"type": "way", "id": 11, "nodes": [1, 2, 3], "tags": {"highway": "residential", "name": "一路"}},
    {"type": "way", "id": 12, "nodes": [2, 4], "tags": {"highway": "tertiary", "oneway": "yes"}},
]
FEATURES = [
    {"type": "node", "id": 22, "lat": 37.004, "lon": 112.004, "tags": {"amenity": "library", "name": "县图书馆"}},
    {"type": "node", "id": 21, "lat": 37.003, "lon": 112.004, "tags": {"amenity": "clinic", "name": "甲诊所"}},
    {"type": "node", "id": 23, "lat": 37.005, "lon": 112.004, "tags": {"amenity": "clinic", "disused": "yes"}},
    {"type": "node", "id": 24, "lat": 37.006, "lon": 112.004, "tags": {"amenity": "bench"}},
]


class Servers(BaseHTTPRequestHandler):
    """Nominatim and Overpass, as far as they are asked."""

    place, streets, features, status = PLACE, STREETS, FEATURES, 200

    def do_GET(self):
        self._answer(self.place)

    def do_POST(self):
        query = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())["data"][0]
        self._answer({"elements": self.streets if "highway" in query and "amenity" not in query else self.features})

    def _answer(self, document):
        body = json.dumps(document).encode() if self.status == 200 else b"<html>busy</html>"
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def servers(monkeypatch):
    """Play both servers on loopback; return the class whose answers a test may change."""

    class Own(Servers):
        pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Own)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    asked_of(monkeypatch, address)
    yield Own
    server.shutdown()
    thread.join()
    server.server_close()


def asked_of(monkeypatch, address):
    for name in ("nominatim_url", "overpass_url"):
        monkeypatch.setattr(osmnx.settings, name, address)
    monkeypatch.setattr(osmnx.settings, "overpass_rate_limit", False)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def new(folder, *more):
    return run(
        ["study", "new", str(folder), "--place", "小县, 某省", "--code", "149921", "--date", "2025-12-31", *more]
    )


def test_a_place_becomes_a_study_with_people_left_open(servers, tmp_path):
    assert new(tmp_path / "小县") == 0
    folder = tmp_path / "小县"
    assert sorted(path.name for path in folder.iterdir()) == [
        "boundary.geojson", "facilities.geojson", "roads.graphml", "study.toml"
    ]  # fmt: skip
    draft = tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))
    assert draft["areas"] == {"path": "boundary.geojson", "datum": "wgs84", "columns": {"name": "name"}}
    assert draft["population"]["total"] == "", "OpenStreetMap counts nobody"
    facilities = gpd.read_file(folder / "facilities.geojson")
    assert facilities[["id", "kind", "name"]].to_numpy().tolist() == [
        ["node/21", "clinic_unspecified", "甲诊所"], ["node/22", "library", "县图书馆"]
    ]  # fmt: skip
    (folder / "people.csv").write_text("id,lon,lat,total\n1,112.005,37.005,100\n", encoding="utf-8")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    people = 'table = "people.csv"\ndatum = "wgs84"'
    (folder / "study.toml").write_text(text.replace('total = ""', people), encoding="utf-8")
    prepared = prepare(read_study(folder / "study.toml"))
    assert list(prepared.facilities.frame["kind"]) == ["clinic_unspecified", "library"]
    assert set(prepared.roads.source_id.tolist()) == {11, 12}
    assert prepared.demand.frame["population"].sum() == 100


def test_the_same_answers_give_the_same_bytes(servers, tmp_path):
    for name in ("a", "b"):
        assert new(tmp_path / name) == 0
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_no_cache_is_left_behind_and_settings_stay(servers, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(osmnx.settings, "use_cache", True)
    assert new("x") == 0
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert osmnx.settings.use_cache is True


def test_a_place_without_facilities_is_still_a_place(servers, tmp_path):
    servers.features = []
    assert new(tmp_path / "x") == 0
    assert json.loads((tmp_path / "x" / "facilities.geojson").read_text(encoding="utf-8"))["features"] == []


@pytest.mark.parametrize(
    ("change", "code", "exit_code"),
    [
        ({"place": []}, "AG2454", 2),
        ({"place": [{**PLACE[0], "geojson": {"type": "Point", "coordinates": [112.0, 37.0]}}]}, "AG2454", 2),
        ({"streets": []}, "AG2454", 2),
        ({"status": 500}, "AG1015", 1),
    ],
)
def test_what_the_servers_do_not_have_is_said_and_nothing_written(servers, tmp_path, capsys, change, code, exit_code):
    for name, value in change.items():
        setattr(servers, name, value)
    assert new(tmp_path / "x") == exit_code
    assert code in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_without_internet_one_sentence_says_so(tmp_path, capsys, monkeypatch):
    asked_of(monkeypatch, "http://127.0.0.1:9")  # nobody listens there
    assert new(tmp_path / "x") == 1
    error = capsys.readouterr().err
    assert "AG1014 本机无法连接 OpenStreetMap" in error
    assert "Traceback" not in error
    assert len(error.strip().splitlines()) == 2, "the sentence, and how to mend it"
    assert not (tmp_path / "x").exists()


def test_nothing_is_fetched_over_files_that_are_there(tmp_path, capsys, monkeypatch):
    asked_of(monkeypatch, "http://127.0.0.1:9")
    (tmp_path / "roads.graphml").write_text("mine", encoding="utf-8")
    assert new(tmp_path) == 2
    assert "AG2021" in capsys.readouterr().err


def test_a_folder_and_a_place_exclude_each_other(tmp_path, capsys):
    assert new(tmp_path, "--from", str(tmp_path)) == 2
    assert "AG2455" in capsys.readouterr().err
