"""Study files, rule files and command lines that must be refused."""

from __future__ import annotations

from pathlib import Path

from integration import tiny_study as tiny
from integration.spoil import Bad, Spoil, both, encoded, more, removed, study, written

NAME = {"file": "study.toml"}


def at(key: str) -> dict[str, str | int]:
    """Return a place in the study file."""
    return {"file": "study.toml", "key": key}


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


def _own(old: str, new: str) -> Spoil:
    assert tiny.OWN_RULE.count(old) >= 1, old
    return both(OWN, written("own.toml", tiny.OWN_RULE.replace(old, new)))


def _path(text: str) -> Spoil:
    return study(CLINIC_PATH, f"path = {text}")


KEYS = [
    Bad("not there", removed("study.toml"), "AG2001", {}),
    Bad("unknown key", study("margin_km = 2", "margin = 2"), "AG2005", at("study.margin")),
    Bad("unknown table", more("\n[road]\npath = 1\n"), "AG2005", at("road")),
    Bad(
        "unknown key in a list",
        study('kind = "village_clinic"', 'kinds = "village_clinic"'),
        "AG2005",
        at("facilities[1].kinds"),
    ),
    Bad("unknown key in adopt", study("adopt = [{ id", "adopt = [{ rule"), "AG2005", at("standards.adopt[1].rule")),
    Bad("missing name", study('name = "小县"\n', ""), "AG2006", at("study.name")),
    Bad("missing code", study('code = "149921"\n', ""), "AG2006", at("study.code")),
    Bad("missing date", study("data_date = 2025-12-31\n", ""), "AG2006", at("study.data_date")),
    Bad("missing roads", study('[roads]\npath = "roads.osm"\n', ""), "AG2006", at("roads")),
    Bad(
        "missing population",
        study('[population]\ntotal = "total.tif"\ngroups = { age60plus = "age60plus.tif" }\nnodata = -99999\n', ""),
        "AG2006",
        at("population"),
    ),
    Bad(
        "missing study table",
        study('[study]\nname = "小县"\ncode = "149921"\ndata_date = 2025-12-31\nmargin_km = 2\n', ""),
        "AG2006",
        at("study"),
    ),
    Bad("code as a number", study('"149921"', "149921"), "AG2007", at("study.code")),
    Bad("code with a blank", study('"149921"', '"149 921"'), "AG2007", at("study.code")),
    Bad("date in quotes", study("2025-12-31", '"2025-12-31"'), "AG2007", at("study.data_date")),
    Bad("date that is none", study("2025-12-31", "2025-02-30"), "AG2004", {"file": "study.toml", "row": 4}),
    Bad("negative margin", study("margin_km = 2", "margin_km = -1"), "AG2007", at("study.margin_km")),
    Bad("margin as text", study("margin_km = 2", 'margin_km = "2"'), "AG2007", at("study.margin_km")),
    Bad("margin is nan", study("margin_km = 2", "margin_km = nan"), "AG2007", at("study.margin_km")),
    Bad("empty name", study('"小县"', '""'), "AG2007", at("study.name")),
    Bad("unknown datum", study('datum = "wgs84"', 'datum = "beijing54"'), "AG2007", at("facilities[1].datum")),
    Bad("two ways of people", study("nodata = -99999", "people = 5"), "AG2008", at("population")),
    Bad(
        "people without spread",
        study('total = "total.tif"\ngroups = { age60plus = "age60plus.tif" }', "people = 5"),
        "AG2008",
        at("population"),
    ),
    Bad("unknown group", study("age60plus =", "age60 ="), "AG2005", at("population.groups.age60")),
    Bad("facility without source", study(CLINIC_PATH + "\n", ""), "AG2008", at("facilities[1]")),
    Bad("facility list as table", study("[[facilities]]", "[facilities]"), "AG2007", at("facilities")),
    Bad("table as list", study("[areas]", "[[areas]]"), "AG2007", at("areas")),
    Bad(
        "twice the same key",
        study("margin_km = 2", "margin_km = 2\nmargin_km = 3"),
        "AG2004",
        {"file": "study.toml", "row": 6},
    ),
    Bad("target share above one", study("share = 0.9", "share = 90"), "AG2007", at("targets[1].share")),
    Bad(
        "target without basis",
        study('share = 0.9\nbasis = "县政府会议纪要"', "share = 0.9"),
        "AG2006",
        at("targets[1].basis"),
    ),
    Bad("target of a rule not applied", study('rule = "guizhou', 'rule = "guizho'), "AG2052", at("targets")),
    Bad(
        "working crs unknown",
        study("margin_km = 2", 'margin_km = 2\nworking_crs = "EPSG:999999"'),
        "AG2055",
        at("study.working_crs"),
    ),
    Bad(
        "working crs in degrees",
        study("margin_km = 2", 'margin_km = 2\nworking_crs = "EPSG:4490"'),
        "AG2055",
        at("study.working_crs"),
    ),
    Bad(
        "working crs a file",
        study("margin_km = 2", 'margin_km = 2\nworking_crs = "PROJJSON:/etc/passwd"'),
        "AG2055",
        at("study.working_crs"),
    ),
    Bad(
        "control of an unknown kind",
        more('\n[[controls]]\nwhat = "facilities:村医室"\nvalue = 3\nsource = "年报"\n'),
        "AG2102",
        at("controls[1].what"),
    ),
    Bad(
        "control of an unknown subject",
        more('\n[[controls]]\nwhat = "roads"\nvalue = 3\nsource = "年报"\n'),
        "AG2007",
        at("controls[1].what"),
    ),
    Bad(
        "control of a group not given",
        more('\n[[controls]]\nwhat = "population:under3"\nvalue = 3\nsource = "年报"\n'),
        "AG2057",
        at("controls[1].what"),
    ),
    Bad("layer of an unknown kind", study('"village_clinic"', '"村卫生站"'), "AG2102", at("facilities[1].kind")),
    Bad(
        "kind map of an unknown kind",
        study('kind = "village_clinic"', 'kind = "village_clinic"\nkind_map = { clinic = "village_clinic" }'),
        "AG2102",
        at("facilities[1].kind_map.clinic"),
    ),
    Bad(
        "unknown area level",
        study('path = "areas.gpkg"', 'path = { town = "areas.gpkg" }'),
        "AG2005",
        at("areas.path.town"),
    ),
    Bad(
        "unknown area column",
        study('path = "areas.gpkg"', 'path = "areas.gpkg"\ncolumns = { kode = "code" }'),
        "AG2070",
        {"file": "areas.gpkg", "key": "columns.kode"},
    ),
    Bad(
        "unknown facility column",
        study(CLINIC_PATH, CLINIC_PATH + '\ncolumns = { bed = "床位数" }'),
        "AG2070",
        {"file": "clinics.csv", "key": "columns.bed"},
    ),
    Bad(
        "unknown population column",
        study("nodata = -99999", 'nodata = -99999\ncolumns = { x = "y" }'),
        "AG2008",
        at("population"),
    ),
    Bad(
        "unknown where",
        study('path = "areas.gpkg"', 'path = "areas.gpkg"\nwhere = "village"'),
        "AG2007",
        at("areas.where"),
    ),
    Bad("no people and no areas", study('path = "areas.gpkg"\n', ""), "AG2006", at("areas.path")),
    Bad("snap limit zero", more("\n[network]\nsnap_limit_m = 0\n"), "AG2007", at("network.snap_limit_m")),
]

