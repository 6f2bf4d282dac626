"""Study files, rule files and command lines that must be refused."""

from __future__ import annotations

from pathlib import Path

from integration import tiny_study as tiny
from integration.spoil import Bad, both, encoded, more, removed, study, written

NAME = {"file": "study.toml"}
CLINIC_PATH = 'path = "clinics.csv"'
OWN = study("use = []", 'use = []\nfiles = ["own.toml"]')


def _outside(folder: Path) -> Path:
    path = folder.parent / "elsewhere.csv"
    path.write_text(tiny.CLINICS, encoding="utf-8")
    return path


def _link_outside(folder: Path) -> None:
    (folder / "clinics.csv").unlink()
    (folder / "clinics.csv").symlink_to(_outside(folder))


def _absolute(folder: Path) -> None:
    study(CLINIC_PATH, f'path = "{_outside(folder).as_posix()}"')(folder)


def _folder_for_file(folder: Path) -> None:
    (folder / "clinics").mkdir()
    study(CLINIC_PATH, 'path = "clinics"')(folder)


def own(old: str, new: str, *, text: str = tiny.OWN_RULE) -> Bad:
    raise NotImplementedError


def _own(old: str, new: str):
    assert tiny.OWN_RULE.count(old) >= 1, old
    return both(OWN, written("own.toml", tiny.OWN_RULE.replace(old, new)))


def _path(text: str):
    return study(CLINIC_PATH, f"path = {text}")


KEYS = [
    Bad("not there", removed("study.toml"), "?"),
    Bad("unknown key", study("margin_km = 2", "margin = 2"), "?"),
    Bad("unknown table", more("\n[road]\npath = 1\n"), "?"),
    Bad("unknown key in a list", study('kind = "village_clinic"', 'kinds = "village_clinic"'), "?"),
    Bad("unknown key in adopt", study("adopt = [{ id", "adopt = [{ rule"), "?"),
    Bad("missing name", study('name = "小县"\n', ""), "?"),
    Bad("missing code", study('code = "149921"\n', ""), "?"),
    Bad("missing date", study("data_date = 2025-12-31\n", ""), "?"),
    Bad("missing roads", study('[roads]\npath = "roads.osm"\n', ""), "?"),
    Bad("missing population", study('[population]\ntotal = "total.tif"\ngroups = { age60plus = "age60plus.tif" }\nnodata = -99999\n', ""), "?"),
    Bad("missing study table", study('[study]\nname = "小县"\ncode = "149921"\ndata_date = 2025-12-31\nmargin_km = 2\n', ""), "?"),
    Bad("code as a number", study('"149921"', "149921"), "?"),
    Bad("code with a blank", study('"149921"', '"149 921"'), "?"),
    Bad("date in quotes", study("2025-12-31", '"2025-12-31"'), "?"),
    Bad("date that is none", study("2025-12-31", "2025-02-30"), "?"),
    Bad("negative margin", study("margin_km = 2", "margin_km = -1"), "?"),
    Bad("margin as text", study("margin_km = 2", 'margin_km = "2"'), "?"),
    Bad("margin is nan", study("margin_km = 2", "margin_km = nan"), "?"),
    Bad("empty name", study('"小县"', '""'), "?"),
    Bad("unknown datum", study('datum = "wgs84"', 'datum = "beijing54"'), "?"),
    Bad("two ways of people", study("nodata = -99999", "people = 5"), "?"),
    Bad("people without spread", study('total = "total.tif"\ngroups = { age60plus = "age60plus.tif" }', "people = 5"), "?"),
    Bad("unknown group", study("age60plus =", "age60 ="), "?"),
    Bad("facility without source", study(CLINIC_PATH + "\n", ""), "?"),
    Bad("facility list as table", study("[[facilities]]", "[facilities]"), "?"),
    Bad("table as list", study("[areas]", "[[areas]]"), "?"),
    Bad("twice the same key", study("margin_km = 2", "margin_km = 2\nmargin_km = 3"), "?"),
    Bad("target share above one", study("share = 0.9", "share = 90"), "?"),
    Bad("target without basis", study('share = 0.9\nbasis = "县政府会议纪要"', "share = 0.9"), "?"),
    Bad("target of a rule not applied", study('rule = "guizhou', 'rule = "guizho'), "?"),
    Bad("working crs unknown", study("margin_km = 2", 'margin_km = 2\nworking_crs = "EPSG:999999"'), "?"),
    Bad("working crs in degrees", study("margin_km = 2", 'margin_km = 2\nworking_crs = "EPSG:4490"'), "?"),
    Bad("working crs a file", study("margin_km = 2", 'margin_km = 2\nworking_crs = "PROJJSON:/etc/passwd"'), "?"),
    Bad("control of an unknown kind", more('\n[[controls]]\nwhat = "facilities:村医室"\nvalue = 3\nsource = "年报"\n'), "?"),
    Bad("control of an unknown subject", more('\n[[controls]]\nwhat = "roads"\nvalue = 3\nsource = "年报"\n'), "?"),
    Bad("control of a group not given", more('\n[[controls]]\nwhat = "population:under3"\nvalue = 3\nsource = "年报"\n'), "?"),
    Bad("layer of an unknown kind", study('"village_clinic"', '"村卫生站"'), "?"),
    Bad("kind map of an unknown kind", study('kind = "village_clinic"', 'kind = "village_clinic"\nkind_map = { clinic = "village_clinic" }'), "?"),
    Bad("unknown area level", study('path = "areas.gpkg"', 'path = { town = "areas.gpkg" }'), "?"),
    Bad("unknown area column", study('path = "areas.gpkg"', 'path = "areas.gpkg"\ncolumns = { kode = "code" }'), "?"),
    Bad("unknown facility column", study(CLINIC_PATH, CLINIC_PATH + '\ncolumns = { bed = "床位数" }'), "?"),
    Bad("unknown population column", study("nodata = -99999", 'nodata = -99999\ncolumns = { x = "y" }'), "?"),
    Bad("unknown where", study('path = "areas.gpkg"', 'path = "areas.gpkg"\nwhere = "village"'), "?"),
    Bad("no people and no areas", study('path = "areas.gpkg"\n', ""), "?"),
    Bad("snap limit zero", more("\n[network]\nsnap_limit_m = 0\n"), "?"),
]

