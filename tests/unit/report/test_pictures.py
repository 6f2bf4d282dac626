from __future__ import annotations

import dataclasses
import struct
import zlib

import geopandas as gpd
import numpy as np
import pytest
import shapely

from accessgis.layers.facilities import PROPOSED
from accessgis.report import grid_image, shapes
from accessgis.report.grid_image import cell_grid, nice, palette_png, people_breaks
from accessgis.report.map_data import map_data


def decoded(png):
    """Colour numbers of a 4-bit palette image, read without the writer's help."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at, chunks = 8, {}
    while at < len(png):
        size = struct.unpack(">I", png[at : at + 4])[0]
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        assert struct.unpack(">I", png[at + 8 + size : at + 12 + size])[0] == zlib.crc32(kind + data)
        chunks[kind] = data
        at += 12 + size
    width, height, depth, colour = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (depth, colour) == (4, 3)
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), dtype=np.uint8).reshape(height, -1)[:, 1:]
    return np.stack([rows >> 4, rows & 15], axis=-1).reshape(height, -1)[:, :width]


def steps_to_degrees(steps):
    return np.cumsum(np.array(steps).reshape(-1, 2), axis=0) / shapes.PER_DEGREE


@pytest.mark.parametrize("width", [1, 2, 7, 8])
def test_a_picture_holds_the_colours_it_was_given(width):
    pixels = (np.arange(5 * width).reshape(5, width) % 8).astype(np.uint8)
    assert (decoded(palette_png(pixels, ["#ffffff"] * 8)) == pixels).all()


def test_more_colours_than_fit_are_refused():
    with pytest.raises(ValueError, match="16"):
        palette_png(np.zeros((1, 1), dtype=np.uint8), ["#ffffff"] * 17)


def test_round_numbers():
    assert [nice(value) for value in (0.2, 1, 3, 7, 14, 40, 76, 900)] == [1, 1, 2, 5, 10, 50, 100, 1000]


def test_every_judged_person_is_in_a_cell_and_every_cell_is_painted_where_it_is(fake):
    grid = cell_grid(fake.demand, fake.crs)
    people = fake.demand.people("total")
    assert grid.sums(people).sum() == pytest.approx(people.sum(), rel=1e-12)
    assert len(np.unique(grid.raster[grid.raster >= 0])) == grid.count
    # the painted place of a cell is where its people are, to within a cell
    (south, west), (north, east) = grid.bounds
    encode = shapes.encoder(fake.crs)
    row, column = (int(part[0]) for part in np.nonzero(grid.raster == grid.cell_of[100]))
    lat, lon = encode.points(fake.demand.frame["x"][100], fake.demand.frame["y"][100])[0]
    height, width = grid.raster.shape
    assert lat == pytest.approx(north - (row + 0.5) * (north - south) / height, abs=0.004)
    assert lon == pytest.approx(west + (column + 0.5) * (east - west) / width, abs=0.004)


def test_people_given_as_points_are_gathered_in_cells(fake):
    loose = dataclasses.replace(fake.demand, frame=fake.demand.frame.assign(cell=-1), cells=np.array([], dtype=object))
    grid = cell_grid(loose, fake.crs)
    people = loose.people("total")
    assert 100 < grid.cell_m < 200
    assert grid.sums(people).sum() == pytest.approx(people.sum(), rel=1e-12)
    low, high = people_breaks(grid.sums(people))
    assert 0 < low < high


def test_a_cell_takes_the_time_of_its_largest_point(fake):
    grid = cell_grid(fake.demand, fake.crs)
    people = np.ones(len(fake.demand.frame))
    times = np.arange(len(people), dtype=float)
    assert (grid.leading(people)[grid.cell_of] <= times).all()


def test_nobody_judged_gives_no_grid(fake):
    frame = fake.demand.frame.assign(judged=False)
    assert cell_grid(dataclasses.replace(fake.demand, frame=frame), fake.crs) is None


def test_neighbours_share_their_borders_after_simplifying(fake):
    drawn = shapes.drawn_areas(fake.areas)
    for level in ("township", "village"):
        union = shapely.union_all(drawn[level])
        assert shapely.area(drawn[level]).sum() == pytest.approx(union.area, rel=1e-6)
        assert shapely.symmetric_difference(union, drawn["county"][0]).area < 1e-6 * union.area


def test_shapes_come_back_from_their_steps(fake):
    encode = shapes.encoder(fake.crs)
    square = shapely.box(*(fake.areas.frame.total_bounds[:2]), *(fake.areas.frame.total_bounds[:2] + 5_000))
    (((ring,),),) = encode.polygons([square])
    back = steps_to_degrees(ring)
    want = [point[::-1] for point in encode.points(*shapely.get_coordinates(square)[:-1].T)]
    assert np.abs(back - np.array(want)).max() < 1.5 / shapes.PER_DEGREE


def test_roads_over_the_budget_lose_their_least_ranks_first(fake):
    outline = fake.areas.at("county").geometry.iloc[0]
    extent = shapes.extent_m(fake.areas)
    everything = shapes.drawn_roads(fake.roads_for_map, outline, extent=extent, most=100_000)
    assert set(everything) == {"main", "minor"}
    few = shapes.drawn_roads(fake.roads_for_map, outline, extent=extent, most=40)
    assert set(few) == {"main"}


def test_what_is_drawn_adds_up_and_lines_up(fake):
    data = map_data(fake)
    for rule, drawn in zip(fake.rules, data["rules"], strict=True):
        assert [data["facilities"]["kinds"][kind]["id"] for kind in drawn["kinds"]] == list(rule.kinds)
        for mode in drawn["modes"]:
            totals = {level: sum(figures["people"]) for level, figures in mode["areas"].items()}
            assert len(set(totals.values())) == 1
            for level, figures in mode["areas"].items():
                assert len(figures["class"]) == len(data["areas"][level]["names"])


def test_what_a_change_adds_is_drawn_apart_from_what_stands(fake):
    frame = fake.facilities.frame.copy()
    rows = np.flatnonzero((frame["status"] == "in_service") & frame["x"].notna())
    frame.loc[frame.index[rows[0]], "layer"] = PROPOSED
    changed = dataclasses.replace(fake, facilities=dataclasses.replace(fake.facilities, frame=frame))
    before, after = (map_data(one)["facilities"] for one in (fake, changed))
    different = [(old, new) for old, new in zip(before["rows"], after["rows"], strict=True) if old != new]
    assert [(old[:5] == new[:5], after["statuses"][new[5]]) for old, new in different] == [(True, PROPOSED)]


def test_the_bands_cover_the_time_up_to_the_limit_and_beyond(fake):
    drawn = map_data(fake)["rules"][0]
    assert drawn["edges"] == [10.0, 20.0, 30.0, 45.0]
    assert len(drawn["bandColours"]) == len(drawn["edges"]) + 1
    assert drawn["bandColours"].index("#cfe1ec") == drawn["edges"].index(drawn["limit"])


def test_cells_are_gathered_where_there_are_more_than_a_screen_shows(fake, monkeypatch):
    fine = cell_grid(fake.demand, fake.crs)
    monkeypatch.setattr(grid_image, "MAX_SIDE_CELLS", 40)
    coarse = cell_grid(fake.demand, fake.crs)
    people = fake.demand.people("total")
    assert coarse.count < fine.count / 2
    assert coarse.sums(people).sum() == pytest.approx(people.sum(), rel=1e-12)
    together = coarse.cell_m / fine.cell_m
    assert together == pytest.approx(round(together))
    assert together > 1
    # a gathered cell is painted where its people are, to within a pixel
    (south, west), (north, east) = coarse.bounds
    height, width = coarse.raster.shape
    points = np.array(shapes.encoder(fake.crs).points(fake.demand.frame["x"], fake.demand.frame["y"]))
    row = ((north - points[:, 0]) / (north - south) * height).astype(int)
    column = ((points[:, 1] - west) / (east - west) * width).astype(int)
    padded = np.pad(coarse.raster, 1, constant_values=-1)
    around = [padded[row + down, column + across] for down in range(3) for across in range(3)]
    assert (np.array(around) == coarse.cell_of).any(axis=0).mean() > 0.99


def test_specks_go_and_the_holes_they_leave_are_closed():
    speck, other = shapely.box(40, 40, 41, 41), shapely.box(200, 0, 300, 100)
    ground = shapely.difference(shapely.box(0, 0, 100, 100), shapely.union(speck, shapely.box(60, 60, 80, 80)))
    frame = gpd.GeoDataFrame(geometry=[ground, shapely.union(speck, other)], crs="EPSG:4546")
    drawn = shapes.bands(frame, shapely.box(-1, -1, 400, 400), tolerance_m=1.0, most=1_000)
    assert [len(shapely.get_parts(shape)) for shape in drawn] == [1, 1]
    assert drawn[0].area == pytest.approx(100 * 100 - 20 * 20)
    assert drawn[1].equals(shapely.MultiPolygon([other]))


def test_times_are_drawn_from_the_people_where_a_rule_has_no_bands(fake):
    rule = fake.rules[0]
    bare = dataclasses.replace(fake, isochrones=fake.isochrones[fake.isochrones["rule"] != rule.rule])
    drawn = map_data(bare)["rules"][0]
    assert drawn["bands"] is None
    assert drawn["edges"] == [10.0, 20.0, 30.0, 45.0]
    assert drawn["modes"][0]["time"].startswith("data:image/png;base64,")
    assert map_data(fake)["rules"][0]["modes"][0]["time"] is None


def test_a_rule_that_concerns_nobody_shades_every_area_so(fake):
    rule = fake.rules[1]
    results = fake.results.copy()
    mine = results["rule"] == rule.rule
    for column, value in (("people", 0.0), ("covered", 0.0), ("covered_share", float("nan"))):
        results.loc[mine, column] = value
    results.loc[mine & results["headline"] & (results["level"] == "county"), "verdict"] = "nobody_concerned"
    drawn = map_data(dataclasses.replace(fake, results=results))["rules"][1]
    assert {kind for figures in drawn["modes"][0]["areas"].values() for kind in figures["class"]} == {"x"}
