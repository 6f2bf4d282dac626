"""Zipped Shapefiles as Chinese Windows packs them, File Geodatabases, and the encoding of Shapefiles."""

from __future__ import annotations

import struct
import tempfile
import zipfile

import geopandas as gpd
import pytest
import shapely

from accessgis.base.errors import DataError
from accessgis.base.files import sha256
from accessgis.sources.vector import layer_names, read_vector

NAMES = ["东庄", "西庄"]


def frame():
    shapes = [shapely.Point(112.35, 37.12), shapely.Point(112.36, 37.12)]
    return gpd.GeoDataFrame({"名称": NAMES}, geometry=shapes, crs=4326)


@pytest.fixture
def shapefile(tmp_path):
    folder = tmp_path / "made"
    folder.mkdir()
    frame().to_file(folder / "a.shp", encoding="GBK")
    (folder / "a.cpg").unlink()
    return {path.suffix: path.read_bytes() for path in folder.iterdir()}


def unflagged(path, pairs):
    """Write an archive whose names are raw bytes without the flag of UTF-8."""

    class Raw(zipfile.ZipInfo):
        def _encodeFilenameFlags(self):
            return self.raw, self.flag_bits & ~0x800

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in pairs:
            entry = Raw(name)
            entry.raw = name.encode("gbk")
            archive.writestr(entry, content)
    return path


def read(path, **options):
    return read_vector(path, label=path.name, datum="wgs84", **options)


def refused(path, code, **options):
    with pytest.raises(DataError, match=code) as caught:
        read(path, **options)
    return caught.value


@pytest.mark.parametrize("folder", ["", "数据/"])
def test_a_zipped_shapefile_with_names_in_gbk(tmp_path, shapefile, folder, monkeypatch):
    (tmp_path / "t").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t"))
    path = unflagged(tmp_path / "a.zip", [(f"{folder}村点{end}", data) for end, data in shapefile.items()])

    reading = read(path)

    assert reading.value["名称"].tolist() == NAMES
    assert [doubt.code for doubt in reading.doubts] == ["AG9001"]
    assert reading.inputs[0].sha256 == sha256(path)
    assert list((tmp_path / "t").iterdir()) == []


def test_of_several_one_is_named(tmp_path, shapefile):
    pairs = [(f"{name}{end}", data) for name in ("村点", "乡镇点") for end, data in shapefile.items()]
    path = unflagged(tmp_path / "a.zip", [*pairs, ("说明.txt", b"x"), ("__MACOSX/._村点.shp", b"x")])

    assert refused(path, "AG3009").values["layers"] == "乡镇点, 村点"
    assert read(path, layer="乡镇点").value["名称"].tolist() == NAMES
    refused(path, "AG3009", layer="县点")