TEXT = [
    Bad("gbk", encoded("gbk"), "?"),
    Bad("utf-16", encoded("utf-16"), "?"),
    Bad("utf-16 without bom", encoded("utf-16-le"), "?"),
    Bad("full-width quotes", study('"小县"', "“小县”"), "?"),
    Bad("full-width equals", study('name = "小县"', 'name ＝ "小县"'), "?"),
    Bad("backslash path", study('"clinics.csv"', '"data\\clinics.csv"'), "?"),
    Bad("backslash that is an escape", study('"clinics.csv"', '"data\\new.csv"'), "?"),
    Bad("control character in the file", study('"小县"', '"小\x01县"'), "?"),
    Bad("nul in a path", _path('"clin\\u0000ics.csv"'), "?"),
    Bad("huge", written("study.toml", tiny.STUDY + "# " + "x" * 1_100_000), "?"),
    Bad("empty", written("study.toml", b""), "?"),
    Bad("a json file", written("study.toml", '{"study": {}}'), "?"),
    Bad("deeply nested", written("study.toml", "a = " + "[" * 5000 + "]" * 5000), "?"),
]

PATHS = [
    Bad("parent folder", both(lambda folder: _outside(folder) and None, _path('"../elsewhere.csv"')), "?"),
    Bad("absolute", _absolute, "?"),
    Bad("symlink outside", _link_outside, "?"),
    Bad("url", _path('"https://example.com/clinics.csv"'), "?"),
    Bad("vsicurl", _path('"/vsicurl/https://example.com/a.geojson"'), "?"),
    Bad("vsicurl without slash", _path('"vsicurl/https://example.com/a.geojson"'), "?"),
    Bad("database", _path('"PG:dbname=county"'), "?"),
    Bad("json as path", _path("""'{"type": "FeatureCollection", "features": []}'"""), "?"),
    Bad("xml as path", _path("""'<OGRVRTDataSource></OGRVRTDataSource>'"""), "?"),
    Bad("a folder", _folder_for_file, "?"),
    Bad("missing layer", removed("clinics.csv"), "?"),
    Bad("very long name", _path(f'"{"x" * 5000}.csv"'), "?"),
    Bad("empty path", _path('""'), "?"),
    Bad("excel", both(_path('"clinics.xlsx"'), written("clinics.xlsx", b"PK\x03\x04rest")), "?"),
    Bad("excel called csv", written("clinics.csv", b"PK\x03\x04rest"), "?"),
    Bad("unknown ending", both(_path('"clinics.kml"'), written("clinics.kml", "<kml/>")), "?"),
    Bad("rule file outside", study("use = []", 'use = []\nfiles = ["../own.toml"]'), "?"),
]