TEXT = [
    Bad("gbk", encoded("gbk"), "AG2003", NAME),
    Bad("utf-16", encoded("utf-16"), "AG2003", NAME),
    Bad("utf-16 without bom", encoded("utf-16-le"), "AG2003", NAME),
    Bad("full-width quotes", study('"小县"', "“小县”"), "AG2012", {"file": "study.toml", "row": 2}),
    Bad("full-width equals", study('name = "小县"', 'name ＝ "小县"'), "AG2012", {"file": "study.toml", "row": 2}),
    Bad("backslash path", study('"clinics.csv"', '"data\\clinics.csv"'), "AG2013", {"file": "study.toml", "row": 20}),
    Bad("backslash that is an escape", study('"clinics.csv"', '"data\\new.csv"'), "AG2010", at("facilities[1].path")),
    Bad("control character in the file", study('"小县"', '"小\x01县"'), "AG2004", {"file": "study.toml", "row": 2}),
    Bad("nul in a path", _path('"clin\\u0000ics.csv"'), "AG2010", at("facilities[1].path")),
    Bad("huge", written("study.toml", tiny.STUDY + "# " + "x" * 1_100_000), "AG2002", NAME),
    Bad("empty", written("study.toml", b""), "AG2006", at("study")),
    Bad("a json file", written("study.toml", '{"study": {}}'), "AG2004", {"file": "study.toml", "row": 1}),
    Bad("deeply nested", written("study.toml", "a = " + "[" * 5000 + "]" * 5000), "AG2009", NAME),
]