def test_archives_without_a_layer_or_damaged_are_refused(tmp_path, shapefile):
    refused(unflagged(tmp_path / "a.zip", [("说明.txt", b"x")]), "AG3065")
    whole = unflagged(tmp_path / "b.zip", [(f"a{end}", data) for end, data in shapefile.items()]).read_bytes()
    for name, content in (("c.zip", whole[: len(whole) // 2]), ("d.zip", b""), ("e.zip", b"<html>")):
        (tmp_path / name).write_bytes(content)
        refused(tmp_path / name, "AG3052")
    missing = unflagged(tmp_path / "f.zip", [(f"a{end}", data) for end, data in shapefile.items() if end != ".shx"])
    assert refused(missing, "AG3008").values["ending"] == ".shx"


def test_names_in_an_archive_are_no_paths(tmp_path, shapefile):
    outside = tmp_path / "outside.shp"
    pairs = [(f"../../..{tmp_path}/outside{end}", data) for end, data in shapefile.items()]

    refused(unflagged(tmp_path / "a.zip", pairs), "AG3052")
    assert not outside.exists()


def test_a_geodatabase_is_a_folder_of_layers(tmp_path):
    path = tmp_path / "县.gdb"
    frame().to_file(path, layer="村点", driver="OpenFileGDB")

    reading = read(path)
    assert reading.value["名称"].tolist() == NAMES
    assert len(reading.inputs[0].sha256) == 64
    frame().iloc[:1].to_file(path, layer="乡镇点", driver="OpenFileGDB")
    assert sorted(layer_names(path, label="g")) == ["乡镇点", "村点"]
    assert set(refused(path, "AG3009").values["layers"].split(", ")) == {"乡镇点", "村点"}
    assert read(path, layer="乡镇点").value["名称"].tolist() == NAMES[:1]
    assert refused(path, "AG3067", layer="县点").values["wanted"] == "县点"


def test_a_zipped_geodatabase(tmp_path):
    frame().to_file(tmp_path / "a.gdb", layer="村点", driver="OpenFileGDB")
    pairs = [(f"数据/县.gdb/{file.name}", file.read_bytes()) for file in (tmp_path / "a.gdb").iterdir()]

    assert read(unflagged(tmp_path / "县.gdb.zip", pairs)).value["名称"].tolist() == NAMES


def test_a_folder_that_is_no_geodatabase_is_refused(tmp_path):
    (tmp_path / "a.gdb").mkdir()
    refused(tmp_path / "a.gdb", "AG3007")
    refused(tmp_path / "b.gdb", "AG3002")
    frame().to_file(tmp_path / "c.gdb", layer="a", driver="OpenFileGDB")
    (tmp_path / "c.gdb" / "link").symlink_to("/etc/passwd")
    refused(tmp_path / "c.gdb", "AG3007")


def wide(table):
    """Write a table of a Geodatabase and its index with object ids of 64 bits (version 4), as ArcGIS Pro 3.2 can."""
    index = table.with_suffix(".gdbtablx")
    head, rows = bytearray(table.read_bytes()), index.read_bytes()
    (count,) = struct.unpack_from("<i", head, 4)
    struct.pack_into("<ii", head, 0, 4, 0)
    struct.pack_into("<q", head, 16, count)
    table.write_bytes(head)
    blocks, total, size = struct.unpack_from("<iii", rows, 4)
    offsets = rows[16 : 16 + blocks * size * 1024]
    index.write_bytes(struct.pack("<iqi", 4, blocks, size) + offsets + struct.pack("<qi", total, 0))


@pytest.mark.parametrize("convert", [lambda table: None, wide], ids=["32 bits", "64 bits"])
@pytest.mark.parametrize("lose", [lambda index: index[:-10], lambda index: index[:16] + bytes(5) + index[21:]])
def test_a_geodatabase_whose_index_is_damaged_has_not_fewer_rows_or_none(tmp_path, lose, convert):
    frame().to_file(tmp_path / "a.gdb", layer="村点", driver="OpenFileGDB")
    (index,) = tmp_path.glob("a.gdb/a00000009.gdbtablx")
    convert(index.with_suffix(".gdbtable"))
    assert read(tmp_path / "a.gdb").value["名称"].tolist() == NAMES
    index.write_bytes(lose(index.read_bytes()))
    error = refused(tmp_path / "a.gdb", "AG3069")

    assert error.values["stated"] == len(NAMES)
    assert error.values["read"] < len(NAMES)


def test_a_flatgeobuf_is_never_taken_for_a_shorter_one(tmp_path):
    frame().to_file(tmp_path / "a.fgb", driver="FlatGeobuf", SPATIAL_INDEX="NO")
    data, codes = (tmp_path / "a.fgb").read_bytes(), []
    for lost in range(1, 150):  # more than the last row takes
        (tmp_path / "a.fgb").write_bytes(data[:-lost])
        with pytest.raises(DataError) as caught:
            read(tmp_path / "a.fgb")
        codes.append(caught.value.code)

    assert set(codes) == {"AG3013", "AG3069"}


def test_the_hash_of_a_folder_is_of_names_and_contents(tmp_path):
    for name, files in (("a", {"x": b"1", "y": b"2"}), ("b", {"x": b"2", "y": b"1"}), ("c", {"y": b"2", "x": b"1"})):
        (tmp_path / name).mkdir()
        for file, content in files.items():
            (tmp_path / name / file).write_bytes(content)
    (tmp_path / "c" / "x.PC1.sr.lock").write_bytes(b"open elsewhere")

    assert sha256(tmp_path / "a") == sha256(tmp_path / "c") != sha256(tmp_path / "b")


@pytest.mark.parametrize(
    ("really", "stated"),
    [("GBK", word) for word in (None, "UTF-8", "GBK", "936", "ANSI 936", "GB2312", "", "nonsense")]
    + [
        ("UTF-8", word) for word in (None, "UTF-8", "", "nonsense")
    ],  # called GBK, it may be valid GBK: then that counts
)
def test_a_shapefile_is_read_as_what_it_is_whatever_its_cpg_says(tmp_path, really, stated):
    path = tmp_path / "a.shp"
    shown = gpd.GeoDataFrame({"名称": ["卫生院", "镇中心"]}, geometry=frame().geometry, crs=4326)
    shown.to_file(path, encoding=really)
    path.with_suffix(".cpg").unlink()
    if stated is not None:
        path.with_suffix(".cpg").write_text(stated)

    assert read(path).value["名称"].tolist() == ["卫生院", "镇中心"]