STANDARDS = [
    Bad("unknown rule", study('adopt = [{ id = "guizhou-14fyp/rural-medical-30"', 'adopt = [{ id = "guizhou-14fyp/rural-medical"'), "?"),
    Bad("unknown source in use", study("use = []", 'use = ["shanxi-14typ"]'), "?"),
    Bad("unknown rule in use", study("use = []", 'use = ["shanxi-14fyp/medical"]'), "?"),
    Bad("use out of scope", study("use = []", 'use = ["guizhou-14fyp"]'), "?"),
    Bad("adopt without basis", study(', basis = "县政府会议纪要" }]', " }]"), "?"),
    Bad("adopt with empty basis", study(', basis = "县政府会议纪要" }]', ', basis = "" }]'), "?"),
    Bad("adopt as a text", study('adopt = [{ id = "guizhou-14fyp/rural-medical-30", basis = "县政府会议纪要" }]', 'adopt = ["guizhou-14fyp/rural-medical-30"]'), "?"),
    Bad("no rule at all", study('adopt = [{ id = "guizhou-14fyp/rural-medical-30", basis = "县政府会议纪要" }]', ""), "?"),
    Bad("own file missing", OWN, "?"),
    Bad("own file not toml", both(OWN, written("own.toml", "规则一\n")), "?"),
    Bad("own file without rules", both(OWN, written("own.toml", "")), "?"),
    Bad("own unknown key", _own("section =", "clause ="), "?"),
    Bad("own missing title", _own('title = { zh = "一分钟卫生室", en = "One-minute clinic" }\n', ""), "?"),
    Bad("own unknown kind", _own('any = ["village_clinic"]', 'any = ["village_clinc"]'), "?"),
    Bad("own negative limit", _own("minutes = 1", "minutes = -1"), "?"),
    Bad("own limit nan", _own("minutes = 1", "minutes = nan"), "?"),
    Bad("own limit in both units", _own("minutes = 1", "minutes = 1, metres = 5"), "?"),
    Bad("own target in per cent", _own("target = 0.99", "target = 99"), "?"),
    Bad("own unknown profile", _own('["walk"]', '["walking"]'), "?"),
    Bad("own bad id", _own("own/clinic-1", "卫生室"), "?"),
    Bad("own id twice", both(OWN, written("own.toml", tiny.OWN_RULE * 2)), "?"),
    Bad("own takes a catalogue id", _own("own/clinic-1", "guizhou-14fyp/rural-medical-30"), "?"),
    Bad("own replaces nothing", _own('section = "一"', 'section = "一"\nreplaces = "own/none"'), "?"),
    Bad("own unknown where", _own('section = "一"', 'section = "一"\nwhere = "village"'), "?"),
    Bad("own valid_to before valid_from", _own('section = "一"', 'section = "一"\nvalid_from = 2025-01-01\nvalid_to = 2024-01-01'), "?"),
    Bad("own not a list", both(OWN, written("own.toml", tiny.OWN_RULE.replace("[[rules]]", "[rules]"))), "?"),
]

PROFILES = [
    Bad("unknown profile", more("\n[profiles.walking]\nspeed_kph = { low = 3, central = 4, high = 5 }\n"), "?"),
    Bad("low above central", more("\n[profiles.walk]\nspeed_kph = { low = 5, central = 4, high = 5 }\n"), "?"),
    Bad("speed as one number", more("\n[profiles.walk]\nspeed_kph = 4\n"), "?"),
    Bad("speed as text", more('\n[profiles.walk]\nspeed_kph = { low = "3", central = 4, high = 5 }\n'), "?"),
    Bad("speed nan", more("\n[profiles.walk]\nspeed_kph = { low = nan, central = nan, high = nan }\n"), "?"),
    Bad("unknown profile key", more("\n[profiles.walk]\nspeed = { low = 3, central = 4, high = 5 }\n"), "?"),
    Bad("speed of vehicle", more("\n[profiles.vehicle]\nspeed_kph = { low = 3, central = 4, high = 5 }\n"), "?"),
    Bad("unknown road class", more("\n[profiles.vehicle.class_speed_kph]\nhighway = { low = 3, central = 4, high = 5 }\n"), "?"),
    Bad("profiles as list", more("\n[[profiles]]\nid = 3\n"), "?"),
]

CASES = [*KEYS, *TEXT, *PATHS, *STANDARDS, *PROFILES]