PATHS = [
    Bad(
        "parent folder",
        both(lambda folder: _outside(folder) and None, _path('"../elsewhere.csv"')),
        "AG2011",
        at("facilities[1].path"),
    ),
    Bad("absolute", _absolute, "AG2011", at("facilities[1].path")),
    Bad("symlink outside", _link_outside, "AG2011", at("facilities[1].path")),
    Bad(
        "url",
        _path('"https://example.com/clinics.csv"'),
        "AG3001",
        {"file": "https://example.com/clinics.csv", "key": "facilities[1].path"},
    ),
    Bad("vsicurl", _path('"/vsicurl/https://example.com/a.geojson"'), "AG2011", at("facilities[1].path")),
    Bad(
        "vsicurl without slash",
        _path('"vsicurl/https://example.com/a.geojson"'),
        "AG3001",
        {"file": "vsicurl/https://example.com/a.geojson", "key": "facilities[1].path"},
    ),
    Bad("database", _path('"PG:dbname=county"'), "AG3001", {"file": "PG:dbname=county", "key": "facilities[1].path"}),
    Bad(
        "json as path",
        _path("""'{"type": "FeatureCollection", "features": []}'"""),
        "AG3001",
        {"file": '{"type": "FeatureCollection", "features": []}', "key": "facilities[1].path"},
    ),
    Bad(
        "xml as path",
        _path("""'<OGRVRTDataSource></OGRVRTDataSource>'"""),
        "AG3001",
        {"file": "<OGRVRTDataSource></OGRVRTDataSource>", "key": "facilities[1].path"},
    ),
    Bad("a folder", _folder_for_file, "AG3001", {"file": "clinics", "key": "facilities[1].path"}),
    Bad("missing layer", removed("clinics.csv"), "AG3001", {"file": "clinics.csv", "key": "facilities[1].path"}),
    Bad("very long name", _path(f'"{"x" * 5000}.csv"'), "AG3001", {"key": "facilities[1].path"}),
    Bad("empty path", _path('""'), "AG2007", at("facilities[1].path")),
    Bad(
        "excel",
        both(_path('"clinics.xlsx"'), written("clinics.xlsx", b"PK\x03\x04rest")),
        "AG3063",
        {"file": "clinics.xlsx"},
    ),
    Bad("excel called csv", written("clinics.csv", b"PK\x03\x04rest"), "AG3019", {"file": "clinics.csv"}),
    Bad(
        "unknown ending",
        both(_path('"clinics.kml"'), written("clinics.kml", "<kml/>")),
        "AG3003",
        {"file": "clinics.kml"},
    ),
    Bad(
        "rule file outside", study("use = []", 'use = []\nfiles = ["../own.toml"]'), "AG2011", at("standards.files[1]")
    ),
]

STANDARDS = [
    Bad(
        "unknown rule",
        study('adopt = [{ id = "guizhou-14fyp/rural-medical-30"', 'adopt = [{ id = "guizhou-14fyp/rural-medical"'),
        "AG2101",
        at("standards.adopt"),
    ),
    Bad("unknown source in use", study("use = []", 'use = ["shanxi-14typ"]'), "AG2103", at("standards.use")),
    Bad("unknown rule in use", study("use = []", 'use = ["shanxi-14fyp/medical"]'), "AG2101", at("standards.use")),
    Bad("use out of scope", study("use = []", 'use = ["guizhou-14fyp"]'), "AG2050", at("standards.use")),
    Bad("adopt without basis", study(', basis = "县政府会议纪要" }]', " }]"), "AG2006", at("standards.adopt[1].basis")),
    Bad(
        "adopt with empty basis",
        study(', basis = "县政府会议纪要" }]', ', basis = "" }]'),
        "AG2007",
        at("standards.adopt[1].basis"),
    ),
    Bad(
        "adopt as a text",
        study(
            'adopt = [{ id = "guizhou-14fyp/rural-medical-30", basis = "县政府会议纪要" }]',
            'adopt = ["guizhou-14fyp/rural-medical-30"]',
        ),
        "AG2007",
        at("standards.adopt[1]"),
    ),
    Bad(
        "no rule at all",
        study('adopt = [{ id = "guizhou-14fyp/rural-medical-30", basis = "县政府会议纪要" }]', ""),
        "AG2053",
        NAME,
    ),
    Bad("own file missing", OWN, "AG3001", {"file": "own.toml", "key": "standards.files[1]"}),
    Bad("own file not toml", both(OWN, written("own.toml", "规则一\n")), "AG2004", {"file": "own.toml", "row": 1}),
    Bad("own file without rules", both(OWN, written("own.toml", "")), "AG2111", {"file": "own.toml", "key": "rules"}),
    Bad(
        "own unknown key", _own("section =", "clause ="), "AG2110", {"file": "own.toml", "key": "own/clinic-1: clause"}
    ),
    Bad(
        "own missing title",
        _own('title = { zh = "一分钟卫生室", en = "One-minute clinic" }\n', ""),
        "AG2111",
        {"file": "own.toml", "key": "own/clinic-1: title"},
    ),
    Bad(
        "own unknown kind",
        _own('any = ["village_clinic"]', 'any = ["village_clinc"]'),
        "AG2116",
        {"file": "own.toml", "key": "own/clinic-1: facilities.any[1]"},
    ),
    Bad(
        "own negative limit",
        _own("minutes = 1", "minutes = -1"),
        "AG2114",
        {"file": "own.toml", "key": "own/clinic-1: limit.minutes"},
    ),
    Bad(
        "own limit nan",
        _own("minutes = 1", "minutes = nan"),
        "AG2114",
        {"file": "own.toml", "key": "own/clinic-1: limit.minutes"},
    ),
    Bad(
        "own limit in both units",
        _own("minutes = 1", "minutes = 1, metres = 5"),
        "AG2121",
        {"file": "own.toml", "key": "own/clinic-1: limit"},
    ),
    Bad(
        "own target in per cent",
        _own("target = 0.99", "target = 99"),
        "AG2119",
        {"file": "own.toml", "key": "own/clinic-1: target"},
    ),
    Bad(
        "own unknown profile",
        _own('["walk"]', '["walking"]'),
        "AG2113",
        {"file": "own.toml", "key": "own/clinic-1: profiles[1]"},
    ),
    Bad("own bad id", _own("own/clinic-1", "卫生室"), "AG2117", {"file": "own.toml", "key": "卫生室: id"}),
    Bad(
        "own id twice",
        both(OWN, written("own.toml", tiny.OWN_RULE * 2)),
        "AG2118",
        {"file": "own.toml", "key": "own/clinic-1: id"},
    ),
    Bad(
        "own takes a catalogue id",
        _own("own/clinic-1", "guizhou-14fyp/rural-medical-30"),
        "AG2130",
        {"file": "own.toml", "key": "guizhou-14fyp/rural-medical-30: id"},
    ),
    Bad(
        "own replaces nothing",
        _own('section = "一"', 'section = "一"\nreplaces = "own/none"'),
        "AG2131",
        {"file": "own.toml", "key": "own/clinic-1: replaces"},
    ),
    Bad(
        "own unknown where",
        _own('section = "一"', 'section = "一"\nwhere = "village"'),
        "AG2113",
        {"file": "own.toml", "key": "own/clinic-1: where"},
    ),
    Bad(
        "own valid_to before valid_from",
        _own('section = "一"', 'section = "一"\nvalid_from = 2025-01-01\nvalid_to = 2024-01-01'),
        "AG2125",
        {"file": "own.toml", "key": "own/clinic-1: valid_to"},
    ),
    Bad(
        "own not a list",
        both(OWN, written("own.toml", tiny.OWN_RULE.replace("[[rules]]", "[rules]"))),
        "AG2126",
        {"file": "own.toml", "key": "rules"},
    ),
]

PROFILES = [
    Bad(
        "unknown profile",
        more("\n[profiles.walking]\nspeed_kph = { low = 3, central = 4, high = 5 }\n"),
        "AG2040",
        at("profiles.walking"),
    ),
    Bad(
        "low above central",
        more("\n[profiles.walk]\nspeed_kph = { low = 5, central = 4, high = 5 }\n"),
        "AG2043",
        at("profiles.walk.speed_kph"),
    ),
    Bad("speed as one number", more("\n[profiles.walk]\nspeed_kph = 4\n"), "AG2042", at("profiles.walk.speed_kph")),
    Bad(
        "speed as text",
        more('\n[profiles.walk]\nspeed_kph = { low = "3", central = 4, high = 5 }\n'),
        "AG2042",
        at("profiles.walk.speed_kph"),
    ),
    Bad(
        "speed nan",
        more("\n[profiles.walk]\nspeed_kph = { low = nan, central = nan, high = nan }\n"),
        "AG2043",
        at("profiles.walk.speed_kph"),
    ),
    Bad(
        "unknown profile key",
        more("\n[profiles.walk]\nspeed = { low = 3, central = 4, high = 5 }\n"),
        "AG2041",
        at("profiles.walk.speed"),
    ),
    Bad(
        "speed of vehicle",
        more("\n[profiles.vehicle]\nspeed_kph = { low = 3, central = 4, high = 5 }\n"),
        "AG2044",
        at("profiles.vehicle.speed_kph"),
    ),
    Bad(
        "unknown road class",
        more("\n[profiles.vehicle.class_speed_kph]\nhighway = { low = 3, central = 4, high = 5 }\n"),
        "AG2041",
        at("profiles.vehicle.class_speed_kph.highway"),
    ),
    Bad("profiles as list", more("\n[[profiles]]\nid = 3\n"), "AG2007", at("profiles")),
]

CASES = [*KEYS, *TEXT, *PATHS, *STANDARDS, *PROFILES]
